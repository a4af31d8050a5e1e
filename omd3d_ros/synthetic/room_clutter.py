"""Small things of a room: on its furniture, in its shelves, on its floor."""

from __future__ import annotations

import dataclasses

import numpy as np

from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.model_draw import DrawnModel
from omd3d_ros.synthetic.room_furniture import RoomFurniture
from omd3d_ros.synthetic.room_types import RoomType
from omd3d_ros.synthetic.wall_fittings import standing

_TABLEWARE = ('mug', 'cup', 'glass', 'plate', 'bowl', 'bottle', 'wine', 'vase', 'fruit bowl',
              'candle', 'salt shaker', 'spoon', 'fork', 'knife', 'bread', 'apple', 'jar', 'tray',
              'teapot', 'napkin', 'milk', 'cake', 'pitcher', 'book', 'flower bouquet')
_LIVING = ('book', 'magazine', 'remote control', 'mug', 'vase', 'candle', 'bowl', 'glass', 'plant',
           'newspaper', 'box', 'picture', 'lamp', 'phone', 'clock', 'fruit bowl', 'bottle',
           'eyeglasses', 'camera', 'flower bouquet', 'laptop', 'tablet', 'ashtray', 'cactus',
           'headphones', 'radio', 'game console', 'joystick', 'chessboard', 'teapot', 'tray')
_SHELVED = ('book', 'book', 'box', 'vase', 'plant', 'picture', 'jar', 'bowl', 'radio',
            'camera', 'clock', 'candle', 'speaker', 'toy car', 'ball', 'basket', 'teapot', 'cactus',
            'hat', 'lantern', 'bottle', 'can', 'helmet', 'piggy bank', 'box', 'mug', 'doll',
            'teddy bear', 'lamp', 'cassette player', 'gift box', 'puzzle', 'fan')
_DESK = ('book', 'mug', 'phone', 'pen', 'stapler', 'tape', 'ruler', 'scissors', 'lamp', 'laptop',
         'calendar', 'headphones', 'box', 'cup', 'bottle', 'tray', 'printer', 'pencil case',
         'marker', 'magazine', 'plant', 'cactus', 'speaker', 'tablet', 'picture', 'key', 'can',
         'eyeglasses', 'newspaper', 'fan', 'radio', 'glass', 'briefcase', 'projector')
_KITCHEN = ('kettle', 'toaster', 'microwave', 'coffee maker', 'blender', 'plate', 'bowl', 'mug',
            'cutting board', 'bread', 'bottle', 'pan', 'pot', 'knife', 'jar', 'can', 'milk', 'box',
            'cup', 'glass', 'scale', 'paper towel', 'bread bin', 'fruit bowl', 'tray', 'ladle',
            'juicer', 'sugar', 'butter', 'salt shaker', 'spray bottle', 'coffee pot', 'apple',
            'hand mixer', 'sponge', 'pitcher', 'wine', 'teapot')
_BATH = ('towel', 'soap', 'bottle', 'cup', 'box', 'toilet paper', 'perfume', 'sponge', 'lipstick',
         'comb', 'candle', 'jar', 'spray bottle', 'plant', 'glass', 'pill bottle', 'scale', 'can')
_BEDSIDE = ('lamp', 'book', 'glass', 'clock', 'phone', 'mug', 'eyeglasses', 'watch', 'vase', 'box',
            'candle', 'picture', 'pill bottle', 'magazine', 'bottle', 'cactus', 'plant', 'perfume')
_TOYS = ('toy', 'toy car', 'toy train', 'teddy bear', 'doll', 'ball', 'puzzle', 'xylophone',
         'toy plane', 'book', 'book', 'box', 'piggy bank', 'mug', 'lamp', 'marker', 'pencil case')
_SOFT = ('pillow', 'pillow', 'pillow', 'blanket', 'teddy bear', 'book', 'magazine',
         'remote control', 'laptop', 'bag', 'hat', 'tablet', 'backpack', 'newspaper', 'cat')
