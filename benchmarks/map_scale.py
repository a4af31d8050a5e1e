"""Whether a frame costs the same in a large map, and what a snapshot of a million voxels costs."""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from box_room import Frame
from fusion_floors import Ours
from fusion_race import race

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

SETTINGS = MapSettings(voxel_size=0.02, max_map_bytes=8 << 30)
ROOM_VOXELS = 352  # from a room to the next: 7.04 m, whole blocks of any size up to 32
SMALL, LARGE, SNAPSHOT = 500_000, 5_000_000, 1_000_000


def room_snapshot(frames: Sequence[Frame]) -> MapSnapshot:
    """Return the room as these frames show it, without voxels whose mean is on their face."""
    voxel_map = VoxelMap(SETTINGS)
    for frame in frames:
        voxel_map.integrate(frame.cloud, frame.map_from_sensor, frame.stamp_ns)
    snapshot = voxel_map.snapshot()
    within = snapshot.points.astype(np.float64) / SETTINGS.voxel_size % 1
    return _rows(snapshot, np.flatnonzero((np.abs(within - 0.5) < 0.49).all(axis=1)))


def _rows(snapshot: MapSnapshot, rows: npt.NDArray[np.int64]) -> MapSnapshot:
    names = ('points', 'colors', 'hits', 'frames', 'last_seen')
    return dataclasses.replace(snapshot, **{name: getattr(snapshot, name)[rows] for name in names})


def building(room: MapSnapshot, count: int) -> MapSnapshot:
    """Return ``count`` voxels: rooms side by side in a square, the given one in the middle."""
    rooms = -(-count // len(room))
    side = int(np.ceil(np.sqrt(rooms))) | 1
    grid = np.stack(np.meshgrid(*[np.arange(side) - side // 2] * 2), axis=-1).reshape(-1, 2)
    grid = grid[np.argsort(np.abs(grid).max(axis=1), kind='stable')][:rooms]
    tiled = _rows(room, np.tile(np.arange(len(room)), rooms)[:count])
    shift = np.zeros((rooms, 3))
    shift[:, :2] = grid * ROOM_VOXELS * SETTINGS.voxel_size
    points = tiled.points + np.repeat(shift, len(room), axis=0)[:count]
    return dataclasses.replace(tiled, points=points.astype(np.float32))


def map_scale(frames: Sequence[Frame]) -> dict[str, Any]:
    """Return milliseconds a frame in a small and a large map, and of a snapshot.

    Both maps hold the room where the frames are fused; the large one has other rooms around it.
    """
    print('building: fusing a room, restoring many', file=sys.stderr)
    room = room_snapshot(frames)
    maps = []
    for count in (SMALL, LARGE):
        ours = Ours(SETTINGS)
        ours.name = f'{count / 1e6:g}M'
        ours.map.restore(building(room, count))
        maps.append(ours)
    small, large = race(maps, frames, 'building')
    middle = VoxelMap(SETTINGS)
    middle.restore(building(room, SNAPSHOT))
    times = []
    for _ in range(9):
        begin = time.thread_time()
        middle.snapshot()
        times.append(1000 * (time.thread_time() - begin))
    return {
        'flat': large.median_ms / small.median_ms, 'small_ms': small.median_ms,
        'large_ms': large.median_ms, 'small_voxels': SMALL, 'large_voxels': LARGE,
        'frames': small.frames, 'snapshot_1m_ms': float(np.median(times)),
    }
