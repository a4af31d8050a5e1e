"""What fusing is measured against: the map itself, floors below it, and numpy.

A floor is what no map can be faster than: copying the frame, and reading every point,
transforming it and computing the voxel that it falls into, without a map.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt
from box_room import Frame
from fusion_race import Competitor

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap


class Ours(Competitor):
    """The map of this package, with clearing, from the raw bytes of the message."""

    name = 'ours'
    clears = 'yes'

    def __init__(self, settings: MapSettings) -> None:
        self.map = VoxelMap(settings)
        self.map.warm_up()
        self.evicted = 0

    def fuse(self, frame: Frame) -> None:
        done = self.map.integrate(frame.cloud, frame.map_from_sensor, frame.stamp_ns)
        self.evicted += done.voxels_evicted

    def size(self) -> str:
        return f'{self.map.voxel_count} voxels'


class FrameCopy(Competitor):
    """Floor: a copy of the frame's bytes."""

    name = 'memcpy'

    def __init__(self, settings: MapSettings) -> None:
        self._copy = np.empty(0, np.uint8)

    def prepare(self, frame: Frame) -> None:
        if self._copy.shape != frame.cloud.data.shape:
            self._copy = frame.cloud.data.copy()

    def fuse(self, frame: Frame) -> None:
        np.copyto(self._copy, frame.cloud.data)

    def size(self) -> str:
        return f'{self._copy.nbytes / 1e6:.1f} MB'


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _sum_of_keys(words, pose, inverse_size, low, high):  # type: ignore[no-untyped-def]
    m00, m01, m02, m03 = pose[0, 0], pose[0, 1], pose[0, 2], pose[0, 3]
    m10, m11, m12, m13 = pose[1, 0], pose[1, 1], pose[1, 2], pose[1, 3]
    m20, m21, m22, m23 = pose[2, 0], pose[2, 1], pose[2, 2], pose[2, 3]
    total = np.int64(0)
    for index in range(len(words)):
        x, y, z = words[index, 0], words[index, 1], words[index, 2]
        squared = x * x + y * y + z * z
        if not (squared >= low and squared <= high):
            continue
        column = np.int32(np.floor((m00 * x + m01 * y + m02 * z + m03) * inverse_size))
        row = np.int32(np.floor((m10 * x + m11 * y + m12 * z + m13) * inverse_size))
        layer = np.int32(np.floor((m20 * x + m21 * y + m22 * z + m23) * inverse_size))
        total += np.int64(column) << 42 ^ np.int64(row) << 21 ^ np.int64(layer)
    return total


class KeysOnly(Competitor):
    """Floor: read, check the range, transform and compute the voxel's key, in float32."""

    name = 'floor'

    def __init__(self, settings: MapSettings) -> None:
        self._settings = settings
        self._sum = np.int64(0)

    def fuse(self, frame: Frame) -> None:
        limits = self._settings
        words = frame.cloud.data.view(np.float32).reshape(-1, 8)
        self._sum = _sum_of_keys(
            words, frame.map_from_sensor.astype(np.float32), np.float32(1 / limits.voxel_size),
            np.float32(limits.min_range**2), np.float32(limits.max_range**2),
        )

    def size(self) -> str:
        return 'no map'


def used_points(
    frame: Frame, settings: MapSettings
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the points within range (N, 3), sensor frame, and which of all these are."""
    points = frame.cloud.data.view(np.float32).reshape(-1, 8)[:, :3]
    squared = np.einsum('ij,ij->i', points, points)
    used = (squared >= settings.min_range**2) & (squared <= settings.max_range**2)
    return points[used], used


def in_map(points: npt.NDArray[np.float32], frame: Frame) -> npt.NDArray[np.float32]:
    """Return points (N, 3) of the sensor's frame in the map's."""
    pose = frame.map_from_sensor.astype(np.float32)
    return np.asarray(points @ pose[:3, :3].T + pose[:3, 3])


class Decoding(Competitor):
    """What turning the message into float64 points of the map frame costs with numpy.

    It is in the time of every peer that takes points.
    """

    name = 'decoding'

    def __init__(self, settings: MapSettings) -> None:
        self._settings = settings
        self._points = 0

    def fuse(self, frame: Frame) -> None:
        points = used_points(frame, self._settings)[0]
        self._points = len(in_map(points, frame).astype(np.float64))

    def size(self) -> str:
        return f'{self._points} points, no map'


class NumpySums(Competitor):
    """The same sums with numpy: sort by key, reduceat, merge into sorted arrays."""

    name = 'numpy'
    clears = 'no'

    def __init__(self, settings: MapSettings) -> None:
        self._settings = settings
        self._keys = np.empty(0, np.int64)
        self._sums = np.empty((0, 7), np.float32)

    def fuse(self, frame: Frame) -> None:
        points, used = used_points(frame, self._settings)
        points = in_map(points, frame)
        color = frame.cloud.data.reshape(-1, 32)[used, 16:19]
        scale = np.float32(1 / self._settings.voxel_size)
        cells = np.floor(points * scale).astype(np.int64) + (1 << 20)
        keys = cells[:, 0] << 42 | cells[:, 1] << 21 | cells[:, 2]
        values = np.concatenate(
            [points, color.astype(np.float32), np.ones((len(points), 1), np.float32)], axis=1
        )
        order = np.argsort(keys, kind='stable')
        keys = keys[order]
        starts = np.flatnonzero(np.r_[True, keys[1:] != keys[:-1]])
        self._merge(keys[starts], np.add.reduceat(values[order], starts, axis=0))

    def _merge(self, keys: npt.NDArray[np.int64], sums: npt.NDArray[np.float32]) -> None:
        places = np.searchsorted(self._keys, keys)
        known = places < len(self._keys)
        known[known] = self._keys[places[known]] == keys[known]
        self._sums[places[known]] += sums[known]
        if not known.all():
            self._keys = np.insert(self._keys, places[~known], keys[~known])
            self._sums = np.insert(self._sums, places[~known], sums[~known], axis=0)

    def size(self) -> str:
        return f'{len(self._keys)} voxels'
