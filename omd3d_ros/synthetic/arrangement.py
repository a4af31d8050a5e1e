"""Places models: on the floor, against walls, on and in one another, without interpenetration.

Footprints are the upright rectangles around what is placed, in whole map axes, and may not
overlap on one surface; heights come from rays that go down on the surface.
"""

from __future__ import annotations

import dataclasses
import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.clash import surfaces_clash
from omd3d_ros.synthetic.footprint import Footprint, footprint_of
from omd3d_ros.synthetic.model import Model

_GRID = 7  # rays a side, under a footprint
_FLAT = 0.006  # m, unevenness of what a thing may stand on
_GAP = 0.001  # m, between touching things
_TRIES = 30
_WALL = 0.004  # m, a thing may touch a wall


@dataclasses.dataclass(eq=False)
class PlacedModel:
    """A model at its place.

    number        instance, from 1
    supported_by  number of what it stands on, 0 for the floor
    inside_of     number of what holds it, 0 for nothing
    origin        (x, y) where its model's own origin came to lie, metres
    """

    number: int
    name: str
    model_id: str
    model: Model
    yaw: float
    supported_by: int = 0
    inside_of: int = 0
    origin: tuple[float, float] = (0.0, 0.0)

    @property
    def low(self) -> npt.NDArray[np.float64]:
        """The smallest coordinates (3,), metres."""
        return np.asarray(self.model.vertices.min(axis=0))

    @property
    def high(self) -> npt.NDArray[np.float64]:
        """The largest coordinates (3,), metres."""
        return np.asarray(self.model.vertices.max(axis=0))

    @functools.cached_property
    def outline(self) -> Footprint:
        """The box around it, turned with it."""
        return footprint_of(self.model.vertices, self.yaw)

    @property
    def front(self) -> npt.NDArray[np.float64]:
        """The way that it faces (2,): a model's back is at +y."""
        return np.array([np.sin(self.yaw), -np.cos(self.yaw)])


