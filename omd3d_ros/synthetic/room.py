"""Makes furnished rooms."""

from __future__ import annotations

import numpy as np

from omd3d_ros.synthetic.arrangement import Arrangement
from omd3d_ros.synthetic.model_draw import DrawnModel, ModelDraw
from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry
from omd3d_ros.synthetic.room_clutter import RoomClutter
from omd3d_ros.synthetic.room_fixtures import fit_bath, fit_counter
from omd3d_ros.synthetic.room_furniture import RoomFurniture
from omd3d_ros.synthetic.room_types import ROOM_TYPES, RoomType
from omd3d_ros.synthetic.room_walls import RoomWalls

_CRAMMED = 0.2  # share of the rooms
_OPEN = 0.3  # share of the rooms that lack one or two walls
_CEILING = 0.45
_COVERED = 0.27  # share of the floor; below, a room looks empty
_MORE = 14  # more pieces that are tried in an empty room
_FIXTURES = {'counter': fit_counter, 'bath': fit_bath}


def furnished_room(
    shelf: ModelShelf, rng: np.random.Generator, room: RoomType | None = None,
    crammed: bool | None = None,
) -> Arrangement:
    """Return a room of a type (None: drawn by their shares), with furniture and small things.

    crammed  things are piled and touch; None: in a fifth of the rooms
    """
    shares = np.array([one.share for one in ROOM_TYPES])
    room = room or ROOM_TYPES[int(rng.choice(len(ROOM_TYPES), p=shares / shares.sum()))]
    crammed = bool(rng.random() < _CRAMMED) if crammed is None else crammed
    sides = [float(rng.uniform(*room.long)), float(rng.uniform(*room.short))]
    if crammed:
        sides = [0.88 * one for one in sides]
    if rng.random() < 0.5:
        sides.reverse()
    made = Arrangement((sides[0], sides[1]), rng)
    made.kind, made.height = room.name, float(rng.uniform(2.35, 2.75))
    made.walls = _walls(rng)
    made.ceiling = bool(rng.random() < _CEILING)
    furniture = RoomFurniture(made, ModelDraw(shelf, rng), close=crammed)
    walls = RoomWalls(furniture, made.walls, made.height, rng)
    walls.openings(room)
    _furnish(furniture, room, rng, crammed=crammed)
    if made.ceiling and rng.random() < 0.8:
        walls.ceiling_lamp()
    walls.hangings(room)
    clutter = RoomClutter(furniture, room, rng, crammed=crammed)
    area = sides[0] * sides[1]
    clutter.fill(int(rng.integers(10, 20) * (1.9 if crammed else 1.0) * min(1.0, area / 9)) + 4)
    clutter.on_floor(int(rng.integers(2, 7)) + 4 * crammed)
    made.reserved = []
    return made


def _walls(rng: np.random.Generator) -> tuple[int, ...]:
    count = 4 if rng.random() > _OPEN else int(rng.integers(2, 4))
    first = int(rng.integers(4))
    return tuple(sorted((first + k) % 4 for k in range(count)))


def _furnish(
    furniture: RoomFurniture, room: RoomType, rng: np.random.Generator, *, crammed: bool
) -> None:
    for name, chance in room.groups:
        if rng.random() >= chance:
            continue
        if name in _FIXTURES:
            _FIXTURES[name](furniture, rng)
        else:
            furniture.group(name)
    def drawn(name: str) -> DrawnModel | None:
        return furniture.draw.draw(name, fits=None if room.name == 'kitchen' else _is_no_kitchen)

    for name, chance in room.at_wall:
        if rng.random() < chance * (1.3 if crammed else 1.0):
            furniture.at_wall(drawn(name))
    for name, chance in room.loose:
        if rng.random() < chance * (1.5 if crammed else 1.0):
            furniture.anywhere(drawn(name))
    names, chances = zip(*room.at_wall, strict=True)
    for _ in range(_MORE):
        if _covered(furniture.made) > _COVERED:
            break
        name = str(rng.choice(names, p=np.array(chances) / sum(chances)))
        furniture.at_wall(drawn(name), tries=8)


def _is_no_kitchen(entry: ShelfEntry) -> bool:
    """Tell a living room's cabinet from one of a kitchen's line."""
    if entry.name != 'cabinet':
        return True
    known = entry.entry
    return entry.maker == 'cabinet' if known is None else abs(known.size[1] - 0.61) > 0.02 and (
        'orner' not in known.name)


def _covered(made: Arrangement) -> float:
    """Return the share of the floor that furniture covers."""
    area = sum(4 * float(np.prod(one.outline.half)) for one in made.things
               if one.low[2] < 0.01 and one.number not in made.flat)
    return area / (made.room[0] * made.room[1])
