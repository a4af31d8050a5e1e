"""Groups of voxels that may be objects: furniture, and the things that stand on it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.furniture import join_fragments, part_from_tables
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import Surfaces, find_surfaces
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.stacks import part_stacks
from omd3d_ros.segmentation.superpoints import find_superpoints
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of

_NEAR_SUPPORT = 3  # voxels at most from a support up to the lowest voxel of a thing on it
_ON_SUPPORT = 0.5  # share of a thing's footprint that must lie over its support
_REMNANT_DEPTH = 0.1  # m from a wall within which flat pieces are taken for pieces of it
_OWN_SHARE = 0.5  # share of a superpoint that makes it a thing's own
_REMNANT_SHARE = 0.95  # share of such a piece that lies there


def find_proposals(snapshot: MapSnapshot, settings: ProposalSettings) -> tuple[Proposal, ...]:
    """Group the voxels of a map (z up) into proposals, best first.

    Floor, walls, ceiling and supports are found first. Without them the rest falls apart into
    pieces; a piece that stands wholly on a support is a thing, every other one belongs to the
    furniture, which also gets its supports back. A table and the mug on it are two proposals,
    and share no voxel. Nothing here is random.
    """
    if len(snapshot) < settings.min_thing_voxels:
        return ()
    grid = VoxelGrid.of_points(snapshot.points, snapshot.voxel_size)
    normals = find_normals(grid, settings.normal_rings)
    surfaces = find_surfaces(grid, normals, settings.planes)
    clear = (grid.neighbors >= 0).sum(axis=1) >= settings.min_neighbors
    rest = clear & ~surfaces.shell & (surfaces.support < 0)
    pieces = grid.components(rest)
    piles, is_thing = _piles(grid, surfaces, pieces, settings)
    parts = part_stacks(grid, normals, piles, settings.stacks)
    superpoints = find_superpoints(grid, normals, snapshot.colors, settings.superpoints)
    parts = _completed(parts, superpoints, (parts >= 0) | ~rest)
    things = groups_of(parts)
    structure = clear & ~surfaces.shell & ~is_thing & (parts < 0)
    kinds = part_from_tables(
        grid, pieces, surfaces.supports, surfaces.floor, settings.furniture)
    furniture = _furniture(grid, structure, kinds, surfaces, settings)
    proposals = [
        Proposal(voxels, _objectness(snapshot, voxels, surfaces, settings))
        for voxels in (*things, *furniture)]
    proposals = [proposal for proposal in proposals if proposal.objectness > 0]
    proposals.sort(key=lambda p: (-p.objectness, int(p.voxels[0])))
    return tuple(proposals[:settings.max_proposals])


def _completed(
    parts: npt.NDArray[np.int32], superpoints: npt.NDArray[np.int32], free: npt.NDArray[np.bool_]
) -> npt.NDArray[np.int32]:
    """Give a thing the rest of every superpoint that is mostly its own.

    A support takes a slab as thick as its noise, and with it the feet of what stands on it; the
    feet share their superpoints with the thing above, the support's own surface does not.
    """
    owned = parts >= 0
    if not owned.any():
        return parts
    sizes = np.bincount(superpoints)
    pairs, counts = np.unique(
        np.stack([superpoints[owned], parts[owned]]), axis=1, return_counts=True)
    most = counts > _OWN_SHARE * sizes[pairs[0]]
    owner = np.full(len(sizes), -1, np.int32)
    owner[pairs[0][most]] = pairs[1][most]
    return np.where(owned | ~free, parts, owner[superpoints]).astype(np.int32)


def _piles(
    grid: VoxelGrid, surfaces: Surfaces, pieces: npt.NDArray[np.int32], settings: ProposalSettings
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Return the piece (N,) of each voxel whose piece stands on a support, -1 elsewhere.

    The second array is the mask (N,) of such voxels, crumbs included.

    The floor counts as a support of what is no larger than ``max_thing_size``.
    """
    piles = np.full(len(grid), -1, np.int32)
    is_thing = np.zeros(len(grid), bool)
    footprints = [grid.columns_of(support.voxels) for support in surfaces.supports]
    for voxels in groups_of(pieces):
        points = grid.points[voxels]
        size = float(np.ptp(points, axis=0).max())
        whole = len(voxels) >= settings.min_thing_voxels and size >= settings.min_thing_size
        if _stands_on_any(voxels, grid, surfaces, footprints):
            is_thing[voxels] = True  # crumbs too: they are no part of the furniture
        elif whole and _stands_on_floor(points, grid, surfaces, settings):
            is_thing[voxels] = True
        else:
            continue
        if whole:
            piles[voxels] = pieces[voxels[0]]
    return piles, is_thing


