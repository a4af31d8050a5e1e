"""Tells whether two models go into each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model

_NEAR = 0.005  # m
_SAMPLES = 1500


def surface_points(model: Model, count: int) -> npt.NDArray[np.float64]:
    """Return points (count, 3) spread evenly over a model's surface, the same each time."""
    corners = model.vertices[model.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]),
                          axis=1)
    total = np.cumsum(area)
    if not len(total) or total[-1] <= 0:
        return model.vertices[:1].repeat(count, axis=0)
    place = (np.arange(count) + 0.5) / count * total[-1]
    face = np.minimum(np.searchsorted(total, place), len(total) - 1)
    # two low-discrepancy numbers a point (Roberts, "Unreasonable effectiveness", 2018)
    a, b = (np.arange(count)[:, None] * np.array([0.7548776662, 0.5698402910]) % 1).T
    over = a + b > 1
    a, b = np.where(over, 1 - a, a), np.where(over, 1 - b, b)
    first, second, third = np.moveaxis(corners[face], 1, 0)
    return np.asarray(first + a[:, None] * (second - first) + b[:, None] * (third - first))


def surfaces_clash(one: Model, other: Model) -> bool:
    """Tell whether the surfaces of two models come within 5 mm of each other."""
    return bool(_nearest(one, other) < _NEAR or _nearest(other, one) < _NEAR)


def _nearest(one: Model, other: Model) -> float:
    """Return the least distance from points of one to the surface of the other, metres."""
    low, high = other.vertices.min(axis=0) - _NEAR, other.vertices.max(axis=0) + _NEAR
    step = max(1, len(one.vertices) // _SAMPLES)
    points = np.concatenate([surface_points(one, _SAMPLES), one.vertices[::step]])
    points = points[((points > low) & (points < high)).all(axis=1)]
    if not len(points):
        return float('inf')
    import open3d
    core: Any = open3d.core
    scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(core.Tensor(other.vertices.astype(np.float32)),
                        core.Tensor(other.faces.astype(np.uint32)))
    return float(scene.compute_distance(core.Tensor(points.astype(np.float32))).numpy().min())
