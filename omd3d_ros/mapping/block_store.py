"""Who owns the arrays of the voxels: growth up to a hard cap of bytes, then eviction.

The map has no window that wraps around: what leaves it is out of the rolling window that was
asked for, or leaves because the cap is reached, and then the blocks that were seen longest ago
go. Blocks and records are never given back one by one; free ones are used again.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import (
    BLOCK_VOXELS,
    EMPTY,
    FREE_SLOT,
    INDEX_BIAS,
    LIVE,
    SLOTS_USED,
    USED,
    BlockArrays,
    fill_directory,
    release_blocks,
    renumber_frames,
)

_FIRST_BLOCKS = 64
_FIRST_RECORDS = 4096
_GROWTH_STEP = 32 << 20
RECORD_BYTES = 32
# Slots, two masks, key, frame, oldest stamp, free block, at most four directory entries, and what
# choosing the blocks to release takes for a moment.
BLOCK_BYTES = BLOCK_VOXELS * 4 + 2 * 64 + 3 * 8 + 4 + 4 * 4 + 128
MIN_BYTES = _FIRST_BLOCKS * BLOCK_BYTES + _FIRST_RECORDS * RECORD_BYTES + 64


class BlockStore:
    """Owns the arrays: grows them up to the cap, then evicts."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        if max_bytes < MIN_BYTES:
            raise ValueError(f'max_bytes={max_bytes}: the smallest map needs {MIN_BYTES}')
        self.arrays = _empty()

    @property
    def nbytes(self) -> int:
        """Bytes of every array."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def voxel_count(self) -> int:
        """Live voxels."""
        return int(self.arrays.counts[LIVE])

    def fits(self, blocks: int, voxels: int) -> bool:
        """Tell whether that many fit under the cap."""
        return _bytes(blocks, voxels) <= self._max_bytes

    def clear(self) -> None:
        """Forget every voxel and give the memory back."""
        del self.arrays
        self.arrays = _empty()

    def check_memory(self, blocks: int, voxels: int) -> None:
        """Raise MemoryError when the system would not give the memory for that many."""
        np.empty(_bytes(blocks, voxels), np.uint8)

    def reserve(self, blocks: int, voxels: int) -> None:
        """Make room for that many in all; they must fit."""
        self._grow_blocks(max(blocks, len(self.arrays.keys)))
        self.arrays.records.resize(max(4 * voxels, len(self.arrays.records)), refcheck=False)

    def sorted_blocks(self) -> npt.NDArray[np.int64]:
        """Return the indices of the blocks in use, by ascending key."""
        blocks = self._in_use()
        return blocks[np.argsort(self.arrays.keys[blocks])]

    def renumber_frames(self, numbers: npt.NDArray[np.int64]) -> None:
        """Replace every frame index i by numbers[i] (see FrameStamps.merge)."""
        renumber_frames(self.arrays, numbers)

    def make_room(self) -> int:
        """Make a block and a record free, or one of them; return how many voxels were evicted.

        Takes back emptied blocks when they are many, else grows, else evicts a thirty-second of
        the blocks: those hit longest ago, the smaller key first among equals.
        """
        arrays = self.arrays
        records = len(arrays.records) // 4
        short_of_records = (
            arrays.counts[FREE_SLOT] < 0 and arrays.counts[SLOTS_USED] == records
        )
        growth = self._growth(records, RECORD_BYTES)
        if short_of_records and growth:
            arrays.records.resize(4 * (records + growth), refcheck=False)
            return 0
        growth = self._growth(len(arrays.keys), BLOCK_BYTES)
        blocks = self._in_use()
        emptied = blocks[~arrays.occupancy.reshape(-1, 8)[blocks].any(axis=1)]
        if not short_of_records:
            if len(emptied) > (len(blocks) // 16 if growth else 0):
                self._release(emptied)
                return 0
            if growth:
                self._grow_blocks(len(arrays.keys) + growth)
                return 0
        blocks = np.setdiff1d(blocks, emptied)
        order = np.lexsort((arrays.keys[blocks], arrays.frames[blocks]))
        oldest = blocks[order[: max(1, len(blocks) // 32)]]
        return self._release(np.concatenate([emptied, oldest]))

    def release_beyond(self, center: npt.NDArray[np.float64], radius: float) -> int:
        """Free the blocks that lie wholly beyond a radius; return how many voxels were in them.

        center  (3,) in voxels from the map's origin; radius in voxels
        """
        blocks = self._in_use()
        keys = self.arrays.keys[blocks]
        squared = np.zeros(len(blocks))
        for axis, shift in enumerate((42, 21, 0)):
            low = (keys >> shift & (1 << 21) - 1) * 8.0 - INDEX_BIAS
            distance = np.maximum(low - center[axis], center[axis] - low - 8.0)
            squared += np.maximum(distance, 0.0) ** 2
        beyond = blocks[squared > radius * radius]
        return self._release(beyond) if len(beyond) else 0

    def _in_use(self) -> npt.NDArray[np.int64]:
        return np.flatnonzero(self.arrays.keys[: self.arrays.counts[USED]] >= 0)

    def _release(self, blocks: npt.NDArray[np.int64]) -> int:
        arrays = self.arrays
        before = self.voxel_count
        release_blocks(arrays, blocks)
        fill_directory(arrays.keys, int(arrays.counts[USED]), arrays.directory)
        return before - self.voxel_count

    def _growth(self, size: int, item_bytes: int) -> int:
        """Return by how many items an array may grow: a quarter of it, a step, or what is left."""
        left = self._max_bytes - _bytes(len(self.arrays.keys), len(self.arrays.records) // 4)
        return min(max(size // 4, 64), _GROWTH_STEP // item_bytes, left // item_bytes)

    def _grow_blocks(self, size: int) -> None:
        """Enlarge in place; where memory is refused, what was there stays as it was.

        ``ndarray.resize`` reallocates, which moves the pages of large arrays and copies nothing
        on Linux. The keys, which tell how many blocks there may be, come last.
        """
        old = self.arrays
        used = int(old.counts[USED])
        old.slots.resize(size * BLOCK_VOXELS, refcheck=False)
        for array in (old.occupancy, old.seen):
            array.resize(8 * size, refcheck=False)
        for vector in (old.frames, old.oldest, old.free):
            vector.resize(size, refcheck=False)
        old.frames[used:] = EMPTY
        entries = _directory_size(size)
        if entries != len(old.directory):
            old.directory.resize(entries, refcheck=False)
            fill_directory(old.keys, used, old.directory)
        old.keys.resize(size, refcheck=False)
        old.keys[used:] = EMPTY


def _empty() -> BlockArrays:
    size = _FIRST_BLOCKS
    return BlockArrays(
        records=np.zeros(4 * _FIRST_RECORDS, np.int64),
        slots=np.zeros(size * BLOCK_VOXELS, np.int32),
        occupancy=np.zeros(8 * size, np.int64),
        seen=np.zeros(8 * size, np.int64),
        keys=np.full(size, EMPTY, np.int64),
        frames=np.full(size, EMPTY, np.int64),
        oldest=np.zeros(size, np.int64),
        free=np.zeros(size, np.int32),
        directory=np.full(_directory_size(size), EMPTY, np.int32),
        counts=np.array([0, 0, 0, 0, EMPTY], np.int64),
    )


def _bytes(blocks: int, records: int) -> int:
    """Return the bytes of arrays for that many, never fewer than at the start."""
    return (
        max(blocks, _FIRST_BLOCKS) * BLOCK_BYTES
        + max(records, _FIRST_RECORDS) * RECORD_BYTES
        + 64
    )


def _directory_size(blocks: int) -> int:
    return 1 << (2 * blocks - 1).bit_length()
