"""Removing voxels: those that a frame sees through, and those not seen for too long."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import INDEX_BIAS, USED, BlockArrays, record_of, remove_voxel
from omd3d_ros.mapping.jit import inlined, kernel, trailing_zeros
from omd3d_ros.mapping.point_chunk import UNKNOWN
from omd3d_ros.mapping.pose import inverse_pose
from omd3d_ros.mapping.range_image import View
from omd3d_ros.mapping.settings import MapSettings

_FIELD_21 = (1 << 21) - 1
_FIELD_32 = (1 << 32) - 1
_ONE_MISS = 1 << 48
NEVER = np.iinfo(np.int64).max


@inlined
def _seen_through(
    tiles: Any, levels: Any, x: float, y: float, half: float, limit: float
) -> bool:
    """Tell whether every depth over a footprint is beyond a limit, and its middle was measured.

    The footprint is looked up in the coarsest level with tiles of at most half its size. The
    middle is looked up where a tile is more than half as large as the footprint.
    """
    level: Any = np.int64(0)
    size, last = half, levels.shape[0] - 1
    while size > 2.0 and level < last:
        size *= 0.5
        level += 1
    offset, columns = levels[level, 0], levels[level, 1]
    row, column = np.int64(y) >> level, np.int64(x) >> level
    if not tiles[np.uint64(offset + row * columns + column)] > limit:
        return False
    x0, x1 = np.int64(x - half) >> level, np.int64(x + half) >> level
    y0, y1 = np.int64(y - half) >> level, np.int64(y + half) >> level
    for row in range(y0, y1 + 1):
        for column in range(x0, x1 + 1):
            if not tiles[np.uint64(offset + row * columns + column)] > limit:
                return False
    while size > 1.0 and level < last - 1:
        size *= 0.5
        level += 1
    offset, columns = levels[level, 0], levels[level, 1]
    row, column = np.int64(y) >> level, np.int64(x) >> level
    return bool(tiles[np.uint64(offset + row * columns + column)] < UNKNOWN)


@inlined
def _most_in_block(view: Any, p: Any, x: Any, y: Any, z: Any, half_size: float) -> Any:
    """Return the least depth of a block's corners, and the greatest of all tiles around it.

    Nothing that the tiles show lies behind that greatest depth. The block's lowest corner is
    x, y, z, in voxel indices. The least depth is 0 when it reaches behind the sensor.
    """
    if view.levels.shape[0] < 2:
        return 0.0, 0.0
    near = np.inf
    left, right, top, bottom = np.inf, -np.inf, np.inf, -np.inf
    for corner in range(8):
        cx, cy, cz = x - 0.5, y - 0.5, z - 0.5
        if corner & 1:
            cx += 8.0
        if corner & 2:
            cy += 8.0
        if corner & 4:
            cz += 8.0
        depth = p[2, 0] * cx + p[2, 1] * cy + p[2, 2] * cz + p[2, 3]
        if not depth > 1e-3:
            return 0.0, 0.0
        near = min(near, depth)
        u = (p[0, 0] * cx + p[0, 1] * cy + p[0, 2] * cz + p[0, 3]) / depth
        v = (p[1, 0] * cx + p[1, 1] * cy + p[1, 2] * cz + p[1, 3]) / depth
        left, right, top, bottom = min(left, u), max(right, u), min(top, v), max(bottom, v)
    reach = half_size / near
    level, last = np.int64(1), view.levels.shape[0] - 1
    size = max(right - left, bottom - top) * 0.5 + reach
    while size > 1.0 and level < last:
        size *= 0.5
        level += 1
    offset = view.levels[level, 0] - view.levels[1, 0]
    columns, rows = view.levels[level, 1], view.levels[level, 2]
    x0, x1 = _tile(left - reach, level, columns), _tile(right + reach, level, columns)
    y0, y1 = _tile(top - reach, level, rows), _tile(bottom + reach, level, rows)
    most = np.float32(0)
    for row in range(y0, y1 + 1):
        for column in range(x0, x1 + 1):
            most = max(most, view.most[np.uint64(offset + row * columns + column)])
    return near, np.float64(most)


@inlined
def _tile(position: float, level: Any, count: Any) -> Any:
    """Return the tile of a level that holds a cell, or the nearest one."""
    return min(max(np.int64(np.floor(position)) >> level, 0), count - 1)


@inlined
def _outside(limits: Any, x: float, y: float, z: float, radius: float) -> bool:
    """Tell whether a ball lies wholly outside one of the view's planes."""
    for plane in range(limits.shape[0]):
        side = limits[plane, 0] * x + limits[plane, 1] * y + limits[plane, 2] * z
        if side + limits[plane, 3] < -radius * limits[plane, 4]:
            return True
    return False


@inlined
def _within(extent: Any, u: float, v: float, half: float) -> bool:
    """Tell whether a voxel's middle lies within the borders and its footprint in the image."""
    width, height, border = extent[0], extent[1], extent[2]
    if not (u > border and v > border and u < width - border and v < height - border):
        return False
    return u >= half and v >= half and u + half < width and v + half < height


