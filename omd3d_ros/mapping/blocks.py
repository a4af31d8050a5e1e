"""The voxels: a hash table of dense blocks of 8x8x8 records, within a hard cap of bytes.

A block is found by hashing its coordinates, so the map has no window that wraps around: what
leaves the map leaves it because the cap is reached, and then the blocks that were seen longest
ago go. Blocks are never given back one by one; a block whose last voxel was removed is used
again when room is needed.

Record of a voxel, four int64 words:
    0  sums of the in-voxel offsets, 1/512 voxel, 21 bits each: x << 42 | y << 21 | z
    1  sums of the colours, 20 bits each: r << 40 | g << 20 | b
    2  weight with colour << 48 | weight << 32 | hits
    3  misses << 48 | frames << 32 | index of the newest frame that hit it
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.jit import kernel

BLOCK_VOXELS = 512
FRACTION_BITS = 9
MAX_WEIGHT = 4096
MAX_HITS = 0xFFFF0000
# Voxel indices are stored with this bias: 24 bits an axis, block coordinates 21 bits.
INDEX_BIAS = 1 << 23
EMPTY = -1

USED, FREE, LIVE = 0, 1, 2

_FIRST_CAPACITY = 64
_GROWTH_STEP = 64 << 20
# 512 records, two masks, key, frame, oldest stamp, free slot, at most four directory slots.
BLOCK_BYTES = BLOCK_VOXELS * 32 + 2 * 64 + 3 * 8 + 4 + 4 * 4


class BlockArrays(NamedTuple):
    """What the kernels see; b counts blocks, C is the capacity.

    records     (C * 512, 4) int64  see the module
    occupancy   (C, 8) int64        a bit for every live voxel
    seen        (C, 8) int64        a bit for every voxel hit in the frame ``frames[b]``
    keys        (C,) int64          x << 42 | y << 21 | z of the block, -1 when free
    frames      (C,) int64          newest frame that hit the block, -1 when free
    oldest      (C,) int64          a stamp, ns, that no voxel of the block is older than
    free        (C,) int32          stack of free blocks
    directory   (2**k,) int32       open-addressed hash table of blocks, -1 when empty
    counts      (3,) int64          blocks ever used, free blocks, live voxels
    """

    records: npt.NDArray[np.int64]
    occupancy: npt.NDArray[np.int64]
    seen: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]
    oldest: npt.NDArray[np.int64]
    free: npt.NDArray[np.int32]
    directory: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]


@kernel
def directory_slot(key: int, size: int) -> np.uint64:
    """Return the first slot to try for a key (Fibonacci hashing)."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.uint64(mixed >> np.uint64(40)) & np.uint64(size - 1)


@kernel
def _fill_directory(
    keys: npt.NDArray[np.int64], used: int, directory: npt.NDArray[np.int32]
) -> None:
    directory[:] = EMPTY
    for block in range(used):
        if keys[block] < 0:
            continue
        slot = directory_slot(keys[block], directory.size)
        while directory[slot] >= 0:
            slot = (slot + np.uint64(1)) & np.uint64(directory.size - 1)
        directory[slot] = block


@kernel
def _count_voxels(
    occupancy: npt.NDArray[np.int64], used: int, counts: npt.NDArray[np.int64]
) -> None:
    for block in range(used):
        total = 0
        for word in range(8):
            bits = occupancy[block, word]
            while bits != 0:
                bits &= bits - 1
                total += 1
        counts[block] = total


@kernel
def _renumber_frames(
    records: npt.NDArray[np.int64],
    frames: npt.NDArray[np.int64],
    used: int,
    numbers: npt.NDArray[np.int64],
) -> None:
    low = np.int64(0xFFFFFFFF)
    for block in range(used):
        if frames[block] < 0:
            continue
        frames[block] = numbers[frames[block]]
        for record in range(block * BLOCK_VOXELS, (block + 1) * BLOCK_VOXELS):
            state = records[record, 3]
            records[record, 3] = (state & ~low) | numbers[state & low]


