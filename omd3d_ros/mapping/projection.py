"""Finding the pinhole projection of an organised cloud, whichever way its frame points."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.point_source import Source, cloud_source, read_point

_SAMPLES = 24
_MIN_POINTS = 60
_MIN_SPREAD = 0.25
_MAX_ERROR = 1.0
_GOOD_SHARE = 0.98


def sample_points(
    cloud: Cloud,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return points (n, 3), metres, and their pixels (n, 2) as (u, v), on a sparse grid."""
    layout = cloud.layout
    rows, columns = _grid(layout)
    points = cloud.coordinates(rows, columns)
    v, u = np.mgrid[0 : points.shape[0], 0 : points.shape[1]]
    pixels = np.stack([u * columns, v * rows], axis=2).astype(np.float64)
    good = np.isfinite(points).all(axis=2) & (points != 0).any(axis=2)
    return points[good], pixels[good]


def _grid(layout: PointLayout) -> tuple[int, int]:
    """Return the steps, in rows and columns, of a sparse grid of pixels."""
    return max(1, layout.height // _SAMPLES), max(1, layout.width // _SAMPLES)


def fits(
    projection: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    pixels: npt.NDArray[np.float64],
) -> bool:
    """Tell whether nearly all points project within a pixel of where they are in the image."""
    with np.errstate(all='ignore'):
        image = points @ projection.T
        error = np.abs(image[:, :2] / image[:, 2:] - pixels).max(axis=1)
    good = (image[:, 2] > 0) & (error < _MAX_ERROR)
    return len(good) > 0 and float(good.mean()) >= _GOOD_SHARE


def fit_projection(
    points: npt.NDArray[np.float64], pixels: npt.NDArray[np.float64], width: int, height: int
) -> npt.NDArray[np.float64] | None:
    """Return the (3, 3) matrix from the sensor's frame to pixels, or None when there is none.

    The camera centre is the frame's origin; the frame may be turned in any way (a body frame as
    well as an optical one). Row 2 has unit length, so that it gives the depth in metres.

    Method: the direct linear transform (R. Hartley and A. Zisserman, Multiple View Geometry, 2nd
    ed., chapter 7) without a translation, solved by least squares on directions.
    """
    if len(points) < _MIN_POINTS:
        return None
    spread = np.ptp(pixels, axis=0) / [max(width, 1), max(height, 1)]
    if spread.min() < _MIN_SPREAD:
        return None
    middle, half = np.array([width, height]) / 2, max(width, height) / 2
    directions = points / np.linalg.norm(points, axis=1, keepdims=True)
    u, v = ((pixels - middle) / half).T
    zeros = np.zeros_like(directions)
    equations = np.concatenate([
        np.concatenate([directions, zeros, -u[:, None] * directions], axis=1),
        np.concatenate([zeros, directions, -v[:, None] * directions], axis=1),
    ])
    matrix = np.linalg.eigh(equations.T @ equations)[1][:, 0].reshape(3, 3)
    length = np.linalg.norm(matrix[2])
    if length < 1e-9:
        return None
    matrix = matrix / length
    if np.median(directions @ matrix[2]) < 0:
        matrix = -matrix
    pixels_from_unit = np.array([[half, 0, middle[0]], [0, half, middle[1]], [0, 0, 1]])
    projection: npt.NDArray[np.float64] = pixels_from_unit @ matrix
    return projection if fits(projection, points, pixels) else None


def pinhole_of(
    projection: npt.NDArray[np.float64],
    points: npt.NDArray[np.float64],
    pixels: npt.NDArray[np.float64],
    width: int,
    height: int,
) -> PinholeCamera | None:
    """Return the camera of a projection that looks along +z with x to the right, else None."""
    if not (projection[0, 0] > 0 and projection[1, 1] > 0 and projection[2, 2] > 0.99):
        return None
    (fx, _, cx), (_, fy, cy) = projection[:2].tolist()
    calibration = np.array([[fx, 0, cx], [0, fy, cy], [0, 0, 1]])
    if not fits(calibration, points, pixels):
        return None
    return PinholeCamera(width, height, fx, fy, cx, cy)


@kernel
def _count_fitting(
    source: Source, projection: npt.NDArray[np.float64], rows: int, columns: int, counts: Any
) -> None:
    """Count the points on a grid of pixels, and those that project within a pixel of theirs.

    counts  (2,) points that fit and points, added to
    """
    p = projection
    for row in range(0, source.height, rows):
        for column in range(0, source.width, columns):
            x, y, z = read_point(source, row, column)
            length = x * x + y * y + z * z
            if not (length > 0.0 and length < np.inf):
                continue
            depth = p[2, 0] * x + p[2, 1] * y + p[2, 2] * z
            u = (p[0, 0] * x + p[0, 1] * y + p[0, 2] * z) / depth
            v = (p[1, 0] * x + p[1, 1] * y + p[1, 2] * z) / depth
            fitting = depth > 0.0 and max(abs(u - column), abs(v - row)) < _MAX_ERROR
            counts[0] += 1 if fitting else 0
            counts[1] += 1


class ProjectionCache:
    """The projection of the clouds of one sensor, fitted once and kept while it fits."""

    def __init__(self) -> None:
        self._layout: PointLayout | None = None
        self._projection: npt.NDArray[np.float64] | None = None

    def find(self, cloud: Cloud) -> npt.NDArray[np.float64] | None:
        """Return the (3, 3) projection of an organised cloud, or None when it has none."""
        layout = cloud.layout
        if layout.height < 2 or layout.width < 2:
            return None
        known = self._projection
        if known is not None and layout == self._layout and _still_fits(known, cloud):
            return known
        points, pixels = sample_points(cloud)
        found = fit_projection(points, pixels, layout.width, layout.height)
        if found is not None:
            self._layout, self._projection = layout, found
        return found


def _still_fits(projection: npt.NDArray[np.float64], cloud: Cloud) -> bool:
    counts = np.zeros(2, np.int64)
    rows, columns = _grid(cloud.layout)
    _count_fitting(cloud_source(cloud), projection, rows, columns, counts)
    return bool(counts[1] > 0 and counts[0] >= _GOOD_SHARE * counts[1])