@kernel
def clear_seen_through(
    blocks: BlockArrays,
    view: View,
    projection: npt.NDArray[np.float64],
    limits: npt.NDArray[np.float64],
    half_size: float,
    depths: npt.NDArray[np.float64],
    misses_limit: int,
    frame: int,
) -> int:
    """Count a miss for every voxel that the frame looked through; return how many were removed.

    projection  (3, 4) from voxel indices to cells * depth and depth (metres)
    limits      (n, 5) planes that bound the view: coefficients, offset, length of the normal
    half_size   half a voxel at one metre, in cells
    depths      (3,) a ray must end behind a voxel's centre by d0 + d1 * depth**2; voxels beyond
                the depth d2 are left alone
    """
    p = projection
    removed = 0
    for block in range(blocks.counts[USED]):
        key = blocks.keys[block]
        if key < 0:
            continue
        bx, by, bz = (key >> 42) * 8, (key >> 21 & _FIELD_21) * 8, (key & _FIELD_21) * 8
        if _outside(limits, bx + 3.5, by + 3.5, bz + 3.5, 7.0):
            continue
        near, most = _most_in_block(view, p, bx, by, bz, half_size)
        if most <= near + depths[0] + depths[1] * near * near and near > 0.0:
            continue
        hit_now = blocks.frames[block] == frame
        for word in range(8):
            bits = blocks.occupancy[np.uint64(block << 3 | word)]
            if hit_now:
                bits &= ~blocks.seen[np.uint64(block << 3 | word)]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                x, y, z = bx + word, by + (bit >> 3), bz + (bit & 7)
                depth = p[2, 0] * x + p[2, 1] * y + p[2, 2] * z + p[2, 3]
                if not (depth > 0.0 and depth <= depths[2]):
                    continue
                inverse = 1.0 / depth
                u = (p[0, 0] * x + p[0, 1] * y + p[0, 2] * z + p[0, 3]) * inverse
                v = (p[1, 0] * x + p[1, 1] * y + p[1, 2] * z + p[1, 3]) * inverse
                half = half_size * inverse
                if not _within(view.extent, u, v, half):
                    continue
                limit = depth + depths[0] + depths[1] * depth * depth
                if not _seen_through(view.tiles, view.levels, u, v, half, limit):
                    continue
                state = record_of(blocks, block, word << 6 | bit) + np.uint64(3)
                blocks.records[state] += _ONE_MISS
                if blocks.records[state] >> 48 >= misses_limit:
                    remove_voxel(blocks, block, word << 6 | bit)
                    removed += 1
    return removed


@kernel
def remove_unseen(
    blocks: BlockArrays,
    stamps: npt.NDArray[np.int64],
    first_decaying: int,
    oldest_kept: int,
) -> int:
    """Remove voxels whose newest frame is older than a stamp; return how many.

    Voxels of frames before ``first_decaying`` are kept. A block is only looked through when one
    of its voxels may be that old.
    """
    removed = 0
    for block in range(blocks.counts[USED]):
        if blocks.keys[block] < 0 or blocks.oldest[block] >= oldest_kept:
            continue
        oldest = np.int64(NEVER)
        for word in range(8):
            bits = blocks.occupancy[np.uint64(block << 3 | word)]
            while bits != 0:
                bit = trailing_zeros(bits)
                bits &= bits - 1
                state = record_of(blocks, block, word << 6 | bit) + np.uint64(3)
                frame = blocks.records[state] & _FIELD_32
                if frame < first_decaying:
                    continue
                if stamps[frame] < oldest_kept:
                    remove_voxel(blocks, block, word << 6 | bit)
                    removed += 1
                else:
                    oldest = min(oldest, stamps[frame])
        blocks.oldest[block] = oldest
    return removed


def clear_view(
    blocks: BlockArrays,
    view: View,
    map_from_sensor: npt.NDArray[np.float64],
    settings: MapSettings,
    frame: int,
) -> int:
    """Count and remove what a frame saw through in one view; return how many were removed."""
    size = settings.voxel_size
    projection = _scaled_projection(view.projection, inverse_pose(map_from_sensor), size)
    forward = view.projection[2]
    across = view.projection[:2] - np.outer(view.projection[:2] @ forward, forward)
    columns, rows, _ = view.extent
    return clear_seen_through(
        blocks, view, projection, _view_limits(projection, columns, rows, settings.max_range),
        float(0.5 * size * np.linalg.norm(across, axis=1).max()),
        np.array([size, settings.clear_noise, settings.max_range]), settings.clear_misses, frame,
    )


def _scaled_projection(
    cells_from_sensor: npt.NDArray[np.float64],
    sensor_from_map: npt.NDArray[np.float64],
    voxel_size: float,
) -> npt.NDArray[np.float64]:
    """Return the (3, 4) projection of the centre of the voxel with a biased index."""
    projection = cells_from_sensor @ sensor_from_map[:3]
    offset = voxel_size * (0.5 - INDEX_BIAS)
    scaled = projection.copy()
    scaled[:, :3] *= voxel_size
    scaled[:, 3] += projection[:, :3].sum(axis=1) * offset
    return scaled


def _view_limits(
    projection: npt.NDArray[np.float64], columns: int, rows: int, max_depth: float
) -> npt.NDArray[np.float64]:
    """Return the planes (6, 5) that bound a view: near, far, left, right, top, bottom."""
    u, v, w = projection
    far = -w.copy()
    far[3] += max_depth
    planes = np.stack([w, far, u, columns * w - u, v, rows * w - v])
    lengths = np.linalg.norm(planes[:, :3], axis=1, keepdims=True)
    return np.concatenate([planes, lengths], axis=1)
