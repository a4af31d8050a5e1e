"""Where a map is another than before: blocks of 16 voxels a side."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

_BLOCK_BITS = 4  # blocks of 16 voxels a side
_INDEX_BITS = 21  # of a voxel key for each axis
_MASK = (1 << _INDEX_BITS) - 1
_FEWEST = 6  # voxels that may come and go in a block: sensor noise at edges
_NEAR = 2.0  # voxels, how far a voxel that came may be from the one that it is taken for
_SHARE = 0.02  # of a block's voxels that may come and go


def blocks_of(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one number per voxel key (voxel_grid.voxel_keys) that names its block."""
    parts = [(keys >> (_INDEX_BITS * axis) & _MASK) >> _BLOCK_BITS for axis in (2, 1, 0)]
    return (parts[0] << 2 * _INDEX_BITS) | (parts[1] << _INDEX_BITS) | parts[2]


def with_neighbors(blocks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the blocks and the 26 beside each, ascending."""
    steps = (-1, 0, 1)
    return np.unique(np.concatenate([
        blocks + (x << 2 * _INDEX_BITS) + (y << _INDEX_BITS) + z
        for x in steps for y in steps for z in steps]))


def changed_blocks(
    before: npt.NDArray[np.int64], now: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return the blocks, ascending, in which more voxels came and went than noise accounts for.

    before and now are the keys of all voxels then and now; before has each once, ascending, and
    at least one.
    """
    now = np.sort(now)
    place, known = places_in(before, now)
    stayed = np.zeros(len(before), bool)
    stayed[place[known]] = True
    moved = np.concatenate([before[~stayed], now[~known]])
    blocks, counts = np.unique(blocks_of(moved), return_counts=True)
    held, sizes = np.unique(blocks_of(before), return_counts=True)
    place, known = places_in(held, blocks)
    size = np.where(known, sizes[place], 0)
    return blocks[counts > np.maximum(_FEWEST, _SHARE * size)]


def places_in(
    held: npt.NDArray[np.int64], keys: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Return where keys (N,) stand among the held (M,), ascending, and whether they do.

    Where one does not, its place is another's; there must be one held.
    """
    place = np.minimum(np.searchsorted(held, keys), len(held) - 1)
    return place, held[place] == keys


def held_or_nearest(
    held: npt.NDArray[np.int64], held_points: npt.NDArray[np.float32],
    keys: npt.NDArray[np.int64], points: npt.NDArray[np.float32], voxel_size: float,
) -> npt.NDArray[np.int64]:
    """Return the place (N,) of keys among the held (M,), ascending, or of the nearest held one.

    points (N, 3) and held_points (M, 3) are where they are, metres. -1 where none of the held is
    within two voxels; there must be one held.
    """
    place, known = places_in(held, keys)
    if not known.all():
        distance, nearest = cKDTree(held_points).query(
            points[~known], distance_upper_bound=_NEAR * voxel_size)
        place[~known] = np.where(np.isfinite(distance), nearest, -1)
    return place
