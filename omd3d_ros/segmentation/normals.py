"""Surface normals of a map's voxels from the moments of their neighbourhoods."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.voxel_grid import VoxelGrid, compiled


@dataclasses.dataclass(frozen=True)
class Normals:
    """The direction of the surface at each voxel.

    vectors    (N, 3) float32  unit, without a side (n and -n mean the same; z >= 0)
    curvature  (N,) float32    smallest eigenvalue / sum of the three, in [0, 1/3];
                               1/3 where the voxels near are one, or on one line
    """

    vectors: npt.NDArray[np.float32]
    curvature: npt.NDArray[np.float32]


def find_normals(grid: VoxelGrid, rings: int = 2) -> Normals:
    """Fit a plane to each voxel's neighbourhood.

    Each ring spreads the moments of every voxel to its 26 neighbours once, so that two rings
    weigh the 5x5x5 cells around a voxel about like a bell curve.
    """
    if rings < 1:
        raise ValueError(f'rings={rings}: must be at least 1')
    points = grid.points.astype(np.float64)
    center = points.mean(axis=0) if len(points) else np.zeros(3)
    moments = _own_moments(points - center)
    for _ in range(rings):
        moments = _spread(grid.neighbors, moments)
    vectors, curvature = _fit(moments)
    return Normals(vectors, curvature)


@compiled
def _own_moments(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    moments = np.empty((len(points), 10))
    for i in range(len(points)):
        x, y, z = points[i]
        moments[i, 0] = 1.0
        moments[i, 1] = x
        moments[i, 2] = y
        moments[i, 3] = z
        moments[i, 4] = x * x
        moments[i, 5] = y * y
        moments[i, 6] = z * z
        moments[i, 7] = x * y
        moments[i, 8] = x * z
        moments[i, 9] = y * z
    return moments


@compiled
def _spread(
    neighbors: npt.NDArray[np.int32], moments: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    total = moments.copy()
    for i in range(len(neighbors)):
        for k in range(26):
            j = neighbors[i, k]
            if j >= 0:
                for m in range(10):
                    total[i, m] += moments[j, m]
    return total


@compiled
def _fit(
    moments: npt.NDArray[np.float64],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Smallest eigenpair of each 3x3 covariance, in closed form (Smith 1961)."""
    vectors = np.zeros((len(moments), 3), np.float32)
    curvature = np.full(len(moments), 1 / 3, np.float32)
    for i in range(len(moments)):
        n = moments[i, 0]
        x, y, z = moments[i, 1] / n, moments[i, 2] / n, moments[i, 3] / n
        a = moments[i, 4] / n - x * x
        b = moments[i, 5] / n - y * y
        c = moments[i, 6] / n - z * z
        d = moments[i, 7] / n - x * y
        e = moments[i, 8] / n - x * z
        f = moments[i, 9] / n - y * z
        vectors[i, 2] = 1.0
        trace = a + b + c
        off = d * d + e * e + f * f
        mean = trace / 3
        spread = (a - mean) ** 2 + (b - mean) ** 2 + (c - mean) ** 2 + 2 * off
        if n < 3 or trace <= 1e-12 or spread <= 1e-24:
            continue
        p = np.sqrt(spread / 6)
        aa, bb, cc = (a - mean) / p, (b - mean) / p, (c - mean) / p
        dd, ee, ff = d / p, e / p, f / p
        half = (aa * (bb * cc - ff * ff) - dd * (dd * cc - ff * ee)
                + ee * (dd * ff - bb * ee)) / 2
        angle = np.arccos(min(1.0, max(-1.0, half))) / 3
        least = mean + 2 * p * np.cos(angle + 2 * np.pi / 3)
        middle = trace - least - (mean + 2 * p * np.cos(angle))
        if middle <= 1e-4 * trace:
            continue
        curvature[i] = min(1 / 3, max(0.0, least / trace))
        best = 0.0
        for row in range(3):
            if row == 0:
                u = (d * f - e * (b - least), d * e - (a - least) * f,
                     (a - least) * (b - least) - d * d)
            elif row == 1:
                u = (d * (c - least) - e * f, e * e - (a - least) * (c - least),
                     (a - least) * f - d * e)
            else:
                u = ((b - least) * (c - least) - f * f, f * e - d * (c - least),
                     d * f - (b - least) * e)
            length = np.sqrt(u[0] * u[0] + u[1] * u[1] + u[2] * u[2])
            if length > best:
                best = length
                side = -1.0 if u[2] < 0 else 1.0
                vectors[i, 0] = side * u[0] / length
                vectors[i, 1] = side * u[1] / length
                vectors[i, 2] = side * u[2] / length
        if best == 0.0:
            vectors[i] = (0.0, 0.0, 1.0)
            curvature[i] = 1 / 3
    return vectors, curvature
