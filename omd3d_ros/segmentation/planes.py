"""Floor, walls, ceiling and the surfaces that carry things."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.normals import Normals, find_normals
from omd3d_ros.segmentation.proposal_settings import PlaneSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

_FLAT = 0.85  # |cos| of a normal with the vertical, horizontal surfaces
_UPRIGHT = 0.25  # the same, vertical surfaces
_SMOOTH = 0.08  # largest curvature of a surface
_LEVEL = 0.96  # |cos| of a fitted horizontal plane
_COARSE = 0.06  # m, cells in which walls are looked for
_MAX_PLANES = 16
_REFITS = 2


@dataclasses.dataclass(frozen=True)
class Plane:
    """Points p with normal . p = offset; the normal is a unit vector (3,), metres."""

    normal: npt.NDArray[np.float64]
    offset: float

    def distances(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the signed distances (N,) of points (N, 3), metres."""
        return np.asarray(points @ self.normal - self.offset)


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
    walls     planes of the walls, their normals pointing into the room
    floor     plane of the floor, or None
    """

    shell: npt.NDArray[np.bool_]
    support: npt.NDArray[np.int32]
    supports: tuple[Support, ...]
    walls: tuple[Plane, ...]
    floor: Plane | None


def fit_plane(points: npt.NDArray[np.floating]) -> Plane:
    """Fit a plane to points (N, 3), N >= 3, by least squares; its normal has z >= 0."""
    center = points.mean(axis=0, dtype=np.float64)
    _, vectors = np.linalg.eigh(np.cov((points - center).T))
    normal = vectors[:, 0] if vectors[2, 0] >= 0 else -vectors[:, 0]
    return Plane(normal, float(normal @ center))


def find_surfaces(
    grid: VoxelGrid, normals: Normals, settings: PlaneSettings
) -> Surfaces:
    """Find floor, walls, ceiling and supports of a map whose z axis points up.

    Horizontal surfaces are connected patches of smooth voxels that face up or down. The lowest
    large one is the floor (a table top, where nothing lower is seen). Walls are large upright
    planes with hardly anything behind them.
    """
    levels = _horizontal_surfaces(grid, normals, settings)
    floor_level = _floor(levels, settings)
    floor = None if floor_level is None else floor_level.plane
    shell = np.zeros(len(grid), bool)
    if floor_level is not None:
        shell |= floor_level.plane.distances(grid.points) < _tolerance(
            grid, floor_level, settings)
    ceiling = _ceiling(grid, levels, floor, settings)
    if ceiling is not None:
        shell |= ceiling.distances(grid.points) > -max(settings.thickness, grid.voxel_size)
    walls = _walls(grid, shell, settings)
    for wall, inliers in walls:
        shell |= _within(grid.points, wall, inliers, _noise(wall, grid, settings))
    supports = []
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
    return Surfaces(shell, index, tuple(supports),
                    tuple(wall for wall, _ in walls), floor)


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


def _area(points: npt.NDArray[np.float32], voxel_size: float) -> float:
    """Return the horizontal area of points by counting cells of twice the voxel size."""
    cells = np.unique(np.floor(points[:, :2] / (2 * voxel_size)).astype(np.int64), axis=0)
    return float(len(cells)) * (2 * voxel_size) ** 2


def _horizontal_surfaces(
    grid: VoxelGrid, normals: Normals, settings: PlaneSettings
) -> list[_Level]:
    members = (np.abs(normals.vectors[:, 2]) > _FLAT) & (normals.curvature < _SMOOTH)
    # height steps part surfaces: neighbours must lie in the same or the next layer of voxels
    labels = grid.components(members)
    levels = []
    for voxels in _groups(labels):
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
        levels.append(_Level(voxels, plane, _area(points, grid.voxel_size),
                             points.mean(axis=0, dtype=np.float64)))
    return sorted(levels, key=lambda level: level.height)


def _groups(labels: npt.NDArray[np.int32]) -> list[npt.NDArray[np.int64]]:
    """Return the indices of each label >= 0, ascending."""
    members = np.flatnonzero(labels >= 0)
    order = members[np.argsort(labels[members], kind='stable')]
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []


def _floor(levels: list[_Level], settings: PlaneSettings) -> _Level | None:
    if not levels:
        return None
    largest = max(level.area for level in levels)
    big = [level for level in levels
           if level.area >= settings.floor_area and level.area >= 0.15 * largest]
    return big[0] if big else None


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


def _walls(
    grid: VoxelGrid, shell: npt.NDArray[np.bool_], settings: PlaneSettings
) -> list[tuple[Plane, npt.NDArray[np.bool_]]]:
    """Return the walls, and the mask (N,) of each one's own voxels.

    Depth far away is noisy, and a wall some voxels thick has no clear normals. So candidates
    come from a coarser grid: its upright cells vote for direction and offset (a Hough
    transform), the strongest plane is fitted and taken out, and so on.
    """
    size = max(_COARSE, 2 * grid.voxel_size)
    cells = np.floor(grid.points[~shell].astype(np.float64) / size).astype(np.int64)
    if not len(cells):
        return []
    _, owner = np.unique(cells, axis=0, return_inverse=True)
    counts = np.bincount(owner.ravel())
    centers = np.stack([np.bincount(owner.ravel(), grid.points[~shell][:, axis]) / counts
                        for axis in range(3)], axis=1).astype(np.float32)
    normals = find_normals(VoxelGrid.of_points(centers, size), 1)
    upright = (np.abs(normals.vectors[:, 2]) < _UPRIGHT) & (normals.curvature < _SMOOTH)
    centers, vectors = centers[upright], normals.vectors[upright]
    least = 0.3 * settings.wall_area / size**2
    walls = []
    for _ in range(_MAX_PLANES):
        plane = _strongest_upright(centers, vectors, size, least)
        if plane is None:
            break
        inliers = ~shell & (np.abs(plane.distances(grid.points)) < _noise(plane, grid, settings))
        found = _wall_into_room(grid, plane, inliers, settings)
        if found is not None:
            walls.append((found, inliers))
        left = np.abs(plane.distances(centers)) > size
        centers, vectors = centers[left], vectors[left]
    return walls


def _strongest_upright(
    centers: npt.NDArray[np.float32], vectors: npt.NDArray[np.float32], size: float, least: float
) -> Plane | None:
    """Return the upright plane that most cells agree on; None when fewer than ``least`` do."""
    yaws = np.arctan2(vectors[:, 1], vectors[:, 0]) % np.pi
    best, chosen = least, None
    for direction in np.arange(0, np.pi, np.deg2rad(3)):
        turn = np.abs((yaws - direction + np.pi / 2) % np.pi - np.pi / 2)
        members = np.flatnonzero(turn < np.deg2rad(15))
        if len(members) < least:
            continue
        offsets = centers[members, :2] @ [np.cos(direction), np.sin(direction)]
        bins = np.floor(offsets / size).astype(np.int64)
        votes = np.bincount(bins - bins.min())
        if votes.max() > best:
            best = float(votes.max())
            peak = np.abs(bins - bins.min() - int(votes.argmax())) <= 1
            chosen = members[peak]
    if chosen is None:
        return None
    plane = fit_plane(centers[chosen])
    for _ in range(_REFITS):
        near = chosen[np.abs(plane.distances(centers[chosen])) < size]
        if len(near) < max(least, 3):
            break
        plane = fit_plane(centers[near])
    return plane if abs(plane.normal[2]) < _UPRIGHT else None


def _noise(plane: Plane, grid: VoxelGrid, settings: PlaneSettings) -> float:
    """Return how far from a wall its own noise reaches, metres."""
    least = max(settings.thickness, 1.5 * grid.voxel_size)
    distances = plane.distances(grid.points)
    spread = float(np.std(distances[np.abs(distances) < 2 * least]))
    return float(np.clip(3 * spread, least, 2 * least))


def _within(
    points: npt.NDArray[np.float32], wall: Plane, inliers: npt.NDArray[np.bool_], thickness: float
) -> npt.NDArray[np.bool_]:
    """Mark what lies in a wall's plane, no farther along it than the wall reaches."""
    along = points @ np.cross(wall.normal, [0, 0, 1.0])
    low, high = np.percentile(along[inliers], (1, 99))
    inside = (along > low - 0.1) & (along < high + 0.1)
    return np.asarray(inside & (np.abs(wall.distances(points)) < thickness))


