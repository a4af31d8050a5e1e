"""Finds places for things on the levels of what is already placed."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.arrangement import Arrangement, PlacedModel
from omd3d_ros.synthetic.footprint import Footprint, footprint_of
from omd3d_ros.synthetic.model_draw import DrawnModel
from omd3d_ros.synthetic.support_levels import SupportLevel

_TRIES = 14
_HARD = 0.006  # m, unevenness of what a thing may stand on
_SOFT = 0.03  # m, the same of cushions and of cushions on them
_LIFT = 5e-4  # m
_GAP = 0.002  # m, between touching things
_HOLDERS = frozenset(('bookcase', 'cabinet', 'wardrobe', 'tv stand', 'nightstand', 'dresser'))
_CUSHIONED = frozenset(('sofa', 'armchair', 'bed', 'ottoman', 'chair', 'bunk bed', 'crib',
                        'office chair', 'bench', 'pillow', 'blanket'))


def put_on_level(
    made: Arrangement, support: PlacedModel, level: SupportLevel, drawn: DrawnModel,
    rng: np.random.Generator, *, yaw: float | None = None, at: tuple[float, float] | None = None,
    touching: bool = False, exact: bool = False, gap: float = 0.01,
) -> PlacedModel | None:
    """Place a model on a level of a support; None where no place is free.

    yaw  in the support's frame, radians; None: any
    at   place in the support's frame, metres, as near as there is room; None: any
    touching  beside something that is there already
    exact     at ``at`` itself or not at all

    What stands on a board with more of the same case above is inside of it, where the support is
    a case (a bookcase, not a shelf): one says "in the bookcase", but "on the shelf".
    """
    soft = support.name in _CUSHIONED
    inside = support.number if level.covered and support.name in _HOLDERS else 0
    open_cells = np.argwhere(np.isfinite(level.heights))
    neighbors = [one for one in made.things if one.supported_by == support.number]
    origin, outline = np.array(support.origin), footprint_of(drawn.model.vertices, 0.0)
    for step in range(0 if not len(open_cells) else 1 if exact else _TRIES):
        turn = yaw if yaw is not None else float(rng.uniform(-np.pi, np.pi))
        if touching and neighbors:
            world_yaw, place = _beside(neighbors, drawn, rng)
            local = _to_local(support, origin, place)
            turn = world_yaw - support.yaw
        elif at is not None and (exact or step < _TRIES // 2):
            spread = 0.0 if exact else 0.02 + 0.02 * step
            local = np.array(at) + spread * rng.normal(0, 1, 2)
        else:
            cell = open_cells[int(rng.integers(len(open_cells)))]
            local = np.array([level.x[cell[0]], level.y[cell[1]]])
        box = footprint_of(_corners(outline, local, turn), turn)
        height = _height(level, box, drawn.size[2], _SOFT if soft else _HARD)
        if height is None:
            continue
        x, y = _to_world(support, origin, local)
        base = float(support.model.vertices[:, 2].min())
        found = made.place(drawn.model, drawn.name, drawn.entry.id, (x, y, base + height + _LIFT),
                           support.yaw + turn, support=support.number, inside=inside,
                           gap=_GAP / 2 if touching else gap)
        if found is not None:
            return found
    return None


def _corners(outline: Footprint, at: Any, turn: float) -> npt.NDArray[np.float64]:
    flat = outline.corners
    c, s = np.cos(turn), np.sin(turn)
    turned = flat @ np.array([[c, s], [-s, c]]) + at
    return np.column_stack([turned, np.zeros(4)])


def _height(level: SupportLevel, box: Footprint, tall: float, even: float) -> float | None:
    """Return the height on which a footprint rests in a level's frame; None where it cannot."""
    span = np.abs(box.axes.T) @ box.half
    i = np.flatnonzero(np.abs(level.x - box.center[0]) <= span[0] + 1e-9)
    j = np.flatnonzero(np.abs(level.y - box.center[1]) <= span[1] + 1e-9)
    edge = box.corners
    if edge[:, 0].min() < level.x[0] - 0.006 or edge[:, 0].max() > level.x[-1] + 0.006:
        return None
    if edge[:, 1].min() < level.y[0] - 0.006 or edge[:, 1].max() > level.y[-1] + 0.006:
        return None
    if not len(i) or not len(j):  # smaller than a cell
        i = np.array([np.argmin(np.abs(level.x - box.center[0]))])
        j = np.array([np.argmin(np.abs(level.y - box.center[1]))])
        inside = np.ones((1, 1), bool)
    else:
        x, y = np.meshgrid(level.x[i], level.y[j], indexing='ij')
        inside = box.holds(np.stack([x.ravel(), y.ravel()], axis=1), 0.004).reshape(x.shape)
    if not inside.any():
        inside[:] = True
    heights = level.heights[np.ix_(i, j)][inside]
    if not np.isfinite(heights).all() or np.ptp(heights) > even:
        return None
    if level.headroom[np.ix_(i, j)][inside].min() < tall + 0.01:
        return None
    return float(heights.max())


def _to_world(support: PlacedModel, origin: Any, local: Any) -> tuple[float, float]:
    c, s = np.cos(support.yaw), np.sin(support.yaw)
    return (float(origin[0] + c * local[0] - s * local[1]),
            float(origin[1] + s * local[0] + c * local[1]))


def _to_local(support: PlacedModel, origin: Any, place: Any) -> npt.NDArray[np.float64]:
    c, s = np.cos(support.yaw), np.sin(support.yaw)
    away = np.asarray(place) - origin
    return np.array([c * away[0] + s * away[1], -s * away[0] + c * away[1]])


def _beside(
    neighbors: list[PlacedModel], drawn: DrawnModel, rng: np.random.Generator
) -> tuple[float, npt.NDArray[np.float64]]:
    """Return yaw and place that bring a model side by side with a neighbour."""
    other = neighbors[int(rng.integers(len(neighbors)))].outline
    quarter = int(rng.integers(4))
    half = np.array(drawn.size[:2]) / 2
    if quarter % 2:
        half = half[::-1]
    side, axis = float(rng.choice([-1, 1])), int(rng.integers(2))
    away = np.zeros(2)
    away[axis] = side * (other.half[axis] + half[axis] + _GAP)
    away[1 - axis] = rng.uniform(-0.6, 0.6) * other.half[1 - axis]
    return other.yaw + quarter * np.pi / 2, other.center + away @ other.axes
