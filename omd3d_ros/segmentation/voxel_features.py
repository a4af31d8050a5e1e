"""What the vote network is told of each voxel."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.normals import Normals
from omd3d_ros.segmentation.planes import Surfaces
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

COUNT = 19
_REACH = 2.5  # m, heights above the floor beyond are told as this
_NEAR = 0.5  # m, heights above a support beyond are told as this
_MARGIN = 3  # voxels
_OTHER_COLOR = 28  # of 255, in any channel, from a wall's median: a picture, a door, a curtain
_BELOW = 0.02  # m, how far under its plane a support's own noise reaches


@dataclasses.dataclass(frozen=True, eq=False)
class VoxelSurface:
    """The surface at N voxels, before it is put into numbers for a network.

    points     (N, 3) float32, metres, z up
    normals    (N, 3) float32, unit, of either sign
    curvature  (N,) float32, [0, 1/3]
    colors     (N, 3) uint8
    height     (N,) float32, metres above the floor
    standing   (N,) float32, metres above the nearest support or floor below
    kind       (N,) uint8: 0 for a thing or furniture, 1 for floor, wall or ceiling, 2 for the
               surface of a support, 3 for what lies in a wall but has another colour
    """

    points: npt.NDArray[np.float32]
    normals: npt.NDArray[np.float32]
    curvature: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    height: npt.NDArray[np.float32]
    standing: npt.NDArray[np.float32]
    kind: npt.NDArray[np.uint8]

    @staticmethod
    def of_map(
        grid: VoxelGrid, normals: Normals, surfaces: Surfaces, colors: npt.NDArray[np.uint8]
    ) -> VoxelSurface:
        """Collect what was found of a map's voxels; the first four have N rows, colours too."""
        floor = _floor_distances(grid.points, surfaces)
        kind = np.where(surfaces.shell, 1, np.where(surfaces.support >= 0, 2, 0))
        kind[_hung(grid, surfaces, colors)] = 3
        return VoxelSurface(
            grid.points, normals.vectors, normals.curvature, colors, floor.astype(np.float32),
            _standing(grid, surfaces, floor).astype(np.float32), kind.astype(np.uint8))

    def __len__(self) -> int:
        return len(self.points)

    def at(self, rows: npt.NDArray[Any]) -> VoxelSurface:
        """Return some voxels, by index or mask."""
        return VoxelSurface(*(getattr(self, field.name)[rows]
                              for field in dataclasses.fields(self)))


def _hung(
    grid: VoxelGrid, surfaces: Surfaces, colors: npt.NDArray[np.uint8]
) -> npt.NDArray[np.int64]:
    """Return the voxels in a wall that have another colour than most of it."""
    found = [np.zeros(0, np.int64)]
    for wall in surfaces.walls:
        rows = np.flatnonzero(surfaces.shell & wall.holds(grid.points, wall.thickness))
        if len(rows):
            own = colors[rows].astype(np.int16)
            away = np.abs(own - np.median(own, axis=0)).max(axis=1)
            found.append(rows[away > _OTHER_COLOR])
    return np.concatenate(found)


def _floor_distances(points: npt.NDArray[np.float32], surfaces: Surfaces) -> Any:
    if surfaces.floor is not None:
        return surfaces.floor.distances(points)
    lowest = float(np.percentile(points[:, 2], 1)) if len(points) else 0.0
    return points[:, 2] - lowest


def _standing(grid: VoxelGrid, surfaces: Surfaces, floor: Any) -> Any:
    """Return the height above the highest support under each voxel, else above the floor."""
    result = floor.copy()
    for support in surfaces.supports:
        over = np.flatnonzero(grid.columns_of(support.voxels)[grid.columns])
        height = support.plane.distances(grid.points[over])
        lower = (height > -_BELOW) & (height < result[over])
        result[over[lower]] = height[lower]
    return result


def relevant(grid: VoxelGrid, surface: VoxelSurface) -> npt.NDArray[np.bool_]:
    """Return which voxels (N,) the network is told of: all but bare floor, walls and ceiling.

    What lies within _MARGIN voxels of anything else is not bare.
    """
    told = surface.kind != 1
    for _ in range(_MARGIN):
        beside = grid.neighbors[told]
        told = told.copy()
        told[beside[beside >= 0]] = True
    return told


def voxel_cells(
    points: npt.NDArray[np.float32], voxel_size: float
) -> npt.NDArray[np.int64]:
    """Return the voxel (N, 3) of each point (N, 3), metres."""
    cells: npt.NDArray[np.int64] = np.floor(points.astype(np.float64) / voxel_size).astype(np.int64)
    return cells


def voxel_features(surface: VoxelSurface, voxel_size: float) -> npt.NDArray[np.float32]:
    """Return (N, COUNT) numbers near [-1, 1].

    The products of the normal's components (its sign means nothing), curvature, the two heights
    and the second one fine, whether floor or wall, support, or hung on a wall, the place in the
    voxel, and the colour.
    """
    nx, ny, nz = surface.normals.T
    inside = surface.points.astype(np.float64) / voxel_size
    inside = inside - np.floor(inside) - 0.5
    columns = [nx * nx, ny * ny, nz * nz, nx * ny, nx * nz, ny * nz, 3 * surface.curvature,
               np.clip(surface.height, -0.2, _REACH) / _REACH,
               np.clip(surface.standing, -0.1, _NEAR) / _NEAR,
               np.tanh(surface.standing / (3 * voxel_size)),
               surface.kind == 1, surface.kind == 2, surface.kind == 3,
               *inside.T, surface.colors.mean(axis=1) / 127.5 - 1]
    color = surface.colors / 255.0
    opponent = np.stack([color[:, 0] - color[:, 1], (color[:, 0] + color[:, 1]) / 2 - color[:, 2]])
    return np.stack([*columns, *opponent], axis=1).astype(np.float32)