def _wall_into_room(
    grid: VoxelGrid, plane: Plane, inliers: npt.NDArray[np.bool_], settings: PlaneSettings
) -> Plane | None:
    """Return the plane with its normal into the room, or None when it is no wall."""
    points = grid.points[inliers]
    low, high = np.percentile(points[:, 2], (2, 98))
    along = np.stack([points @ np.cross(plane.normal, [0, 0, 1.0]), points[:, 2]], axis=1)
    if high - low < settings.wall_height or (
            _area(along.astype(np.float32), grid.voxel_size) < settings.wall_area):
        return None
    distances = plane.distances(grid.points)
    before, behind = int((distances > 0.1).sum()), int((distances < -0.1).sum())
    if min(before, behind) > settings.behind_wall * len(grid):
        return None
    return plane if before >= behind else Plane(-plane.normal, -plane.offset)


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
    cell = 2 * grid.voxel_size
    patch = np.floor(grid.points[level.voxels][:, :2] / cell).astype(np.int64)
    every = np.floor(grid.points[:, :2] / cell).astype(np.int64)
    over = np.isin(_pack(every), _pack(patch))
    distances = level.plane.distances(grid.points)
    return np.flatnonzero(over & (np.abs(distances) < tolerance) & ~shell)


def _pack(cells: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    packed: npt.NDArray[np.int64] = (cells[:, 0] << 32) + cells[:, 1]
    return packed