_SEATS = frozenset(('sofa', 'armchair', 'bed', 'ottoman', 'bunk bed', 'bench', 'crib'))
_CASES = frozenset(('bookcase', 'shelf'))
_STACKED = frozenset(('box', 'book', 'tray', 'plate', 'magazine', 'pillow', 'blanket', 'bowl',
                      'newspaper', 'cutting board'))
_NOT_ON = frozenset(('rug', 'door', 'window', 'picture', 'mirror', 'clock', 'curtain', 'towel',
                     'radiator', 'plant', 'lamp', 'floor lamp', 'ceiling lamp', 'trash can',
                     'laundry basket', 'toilet', 'bathtub', 'shower', 'bicycle', 'television',
                     'monitor', 'keyboard', 'mouse', 'laptop', 'dog', 'cat', 'guitar', 'ladder',
                     'coat rack', 'sink', 'rocking horse', 'tricycle', 'christmas tree', 'stroller',
                     'office chair', 'high chair', 'range hood', 'blind', 'bidet', 'treadmill',
                     'scooter', 'folding screen', 'drying rack', 'whiteboard', 'aquarium',
                     'bath mat', 'doormat', 'computer', 'printer', 'toilet brush', 'stairs'))
_FACING = frozenset(('monitor', 'television', 'laptop', 'radio', 'clock', 'microwave', 'picture',
                     'speaker', 'computer', 'toaster', 'teddy bear', 'coffee maker', 'printer'))
_LARGEST = 0.62  # m


