"""How far a thing can move before it touches another: exact but for the spacing of samples."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model, joined

_SPACING = 0.006  # m, between samples of an edge
_MOST = 4000


@dataclasses.dataclass(frozen=True, eq=False)
class Contact:
    """The first touch: after how many metres, and where (3,) the other thing is touched."""

    distance: float
    point: npt.NDArray[np.float64]


def first_contact(
    moving: Model, standing: Sequence[Model], direction: npt.NDArray[np.float64]
) -> Contact | None:
    """Move a model along a direction (3,), unit; None where it passes without touching.

    Rays from its vertices and edges meet the others, and rays back from theirs meet it.
    """
    other = joined(*standing)
    own, theirs = _samples(moving), _samples(other)
    forward = _distances(other, own, direction)
    back = _distances(moving, theirs, -direction)
    nearest, hit = int(np.argmin(forward)), int(np.argmin(back))
    if not np.isfinite(min(forward[nearest], back[hit])):
        return None
    if forward[nearest] < back[hit]:
        distance = float(forward[nearest])
        return Contact(distance, own[nearest] + distance * direction)
    return Contact(float(back[hit]), theirs[hit])


def _distances(
    model: Model, origins: npt.NDArray[np.float64], direction: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the way (N,) from origins (N, 3) along a direction to a model, Inf past it."""
    import open3d
    core: Any = open3d.core
    scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(core.Tensor(model.vertices.astype(np.float32)),
                        core.Tensor(model.faces.astype(np.uint32)))
    rays = np.concatenate([origins, np.broadcast_to(direction, origins.shape)], axis=1)
    hit = scene.cast_rays(core.Tensor(rays.astype(np.float32)), nthreads=1)
    return np.asarray(hit['t_hit'].numpy(), np.float64)


def _samples(model: Model) -> npt.NDArray[np.float64]:
    """Return points (N, 3) on a model: its vertices, and along its long edges."""
    vertices = model.vertices[np.unique(model.faces)]
    found = [vertices[::max(1, len(vertices) // _MOST)]]
    corners = model.vertices[model.faces[::max(1, len(model.faces) // _MOST)]]
    for start in range(3):
        one, two = corners[:, start], corners[:, (start + 1) % 3]
        length = np.linalg.norm(two - one, axis=1)
        for steps in np.unique(np.ceil(length / _SPACING).astype(int)):
            if steps < 2:
                continue
            chosen = np.ceil(length / _SPACING).astype(int) == steps
            share = (np.arange(1, steps) / steps)[None, :, None]
            found.append((one[chosen][:, None] * (1 - share)
                          + two[chosen][:, None] * share).reshape(-1, 3))
    points = np.concatenate(found)
    return points[::max(1, len(points) // (3 * _MOST))]
