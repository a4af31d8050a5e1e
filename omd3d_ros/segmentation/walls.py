"""The walls of a room."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.plane import Plane, along, covered_area, fit_plane
from omd3d_ros.segmentation.proposal_settings import PlaneSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

_UPRIGHT = 0.25  # |cos| of a normal with the vertical, upright surfaces
_SMOOTH = 0.08  # largest curvature of a surface
_COARSE = 0.06  # m, cells in which walls are looked for
_MAX_PLANES = 16
_REFITS = 2
_BESIDE = 0.1  # m, what is this far beside a wall still belongs to it
_APART = 0.1  # m, what is this far from a wall lies before or behind it
_NOISE = 0.25  # m, what is so near behind a wall may be its own noise
_REACH = 1.0  # m, how far behind a wall nothing much may be seen
_BEHIND = 0.5  # largest number of voxels there, as a share of the wall's own
_LOWER = 0.15  # a wall may end lower than the map by this share of its height
_GAP = 0.5  # m, widest gap in a wall


@dataclasses.dataclass(frozen=True)
class Wall:
    """A piece of an upright plane, its normal into the room.

    low, high  where it begins and ends along ``direction``, metres
    thickness  how far its noise reaches to each side, metres
    """

    plane: Plane
    low: float
    high: float
    thickness: float

    @property
    def direction(self) -> npt.NDArray[np.float64]:
        """The horizontal direction along the wall, (3,)."""
        return np.cross(self.plane.normal, [0.0, 0.0, 1.0])

    def beside(self, points: npt.NDArray[np.float32]) -> npt.NDArray[np.bool_]:
        """Mark the points (N, 3) before, in or behind the wall, but not past its ends."""
        place = along(points, self.direction)
        return np.asarray((place > self.low - _BESIDE) & (place < self.high + _BESIDE))

    def holds(
        self, points: npt.NDArray[np.float32], thickness: float
    ) -> npt.NDArray[np.bool_]:
        """Mark the points (N, 3) of the wall, when it is so thick to each side, metres."""
        return self.beside(points) & (np.abs(self.plane.distances(points)) < thickness)


def find_walls(
    grid: VoxelGrid,
    members: npt.NDArray[np.int64],
    floor_z: float | None,
    settings: PlaneSettings,
) -> list[Wall]:
    """Find walls among the members (n,) of a map: tall planes with hardly anything behind.

    Depth far away is noisy, and a wall some voxels thick has no clear normals. So candidates
    come from a coarser grid: its upright cells vote for direction and offset (a Hough
    transform), the strongest plane is fitted and taken out, and so on.
    """
    if not len(members):
        return []
    size = max(_COARSE, 2 * grid.voxel_size)
    coarse, _ = grid.coarsened(members, size)
    normals = find_normals(coarse, 1)
    upright = (np.abs(normals.vectors[:, 2]) < _UPRIGHT) & (normals.curvature < _SMOOTH)
    centers, vectors = coarse.points[upright], normals.vectors[upright]
    least = 0.3 * settings.wall_area / size**2
    walls = []
    for _ in range(_MAX_PLANES):
        plane = _strongest_upright(centers, vectors, size, least)
        if plane is None:
            break
        wall = _wall(grid, members, plane, floor_z, settings)
        if wall is not None:
            walls.append(wall)
            members = members[~wall.holds(grid.points[members], wall.thickness)]
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


def _wall(
    grid: VoxelGrid,
    members: npt.NDArray[np.int64],
    plane: Plane,
    floor_z: float | None,
    settings: PlaneSettings,
) -> Wall | None:
    """Return the wall that a plane is, or None when it is furniture or in the room's midst."""
    thickness = _noise(plane, grid, settings)
    points = grid.points[members]
    distances = plane.distances(points)
    before, behind = int((distances > _APART).sum()), int((distances < -_APART).sum())
    if min(before, behind) > settings.behind_wall * len(grid):
        return None
    if before < behind:
        plane, distances = Plane(-plane.normal, -plane.offset), -distances
    place = along(points, np.cross(plane.normal, [0.0, 0.0, 1.0]))
    own = np.abs(distances) < thickness
    low, high = _longest_run(place[own])
    wall = Wall(plane, low, high, thickness)
    own &= (place >= low) & (place <= high)
    if not own.any():
        return None
    bottom, top = np.percentile(points[own, 2], (2, 98))
    area = covered_area(np.stack([place[own], points[own, 2]], axis=1), grid.voxel_size)
    if top - bottom < settings.wall_height or area < settings.wall_area:
        return None
    scene_top = float(np.percentile(grid.points[:, 2], 99))
    tall = floor_z is not None and top - floor_z > settings.wall_top
    if top < scene_top - _LOWER * (scene_top - bottom) and not tall:
        return None
    depth = -plane.distances(grid.points)
    hidden = wall.beside(grid.points) & (depth > _NOISE) & (depth < _REACH)
    return wall if hidden.sum() <= _BEHIND * own.sum() else None


def _longest_run(place: npt.NDArray[np.float64]) -> tuple[float, float]:
    """Return where the most points lie without a gap wider than ``_GAP``, metres."""
    place = np.sort(place)
    if not len(place):
        return 0.0, 0.0
    starts = np.concatenate([[0], np.flatnonzero(np.diff(place) > _GAP) + 1, [len(place)]])
    longest = int(np.argmax(np.diff(starts)))
    run = place[starts[longest]:starts[longest + 1]]
    low, high = np.percentile(run, (1, 99))
    return float(low), float(high)
