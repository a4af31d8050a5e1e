"""Solids that household things are put together from: tubes, slabs, eggs, all in metres."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from omd3d_ros.synthetic.model import Model, plain_model
from omd3d_ros.synthetic.shapes import Color, revolved

_AROUND = 14  # corners of a tube's ring
_UP = (0.0, 0.0, 1.0)


def tube(path: npt.ArrayLike, radius: npt.ArrayLike, color: Color) -> Model:
    """Return a round tube with closed ends.

    path    (N, 3) its middle line; consecutive points differ
    radius  one, or (N,) one a point: a foot that tapers, a leg that swells

    Rings keep their turn along the line (parallel transport; Bishop 1975), so it does not twist.
    """
    middle = np.asarray(path, float)
    radii = np.broadcast_to(np.asarray(radius, float), len(middle))
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    side = np.cross(along[0], _UP if abs(along[0, 2]) < 0.9 else (1.0, 0.0, 0.0))
    angles = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    rings = []
    for point, heading, r in zip(middle, along, radii, strict=True):
        side = side - (side @ heading) * heading
        side /= np.linalg.norm(side)
        other = np.cross(heading, side)
        rings.append(point + r * (np.outer(np.cos(angles), side) + np.outer(np.sin(angles), other)))
    vertices = np.concatenate([*rings, middle[[0, -1]]])
    return plain_model(vertices, _closed_strips(len(middle)), color, smooth=True)


def slab(outline: npt.ArrayLike, height: float, color: Color) -> Model:
    """Return what lies between an outline on z = 0 and the same at a height.

    outline  (K, 2) corners, anticlockwise, that all can be seen from their mean
    """
    corners = np.asarray(outline, float)
    k = len(corners)
    flat = np.concatenate([corners, corners.mean(axis=0, keepdims=True)])
    vertices = np.concatenate([np.column_stack([flat, np.full(k + 1, z)]) for z in (0.0, height)])
    a = np.arange(k)
    b, top = (a + 1) % k, k + 1
    faces = np.concatenate([
        np.stack([b, a, np.full(k, k)], axis=1),
        np.stack([a + top, b + top, np.full(k, k + top)], axis=1),
        np.stack([a, b, b + top], axis=1), np.stack([a, b + top, a + top], axis=1)])
    return plain_model(vertices, faces, color, smooth=False)


def egg(size: tuple[float, float, float], color: Color) -> Model:
    """Return an ellipsoid of full extents (x, y, z) that stands on z = 0."""
    angles = np.linspace(-np.pi / 2, np.pi / 2, 20)
    ball = revolved([(float(np.cos(a)) / 2, float(1 + np.sin(a)) / 2) for a in angles], color)
    return ball.stretched(size)


def rotated(model: Model, axis: str, angle: float) -> Model:
    """Return a part turned about an axis ('x', 'y' or 'z') through the origin, radians."""
    turn = Rotation.from_euler(axis, angle).as_matrix()
    return dataclasses.replace(
        model, vertices=model.vertices @ turn.T, normals=model.normals @ turn.T)


def settled(model: Model) -> Model:
    """Return a model with its footprint centred on the origin and its base at z = 0."""
    low, high = model.vertices.min(axis=0), model.vertices.max(axis=0)
    x, y = -(low + high)[:2] / 2
    return model.placed(float(x), float(y), float(-low[2]), 0.0)


def _closed_strips(rings: int) -> npt.NDArray[np.int64]:
    """Return the triangles of a tube of rings; the middles of its ends come after its corners."""
    a = np.arange(_AROUND)
    b, last = (a + 1) % _AROUND, (rings - 1) * _AROUND
    faces = [np.stack([b, a, np.full(_AROUND, rings * _AROUND)], axis=1),
             np.stack([a + last, b + last, np.full(_AROUND, rings * _AROUND + 1)], axis=1)]
    for row in range(rings - 1):
        low = row * _AROUND
        faces += [np.stack([a, b, b + _AROUND], axis=1) + low,
                  np.stack([a, b + _AROUND, a + _AROUND], axis=1) + low]
    return np.concatenate(faces)
