"""Where things may stand on a model: its top, its boards, its seat."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model

_CELLS = 40  # a side at most
_STEP = 0.015  # m
_FLAT = 0.9  # cosine between a surface that carries and the vertical
_HEADROOM = 0.06  # m, the least that a surface needs above it
_BAND = 0.02  # m, unevenness of one level (a seat's cushions)
_LEAST = 0.012  # m^2


@dataclasses.dataclass(frozen=True, eq=False)
class SupportLevel:
    """A surface of a model, as a grid in the model's own frame, metres.

    x, y      (I,), (J,) places of the grid's lines
    heights   (I, J) of the surface, NaN where there is none that can be reached
    headroom  (I, J) free height above it, Inf under the sky
    """

    x: npt.NDArray[np.float64]
    y: npt.NDArray[np.float64]
    heights: npt.NDArray[np.float64]
    headroom: npt.NDArray[np.float64]

    @property
    def height(self) -> float:
        """The level's middle height, metres."""
        return float(np.nanmedian(self.heights))

    @property
    def covered(self) -> bool:
        """Whether most of it has something of the model above."""
        return bool(np.isfinite(self.headroom[np.isfinite(self.heights)]).mean() > 0.5)


def support_levels(model: Model, surface: float | None = None) -> tuple[SupportLevel, ...]:
    """Return the levels of a model, the highest first.

    A level is level within 2 cm, has 6 cm or more free above it, and is open to the sky or
    towards the front (-y). Of the levels under the sky, those 6 cm or more from ``surface`` (the
    height that a catalogue gives for putting things on, metres) are left out.
    """
    low, high = model.vertices.min(axis=0), model.vertices.max(axis=0)
    axes = [np.linspace(a, b, max(4, min(_CELLS, int((b - a) / _STEP) + 1)))
            for a, b in zip(low[:2] + 0.004, high[:2] - 0.004, strict=True)]
    x, y = np.meshgrid(*axes, indexing='ij')
    cell, z, room = _steps(model, x.ravel(), y.ravel(), float(high[2]) + 0.5)
    levels = []
    while len(z):
        few = z[:: max(1, len(z) // 400)]
        middle = few[int(np.argmax([np.sum(np.abs(z - one) < _BAND / 2) for one in few]))]
        own = np.abs(z - middle) < _BAND
        if own.sum() * (axes[0][1] - axes[0][0]) * (axes[1][1] - axes[1][0]) < _LEAST:
            break
        heights, headroom = np.full(x.size, np.nan), np.zeros(x.size)
        heights[cell[own]], headroom[cell[own]] = z[own], room[own]
        level = SupportLevel(axes[0], axes[1], heights.reshape(x.shape), headroom.reshape(x.shape))
        far = surface is not None and not level.covered and abs(level.height - surface) > 0.06
        if not far:
            levels.append(level)
        cell, z, room = cell[~own], z[~own], room[~own]
    return tuple(sorted(levels, key=lambda one: -one.height))


def _steps(model: Model, x: Any, y: Any, top: float) -> tuple[Any, Any, Any]:
    """Return cell, height and headroom of all reachable flat surfaces under places (N,)."""
    import open3d
    core: Any = open3d.core
    scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(core.Tensor(model.vertices.astype(np.float32)),
                        core.Tensor(model.faces.astype(np.uint32)))
    rays = np.zeros((len(x), 6), np.float32)
    rays[:, 0], rays[:, 1], rays[:, 2], rays[:, 5] = x, y, top, -1
    hits = scene.list_intersections(core.Tensor(rays))
    cell, depth = hits['ray_ids'].numpy().astype(np.int64), hits['t_hit'].numpy().astype(float)
    corners = model.vertices[model.faces[hits['primitive_ids'].numpy().astype(np.int64)]]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    flat = np.abs(normal[:, 2]) > _FLAT * np.linalg.norm(normal, axis=1)
    order = np.lexsort((depth, cell))
    cell, depth, flat = cell[order], depth[order], flat[order]
    first = np.r_[True, cell[1:] != cell[:-1]] if len(cell) else np.zeros(0, bool)
    room = np.where(first, np.inf, np.diff(depth, prepend=0.0))
    good = flat & (room > _HEADROOM)
    cell, z, room = cell[good], top - depth[good], room[good]
    under = np.flatnonzero(np.isfinite(room))
    if len(under):  # what is under a roof must be open to the front
        out = np.zeros((len(under), 6), np.float32)
        out[:, 0], out[:, 1], out[:, 2], out[:, 4] = (
            x[cell[under]], y[cell[under]], z[under] + 0.5 * _HEADROOM, -1)
        closed = np.isfinite(scene.cast_rays(core.Tensor(out))['t_hit'].numpy())
        keep = np.ones(len(cell), bool)
        keep[under[closed]] = False
        cell, z, room = cell[keep], z[keep], room[keep]
    return cell, z, room
