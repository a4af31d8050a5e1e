"""Floor, walls, ceiling and the surfaces that carry things."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.normals import Normals, find_normals
from omd3d_ros.segmentation.plane import Plane, covered_area, fit_plane
from omd3d_ros.segmentation.proposal_settings import PlaneSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of
from omd3d_ros.segmentation.walls import Wall, find_walls

_FLAT = 0.85  # |cos| of a normal with the vertical, horizontal surfaces
_SMOOTH = 0.08  # largest curvature of a surface
_LEVEL = 0.96  # |cos| of a fitted horizontal plane
_COARSE = (0.06, 0.12)  # m, cells in which a floor is looked for that is not smooth
_REFITS = 2


@dataclasses.dataclass(frozen=True)
class Support:
    """A horizontal surface above the floor: voxels (n,) int64 and its plane."""

    voxels: npt.NDArray[np.int64]
    plane: Plane


@dataclasses.dataclass(frozen=True)
class Surfaces:
    """The big surfaces of a map.

    shell     (N,) bool   floor, walls and ceiling
    support   (N,) int32  index into ``supports``, -1 elsewhere
    floor     plane of the floor, or None
    """

    shell: npt.NDArray[np.bool_]
    support: npt.NDArray[np.int32]
    supports: tuple[Support, ...]
    walls: tuple[Wall, ...]
    floor: Plane | None


def find_surfaces(
    grid: VoxelGrid, normals: Normals, settings: PlaneSettings
) -> Surfaces:
    """Find floor, walls, ceiling and supports of a map whose z axis points up.

    Horizontal surfaces are connected patches of smooth voxels that face up or down. The lowest
    large one is the floor (a table top, where nothing lower is seen). Walls are large upright
    planes with hardly anything behind them.
    """
    levels = _horizontal_surfaces(grid, normals, settings)
    floor_level = _floor(levels, settings) or _rough_floor(grid, settings)
    floor = None if floor_level is None else floor_level.plane
    shell = np.zeros(len(grid), bool)
    if floor_level is not None:
        shell |= floor_level.plane.distances(grid.points) < _tolerance(
            grid, floor_level, settings)
    ceiling = _ceiling(grid, levels, floor, settings)
    if ceiling is not None:
        shell |= ceiling.distances(grid.points) > -max(settings.thickness, grid.voxel_size)
    floor_z = None if floor_level is None else floor_level.height
    walls = find_walls(grid, np.flatnonzero(~shell), floor_z, settings)
    for wall in walls:
        shell |= wall.holds(grid.points, wall.thickness)
    supports: list[Support] = []
    index = np.full(len(grid), -1, np.int32)
    for level in levels:
        if level.area < settings.support_area or shell[level.voxels].mean() > 0.5:
            continue
        height = level.height - (floor_height(floor, level.center) if floor else -np.inf)
        if height < settings.support_height:
            continue
        voxels = _slab(grid, level, shell, settings)
        index[voxels] = len(supports)
        supports.append(Support(voxels, level.plane))
    return Surfaces(shell, index, tuple(supports), tuple(walls), floor)


@dataclasses.dataclass(frozen=True)
class _Level:
    voxels: npt.NDArray[np.int64]
    plane: Plane
    area: float
    center: npt.NDArray[np.float64]

    @property
    def height(self) -> float:
        return float(self.center[2])


def floor_height(floor: Plane, place: npt.NDArray[np.floating]) -> float:
    """Return the floor's z under a place (3,)."""
    x, y, z = floor.normal
    return float((floor.offset - x * place[0] - y * place[1]) / z)


def _horizontal_surfaces(
    grid: VoxelGrid, normals: Normals, settings: PlaneSettings
) -> list[_Level]:
    members = (np.abs(normals.vectors[:, 2]) > _FLAT) & (normals.curvature < _SMOOTH)
    # height steps part surfaces: neighbours must lie in the same or the next layer of voxels
    labels = grid.components(members)
    levels = []
    for voxels in groups_of(labels):
        if len(voxels) * grid.voxel_size**2 < 0.5 * settings.support_area:
            continue
        points = grid.points[voxels]
        plane = fit_plane(points)
        for _ in range(_REFITS):
            near = np.abs(plane.distances(points)) < 2 * grid.voxel_size
            if near.sum() < 3:
                break
            plane = fit_plane(points[near])
        inside = np.abs(plane.distances(points)) < 2 * grid.voxel_size
        if plane.normal[2] < _LEVEL or inside.sum() < 3:
            continue
        voxels, points = voxels[inside], points[inside]
        levels.append(_Level(voxels, plane, covered_area(points, grid.voxel_size),
                             points.mean(axis=0, dtype=np.float64)))
    return sorted(levels, key=lambda level: level.height)


def _floor(levels: list[_Level], settings: PlaneSettings) -> _Level | None:
    if not levels:
        return None
    largest = max(level.area for level in levels)
    big = [level for level in levels
           if level.area >= settings.floor_area and level.area >= 0.15 * largest]
    return big[0] if big else None


def _rough_floor(grid: VoxelGrid, settings: PlaneSettings) -> _Level | None:
    """Find a floor so far away that its depths come in steps, in coarser and coarser cells."""
    members = np.arange(len(grid))
    for size in _COARSE:
        if size < 2 * grid.voxel_size:
            continue
        coarse, owner = grid.coarsened(members, size)
        found = _floor(_horizontal_surfaces(coarse, find_normals(coarse, 1), settings), settings)
        if found is not None:
            voxels = np.flatnonzero(np.isin(owner, found.voxels))
            return dataclasses.replace(found, voxels=voxels)
    return None


def _ceiling(
    grid: VoxelGrid, levels: list[_Level], floor: Plane | None, settings: PlaneSettings
) -> Plane | None:
    if floor is None or not levels:
        return None
    top = float(np.percentile(grid.points[:, 2], 99.9))
    for level in reversed(levels):
        above_floor = level.height - floor_height(floor, level.center)
        if (above_floor > settings.ceiling_height and level.area >= settings.floor_area
                and top - level.height < 0.2):
            return level.plane
    return None


def _tolerance(grid: VoxelGrid, level: _Level, settings: PlaneSettings) -> float:
    """Return how far from a horizontal plane its own noise reaches, metres."""
    spread = float(np.std(level.plane.distances(grid.points[level.voxels])))
    least = max(settings.support_thickness, 0.6 * grid.voxel_size)
    return float(np.clip(2.5 * spread, least, max(settings.thickness, least)))


def _slab(
    grid: VoxelGrid, level: _Level, shell: npt.NDArray[np.bool_], settings: PlaneSettings
) -> npt.NDArray[np.int64]:
    """Return the voxels of a support: those of its patch, and what lies in its plane above it."""
    tolerance = _tolerance(grid, level, settings)
    over = grid.columns_of(level.voxels)[grid.columns]
    distances = level.plane.distances(grid.points)
    return np.flatnonzero(over & (np.abs(distances) < tolerance) & ~shell)
