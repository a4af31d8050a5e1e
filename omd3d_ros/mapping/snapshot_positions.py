"""Checking a snapshot that is about to become the map."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import FRACTION_BITS, INDEX_BIAS
from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.snapshot import MapSnapshot

MAX_STAMP = (1 << 62) - 1   # ns
_ARRAYS = {
    'points': (np.float32, (3,)),
    'colors': (np.uint8, (3,)),
    'hits': (np.uint32, ()),
    'frames': (np.uint16, ()),
    'last_seen': (np.int64, ()),
}


def snapshot_positions(snapshot: MapSnapshot, voxel_size: float) -> npt.NDArray[np.float64]:
    """Return the means of a snapshot's voxels (N, 3) in biased 1/512 voxels.

    Which voxel a point lies in is told by its position as returned, after rounding.

    Raises ValueError naming what is wrong: another voxel size, arrays of another type or length,
    coordinates that are not finite or too far away, voxels without a hit, stamps out of range, or
    two points in one voxel.
    """
    if snapshot.voxel_size != voxel_size:
        raise ValueError(f'snapshot.voxel_size={snapshot.voxel_size}: the map has {voxel_size}')
    for name, (dtype, shape) in _ARRAYS.items():
        array = getattr(snapshot, name)
        if array.dtype != dtype or array.shape != (len(snapshot.points), *shape):
            raise ValueError(
                f'snapshot.{name}: {array.dtype} {array.shape}, must be {np.dtype(dtype)} '
                f'{(len(snapshot.points), *shape)}'
            )
    seen = snapshot.last_seen
    stamps = (snapshot.stamp_ns, seen.min(initial=0), seen.max(initial=0))
    if min(stamps) < 0 or max(stamps) > MAX_STAMP:
        raise ValueError(
            f'snapshot.stamp_ns={snapshot.stamp_ns}, last_seen: must be in [0, {MAX_STAMP}]')
    if (snapshot.hits == 0).any():
        raise ValueError('snapshot.hits: every voxel must have at least one')
    positions = np.empty(snapshot.points.shape, np.float64)
    row = _place(snapshot.points, voxel_size, positions)
    if row < len(positions):
        raise ValueError(f'snapshot.points[{row}]={snapshot.points[row].tolist()}: out of bounds')
    if not _ascending(positions) and not _distinct(positions):
        raise ValueError(f'snapshot.points: {len(positions)} points, but two share a voxel')
    return positions


def distinct_blocks(positions: npt.NDArray[np.float64]) -> int:
    """Return how many blocks of 8x8x8 voxels the positions (N, 3), in 1/512 voxels, lie in."""
    if _ascending(positions):
        return int(_block_changes(positions))
    return len(np.unique(_keys(positions)[0]))


@kernel
def _place(
    points: npt.NDArray[np.float32], voxel_size: float, positions: npt.NDArray[np.float64]
) -> int:
    """Fill in the positions; return the first row that is out of bounds, else the rows."""
    for row in range(len(points)):
        for axis in range(3):
            cell = np.float64(points[row, axis]) / voxel_size
            if not abs(cell) < INDEX_BIAS - 1:   # NaN too
                return row
            positions[row, axis] = (cell + INDEX_BIAS) * (1 << FRACTION_BITS)
    return len(points)


@kernel
def _block_and_voxel(positions: npt.NDArray[np.float64], row: int) -> tuple[Any, Any]:
    """Return the key of a position's block (see blocks.py), and its voxel's number in it."""
    x = np.int64(positions[row, 0]) >> FRACTION_BITS
    y = np.int64(positions[row, 1]) >> FRACTION_BITS
    z = np.int64(positions[row, 2]) >> FRACTION_BITS
    return (x >> 3) << 42 | (y >> 3) << 21 | z >> 3, (x & 7) << 6 | (y & 7) << 3 | z & 7


@kernel
def _ascending(positions: npt.NDArray[np.float64]) -> bool:
    """Tell whether each row lies in a voxel after the one before, as a map's snapshot does."""
    last_block: Any = np.int64(-1)
    last_voxel: Any = np.int64(-1)
    for row in range(len(positions)):
        block, voxel = _block_and_voxel(positions, row)
        if block < last_block or (block == last_block and voxel <= last_voxel):
            return False
        last_block, last_voxel = block, voxel
    return True


@kernel
def _block_changes(positions: npt.NDArray[np.float64]) -> int:
    last: Any = np.int64(-1)
    changes = 0
    for row in range(len(positions)):
        block, _ = _block_and_voxel(positions, row)
        changes += block != last
        last = block
    return changes


def _keys(
    positions: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the key of each position's block and its voxel's number: one word is too short."""
    x, y, z = positions.T.astype(np.int64) >> FRACTION_BITS
    return (x >> 3) << 42 | (y >> 3) << 21 | z >> 3, (x & 7) << 6 | (y & 7) << 3 | z & 7


def _distinct(positions: npt.NDArray[np.float64]) -> bool:
    """Tell whether no two positions, in any order, share a voxel."""
    blocks, voxels = _keys(positions)
    order = np.lexsort((voxels, blocks))
    blocks, voxels = blocks[order], voxels[order]
    return not bool(((blocks[1:] == blocks[:-1]) & (voxels[1:] == voxels[:-1])).any())
