"""Planes, and how much of one its points cover."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.voxel_grid import compiled


@dataclasses.dataclass(frozen=True)
class Plane:
    """Points p with normal . p = offset; the normal is a unit vector (3,), metres."""

    normal: npt.NDArray[np.float64]
    offset: float

    def distances(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the signed distances (N,) of points (N, 3), metres."""
        return along(points, self.normal, self.offset)


def along(
    points: npt.NDArray[np.float32], direction: npt.NDArray[np.float64], offset: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return how far along a direction (3,) points (N, 3) lie, less an offset: (N,), metres."""
    return np.asarray(_along(np.ascontiguousarray(points), direction, float(offset)))


@compiled
def _along(points: npt.NDArray[np.floating], direction: npt.NDArray[np.float64], offset: float
           ) -> npt.NDArray[np.float64]:
    x, y, z = direction[0], direction[1], direction[2]
    far = np.empty(len(points))
    for i in range(len(points)):
        far[i] = points[i, 0] * x + points[i, 1] * y + points[i, 2] * z - offset
    return far


def fit_plane(points: npt.NDArray[np.floating]) -> Plane:
    """Fit a plane to points (N, 3), N >= 3, by least squares; its normal has z >= 0."""
    center = points.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(np.cov((points - center).T))
    normal = vectors[:, 0] if vectors[2, 0] >= 0 else -vectors[:, 0]
    return Plane(normal, float(normal @ center))


def covered_area(points: npt.NDArray[np.floating], voxel_size: float) -> float:
    """Return the area that points (N, 2 or more) cover in their first two axes, m^2.

    Counts the touched cells of twice the voxel size, metres.
    """
    cells = np.unique(np.floor(points[:, :2] / (2 * voxel_size)).astype(np.int64), axis=0)
    return float(len(cells)) * (2 * voxel_size) ** 2
