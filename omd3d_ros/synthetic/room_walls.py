"""Doors and windows of a room, and what hangs on its walls and from its ceiling."""

from __future__ import annotations

import numpy as np

from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.footprint import Footprint
from omd3d_ros.synthetic.room_furniture import RoomFurniture
from omd3d_ros.synthetic.room_types import RoomType

_DOOR_SPACE = 0.85  # m, kept free in front of a door
_BESIDE = 0.004  # m, between a wall and what hangs on it
_BASES = {'picture': (1.15, 1.6), 'mirror': (0.6, 1.2), 'clock': (1.6, 1.95),
          'wall shelf': (1.15, 1.6), 'television': (0.95, 1.35), 'towel': (0.7, 1.1)}


class RoomWalls:
    """Fills the walls (by number) that a room has; ``height`` of its ceiling, metres."""

    def __init__(
        self, furniture: RoomFurniture, walls: tuple[int, ...], height: float,
        rng: np.random.Generator,
    ) -> None:
        self._furniture, self._walls = furniture, walls
        self._height, self._rng = height, rng

    def openings(self, room: RoomType) -> None:
        """Place doors and windows, with what belongs to windows, before any furniture."""
        rng = self._rng
        for _ in range(1 + (room.name in ('hall', 'living room') and rng.random() < 0.5)):
            door = self._hang('door', 0.0)
            if door is not None:
                self._keep_free(door.outline)
        if room.name == 'bathroom' and rng.random() < 0.5:
            return
        for _ in range(int(rng.choice([1, 1, 2, 3]))):
            window = self._hang('window', float(rng.uniform(0.82, 1.0)))
            if window is None:
                continue
            wall = round(window.yaw / (np.pi / 2)) % 4
            along = float(window.outline.center[wall % 2])
            if rng.random() < 0.6 and room.name not in ('kitchen', 'bathroom'):
                self._curtains(wall, along, float(window.outline.half[0]), float(window.high[2]))
            radiator = self._furniture.draw.draw('radiator', on_wall=True, fits=lambda one:
                                                 one.entry is None or one.entry.size[2] < 0.75)
            if radiator is not None and rng.random() < 0.6:
                self._furniture.at_wall(radiator, side=wall, along=along, z=0.1, away=0.02,
                                        gap=0.005, tries=1)

    def hangings(self, room: RoomType) -> None:
        """Hang what a room type has on its walls, once furniture stands."""
        rng = self._rng
        for name, chance in room.on_wall:
            if rng.random() < chance:
                self._hang(name, float(rng.uniform(*_BASES[name])))

    def ceiling_lamp(self) -> None:
        """Hang a lamp from the ceiling, about the middle."""
        drawn = self._furniture.draw.draw('ceiling lamp', on_wall=True)
        if drawn is None or drawn.size[2] > 1.1:
            return
        at = np.array(self._furniture.made.room) * self._rng.uniform(0.4, 0.6, 2)
        self._furniture.put(drawn, at, 0.0, z=self._height - drawn.size[2] - 0.003, gap=0.0)

    def _hang(self, name: str, base: float) -> PlacedModel | None:
        draw, rng = self._furniture.draw, self._rng
        drawn = (draw.draw('shelf', on_wall=True) if name == 'wall shelf' else
                 draw.draw(name, on_wall=True))
        if drawn is None or base + drawn.size[2] > self._height - 0.03:
            return None
        for _ in range(6):
            wall = int(rng.choice(self._walls))
            found = self._furniture.at_wall(drawn, side=wall, z=base, away=_BESIDE, gap=0.04,
                                            tries=2)
            if found is not None:
                return found
        return None

    def _curtains(self, wall: int, along: float, half: float, top: float) -> None:
        for side in (-1, 1):
            drawn = self._furniture.draw.draw('curtain', on_wall=True)
            if drawn is None or self._rng.random() < 0.1:
                continue
            place = along + side * (half + 0.06 + drawn.size[0] / 2)
            base = max(0.02, min(top + 0.08, self._height - 0.05) - drawn.size[2])
            self._furniture.at_wall(drawn, side=wall, along=place, z=base, away=0.004, gap=0.001,
                                    tries=1)

    def _keep_free(self, door: Footprint) -> None:
        front = np.array([np.sin(door.yaw), -np.cos(door.yaw)])
        made = self._furniture.made
        made.reserved.append(Footprint(
            door.center + front * (door.half[1] + 0.003 + _DOOR_SPACE / 2),
            np.array([door.half[0], _DOOR_SPACE / 2]), door.yaw, 0.02, 2.0))
