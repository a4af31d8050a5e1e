"""Outlines: convex polygons round what is seen of a thing from above."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError

Outline = npt.NDArray[np.float64]


def outline_of(points: npt.NDArray[np.floating]) -> Outline:
    """Return the convex hull (K, 2) of points (N, 2 or 3) from above, anticlockwise, metres.

    Raises
    ------
    ValueError
        When the points lie on one line.

    """
    flat = np.asarray(points, np.float64)[:, :2]
    try:
        return np.asarray(flat[ConvexHull(flat).vertices])
    except QhullError as error:
        raise ValueError(f'points: no outline round {len(flat)} points') from error


def gap(first: Outline, second: Outline) -> float:
    """Return the distance between two outlines, metres; how deep they overlap, as a negative.

    Separating axes (Gottschalk 1996) tell whether they overlap; apart, the nearest points are a
    corner of one and a point on a side of the other.
    """
    apart = -np.inf
    for sides in (first, second):
        normals = side_normals(sides)
        one, two = first @ normals.T, second @ normals.T
        apart = max(apart, float(np.maximum(two.min(axis=0) - one.max(axis=0),
                                            one.min(axis=0) - two.max(axis=0)).max()))
    if apart <= 0:
        return apart
    return min(_to_sides(first, second), _to_sides(second, first))


def side_normals(outline: Outline) -> npt.NDArray[np.float64]:
    """Return the outward normals (K, 2) of the sides, the first from corner 0 to corner 1."""
    along = np.roll(outline, -1, axis=0) - outline
    normals = np.stack([along[:, 1], -along[:, 0]], axis=1)
    return np.asarray(normals / np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12))


def contains(outline: Outline, point: npt.NDArray[np.float64], margin: float = 0.0) -> bool:
    """Tell whether a point (2,) lies inside by a margin, metres."""
    normals = side_normals(outline)
    return bool((np.sum((point - outline) * normals, axis=1) <= -margin).all())


def area(outline: Outline) -> float:
    """Return the area, square metres."""
    x, y = outline.T
    return float(0.5 * np.sum(x * np.roll(y, -1) - np.roll(x, -1) * y))


def _to_sides(corners: Outline, outline: Outline) -> float:
    """Return the least distance from corners (J, 2) to the sides of an outline."""
    along = np.roll(outline, -1, axis=0) - outline
    offset = corners[:, None] - outline[None]
    share = np.sum(offset * along, axis=2) / np.maximum(np.sum(along * along, axis=1), 1e-18)
    nearest = offset - np.clip(share, 0, 1)[:, :, None] * along
    return float(np.sqrt(np.sum(nearest * nearest, axis=2).min()))
