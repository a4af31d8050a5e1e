"""Finding the pinhole projection of an organised cloud, whichever way its frame points."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout

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
    rows = max(1, layout.height // _SAMPLES)
    columns = max(1, layout.width // _SAMPLES)
    points = cloud.coordinates(rows, columns)
    v, u = np.mgrid[0 : points.shape[0], 0 : points.shape[1]]
    pixels = np.stack([u * columns, v * rows], axis=2).astype(np.float64)
    good = np.isfinite(points).all(axis=2) & (points != 0).any(axis=2)
    return points[good], pixels[good]


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
        points, pixels = sample_points(cloud)
        known = self._projection if layout == self._layout else None
        if known is None or not fits(known, points, pixels):
            known = fit_projection(points, pixels, layout.width, layout.height)
        if known is not None:
            self._layout, self._projection = layout, known
        return known