class Arrangement:
    """Things placed so far in a room of (x, y) metres from the origin; ``rng`` decides.

    kind, height, walls, ceiling  of the room: its type's name, metres, the numbers of the walls
    that are there (0 at the largest y, 1 at x = 0, 2 at y = 0, 3 at the largest x)
    """

    def __init__(self, room: tuple[float, float], rng: np.random.Generator) -> None:
        self.room, self._rng = room, rng
        self.things: list[PlacedModel] = []
        self.reserved: list[Footprint] = []
        self.flat: set[int] = set()
        self.kind, self.height, self.ceiling = '', 2.6, False
        self.walls: tuple[int, ...] = (0, 1, 2, 3)

    def place(
        self, model: Model, name: str, model_id: str, at: tuple[float, float, float], yaw: float,
        *, support: int = 0, inside: int = 0, gap: float = 0.0, near: tuple[int, ...] = (),
        flat: bool = False,
    ) -> PlacedModel | None:
        """Place a model turned by yaw at a point; None where it is not free.

        support  number of what it rests on; inside, of what holds it; 0 for none
        gap      to other things, metres
        near     numbers of things whose boxes it may enter (a chair under a table) as long as
                 the surfaces are clear of each other
        flat     it lies so flat on the floor that furniture may stand on it: a rug
        """
        made = model.placed(*at, yaw)
        box = footprint_of(made.vertices, yaw)
        edge = box.corners
        if np.any(edge < -_WALL) or np.any(edge > np.array(self.room) + _WALL):
            return None
        if support == 0 and any(box.overlaps(one) for one in self.reserved):
            return None
        for other in self.things:
            if other.number == support or other.number in self.flat:
                continue
            if not box.overlaps(other.outline, 0.0 if other.number in near else gap):
                continue
            if other.number not in near or surfaces_clash(made, other.model):
                return None
        thing = self._add(made, name, model_id, yaw, support, inside)
        thing.origin = at[:2]
        if flat:
            self.flat.add(thing.number)
        return thing

    def stand_on_floor(
        self, model: Model, name: str, model_id: str, *, at_wall: bool
    ) -> PlacedModel | None:
        """Place a model on the floor, its back to a wall or anywhere; None without room."""
        for _ in range(_TRIES):
            side = int(self._rng.integers(4))
            # a catalogue's model has its back at +y: turn that towards the wall
            yaw = side * np.pi / 2 + (0.0 if at_wall else self._rng.normal(0, 0.2))
            turned = model.placed(0, 0, 0, yaw)
            half = turned.vertices[:, :2].max(axis=0)
            low = -turned.vertices[:, :2].min(axis=0)
            room = np.array(self.room)
            if np.any(half + low > room - 0.1):
                return None
            x, y = self._rng.uniform(low + 0.03, room - half - 0.03)
            if at_wall:
                x, y = {0: (x, room[1] - half[1] - 0.02), 1: (low[0] + 0.02, y),
                        2: (x, low[1] + 0.02), 3: (room[0] - half[0] - 0.02, y)}[side]
            made = turned.placed(x, y, 0.0, 0.0)
            if self._free(made, 0, gap=0.05):
                return self._add(made, name, model_id, yaw, 0, 0)
        return None

    def put_on(
        self, support: PlacedModel, model: Model, name: str, model_id: str, *,
        touching: bool = False, inside: bool = False,
    ) -> PlacedModel | None:
        """Place a model on (or in) another where that is flat; None where there is no place."""
        neighbors = [one for one in self.things if one.supported_by == support.number]
        cast = _downward(support.model)
        for _ in range(_TRIES):
            yaw = float(self._rng.uniform(0, 2 * np.pi))
            if touching:
                yaw = float(self._rng.integers(4)) * np.pi / 2 + self._rng.normal(0, 0.05)
            turned = model.placed(0, 0, 0, yaw)
            half = turned.vertices[:, :2].max(axis=0)
            low = -turned.vertices[:, :2].min(axis=0)
            start, end = support.low[:2] + low, support.high[:2] - half
            if np.any(end <= start):
                return None
            place = self._rng.uniform(start, end)
            if touching and neighbors:
                place = self._beside(neighbors, low, half)
                if np.any(place < start) or np.any(place > end):
                    continue
            heights = cast(place - low, place + half)
            if not np.isfinite(heights).all() or np.ptp(heights) > _FLAT:
                continue
            made = turned.placed(float(place[0]), float(place[1]),
                                 float(heights.max()) + 5e-4, 0.0)
            if self._free(made, support.number):
                return self._add(made, name, model_id, yaw, support.number,
                                 support.number if inside else 0)
        return None

    def _beside(self, neighbors: list[PlacedModel], low: Any, half: Any) -> Any:
        other = neighbors[int(self._rng.integers(len(neighbors)))]
        axis, up = int(self._rng.integers(2)), bool(self._rng.integers(2))
        place = (other.low[:2] + other.high[:2]) / 2 + self._rng.normal(0, 0.02, 2)
        place[axis] = (other.high[axis] + low[axis] + _GAP if up
                       else other.low[axis] - half[axis] - _GAP)
        return place

    def _free(self, model: Model, support: int, gap: float = 0.0) -> bool:
        low, high = model.vertices.min(axis=0), model.vertices.max(axis=0)
        for other in self.things:
            if other.number == support:
                continue
            if np.all(low < other.high + gap) and np.all(high > other.low - gap):
                return False
        return True

    def _add(self, model: Model, name: str, model_id: str, yaw: float, support: int,
             inside: int) -> PlacedModel:
        thing = PlacedModel(len(self.things) + 1, name, model_id, model, float(yaw), support,
                            inside)
        self.things.append(thing)
        return thing


def _downward(model: Model) -> Any:
    """Return a function that gives the heights of a model under a grid from low to high (2,)."""
    import open3d
    core: Any = open3d.core
    scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(core.Tensor(model.vertices.astype(np.float32)),
                        core.Tensor(model.faces.astype(np.uint32)))
    above = float(model.vertices[:, 2].max()) + 0.5

    def heights(low: Any, high: Any) -> npt.NDArray[np.float64]:
        x, y = np.meshgrid(*(np.linspace(a, b, _GRID) for a, b in zip(low, high, strict=True)))
        rays = np.zeros((_GRID * _GRID, 6), np.float32)
        rays[:, 0], rays[:, 1], rays[:, 2], rays[:, 5] = x.ravel(), y.ravel(), above, -1
        return np.asarray(above - scene.cast_rays(core.Tensor(rays))['t_hit'].numpy(), np.float64)

    return heights
