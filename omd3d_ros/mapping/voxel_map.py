"""The voxel map: fuses clouds and depth images, clears what they see through, stays bounded.

Voxels live in hashed blocks of 8x8x8 (see blocks.py). A voxel's index is floor(p / voxel_size)
on every axis: a point on a face belongs to the voxel above it (to within 1e-8 voxel). Positions
are summed as integers relative to the voxel, so that the order of the points changes nothing and
accuracy is the same far from the origin.
"""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.block_store import BlockStore
from omd3d_ros.mapping.blocks import FRACTION_BITS, INDEX_BIAS
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.clear_kernels import clear_view, remove_unseen
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.frame_stamps import FrameStamps
from omd3d_ros.mapping.insert_kernels import POINTS_USED, insert_points
from omd3d_ros.mapping.integration import Integration
from omd3d_ros.mapping.point_chunk import make_chunk
from omd3d_ros.mapping.point_source import Source, check_images, cloud_source, depth_source
from omd3d_ros.mapping.pose import check_pose
from omd3d_ros.mapping.projection import ProjectionCache
from omd3d_ros.mapping.range_image import SCRATCH_BYTES, RangeImage, View
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot, empty_snapshot
from omd3d_ros.mapping.snapshot_kernel import copy_voxels, put_voxels
from omd3d_ros.mapping.snapshot_positions import distinct_blocks, snapshot_positions
from omd3d_ros.mapping.tile_image import NO_TILES, TileImage
from omd3d_ros.mapping.warm_up import exercise

_FIXED_BYTES = SCRATCH_BYTES + FrameStamps.NBYTES + (32 << 10)
_MAX_STAMP = (1 << 62) - 1
# The rolling window follows when the sensor has moved by this share of its radius.
_WINDOW_STEP = 0.02