class RoomClutter:
    """Places small things. ``crammed`` piles and crowds them."""

    def __init__(
        self, furniture: RoomFurniture, room: RoomType, rng: np.random.Generator, *, crammed: bool
    ) -> None:
        self._furniture, self._room, self._rng, self._crammed = furniture, room, rng, crammed

    def fill(self, count: int) -> int:
        """Place up to so many things, on each surface by its size; return how many."""
        rng, made = self._rng, self._furniture.made
        surfaces = [(one, level) for one in list(made.things) for level in self._levels(one)]
        if not surfaces:
            return 0
        weights = np.array([self._weight(one, level) for one, level in surfaces])
        done = 0
        for _ in range(3 * count):
            if done >= count:
                break
            thing, level = surfaces[int(rng.choice(len(surfaces), p=weights / weights.sum()))]
            if thing.name in _CASES and rng.random() < 0.08:
                done += self._row_of_books(thing, level)
                continue
            placed = self._put(thing, level)
            done += placed is not None
            if placed is not None and rng.random() < (0.6 if self._crammed else 0.18):
                done += self._pile(placed)
        return done

    def on_floor(self, count: int) -> None:
        """Put small things on the floor, most of them near walls and furniture; pile boxes."""
        rng, furniture = self._rng, self._furniture
        for _ in range(count):
            drawn = self._small(self._room.on_floor, largest=0.9)
            if drawn is None:
                continue
            thing = None
            if rng.random() < 0.55:
                thing = furniture.at_wall(drawn, away=float(rng.uniform(0.01, 0.25)))
            thing = thing or furniture.anywhere(drawn)
            if thing is not None and rng.random() < (0.7 if self._crammed else 0.15):
                self._pile(thing)

    def _levels(self, thing: PlacedModel) -> list[int]:
        drawn = self._furniture.drawn.get(thing.number)
        if drawn is None or thing.name in _NOT_ON or thing.supported_by:
            return []
        return [k for k, one in enumerate(drawn.levels)
                if thing.low[2] + one.height < 1.9 and np.isfinite(one.heights).sum() > 12
                and (not one.covered or thing.name in _CASES or thing.name in (
                    'tv stand', 'nightstand', 'cabinet', 'wardrobe'))]

    def _weight(self, thing: PlacedModel, level: int) -> float:
        one = self._furniture.drawn[thing.number].levels[level]
        cell = (one.x[1] - one.x[0]) * (one.y[1] - one.y[0])
        area = float(np.isfinite(one.heights).sum() * cell)
        soft = 0.35 if thing.name in _SEATS else 0.1 if thing.name in ('chair', 'stool') else 1.0
        return soft * min(area, 1.2) ** 0.7 * (1.0 if one.height + thing.low[2] > 0.3 else 0.3)

    def _put(self, thing: PlacedModel, level: int) -> PlacedModel | None:
        drawn = self._small(self._names(thing))
        if drawn is None:
            return None
        rng = self._rng
        yaw: float | None = None
        if drawn.name in _FACING or thing.name in _CASES:
            yaw = float(rng.normal(0, 0.25))
        touching = bool(rng.random() < (0.6 if self._crammed else 0.15))
        return self._furniture.put_on(thing, drawn, yaw=yaw, level=level, touching=touching,
                                      gap=0.002 if self._crammed else 0.012)

    def _names(self, thing: PlacedModel) -> tuple[str, ...]:
        room = self._room.name
        if thing.name in _SEATS:
            return _SOFT
        if thing.name in ('chair', 'stool'):
            return ('pillow', 'book', 'bag', 'hat', 'backpack', 'box', 'magazine')
        if thing.name == 'nightstand':
            return _BEDSIDE
        if room == 'kitchen':
            return _TABLEWARE if 'table' in thing.name else _KITCHEN
        if room == 'bathroom':
            return _BATH
        if room == "child's room":
            return _TOYS
        if thing.name in _CASES:
            return _SHELVED
        if thing.name == 'desk' or room == 'office':
            return _DESK
        if thing.name in ('dining table', 'table'):
            return _TABLEWARE
        return _LIVING

    def _small(self, names: tuple[str, ...], largest: float = _LARGEST) -> DrawnModel | None:
        there = [name for name in names if self._furniture.draw.has(name)]
        for _ in range(4 if there else 0):
            drawn = self._furniture.draw.draw(str(self._rng.choice(there)))
            if drawn is not None and max(drawn.size) <= largest:
                return drawn
        return None

    def _pile(self, below: PlacedModel) -> int:
        """Put one or more things on a thing with an even top; return how many."""
        count = 0
        for _ in range(int(self._rng.integers(1, 4))):
            if below.name not in _STACKED:
                break
            names: tuple[str, ...] = ('book', 'box', 'mug', 'bowl', 'cup', 'plate')
            if self._rng.random() < 0.5:
                names = (below.name,)
            if below.name in ('pillow', 'blanket'):
                names = ('pillow', 'blanket', 'teddy bear', 'book')
            drawn = self._small(names)
            top = None if drawn is None else self._furniture.put_on(
                below, drawn, at=(0.0, 0.0), yaw=float(self._rng.normal(0, 0.3)))
            if top is None:
                break
            below, count = top, count + 1
        return count

    def _row_of_books(self, case: PlacedModel, level: int) -> int:
        """Stand books side by side on a board, from somewhere on; return how many."""
        rng, draw = self._rng, self._furniture.draw
        one = self._furniture.drawn[case.number].levels[level]
        along, count = float(rng.uniform(one.x[0], one.x[-1])), 0
        for _ in range(int(rng.integers(3, 9))):
            drawn = draw.draw('book', fits=lambda entry: entry.entry is None)
            if drawn is None:
                break
            upright = standing(drawn.model)
            turn = upright.placed(0, 0, 0, np.pi / 2)
            deep, wide = drawn.size[0], drawn.size[2]
            thick = dataclasses.replace(drawn, model=turn)
            if float(np.ptp(turn.vertices[:, 0])) > 0.08:
                break
            place = (along + wide / 2, float(one.y[0] + 0.03 + deep / 2))
            found = self._furniture.put_on(case, thick, at=place, yaw=0.0, level=level,
                                           exact=True, gap=0.001)
            if found is None:
                break
            along, count = along + wide + 0.0015, count + 1
        return count