def _stands_on_floor(
    points: npt.NDArray[np.float32], grid: VoxelGrid, surfaces: Surfaces,
    settings: ProposalSettings,
) -> bool:
    """Whether a compact piece stands on the floor by itself; legs of furniture are no such."""
    if surfaces.floor is None:
        return False
    extent = np.ptp(points, axis=0)
    if extent.max() > settings.max_thing_size or extent[:2].max() < 0.25 * extent[2]:
        return False
    lowest = float(surfaces.floor.distances(points).min())
    return lowest <= settings.planes.thickness + _NEAR_SUPPORT * grid.voxel_size


def _stands_on_any(
    voxels: npt.NDArray[np.int64], grid: VoxelGrid, surfaces: Surfaces,
    footprints: list[npt.NDArray[np.bool_]],
) -> bool:
    points, columns = grid.points[voxels], np.unique(grid.columns[voxels])
    for support, footprint in zip(surfaces.supports, footprints, strict=True):
        heights = support.plane.distances(points)
        if not -1 <= heights.min() / grid.voxel_size <= _NEAR_SUPPORT:
            continue
        if footprint[columns].mean() >= _ON_SUPPORT:
            return True
    return False


def _furniture(
    grid: VoxelGrid, structure: npt.NDArray[np.bool_], kinds: npt.NDArray[np.int32],
    surfaces: Surfaces, settings: ProposalSettings,
) -> list[npt.NDArray[np.int64]]:
    """Return the pieces of what is neither shell nor thing."""
    pieces = join_fragments(
        grid, np.flatnonzero(structure), kinds, surfaces.floor, settings.furniture)
    found = []
    for voxels in groups_of(pieces):
        extent = np.ptp(grid.points[voxels], axis=0)
        if (len(voxels) >= settings.min_furniture_voxels
                and extent.max() >= settings.min_furniture_size
                and not _is_wall_remnant(grid.points[voxels], surfaces)):
            found.append(voxels)
    return found


def _is_wall_remnant(points: npt.NDArray[np.float32], surfaces: Surfaces) -> bool:
    return any(wall.holds(points, _REMNANT_DEPTH).mean() > _REMNANT_SHARE
               for wall in surfaces.walls)


def _objectness(
    snapshot: MapSnapshot, voxels: npt.NDArray[np.int64], surfaces: Surfaces,
    settings: ProposalSettings,
) -> float:
    """Return a score in [0, 1] from size, solidity and how often the voxels were seen."""
    count = len(voxels)
    size = count / (count + 2.0 * settings.min_thing_voxels)
    points = snapshot.points[voxels]
    extent = np.sort(np.ptp(points, axis=0).astype(np.float64)) / snapshot.voxel_size + 1
    # a surface of this extent has about so many voxels; a scattered group has far fewer
    solid = min(1.0, count / (0.5 * extent[1] * extent[2]))
    frames = float(np.median(snapshot.frames[voxels]))
    seen = frames / (frames + 1.0)
    # very large groups are rather several things that touch
    large = 1.0 if extent[2] * snapshot.voxel_size < 3.0 else 0.5
    return float(size * solid**0.5 * seen**0.5 * large)
