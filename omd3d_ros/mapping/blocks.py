"""The arrays of the voxels: a hash table of blocks of 8x8x8, and a pool of records.

A block is found by hashing its coordinates. It says which of its voxels are live and in which
slot of the pool each of them keeps its record, so that a surface passing through a block costs
what it needs and no more.

Record of a voxel, four int64 words:
    0  sums of the in-voxel offsets, 1/512 voxel, 21 bits each: x << 42 | y << 21 | z;
       in a free slot: the next free slot, -1 at the end
    1  sums of the colours, 20 bits each: r << 40 | g << 20 | b
    2  weight with colour << 48 | weight << 32 | hits
    3  misses << 48 | frames << 32 | index of the newest frame that hit it
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.jit import inlined, kernel, trailing_zeros

BLOCK_VOXELS = 512
FRACTION_BITS = 9
MAX_WEIGHT = 4096
MAX_HITS = 0xFFFF0000
# Voxel indices are stored with this bias: 24 bits an axis, block coordinates 21 bits.
INDEX_BIAS = 1 << 23
EMPTY = -1

USED, FREE, LIVE, SLOTS_USED, FREE_SLOT = 0, 1, 2, 3, 4


class BlockArrays(NamedTuple):
    """What the kernels see; C is the capacity in blocks, S in records. Flat: strides cost time.

    records     (S * 4,) int64    see the module
    slots       (C * 512,) int32  record of every live voxel; anything where none is live
    occupancy   (C * 8,) int64    a bit for every live voxel
    seen        (C * 8,) int64    a bit for every voxel hit in the frame ``frames[b]``
    keys        (C,) int64        x << 42 | y << 21 | z of the block, -1 when free
    frames      (C,) int64        newest frame that hit the block, -1 when free
    oldest      (C,) int64        a stamp, ns, that no voxel of the block is older than
    free        (C,) int32        stack of free blocks
    directory   (2**k,) int32     open-addressed hash table of blocks, -1 when empty
    counts      (5,) int64        blocks ever used, free blocks, live voxels, slots ever used, and
                                  the first free slot (-1 when there is none)
    """

    records: npt.NDArray[np.int64]
    slots: npt.NDArray[np.int32]
    occupancy: npt.NDArray[np.int64]
    seen: npt.NDArray[np.int64]
    keys: npt.NDArray[np.int64]
    frames: npt.NDArray[np.int64]
    oldest: npt.NDArray[np.int64]
    free: npt.NDArray[np.int32]
    directory: npt.NDArray[np.int32]
    counts: npt.NDArray[np.int64]


@inlined
def record_of(blocks: Any, block: Any, offset: Any) -> Any:
    """Return where the record of a live voxel begins in ``blocks.records``."""
    return np.uint64(blocks.slots[np.uint64(block << 9 | offset)]) << np.uint64(2)


@inlined
def directory_slot(key: int, size: int) -> np.uint64:
    """Return the first slot to try for a key (Fibonacci hashing)."""
    mixed = np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)
    return np.uint64(mixed >> np.uint64(40)) & np.uint64(size - 1)


@kernel
def fill_directory(
    keys: npt.NDArray[np.int64], used: int, directory: npt.NDArray[np.int32]
) -> None:
    """Enter the blocks that are in use into the directory."""
    directory[:] = EMPTY
    for block in range(used):
        if keys[block] < 0:
            continue
        slot = directory_slot(keys[block], directory.size)
        while directory[slot] >= 0:
            slot = (slot + np.uint64(1)) & np.uint64(directory.size - 1)
        directory[slot] = block


@inlined
def _touch(blocks: Any, block: Any, frame: Any, stamp: Any) -> None:
    """Note that a frame hits a block."""
    if blocks.frames[block] != frame:
        blocks.frames[block] = frame
        blocks.oldest[block] = min(blocks.oldest[block], stamp)
        for word in range(8):
            blocks.seen[np.uint64(block << 3 | word)] = 0


@inlined
def find_or_add_block(blocks: Any, key: Any, frame: Any, stamp: Any) -> Any:
    """Return the block of a key, added when it is new; -1 when there is no room for it."""
    directory, counts = blocks.directory, blocks.counts
    slot = directory_slot(key, directory.size)
    while True:
        block = np.int64(directory[slot])
        if block < 0:
            break
        if blocks.keys[block] == key:
            _touch(blocks, block, frame, stamp)
            return block
        slot = (slot + np.uint64(1)) & np.uint64(directory.size - 1)
    if counts[FREE] > 0:
        counts[FREE] -= 1
        block = np.int64(blocks.free[counts[FREE]])
    elif counts[USED] < blocks.keys.size:
        block = counts[USED]
        counts[USED] += 1
    else:
        return EMPTY
    directory[slot] = block
    blocks.keys[block] = key
    blocks.oldest[block] = stamp
    for word in range(8):
        blocks.occupancy[np.uint64(block << 3 | word)] = 0
    _touch(blocks, block, frame, stamp)
    return block


@inlined
def add_voxel(blocks: Any, block: Any, offset: Any) -> bool:
    """Make a voxel of a block live, its record undefined; return False without room for it."""
    counts = blocks.counts
    slot = counts[FREE_SLOT]
    if slot >= 0:
        counts[FREE_SLOT] = blocks.records[np.uint64(slot << 2)]
    elif counts[SLOTS_USED] < blocks.records.size >> 2:
        slot = counts[SLOTS_USED]
        counts[SLOTS_USED] += 1
    else:
        return False
    counts[LIVE] += 1
    blocks.occupancy[np.uint64(block << 3 | offset >> 6)] |= np.int64(1) << (offset & 63)
    blocks.slots[np.uint64(block << 9 | offset)] = slot
    return True


@inlined
def remove_voxel(blocks: Any, block: Any, offset: Any) -> None:
    """Make a live voxel of a block free."""
    counts = blocks.counts
    slot = blocks.slots[np.uint64(block << 9 | offset)]
    blocks.occupancy[np.uint64(block << 3 | offset >> 6)] &= ~(np.int64(1) << (offset & 63))
    blocks.records[np.uint64(slot) << np.uint64(2)] = counts[FREE_SLOT]
    counts[FREE_SLOT] = slot
    counts[LIVE] -= 1


@kernel
def release_blocks(blocks: Any, released: npt.NDArray[np.int64]) -> None:
    """Free blocks with all of their voxels; the directory must be filled anew afterwards."""
    counts = blocks.counts
    for block in released:
        for word in range(8):
            bits = blocks.occupancy[block << 3 | word]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                remove_voxel(blocks, block, word << 6 | bit)
        blocks.keys[block] = EMPTY
        blocks.frames[block] = EMPTY
        blocks.free[counts[FREE]] = block
        counts[FREE] += 1


@kernel
def renumber_frames(blocks: BlockArrays, numbers: npt.NDArray[np.int64]) -> None:
    """Replace every frame index i by numbers[i]."""
    low = np.int64(0xFFFFFFFF)
    for block in range(blocks.counts[USED]):
        if blocks.frames[block] < 0:
            continue
        blocks.frames[block] = numbers[blocks.frames[block]]
        for word in range(8):
            bits = blocks.occupancy[block << 3 | word]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                state = record_of(blocks, block, word << 6 | bit) + np.uint64(3)
                value = blocks.records[state]
                blocks.records[state] = (value & ~low) | numbers[value & low]
