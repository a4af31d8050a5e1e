"""Fuses what the sensors send into the map, each at the pose of its stamp."""

from __future__ import annotations

import collections
import dataclasses
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.depth_view import DepthView
from omd3d_ros.mapping.keyframes import Keyframe, KeyframeStore, images_of_cloud
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.counters import Counters
from omd3d_ros.ros.transform_buffer import Matrix, TransformError

_log = logging.getLogger('omd3d.fusion')
_POLL = 0.005  # s, between looks for a transform that is not there yet

DropLog = Callable[[str, str], None]


@dataclasses.dataclass(frozen=True)
class Measurement:
    """One cloud or depth view, with its frame and stamp, on the way into the map."""

    frame: str
    stamp_ns: int
    content: Cloud | DepthView
    arrived: float


@dataclasses.dataclass(frozen=True)
class FusedMap:
    """A copy of the map, the keyframes that belong to it, and its anchor (see MapAnchor)."""

    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    odom_from_fusion: Matrix


class Fusion:
    """Owns the map and its thread. Clouds wait in a bounded queue for their transform.

    ``on_drop(cause, text)`` is told of every loss. ``map_lock`` is held while the map changes,
    and with it the anchor.
    """

    def __init__(
        self,
        voxel_map: VoxelMap,
        keyframes: KeyframeStore,
        anchor: MapAnchor,
        counters: Counters,
        on_drop: DropLog,
        *,
        queue_size: int,
        tf_timeout: float,
    ) -> None:
        self._map = voxel_map
        self._keyframes = keyframes
        self._anchor = anchor
        self._counters = counters
        self._on_drop = on_drop
        self._queue_size = queue_size
        self._tf_timeout = tf_timeout
        self._map_lock = threading.Lock()
        self._replaced = 0  # times that the map was cleared or loaded
        self._arrival = threading.Condition()
        self._queue: collections.deque[Measurement] = collections.deque()
        self._closing = False
        self._transform_missing = False
        self.last_frame = ''
        self.last_odom_from_sensor: Matrix | None = None
        self.last_fused = time.monotonic()
        self._thread = threading.Thread(target=self._run, name='fusion', daemon=True)
        self._thread.start()

    @property
    def transform_missing(self) -> bool:
        """Whether the newest measurement was lost for want of a transform."""
        return self._transform_missing

    def offer(self, measurement: Measurement) -> None:
        """Queue a measurement; when the queue is full the oldest one is dropped."""
        self._counters.add('clouds_received')
        dropped = None
        with self._arrival:
            if len(self._queue) >= self._queue_size:
                dropped = self._queue.popleft()
            self._queue.append(measurement)
            self._arrival.notify()
        if dropped is not None:
            self._drop('queue_full', f'{self._queue_size} clouds were waiting already')

    def close(self) -> None:
        """End the thread; what waits is dropped and counted."""
        with self._arrival:
            self._closing = True
            self._arrival.notify()
        self._thread.join()
        while self._queue:
            self._queue.popleft()
            self._drop('closing', 'the node was deactivated')

    @contextmanager
    def exclusive(self) -> Iterator[VoxelMap]:
        """Hold the map: nothing is fused meanwhile."""
        with self._map_lock:
            yield self._map

    def snapshot(self) -> FusedMap:
        """Return a copy of the map and of what belongs to it."""
        with self._map_lock:
            return FusedMap(
                self._map.snapshot(), self._keyframes.frames(), self._anchor.odom_from_fusion)

    def clear(self) -> None:
        """Start an empty map, anchored at odom itself."""
        with self._map_lock:
            self._map.clear()
            self._keyframes.clear()
            self._replaced += 1
            self._anchor.odom_from_fusion = np.eye(4)

    def restore(self, fused: FusedMap) -> None:
        """Replace the map; a snapshot that does not fit is refused and nothing changes."""
        with self._map_lock:
            self._map.restore(fused.snapshot)
            self._keyframes.restore(fused.keyframes)
            self._replaced += 1
            self._anchor.odom_from_fusion = fused.odom_from_fusion
            self.last_fused = time.monotonic()

    def _run(self) -> None:
        while True:
            with self._arrival:
                self._arrival.wait_for(lambda: self._queue or self._closing)
                if self._closing:
                    return
                measurement = self._queue.popleft()
            try:
                self._fuse(measurement)
            except Exception as error:  # one bad cloud must not end fusing
                _log.exception('a cloud could not be fused')
                self._drop('failed', f'{type(error).__name__}: {error}')

    def _fuse(self, measurement: Measurement) -> None:
        odom_from_sensor = self._wait_for_pose(measurement)
        if odom_from_sensor is None:
            return
        content, stamp_ns = measurement.content, measurement.stamp_ns
        with self._map_lock:
            replaced = self._replaced
            pose = self._anchor.fusion_from(odom_from_sensor)
            if isinstance(content, Cloud):
                result = self._map.integrate(content, pose, stamp_ns)
            else:
                result = self._map.integrate_depth(
                    content.depth, content.color, content.camera, pose, stamp_ns)
        self.last_frame = measurement.frame
        self.last_odom_from_sensor = odom_from_sensor
        self.last_fused = time.monotonic()
        self._counters.add('clouds_integrated')
        self._counters.add('voxels_cleared', result.voxels_cleared)
        self._counters.add('voxels_evicted', result.voxels_evicted)
        self._counters.add('voxels_decayed', result.voxels_decayed)
        self._counters.add('voxels_left', result.voxels_left)
        self._offer_keyframe(content, pose, stamp_ns, replaced)

    def _offer_keyframe(
        self, content: Cloud | DepthView, pose: Matrix, stamp_ns: int, replaced: int
    ) -> None:
        """Offer a view, unless the map that it was fused into has been replaced since."""
        if isinstance(content, DepthView):
            images = (content.color, content.depth, content.camera)
        else:
            with self._map_lock:
                wanted = self._keyframes.wants(stamp_ns, pose)
            found = images_of_cloud(content) if wanted else None
            if found is None:
                return
            images = found
        with self._map_lock:
            if self._replaced == replaced:
                self._keyframes.offer(stamp_ns, *images, pose)

    def _wait_for_pose(self, measurement: Measurement) -> Matrix | None:
        deadline = measurement.arrived + self._tf_timeout
        while not self._closing:
            try:
                pose = self._anchor.odom_from(measurement.frame, measurement.stamp_ns)
                self._transform_missing = False
                return pose
            except TransformError as error:
                if not error.may_come or time.monotonic() >= deadline:
                    self._transform_missing = True
                    self._drop('no_transform', str(error))
                    return None
            time.sleep(_POLL)
        self._drop('closing', 'the node was deactivated')
        return None

    def _drop(self, cause: str, text: str) -> None:
        self._on_drop(cause, text)
