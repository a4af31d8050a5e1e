"""Copying the live voxels out of the blocks, in the order of their keys, and back in."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import (
    EMPTY,
    INDEX_BIAS,
    MAX_HITS,
    USED,
    BlockArrays,
    add_voxel,
    find_or_add_block,
    record_of,
)
from omd3d_ros.mapping.jit import inlined, kernel, prefetch, trailing_zeros

_FIELD_21 = (1 << 21) - 1
_FIELD_20 = (1 << 20) - 1
_FIELD_16 = (1 << 16) - 1
_FIELD_32 = (1 << 32) - 1
_GREY = 128
# Offsets are rounded down to 1/512 voxel.
_HALF_STEP = 1 / 1024
# From this voxel on, half a step is no longer far more than what float32 rounds off.
_ROUNDED = 4096
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@inlined
def _inside_voxel(index: Any, offset: float, voxel_size: float) -> np.float32:
    """Return a mean coordinate, metres, as float32 that still lies in its voxel.

    Far from the origin float32 rounding may reach over a face: then one step back.
    """
    value = np.float32((np.float64(index) + offset) * voxel_size)
    if abs(index) >= _ROUNDED:
        place = np.floor(np.float64(value) / voxel_size + INDEX_BIAS) - INDEX_BIAS
        if place < index:
            value = np.nextafter(value, np.float32(np.inf))
        elif place > index:
            value = np.nextafter(value, np.float32(-np.inf))
    return value


@inlined
def _prefetch_block(blocks: Any, block: Any) -> None:
    """Ask for the records of a block: they lie anywhere, and waiting for each would take long."""
    for word in range(8):
        bits = blocks.occupancy[np.uint64(block << 3 | word)]
        while bits != 0:
            bit = trailing_zeros(bits)
            bits &= bits - 1
            prefetch(blocks.records, record_of(blocks, block, word << 6 | bit))


@kernel
def copy_voxels(
    blocks: BlockArrays,
    order: npt.NDArray[np.int64],
    stamps: npt.NDArray[np.int64],
    voxel_size: float,
    points: npt.NDArray[np.float32],
    colors: npt.NDArray[np.uint8],
    hits: npt.NDArray[np.uint32],
    frames: npt.NDArray[np.uint16],
    last_seen: npt.NDArray[np.int64],
) -> int:
    """Fill a snapshot's arrays from the blocks in the given order; return the voxels copied."""
    row = 0
    for number in range(len(order)):
        block = order[number]
        if number + 1 < len(order):
            _prefetch_block(blocks, order[number + 1])
        key = blocks.keys[block]
        bx = (key >> 42) * 8 - INDEX_BIAS
        by = (key >> 21 & _FIELD_21) * 8 - INDEX_BIAS
        bz = (key & _FIELD_21) * 8 - INDEX_BIAS
        for word in range(8):
            bits = blocks.occupancy[np.uint64(block << 3 | word)]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                record = record_of(blocks, block, word << 6 | bit)
                position, color = blocks.records[record], blocks.records[record + _ONE]
                counts, state = blocks.records[record + _TWO], blocks.records[record + _THREE]
                weight, colored = counts >> 32 & _FIELD_16, counts >> 48
                inverse = 1.0 / weight
                share = inverse / 512.0
                x = (position >> 42) * share + _HALF_STEP
                y = (position >> 21 & _FIELD_21) * share + _HALF_STEP
                z = (position & _FIELD_21) * share + _HALF_STEP
                points[row, 0] = _inside_voxel(bx + word, x, voxel_size)
                points[row, 1] = _inside_voxel(by + (bit >> 3), y, voxel_size)
                points[row, 2] = _inside_voxel(bz + (bit & 7), z, voxel_size)
                if colored > 0:
                    if colored != weight:
                        inverse = 1.0 / colored
                    # Half a point more, so that rounding never reaches over a whole number.
                    half = (colored >> 1) + 0.5
                    colors[row, 0] = np.uint8(np.int64(((color >> 40) + half) * inverse))
                    colors[row, 1] = np.uint8(
                        np.int64(((color >> 20 & _FIELD_20) + half) * inverse)
                    )
                    colors[row, 2] = np.uint8(np.int64(((color & _FIELD_20) + half) * inverse))
                else:
                    colors[row, 0] = colors[row, 1] = colors[row, 2] = _GREY
                hits[row] = counts & _FIELD_32
                frames[row] = state >> 32 & _FIELD_16
                last_seen[row] = stamps[state & _FIELD_32]
                row += 1
    return row


@kernel
def _offset_sum(position: Any, weight: Any) -> Any:
    """Return the sum of in-voxel offsets whose mean is nearest to a position."""
    offset = position - np.floor(position / 512.0) * 512.0 - 0.5
    return min(max(np.int64(np.floor(offset * weight + 0.5)), 0), 511 * weight)


@inlined
def _note_newest_frames(blocks: Any) -> None:
    """Set the newest frame of every block to that of its voxels."""
    for block in range(blocks.counts[USED]):
        newest = np.int64(EMPTY)
        for word in range(8):
            bits = blocks.occupancy[np.uint64(block << 3 | word)]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                state = blocks.records[record_of(blocks, block, word << 6 | bit) + _THREE]
                newest = max(newest, state & _FIELD_32)
        blocks.frames[block] = newest


@kernel
def put_voxels(
    blocks: BlockArrays,
    positions: npt.NDArray[np.float64],
    colors: npt.NDArray[np.uint8],
    hits: npt.NDArray[np.uint32],
    frames: npt.NDArray[np.uint16],
    frame: npt.NDArray[np.int64],
    stamps: npt.NDArray[np.int64],
    max_weight: int,
) -> None:
    """Put restored voxels into blocks; the store has room for all of them.

    positions (N, 3) are means in biased 1/512 voxels. No two rows share a voxel. Rows may come in
    any order; those of a block standing together, as in a snapshot, is the quickest one.
    """
    last_key, block = np.int64(EMPTY), np.int64(EMPTY)
    for row in range(len(positions)):
        qx = np.int64(positions[row, 0])
        qy = np.int64(positions[row, 1])
        qz = np.int64(positions[row, 2])
        key = (qx >> 12) << 42 | (qy >> 12) << 21 | (qz >> 12)
        if key != last_key:
            block = find_or_add_block(blocks, key, frame[row], stamps[frame[row]])
            last_key = key
        blocks.oldest[block] = min(blocks.oldest[block], stamps[frame[row]])
        offset = (qx >> 3 & 0x1C0) | (qy >> 6 & 0x38) | (qz >> 9 & 7)
        add_voxel(blocks, block, offset)
        record = record_of(blocks, block, offset)
        weight: Any = min(np.int64(hits[row]), max_weight)
        r, g, b = np.int64(colors[row, 0]), np.int64(colors[row, 1]), np.int64(colors[row, 2])
        colored = 0 if r == _GREY and g == _GREY and b == _GREY else weight
        blocks.records[record] = (
            _offset_sum(positions[row, 0], weight) << 42
            | _offset_sum(positions[row, 1], weight) << 21
            | _offset_sum(positions[row, 2], weight)
        )
        blocks.records[record + _ONE] = (r << 40 | g << 20 | b) * colored
        blocks.records[record + _TWO] = colored << 48 | weight << 32 | min(hits[row], MAX_HITS)
        blocks.records[record + _THREE] = np.int64(frames[row]) << 32 | frame[row]
    _note_newest_frames(blocks)
