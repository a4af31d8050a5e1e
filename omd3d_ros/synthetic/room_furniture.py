"""Furniture of a room: single pieces, and groups whose pieces belong together."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.arrangement import Arrangement, PlacedModel
from omd3d_ros.synthetic.footprint import footprint_of
from omd3d_ros.synthetic.level_place import put_on_level
from omd3d_ros.synthetic.model_draw import DrawnModel, ModelDraw

_TRIES = 24
_IN = np.array([[0.0, -1], [1, 0], [0, 1], [-1, 0]])  # into the room, by the number of the wall


class RoomFurniture:
    """Places furniture in an arrangement; ``drawn`` keeps what each thing was drawn as.

    Walls are numbered by the turn that brings a model's back to them: 0 at the largest y, 1 at
    x = 0, 2 at y = 0, 3 at the largest x.

    close  pieces stand at each other without a gap
    """

    def __init__(self, made: Arrangement, draw: ModelDraw, *, close: bool) -> None:
        self.made, self.draw, self._rng = made, draw, draw.rng
        self._gap = 0.003 if close else 0.05
        self.drawn: dict[int, DrawnModel] = {}

    def group(self, name: str) -> None:
        """Place one of the groups that room types name."""
        {'seating': self._seating, 'dining': self._dining, 'meeting': self._meeting,
         'desk': self._desk, 'bed': self._bed}[name]()

    def put(
        self, drawn: DrawnModel | None, at: npt.NDArray[np.float64], yaw: float, *,
        z: float = 0.0, near: tuple[int, ...] = (), gap: float | None = None, flat: bool = False,
    ) -> PlacedModel | None:
        """Place a drawn model with the middle of its footprint at a point of the floor."""
        if drawn is None:
            return None
        center = footprint_of(drawn.model.vertices, 0.0).center
        c, s = np.cos(yaw), np.sin(yaw)
        x, y = at - np.array([c * center[0] - s * center[1], s * center[0] + c * center[1]])
        thing = self.made.place(
            drawn.model, drawn.name, drawn.entry.id, (float(x), float(y), z), yaw, near=near,
            gap=self._gap if gap is None else gap, flat=flat)
        if thing is not None:
            self.drawn[thing.number] = drawn
        return thing

    def at_wall(
        self, drawn: DrawnModel | None, *, side: int | None = None, along: float | None = None,
        z: float = 0.0, away: float = 0.03, gap: float | None = None, tries: int = _TRIES,
    ) -> PlacedModel | None:
        """Place a model with its back to a wall, anywhere along it or at one place."""
        if drawn is None:
            return None
        wide, deep, _ = drawn.size
        for step in range(tries):
            wall = side if side is not None else int(self._rng.integers(4))
            length = self.made.room[wall % 2]
            if wide > length - 0.02:
                continue
            place = along if along is not None else float(
                self._rng.uniform(wide / 2, length - wide / 2))
            if along is None and step % 3 == 0:  # corners fill rooms
                place = (wide / 2 + 0.03) if self._rng.random() < 0.5 else length - wide / 2 - 0.03
            off = deep / 2 + (away if step < (tries + 1) // 2 else 2.5 * away + 0.05 * (z == 0))
            found = self.put(drawn, self.wall_point(wall, place) + off * _IN[wall],
                             wall * np.pi / 2, z=z, gap=gap)
            if found is not None:
                return found
        return None

    def wall_point(self, wall: int, along: float) -> npt.NDArray[np.float64]:
        """Return the place on the floor at a wall, metres from its lower end."""
        x, y = self.made.room
        return np.array([(along, y), (0, along), (along, 0), (x, along)][wall], float)

    def anywhere(self, drawn: DrawnModel | None) -> PlacedModel | None:
        """Place a model anywhere on the floor, turned anyhow."""
        for _ in range(_TRIES):
            yaw = float(self._rng.integers(4) * np.pi / 2 + self._rng.normal(0, 0.3))
            found = self.put(drawn, self._rng.uniform(0.3, np.array(self.made.room) - 0.3), yaw)
            if found is not None:
                return found
        return None

    def put_on(
        self, support: PlacedModel, drawn: DrawnModel | None, *, yaw: float | None = None,
        at: tuple[float, float] | None = None, level: int = 0, touching: bool = False,
        exact: bool = False, gap: float = 0.01,
    ) -> PlacedModel | None:
        """Place a model on a level of what was placed before (0: the highest)."""
        levels = self.drawn[support.number].levels if support.number in self.drawn else ()
        if drawn is None or level >= len(levels):
            return None
        thing = put_on_level(self.made, support, levels[level], drawn, self._rng, yaw=yaw, at=at,
                             touching=touching, exact=exact, gap=gap)
        if thing is not None:
            self.drawn[thing.number] = drawn
        return thing

    def _ahead(self, thing: PlacedModel, distance: float, aside: float = 0.0) -> npt.NDArray:
        """Return a point in front of a thing's front edge, and to its right by ``aside``."""
        across = np.array([-thing.front[1], thing.front[0]])
        return (thing.outline.center + thing.front * (thing.outline.half[1] + distance)
                + across * aside)

    def _seating(self) -> None:
        rng = self._rng
        sofa = self.at_wall(self.draw.draw(('sofa',)), away=0.04)
        if sofa is None:
            return
        table = self.draw.draw(('coffee table',))
        between = float(rng.uniform(0.25, 0.5)) if self._gap > 0.01 else 0.02
        depth = table.size[1] if table else 0.6
        middle = self._ahead(sofa, between + depth / 2)
        if rng.random() < 0.6:
            self.put(self.draw.draw('rug'), middle, sofa.yaw, flat=True)
        low = self.put(table, middle, sofa.yaw + float(rng.normal(0, 0.04)), gap=0.01)
        across = np.array([-sofa.front[1], sofa.front[0]])
        for side in (-1, 1):
            chair = self.draw.draw(('armchair',) if rng.random() < 0.7 else ('chair', 'ottoman'))
            if chair is None or low is None or rng.random() < 0.35:
                continue
            at = middle + side * across * (low.outline.half[0] + chair.size[1] / 2 + 0.4)
            ways = -side * across
            self.put(chair, at, float(np.arctan2(ways[0], -ways[1]) + rng.normal(0, 0.2)))
        side = (round(sofa.yaw / (np.pi / 2)) + 2) % 4
        along = float(sofa.outline.center[side % 2])
        stand = self.at_wall(self.draw.draw('tv stand'), side=side, along=along, tries=2)
        stand = stand or self.at_wall(self.draw.draw('tv stand'))
        if stand is not None:
            self.put_on(stand, self.draw.draw('television'), yaw=0.0, at=(0.0, 0.0),
                        level=self.main_level(stand))
        if rng.random() < 0.5:
            aside = sofa.outline.half[0] + 0.3
            self.put(self.draw.draw(('side table', 'floor lamp')), sofa.outline.center
                     + across * aside * rng.choice([-1, 1]) - sofa.front * 0.1, sofa.yaw, gap=0.0)

    def main_level(self, thing: PlacedModel) -> int:
        """Return the number of the largest level under the sky, or of the largest."""
        levels = self.drawn[thing.number].levels
        sizes = [np.isfinite(one.heights).sum() * (0.2 if one.covered else 1) for one in levels]
        return int(np.argmax(sizes)) if sizes else 0

    def _dining(self) -> None:
        self._table_with_chairs(('dining table', 'dining table', 'table'), ('chair',), 0.85)

    def _meeting(self) -> None:
        self._table_with_chairs(('table', 'dining table'), ('chair', 'office chair'), 0.7)

    def _table_with_chairs(
        self, tables: tuple[str, ...], chairs: tuple[str, ...], chance: float
    ) -> None:
        rng, room = self._rng, np.array(self.made.room)
        drawn = self.draw.draw(str(rng.choice(tables))) or self.draw.draw(tables)
        if drawn is None:
            return
        table = None
        for _ in range(_TRIES):
            yaw = float(rng.integers(2) * np.pi / 2 + rng.normal(0, 0.03))
            table = self.put(drawn, rng.uniform(0.9, np.maximum(room - 0.9, 0.95)), yaw, gap=0.3)
            if table is not None:
                break
        if table is None:
            return
        one = self.draw.draw(chairs)
        half = table.outline.half
        slots = [(i, side, 0) for side in (-1, 1)
                 for i in np.linspace(-1, 1, 2 * max(1, int(2 * half[0] / 0.62)) + 1)[1::2]]
        slots += [(side, 0, 1) for side in (-1, 1)] if half[1] > 0.35 else []
        for a, b, end in slots:
            if rng.random() > chance:
                continue
            chair = one if one is not None and rng.random() < 0.85 else self.draw.draw(chairs)
            if chair is not None:
                way = np.array([a, 0.0]) if end else np.array([0.0, b])
                edge = half[0] if end else half[1]
                aside = np.zeros(2) if end else np.array([a * half[0], 0.0])
                self._draw_up(table, chair, way @ table.outline.axes, edge,
                              table.outline.center + aside @ table.outline.axes)

    def _draw_up(
        self, table: PlacedModel, chair: DrawnModel, way: npt.NDArray[np.float64], edge: float,
        middle: npt.NDArray[np.float64],
    ) -> PlacedModel | None:
        """Bring a chair to a table's edge: under it as far as it goes, at it, or drawn back."""
        rng = self._rng
        yaw = float(np.arctan2(-way[0], way[1]) + rng.normal(0, 0.08))
        if rng.random() < 0.12:
            yaw += float(rng.normal(0, 0.6))
        start = float(rng.choice([-0.3, -0.18, 0.0, 0.12], p=[0.3, 0.3, 0.2, 0.2]))
        near = tuple(one.number for one in self.made.things
                     if one is table or one.name in ('chair', 'office chair'))
        for step in range(6):
            away = edge + chair.size[1] / 2 + start + 0.07 * step
            found = self.put(chair, middle + away * way, yaw, near=near, gap=0.01)
            if found is not None:
                return found
        return None

    def _desk(self) -> None:
        rng = self._rng
        desk = self.at_wall(self.draw.draw(('desk', 'desk', 'table')), away=0.02)
        if desk is None:
            return
        chair = self.draw.draw(('office chair',) if rng.random() < 0.75 else ('chair',))
        if chair is not None:
            self._draw_up(desk, chair, desk.front, desk.outline.half[1],
                          desk.outline.center + np.array([-desk.front[1], desk.front[0]])
                          * rng.uniform(-0.2, 0.2))
        main, deep = self.main_level(desk), desk.outline.half[1]
        if rng.random() < 0.7:
            place = float(rng.uniform(-0.25, 0.25))
            for _ in range(int(rng.choice([1, 1, 2]))):
                self.put_on(desk, self.draw.draw(('monitor', 'computer')), level=main,
                            yaw=float(rng.normal(0, 0.12)), at=(place, 0.45 * deep))
                place -= float(np.sign(place) or 1) * 0.62
            self.put_on(desk, self.draw.draw('keyboard'), level=main,
                        yaw=float(rng.normal(0, 0.06)), at=(0.0, -0.45 * deep))
            self.put_on(desk, self.draw.draw('mouse'), level=main, at=(0.33, -0.45 * deep),
                        yaw=float(rng.normal(0, 0.2)))
        else:
            self.put_on(desk, self.draw.draw('laptop'), level=main,
                        yaw=float(rng.normal(0, 0.2)), at=(0.0, -0.2 * deep))
        if rng.random() < 0.5:
            self.put_on(desk, self.draw.draw('lamp'), level=main, at=(-0.5, 0.5 * deep))
        if rng.random() < 0.6:
            across = np.array([-desk.front[1], desk.front[0]])
            self.put(self.draw.draw('trash can'), desk.outline.center + across
                     * (desk.outline.half[0] + 0.25) * rng.choice([-1, 1]), desk.yaw)

    def _bed(self) -> None:
        rng = self._rng
        bed = self.at_wall(self.draw.draw(('bed', 'bed', 'bunk bed')), away=0.03)
        if bed is None:
            return
        across = np.array([-bed.front[1], bed.front[0]])
        for side in (-1, 1):
            stand = self.draw.draw('nightstand')
            if stand is None or rng.random() < 0.2:
                continue
            at = (bed.outline.center + side * across * (bed.outline.half[0] + stand.size[0] / 2
                                                        + max(self._gap, 0.02))
                  - bed.front * (bed.outline.half[1] - stand.size[1] / 2))
            self.put(stand, at, bed.yaw, gap=0.003)
        level = self.main_level(bed)
        half = bed.outline.half
        for place in (-0.45, 0.45) if half[0] > 0.6 else (0.0,):
            self.put_on(bed, self.draw.draw('pillow'), level=level,
                        yaw=float(rng.normal(0, 0.1)), at=(place * half[0], 0.62 * half[1]))
        if rng.random() < 0.5:
            self.put_on(bed, self.draw.draw('blanket'), level=level, at=(0.0, -0.4 * half[1]))
        if rng.random() < 0.45:
            self.put(self.draw.draw('rug'), self._ahead(bed, 0.5), bed.yaw, flat=True)