class VoxelMap:
    """A bounded voxel map. Not thread-safe: the caller holds a lock."""

    def __init__(self, settings: MapSettings, map_id: str | None = None) -> None:
        self._settings = settings
        self._map_id = map_id or new_map_id()
        self._revision = 0
        self._stamp_ns = 0
        self._blocks = BlockStore(settings.max_map_bytes - _FIXED_BYTES)
        self._frames = FrameStamps()
        self._ranges = RangeImage()
        self._chunk = make_chunk()
        self._window_center: npt.NDArray[np.float64] | None = None
        self._projections = ProjectionCache()

    @property
    def settings(self) -> MapSettings:
        """The settings that the map was made with."""
        return self._settings

    @property
    def map_id(self) -> str:
        """Short random name; a cleared map gets a new one, a restored map its own again."""
        return self._map_id

    @property
    def revision(self) -> int:
        """Number that grows with every change of the voxels."""
        return self._revision

    @property
    def stamp_ns(self) -> int:
        """Newest stamp of the frames that changed the map, ns; 0 when there is none."""
        return self._stamp_ns

    @property
    def voxel_count(self) -> int:
        """Live voxels."""
        return self._blocks.voxel_count

    @property
    def nbytes(self) -> int:
        """Bytes of every array that the map owns; never above settings.max_map_bytes."""
        scratch = sum(array.nbytes for array in self._chunk)
        return self._blocks.nbytes + self._frames.nbytes + self._ranges.nbytes + scratch

    def integrate(
        self, cloud: Cloud, map_from_sensor: npt.NDArray[np.float64], stamp_ns: int
    ) -> Integration:
        """Fuse a cloud and clear what it sees through.

        map_from_sensor  (4, 4) rigid transform at the cloud's stamp
        stamp_ns         stamp of the cloud, ns

        Points nearer than min_range or farther than max_range from the sensor's origin are not
        fused, but they do show that the space before them is free. NaN and Inf show nothing.

        Raises ValueError when the pose is not rigid or too far from the map's origin, or the
        stamp is not a whole number of at least 0.
        """
        pose, stamp = self._checked(map_from_sensor, 'map_from_sensor', stamp_ns)
        projection = None
        if self._settings.clear_misses:
            projection = self._projections.find(cloud)
        return self._fuse(cloud_source(cloud), projection, pose, stamp)

    def integrate_depth(
        self,
        depth: npt.NDArray[Any],
        color: npt.NDArray[np.uint8] | None,
        camera: PinholeCamera,
        map_from_camera: npt.NDArray[np.float64],
        stamp_ns: int,
    ) -> Integration:
        """Fuse a registered depth image and clear what it sees through.

        depth            (H, W) uint16 millimetres or float32 metres along the optical axis;
                         0, NaN and Inf mean nothing measured
        color            (H, W, 3) uint8 RGB or None
        map_from_camera  (4, 4) rigid transform of the optical frame at the image's stamp

        Raises ValueError as ``integrate`` does, and when shapes or types do not match.
        """
        pose, stamp = self._checked(map_from_camera, 'map_from_camera', stamp_ns)
        check_images(depth, color, camera)
        source = depth_source(depth, color, camera)
        projection = np.array(
            [[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]], np.float64
        )
        return self._fuse(source, projection, pose, stamp)

    def snapshot(self) -> MapSnapshot:
        """Return a copy of the live voxels, sorted by block and then by voxel within it."""
        snapshot = empty_snapshot(
            self.voxel_count, self._map_id, self._revision, self._stamp_ns,
            self._settings.voxel_size,
        )
        copy_voxels(
            self._blocks.arrays, self._blocks.sorted_blocks(), self._frames.table,
            self._settings.voxel_size, snapshot.points, snapshot.colors, snapshot.hits,
            snapshot.frames, snapshot.last_seen,
        )
        return snapshot

    def clear(self) -> None:
        """Forget everything and take a new map_id."""
        self._blocks.clear()
        self._frames.clear()
        self._map_id = new_map_id()
        self._revision += 1
        self._stamp_ns = 0
        self._window_center = None

    def restore(self, snapshot: MapSnapshot) -> None:
        """Replace the map by a snapshot, keeping the snapshot's map_id.

        Restored voxels do not decay before they are seen again. Mean positions are kept to
        1/512 voxel. Colours of exactly grey 128 count as unknown.

        Raises ValueError, with the map untouched, when the voxel size is another one, the arrays
        do not belong together, two points share a voxel, or the map would not fit under
        max_map_bytes; MemoryError, likewise, when the system has no such memory.
        """
        positions = snapshot_positions(snapshot, self._settings.voxel_size)
        blocks = distinct_blocks(positions)
        if not self._blocks.fits(blocks, len(positions)):
            raise ValueError(
                f'max_map_bytes={self._settings.max_map_bytes}: the snapshot of {len(positions)} '
                f'voxels in {blocks} blocks does not fit'
            )
        self._blocks.check_memory(blocks, len(positions))
        self._blocks.clear()
        self._frames.clear()
        self._blocks.reserve(blocks, len(positions))
        put_voxels(
            self._blocks.arrays, positions, snapshot.colors, snapshot.hits, snapshot.frames,
            self._frames.restore(snapshot.last_seen), self._frames.table,
            self._settings.max_weight,
        )
        self._map_id = snapshot.map_id
        self._revision = max(self._revision, snapshot.revision) + 1
        self._stamp_ns = snapshot.stamp_ns
        self._window_center = None

    def _checked(
        self, pose: npt.NDArray[np.float64], name: str, stamp_ns: int
    ) -> tuple[npt.NDArray[np.float64], int]:
        pose = check_pose(pose, name)
        # A pose may stretch by a thousandth (see check_pose).
        reach = np.abs(pose[:3, 3]).max() + 1.001 * self._settings.max_range
        reach /= self._settings.voxel_size
        if reach >= INDEX_BIAS - 1:
            limit = INDEX_BIAS * self._settings.voxel_size - self._settings.max_range
            raise ValueError(f'{name}={pose[:3, 3].tolist()}: farther than {limit} m')
        if not isinstance(stamp_ns, int | np.integer) or not 0 <= stamp_ns <= _MAX_STAMP:
            raise ValueError(f'stamp_ns={stamp_ns}: must be a whole number in [0, {_MAX_STAMP}]')
        return pose, int(stamp_ns)

    def _fuse(
        self,
        source: Source,
        projection: npt.NDArray[np.float64] | None,
        pose: npt.NDArray[np.float64],
        stamp: int,
    ) -> Integration:
        if self._frames.full:
            self._blocks.renumber_frames(self._frames.merge())
        frame = self._frames.append(stamp)
        tiles = NO_TILES
        clearing = self._settings.clear_misses > 0 and source.height * source.width > 0
        if clearing and projection is not None:
            tiles = self._ranges.pinhole_tiles(source, projection, self._settings.clear_missing)
        used, new, evicted = self._insert(source, pose, frame, stamp, tiles)
        views: tuple[View, ...] = ()
        if clearing and projection is not None:
            views = self._ranges.pinhole_views(source, projection, tiles)
        elif clearing:
            views = self._ranges.cube_views(source)
        arrays, settings = self._blocks.arrays, self._settings
        cleared = sum(clear_view(arrays, view, pose, settings, frame) for view in views)
        newest = self._newest(stamp)
        decayed = self._decay(newest)
        left = self._leave_behind(pose[:3, 3])
        if used or cleared or decayed or left:
            self._revision += 1
            self._stamp_ns = newest
        return Integration(used, new, cleared, evicted, decayed, left)

    def _insert(
        self,
        source: Source,
        pose: npt.NDArray[np.float64],
        frame: int,
        stamp: int,
        tiles: TileImage,
    ) -> tuple[int, int, int]:
        settings = self._settings
        scale = (1 << FRACTION_BITS) / settings.voxel_size
        scaled_pose = pose[:3] * scale
        scaled_pose[:, 3] += INDEX_BIAS << FRACTION_BITS
        result = np.zeros(1, np.int64)
        before = self.voxel_count
        start, evicted = 0, 0
        while True:
            start = insert_points(
                self._blocks.arrays, source, scaled_pose, float(settings.min_range),
                float(settings.max_range), settings.max_weight, frame, stamp, start, self._chunk,
                tiles, result,
            )
            if start == source.height * source.width:
                new = self.voxel_count - before + evicted
                return int(result[POINTS_USED]), new, evicted
            evicted += self._blocks.make_room()

    def _newest(self, stamp: int) -> int:
        """Return the newest stamp: that of this frame when the clock was set far back."""
        decay = round(self._settings.map_decay_time * 1e9)
        set_back = decay and stamp < self._stamp_ns - decay
        return stamp if set_back else max(stamp, self._stamp_ns)

    def _decay(self, newest_ns: int) -> int:
        if not self._settings.map_decay_time:
            return 0
        return remove_unseen(
            self._blocks.arrays, self._frames.table, self._frames.restored,
            newest_ns - round(self._settings.map_decay_time * 1e9),
        )

    def _leave_behind(self, sensor: npt.NDArray[np.float64]) -> int:
        """Forget what is beyond the rolling window, whenever the sensor moved far enough."""
        radius = self._settings.map_radius
        center = self._window_center
        if not radius or (
            center is not None and np.linalg.norm(sensor - center) < _WINDOW_STEP * radius
        ):
            return 0
        self._window_center = sensor.copy()
        size = self._settings.voxel_size
        return self._blocks.release_beyond(sensor / size, radius / size)

    def warm_up(self) -> None:
        """Compile or load every kernel, by fusing small inputs into a map of its own."""
        exercise(VoxelMap(MapSettings(map_decay_time=1.0)))


def new_map_id() -> str:
    """Return a short random name for a map."""
    return uuid.uuid4().hex[:8]
