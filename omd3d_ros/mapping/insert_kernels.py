"""Putting points into blocks: the pass over a frame that costs the most."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import (
    EMPTY,
    MAX_HITS,
    BlockArrays,
    add_voxel,
    find_or_add_block,
    record_of,
)
from omd3d_ros.mapping.jit import inlined, kernel
from omd3d_ros.mapping.point_chunk import CHUNK, PointChunk, locate_points
from omd3d_ros.mapping.point_source import Source, read_color
from omd3d_ros.mapping.tile_image import TileImage, end_row, note_depths

POINTS_USED = 0

_FIELD_16 = (1 << 16) - 1
_FIELD_32 = (1 << 32) - 1
_ONE, _TWO, _THREE = np.uint64(1), np.uint64(2), np.uint64(3)


@inlined
def _begin_hits(blocks: Any, block: Any, offset: Any, frame: Any) -> bool:
    """Note that a frame hits a voxel for the first time; return False without room for it."""
    word, bit = np.uint64(block << 3 | offset >> 6), np.int64(1) << (offset & 63)
    if blocks.occupancy[word] & bit:
        record = record_of(blocks, block, offset)
        frames = min((blocks.records[record + _THREE] >> 32 & _FIELD_16) + 1, _FIELD_16)
    else:
        if not add_voxel(blocks, block, offset):
            return False
        record = record_of(blocks, block, offset)
        blocks.records[record] = 0
        blocks.records[record + _ONE] = 0
        blocks.records[record + _TWO] = 0
        frames = np.int64(1)
    blocks.records[record + _THREE] = frames << 32 | frame
    blocks.seen[word] |= bit
    return True


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
    counts = records[record + _TWO]
    hits = min(counts & _FIELD_32, MAX_HITS)
    weight = counts >> 32 & _FIELD_16
    colored = counts >> 48
    records[record] = _scale(records[record], 21, weight // 2, weight)
    records[record + _ONE] = _scale(records[record + _ONE], 20, colored // 2, colored)
    records[record + _TWO] = (colored // 2) << 48 | (weight // 2) << 32 | hits


@kernel
def _add_points(
    blocks: Any, source: Any, row: Any, first: Any, skipped: Any, count: Any, chunk: Any,
    max_weight: Any, frame: Any, stamp: Any, result: Any,
) -> Any:
    """Add the located points of a chunk but the first ones; return how far there was room."""
    records, seen = blocks.records, blocks.seen
    count_one: Any = np.int64(source.has_color) << 48 | np.int64(1) << 32 | 1
    last_key, block, used = np.int64(EMPTY), np.int64(EMPTY), 0
    for i in range(skipped, count):
        key = chunk.keys[np.uint64(i)]
        if key < 0:
            continue
        if key != last_key:
            block = find_or_add_block(blocks, key, frame, stamp)
            if block < 0:
                count = i
                break
            last_key = key
        offset = chunk.offsets[np.uint64(i)]
        hit = seen[np.uint64(block << 3 | offset >> 6)] >> (offset & 63) & 1
        if not hit and not _begin_hits(blocks, block, offset, frame):
            count = i
            break
        record = record_of(blocks, block, offset)
        records[record] += chunk.fractions[np.uint64(i)]
        if source.has_color:
            r, g, b = read_color(source, row, first + i)
            records[record + _ONE] += r << 40 | g << 20 | b
        counts = records[record + _TWO] + count_one
        records[record + _TWO] = counts
        if (counts >> 32 & _FIELD_16) > max_weight:
            _halve(records, record)
        used += 1
    result[POINTS_USED] += used
    return count


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
    chunk: PointChunk,
    tiles: TileImage,
    result: npt.NDArray[np.int64],
) -> int:
    """Read, check, transform and insert the points of a source from index ``start`` on.

    scaled_pose  (3, 4) takes metres in the sensor's frame to biased 1/512 voxels of the map
    chunk        scratch memory
    tiles        takes the least depths of the image as they are read
    result       (1,) points used, added to

    Returns the index of the first point that found no room (make room and go on there), or the
    number of points when all were read.
    """
    if source.height * source.width == 0:
        return 0
    low, high = min_range * min_range, max_range * max_range
    for row in range(start // max(source.width, 1), source.height):
        column = max(start - row * source.width, 0)
        while column < source.width:
            first = column // CHUNK * CHUNK
            count = min(CHUNK, source.width - first)
            locate_points(
                source, row, first, count, scaled_pose, low, high, tiles.forward, chunk
            )
            done: int = _add_points(
                blocks, source, row, first, column - first, count, chunk, max_weight, frame,
                stamp, result,
            )
            if done < count:
                return row * source.width + first + done
            note_depths(tiles, row, first, count, chunk.depths)
            column = first + count
        end_row(tiles, row, source.height)
    return source.height * source.width
