"""Pieces of furniture, put together from what the map shows of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.plane import Plane, covered_area
from omd3d_ros.segmentation.planes import Support
from omd3d_ros.segmentation.proposal_settings import FurnitureSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of

_CLEAR = 0.05  # m above or below the top of a table
_BOTH_SIDES = 0.15  # share of a piece that lies there
_BESIDE = 0.1  # m beside a table, where chairs stand


def join_fragments(
    grid: VoxelGrid,
    members: npt.NDArray[np.int64],
    kinds: npt.NDArray[np.int32],
    floor: Plane | None,
    settings: FurnitureSettings,
) -> npt.NDArray[np.int32]:
    """Group the members (n,) of a map into pieces of furniture.

    What touches and is of one kind (N,) is one piece. A fragment, which is too small for a piece
    or hangs in the air because what carries it was hidden, joins the piece that it is near over
    most of its surface; two whole pieces that are only near each other stay two. Returns labels
    (N,), -1 for what is no member.
    """
    labels = np.full(len(grid), -1, np.int32)
    if not len(members):
        return labels
    mask = np.zeros(len(grid), bool)
    mask[members] = True
    pieces = grid.components(mask, kinds)[members]
    count = int(pieces.max()) + 1
    near = _nearness(grid, members, pieces, max(settings.gap, grid.voxel_size))
    points = grid.points[members]
    size = np.bincount(pieces, minlength=count)
    low = np.full((count, 3), np.inf)
    high = np.full((count, 3), -np.inf)
    np.minimum.at(low, pieces, points)
    np.maximum.at(high, pieces, points)
    ground = np.full(count, -np.inf)
    if floor is not None:
        ground[:] = np.inf
        np.minimum.at(ground, pieces, floor.distances(points))
    group = np.arange(count)
    for piece in np.argsort(size, kind='stable'):
        if group[piece] != piece:
            continue
        floats = ground[piece] > settings.afloat and (
            (high[piece] - low[piece]).max() < settings.whole_size)
        if size[piece] >= settings.fragment_voxels and not floats:
            continue
        own = np.flatnonzero(group == piece)
        contacts = np.bincount(group, near[own].sum(axis=0), minlength=count)
        contacts[piece] = 0
        other = int(contacts.argmax())
        if contacts[other] == 0:
            continue
        group[own] = other
        size[other] += size[piece]
        low[other] = np.minimum(low[other], low[piece])
        high[other] = np.maximum(high[other], high[piece])
        ground[other] = min(ground[other], ground[piece])
    labels[members] = group[pieces]
    return labels


def part_from_tables(
    grid: VoxelGrid,
    pieces: npt.NDArray[np.int32],
    supports: Sequence[Support],
    floor: Plane | None,
    settings: FurnitureSettings,
) -> npt.NDArray[np.int32]:
    """Return kinds (N,): 0, but a number of its own for a piece that only touches a table.

    A table carries what is above its top and hangs on what is below. A piece (N,), -1 for none,
    that reaches both above and below and is much shorter than the table, is another thing that
    stands at it, such as a chair.
    """
    kinds = np.zeros(len(grid), np.int32)
    tops = [support for support in supports
            if covered_area(grid.points[support.voxels], grid.voxel_size) >= settings.table_area
            and floor is not None
            and np.median(floor.distances(grid.points[support.voxels])) >= settings.table_height]
    outlines = [fit_box(grid.points[top.voxels]) for top in tops]
    for voxels in groups_of(pieces):
        points = grid.points[voxels]
        length = float(np.ptp(points, axis=0)[:2].max())
        for top, outline in zip(tops, outlines, strict=True):
            heights = top.plane.distances(points)
            if (length <= settings.beside_length * outline.size[0]
                    and outline.covers(points, _BESIDE).any()
                    and np.mean(heights > _CLEAR) >= _BOTH_SIDES
                    and np.mean(heights < -_CLEAR) >= _BOTH_SIDES):
                kinds[voxels] = pieces[voxels[0]] + 1
    return kinds


def _nearness(
    grid: VoxelGrid, members: npt.NDArray[np.int64], pieces: npt.NDArray[np.int32], size: float
) -> csr_array:
    """Return (pieces, pieces): in how many pairs of adjacent cells of a size two pieces lie."""
    coarse, owner = grid.coarsened(members, size)
    cells = np.unique(np.stack([owner, pieces], axis=1), axis=0)
    holds = csr_array((np.ones(len(cells)), (cells[:, 0], cells[:, 1])),
                      shape=(len(coarse), int(pieces.max()) + 1))
    row, side = np.nonzero(coarse.neighbors >= 0)
    column = coarse.neighbors[row, side]
    every = np.arange(len(coarse))
    beside = csr_array(
        (np.ones(len(row) + len(every)),
         (np.concatenate([row, every]), np.concatenate([column, every]))),
        shape=(len(coarse), len(coarse)))
    return (holds.T @ beside @ holds).tocsr()
