"""Checking a snapshot that is about to become the map."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import FRACTION_BITS, INDEX_BIAS
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
    cells = snapshot.points.astype(np.float64) / voxel_size
    inside = np.abs(cells) < INDEX_BIAS - 1
    if not inside.all():
        row = int(np.flatnonzero(~inside.all(axis=1))[0])
        raise ValueError(f'snapshot.points[{row}]={snapshot.points[row].tolist()}: out of bounds')
    if _count_distinct(np.floor(cells).astype(np.int64)) != len(cells):
        raise ValueError(f'snapshot.points: {len(cells)} points, but two of them share a voxel')
    return (cells + INDEX_BIAS) * (1 << FRACTION_BITS)


def distinct_blocks(positions: npt.NDArray[np.float64]) -> int:
    """Return how many blocks of 8x8x8 voxels the positions lie in."""
    blocks = np.floor(positions / (8 << FRACTION_BITS)).astype(np.int64)
    return _count_distinct(blocks)


def _count_distinct(indices: npt.NDArray[np.int64]) -> int:
    """Return how many different rows (N, 3) there are."""
    if not len(indices):
        return 0
    ordered = indices[np.lexsort(indices.T)]
    return 1 + int((ordered[1:] != ordered[:-1]).any(axis=1).sum())