class BlockStore:
    """Owns the arrays: grows them geometrically up to the cap, then evicts."""

    def __init__(self, max_bytes: int) -> None:
        self._max_blocks = max_bytes // BLOCK_BYTES
        if self._max_blocks < 1:
            raise ValueError(f'max_bytes={max_bytes}: one block needs {BLOCK_BYTES}')
        self.clear()

    @property
    def nbytes(self) -> int:
        """Bytes of every array."""
        return sum(array.nbytes for array in self.arrays)

    @property
    def voxel_count(self) -> int:
        """Live voxels."""
        return int(self.arrays.counts[LIVE])

    @property
    def max_blocks(self) -> int:
        """Blocks that fit under the cap."""
        return self._max_blocks

    def clear(self) -> None:
        """Forget every voxel and give the memory back."""
        size = min(_FIRST_CAPACITY, self._max_blocks)
        self.arrays = BlockArrays(
            records=np.zeros((size * BLOCK_VOXELS, 4), np.int64),
            occupancy=np.zeros((size, 8), np.int64),
            seen=np.zeros((size, 8), np.int64),
            keys=np.full(size, EMPTY, np.int64),
            frames=np.full(size, EMPTY, np.int64),
            oldest=np.zeros(size, np.int64),
            free=np.zeros(size, np.int32),
            directory=np.full(_directory_size(size), EMPTY, np.int32),
            counts=np.zeros(3, np.int64),
        )

    def sorted_blocks(self) -> npt.NDArray[np.int64]:
        """Return the indices of the blocks in use, by ascending key."""
        blocks = np.flatnonzero(self.arrays.keys >= 0)
        return blocks[np.argsort(self.arrays.keys[blocks])]

    def renumber_frames(self, numbers: npt.NDArray[np.int64]) -> None:
        """Replace every frame index i by numbers[i] (see FrameStamps.merge)."""
        arrays = self.arrays
        _renumber_frames(arrays.records, arrays.frames, int(arrays.counts[USED]), numbers)

    def make_room(self) -> int:
        """Make at least one block free; return how many voxels were evicted for it.

        Takes back emptied blocks when they are many, else grows, else evicts a thirty-second of
        the blocks: those hit longest ago, the smaller key first among equals.
        """
        arrays = self.arrays
        used = int(arrays.counts[USED])
        in_use = arrays.keys[:used] >= 0
        emptied = np.flatnonzero(in_use & ~arrays.occupancy[:used].any(axis=1))
        growable = len(arrays.keys) < self._max_blocks
        if len(emptied) > (used // 16 if growable else 0):
            self._release(emptied)
            return 0
        if growable:
            self._grow()
            return 0
        blocks = np.flatnonzero(in_use)
        order = np.lexsort((arrays.keys[blocks], arrays.frames[blocks]))
        oldest = blocks[order[: max(1, used // 32)]]
        counts = np.zeros(used, np.int64)
        _count_voxels(arrays.occupancy, used, counts)
        evicted = int(counts[oldest].sum())
        arrays.counts[LIVE] -= evicted
        self._release(oldest)
        return evicted

    def _release(self, blocks: npt.NDArray[np.int64]) -> None:
        arrays = self.arrays
        arrays.keys[blocks] = EMPTY
        arrays.frames[blocks] = EMPTY
        arrays.occupancy[blocks] = 0
        free = int(arrays.counts[FREE])
        arrays.free[free : free + len(blocks)] = blocks
        arrays.counts[FREE] += len(blocks)
        _fill_directory(arrays.keys, int(arrays.counts[USED]), arrays.directory)

    def _grow(self) -> None:
        """Enlarge in place.

        ``ndarray.resize`` reallocates, which moves pages and copies nothing on Linux: the old and
        the new arrays never stand side by side.
        """
        old = self.arrays
        size = len(old.keys)
        size = min(2 * size, size + _GROWTH_STEP // BLOCK_BYTES, self._max_blocks)
        used = int(old.counts[USED])
        old.records.resize((size * BLOCK_VOXELS, 4), refcheck=False)
        for array in (old.occupancy, old.seen):
            array.resize((size, 8), refcheck=False)
        for vector in (old.keys, old.frames, old.oldest, old.free):
            vector.resize(size, refcheck=False)
        old.keys[used:] = EMPTY
        old.frames[used:] = EMPTY
        slots = _directory_size(size)
        if slots != len(old.directory):
            old.directory.resize(slots, refcheck=False)
            _fill_directory(old.keys, used, old.directory)


def _directory_size(blocks: int) -> int:
    return 1 << (2 * blocks - 1).bit_length()

