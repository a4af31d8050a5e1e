"""The voxel map in obvious numpy and dictionaries: slow, unbounded, the oracle of VoxelMap."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.dict_views import DictView, cube_views, pinhole_view
from omd3d_ros.mapping.projection import ProjectionCache
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot

_STEPS = 512
_BIAS = 1 << 23


@dataclasses.dataclass
class Voxel:
    """Sums over the points of a voxel; offsets in 1/512 voxel."""

    offsets: npt.NDArray[np.int64]
    colors: npt.NDArray[np.int64]
    weight: int = 0
    colored: int = 0
    hits: int = 0
    frames: int = 0
    misses: int = 0
    frame: int = -1
    stamp_ns: int = 0

    def add(self, offset: npt.NDArray[np.int64], color: Any, max_weight: int) -> None:
        """Add a point; beyond max_weight the sums are halved."""
        self.offsets += offset
        self.weight += 1
        self.hits += 1
        if color is not None:
            self.colors += color
            self.colored += 1
        if self.weight > max_weight:
            self.offsets = self.offsets * (self.weight // 2) // self.weight
            self.colors = self.colors * (self.colored // 2) // max(self.colored, 1)
            self.weight, self.colored = self.weight // 2, self.colored // 2


class DictVoxelMap:
    """Same integrate and snapshot as VoxelMap, without its cap of bytes."""

    def __init__(self, settings: MapSettings) -> None:
        self._settings = settings
        self._voxels: dict[tuple[int, int, int], Voxel] = {}
        self._projections = ProjectionCache()
        self._frame = 0
        self._stamp_ns = 0
        self._revision = 0
        self._window_center: npt.NDArray[np.float64] | None = None

    def integrate(
        self, cloud: Cloud, map_from_sensor: npt.NDArray[np.float64], stamp_ns: int
    ) -> tuple[int, ...]:
        """Fuse a cloud; return points used, voxels new, cleared, decayed and left behind."""
        points = cloud.coordinates()
        colors = cloud.colors() if cloud.layout.has_color else None
        projection = self._projections.find(cloud)
        if projection is None:
            views = cube_views(points.reshape(-1, 3))
        else:
            views = [pinhole_view(points, projection, self._settings.clear_missing)]
        return self._fuse(points, colors, views, map_from_sensor, stamp_ns)

    def integrate_depth(
        self,
        depth: npt.NDArray[Any],
        color: npt.NDArray[np.uint8] | None,
        camera: PinholeCamera,
        map_from_camera: npt.NDArray[np.float64],
        stamp_ns: int,
    ) -> tuple[int, ...]:
        """Fuse a depth image; returns as ``integrate`` does."""
        meters = depth * (0.001 if depth.dtype == np.uint16 else 1.0)
        z = np.where(meters > 0, meters, np.nan).astype(np.float64)
        v, u = np.mgrid[0 : camera.height, 0 : camera.width]
        x = (u - camera.cx) / camera.fx * z
        y = (v - camera.cy) / camera.fy * z
        points = np.stack([x, y, z], axis=2)
        projection = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
        view = pinhole_view(points, projection, self._settings.clear_missing)
        return self._fuse(points, color, [view], map_from_camera, stamp_ns)

    def snapshot(self) -> MapSnapshot:
        """Return the voxels in VoxelMap's order."""
        size = self._settings.voxel_size
        keys = sorted(self._voxels, key=lambda k: (*(i >> 3 for i in k), *(i & 7 for i in k)))
        voxels = [self._voxels[key] for key in keys]
        means = [
            (np.array(key) - _BIAS + (v.offsets + 0.5 * v.weight) / (_STEPS * v.weight)) * size
            for key, v in zip(keys, voxels, strict=True)
        ]
        colors = [
            (v.colors + v.colored // 2) // v.colored if v.colored else np.full(3, 128)
            for v in voxels
        ]
        return MapSnapshot(
            'oracle', self._revision, self._stamp_ns, size,
            np.array(means).reshape(-1, 3).astype(np.float32),
            np.array(colors).reshape(-1, 3).astype(np.uint8),
            np.array([v.hits for v in voxels], np.uint32),
            np.array([v.frames for v in voxels], np.uint16),
            np.array([v.stamp_ns for v in voxels], np.int64),
        )

    def _fuse(
        self,
        points: npt.NDArray[np.float64],
        colors: npt.NDArray[np.uint8] | None,
        views: list[DictView],
        pose: npt.NDArray[np.float64],
        stamp_ns: int,
    ) -> tuple[int, ...]:
        frame, self._frame = self._frame, self._frame + 1
        before = len(self._voxels)
        used = self._insert(points, colors, pose, frame, stamp_ns)
        new = len(self._voxels) - before
        newest = max(stamp_ns, self._stamp_ns)
        decay = round(self._settings.map_decay_time * 1e9)
        if decay and stamp_ns < self._stamp_ns - decay:
            newest = stamp_ns
        cleared = self._clear(views, pose, frame) if self._settings.clear_misses else 0
        decayed = self._decay(newest)
        left = self._leave_behind(pose[:3, 3])
        if used or cleared or decayed or left:
            self._revision += 1
            self._stamp_ns = newest
        return used, new, cleared, decayed, left

    def _insert(
        self,
        points: npt.NDArray[np.float64],
        colors: npt.NDArray[np.uint8] | None,
        pose: npt.NDArray[np.float64],
        frame: int,
        stamp_ns: int,
    ) -> int:
        x, y, z = points.reshape(-1, 3).T
        settings = self._settings
        with np.errstate(all='ignore'):
            squared = x * x + y * y + z * z
            good = (squared >= settings.min_range**2) & (squared <= settings.max_range**2)
        x, y, z = x[good], y[good], z[good]
        scaled = pose[:3] * (_STEPS / settings.voxel_size)
        scaled[:, 3] += _BIAS * _STEPS
        fixed = [np.floor(a * x + b * y + c * z + d).astype(np.int64) for a, b, c, d in scaled]
        rgb = None if colors is None else colors.reshape(-1, 3)[good].astype(np.int64)
        for row, position in enumerate(np.stack(fixed, axis=1)):
            key = tuple((position // _STEPS).tolist())
            voxel = self._voxels.setdefault(
                key, Voxel(np.zeros(3, np.int64), np.zeros(3, np.int64))
            )
            if voxel.frame != frame:
                voxel.frame, voxel.stamp_ns, voxel.misses = frame, stamp_ns, 0
                voxel.frames = min(voxel.frames + 1, 65535)
            color = None if rgb is None else rgb[row]
            voxel.add(position % _STEPS, color, settings.max_weight)
        return len(x)

    def _clear(
        self, views: list[DictView], pose: npt.NDArray[np.float64], frame: int
    ) -> int:
        settings = self._settings
        removed = []
        for key, voxel in self._voxels.items():
            if voxel.frame == frame:
                continue
            center = (np.array(key) - _BIAS + 0.5) * settings.voxel_size
            local = pose[:3, :3].T @ (center - pose[:3, 3])
            if any(view.sees_through(local, settings) for view in views):
                voxel.misses += 1
                if voxel.misses >= settings.clear_misses:
                    removed.append(key)
        for key in removed:
            del self._voxels[key]
        return len(removed)

    def _decay(self, newest_ns: int) -> int:
        if not self._settings.map_decay_time:
            return 0
        oldest = newest_ns - round(self._settings.map_decay_time * 1e9)
        removed = [key for key, voxel in self._voxels.items() if voxel.stamp_ns < oldest]
        for key in removed:
            del self._voxels[key]
        return len(removed)

    def _leave_behind(self, sensor: npt.NDArray[np.float64]) -> int:
        radius, size = self._settings.map_radius, self._settings.voxel_size
        center = self._window_center
        if not radius or (
            center is not None and np.linalg.norm(sensor - center) < 0.02 * radius
        ):
            return 0
        self._window_center = sensor.copy()
        removed = []
        for key in self._voxels:
            low = (np.array(key) // 8 * 8 - _BIAS) * size
            nearest = np.clip(sensor, low, low + 8 * size)
            if np.linalg.norm(nearest - sensor) > radius:
                removed.append(key)
        for key in removed:
            del self._voxels[key]
        return len(removed)
