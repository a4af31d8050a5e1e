"""Putting points into blocks: the pass over a frame that costs the most, and restoring."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import (
    EMPTY,
    FRACTION_BITS,
    FREE,
    LIVE,
    MAX_HITS,
    USED,
    BlockArrays,
    directory_slot,
)
from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.point_source import Source, read_color, read_point

POINTS_USED, VOXELS_NEW = 0, 1

_FIELD_21 = (1 << 21) - 1
_FIELD_20 = (1 << 20) - 1
_FIELD_16 = (1 << 16) - 1
_FIELD_32 = (1 << 32) - 1
_FRACTION = (1 << FRACTION_BITS) - 1


@kernel
def _touch(blocks: Any, block: Any, frame: Any, stamp: Any) -> None:
    """Note that a frame hits a block."""
    if blocks.frames[block] != frame:
        blocks.frames[block] = frame
        blocks.oldest[block] = min(blocks.oldest[block], stamp)
        for word in range(8):
            blocks.seen[block, word] = 0


@kernel
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
        blocks.occupancy[block, word] = 0
    _touch(blocks, block, frame, stamp)
    return block


@kernel
def _begin_hits(blocks: Any, block: Any, offset: Any, record: Any, frame: Any) -> int:
    """Note that a frame hits a voxel for the first time; return 1 when the voxel is new."""
    word, bit = offset >> 6, np.int64(1) << (offset & 63)
    blocks.seen[block, word] |= bit
    records = blocks.records
    if blocks.occupancy[block, word] & bit:
        frames = min((records[record, 3] >> 32 & _FIELD_16) + 1, _FIELD_16)
        records[record, 3] = frames << 32 | frame
        return 0
    blocks.occupancy[block, word] |= bit
    records[record, 0] = 0
    records[record, 1] = 0
    records[record, 2] = 0
    records[record, 3] = np.int64(1) << 32 | frame
    blocks.counts[LIVE] += 1
    return 1


@kernel
def _scale(packed: Any, field_bits: int, numerator: Any, denominator: Any) -> Any:
    """Multiply three packed sums by a fraction, each rounded down."""
    if denominator == 0:
        return 0
    mask = (np.int64(1) << field_bits) - 1
    low = (packed & mask) * numerator // denominator
    middle = (packed >> field_bits & mask) * numerator // denominator
    high = (packed >> (2 * field_bits) & mask) * numerator // denominator
    return (high << (2 * field_bits)) | (middle << field_bits) | low


@kernel
def _halve(records: npt.NDArray[np.int64], record: Any) -> None:
    """Halve the weight of a full voxel, so that its mean follows what is seen now."""
    counts = records[record, 2]
    hits = min(counts & _FIELD_32, MAX_HITS)
    weight = counts >> 32 & _FIELD_16
    colored = counts >> 48
    records[record, 0] = _scale(records[record, 0], 21, weight // 2, weight)
    records[record, 1] = _scale(records[record, 1], 20, colored // 2, colored)
    records[record, 2] = (colored // 2) << 48 | (weight // 2) << 32 | hits


@kernel
def _tally(result: Any, used: Any, new: Any) -> None:
    result[POINTS_USED] += used
    result[VOXELS_NEW] += new


@kernel
def insert_points(
    blocks: BlockArrays,
    source: Source,
    scaled_pose: npt.NDArray[np.float64],
    min_range: float,
    max_range: float,
    max_weight: int,
    frame: int,
    stamp: int,
    start: int,
    result: npt.NDArray[np.int64],
) -> int:
    """Read, check, transform and insert the points of a source from index ``start`` on.

    scaled_pose     (3, 4) takes metres in the sensor's frame to biased 1/512 voxels of the map
    result          (2,) points used and voxels new, added to

    Returns the index of the first point that found no room (make room and go on there), or the
    number of points when all were read.
    """
    m = scaled_pose
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    low, high = min_range * min_range, max_range * max_range
    records, seen = blocks.records, blocks.seen
    count_one: Any = np.int64(source.has_color) << 48 | np.int64(1) << 32 | 1
    last_key, block = np.int64(EMPTY), np.int64(EMPTY)
    used, new = 0, 0
    for row in range(start // max(source.width, 1), source.height):
        for column in range(max(start - row * source.width, 0), source.width):
            x, y, z = read_point(source, row, column)
            squared = x * x + y * y + z * z
            if not (squared >= low and squared <= high):
                continue
            qx = np.int64(m00 * x + m01 * y + m02 * z + m03)
            qy = np.int64(m10 * x + m11 * y + m12 * z + m13)
            qz = np.int64(m20 * x + m21 * y + m22 * z + m23)
            key = (qx >> 12) << 42 | (qy >> 12) << 21 | (qz >> 12)
            if key != last_key:
                block = find_or_add_block(blocks, key, frame, stamp)
                if block < 0:
                    _tally(result, used, new)
                    return row * source.width + column
                last_key = key
            offset = (qx >> 3 & 0x1C0) | (qy >> 6 & 0x38) | (qz >> 9 & 7)
            record = np.uint64(block << 9 | offset)
            if not seen[np.uint64(block), np.uint64(offset >> 6)] >> (offset & 63) & 1:
                new += _begin_hits(blocks, block, offset, record, frame)
            records[record, 0] += (qx & _FRACTION) << 42 | (qy & _FRACTION) << 21 | (qz & _FRACTION)
            if source.has_color:
                r, g, b = read_color(source, row, column)
                records[record, 1] += r << 40 | g << 20 | b
            counts = records[record, 2] + count_one
            records[record, 2] = counts
            if (counts >> 32 & _FIELD_16) > max_weight:
                _halve(records, record)
            used += 1
    _tally(result, used, new)
    return source.height * source.width
