"""The map is cleared, loaded and copied while clouds are fused: every copy is of one moment."""

import collections
import hashlib
import random
import threading
import time
from itertools import count

import numpy as np
import pytest

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.depth_view import DepthView
from omd3d_ros.mapping.keyframes import KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.snapshot_positions import snapshot_positions
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.ros import fusion as fusion_module
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.conversions import cloud_from_message
from omd3d_ros.ros.counters import Counters
from omd3d_ros.ros.fusion import FusedMap, Fusion, Measurement
from omd3d_ros.ros.recording import Frame
from omd3d_ros.ros.sensor_messages import cloud_message
from omd3d_ros.ros.transform_buffer import TransformBuffer

SEC = 10**9
VOXEL = 0.05
CAMERA = PinholeCamera(80, 60, 70.0, 70.0, 39.5, 29.5)


class Stream:
    """A fusion that is fed with views of a bent wall, each newer and from another place."""

    def __init__(self):
        self.buffer = TransformBuffer(history_ns=10**6 * SEC)
        self.counters, self.drops = Counters(), []
        self.settings = MapSettings(voxel_size=VOXEL, clear_misses=0)
        self.fusion = Fusion(
            VoxelMap(self.settings),
            KeyframeStore(KeyframeSettings(newest_period=0.0, refresh_period=0.0)),
            MapAnchor(self.buffer, 'map'), self.counters,
            lambda cause, text: self.drops.append((cause, text)), queue_size=5, tf_timeout=0.5)
        self._numbers = count(1)

    def view(self, as_cloud=True):
        """Return the next measurement."""
        number = next(self._numbers)
        turn = 2 * np.pi * (number % 40) / 40
        self.buffer.insert('map', 'camera', number * SEC, (0.5 * np.cos(turn), number % 7, 0.0),
                           (0.0, 0.0, np.sin(turn / 2), np.cos(turn / 2)))
        v, u = np.mgrid[0:60, 0:80]
        depth = (1000 + 20 * (number % 50) + v * u // 20).astype(np.uint16)
        color = np.full((60, 80, 3), number % 250, np.uint8)
        content = DepthView(depth, color, CAMERA)
        if as_cloud:
            frame = Frame(number, number * SEC, color, depth, CAMERA, np.eye(4))
            content = cloud_from_message(cloud_message(frame, 'camera', number * SEC))
        return Measurement('camera', number * SEC, content, time.monotonic())

    def fused(self):
        return self.counters.read().get('clouds_integrated', 0)

    def see(self, as_cloud=True):
        """Offer a view and wait until it is fused."""
        before = self.fused()
        self.fusion.offer(self.view(as_cloud))
        self.wait(lambda: self.fused() > before)

    def settle(self):
        """Wait until every view that was offered is fused or dropped."""
        received = self.counters.read()['clouds_received']
        self.wait(lambda: self.fused() + len(self.drops) == received)

    def wait(self, condition):
        end = time.monotonic() + 20
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.001)


@pytest.fixture
def stream():
    stream = Stream()
    yield stream
    stream.fusion.close()


class Copies:
    """Checks copies of the map; what has one map_id and revision must be one and the same."""

    def __init__(self, settings):
        self._twin = VoxelMap(settings)
        self._seen = {}
        self.taken = 0

    def check(self, fused):
        snapshot = fused.snapshot
        content = hashlib.sha256(b''.join(array.tobytes() for array in (
            snapshot.points, snapshot.colors, snapshot.hits, snapshot.frames,
            snapshot.last_seen))).digest()
        name = (snapshot.map_id, snapshot.revision)
        first = self._seen.setdefault(name, (len(snapshot), snapshot.stamp_ns, content))
        assert first == (len(snapshot), snapshot.stamp_ns, content), name
        # the newest view is in the map, and no view is of another map or of a later moment
        stamps = [frame.stamp_ns for frame in fused.keyframes]
        assert all(stamp <= snapshot.stamp_ns for stamp in stamps), (name, stamps)
        assert len({frame.key for frame in fused.keyframes}) == len(stamps)
        assert snapshot.last_seen.max(initial=0) <= snapshot.stamp_ns
        self._twin.restore(snapshot)
        assert self._twin.voxel_count == len(snapshot)
        self.taken += 1


@pytest.mark.parametrize('as_cloud', [True, False])
def test_copies_are_never_torn_while_the_map_changes_under_them(stream, as_cloud):
    saved, failures = collections.deque(maxlen=5), []
    stop = threading.Event()
    copies = Copies(stream.settings)

    def change(seed):
        dice = random.Random(seed)
        while not stop.is_set():
            deed = dice.choice(('save', 'save', 'load', 'clear', 'refused'))
            if deed == 'save':
                saved.append(stream.fusion.snapshot())
            elif deed == 'load' and saved:
                stream.fusion.restore(dice.choice(list(saved)))
            elif deed == 'clear':
                stream.fusion.clear()
            elif deed == 'refused':
                other = VoxelMap(MapSettings(voxel_size=2 * VOXEL)).snapshot()
                with pytest.raises(ValueError, match='voxel'):
                    stream.fusion.restore(FusedMap(other, (), np.eye(4)))
            time.sleep(dice.uniform(0, 0.004))

    def copy():
        while not stop.is_set():
            copies.check(stream.fusion.snapshot())

    def guarded(job, *arguments):
        try:
            job(*arguments)
        except BaseException as error:
            failures.append(error)
            stop.set()

    threads = [threading.Thread(target=guarded, args=job, daemon=True)
               for job in ((change, 1), (change, 2), (copy,))]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 4
    while time.monotonic() < end and not stop.is_set():
        stream.fusion.offer(stream.view(as_cloud))
        time.sleep(0.004)
    stop.set()
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive(), 'deadlock'
    if failures:
        raise failures[0]
    assert copies.taken > 20
    assert stream.fused() > 50
    assert {cause for cause, _ in stream.drops} <= {'queue_full'}, stream.drops
    stream.settle()
    before = stream.fused()
    stream.see(as_cloud)
    assert stream.fused() == before + 1


def test_a_view_whose_map_is_cleared_before_it_becomes_a_keyframe_is_none(stream, monkeypatch):
    decoded = fusion_module.images_of_cloud

    def clear_meanwhile(cloud):
        stream.fusion.clear()
        return decoded(cloud)
    stream.see()
    stream.wait(lambda: len(stream.fusion.snapshot().keyframes) == 1)
    monkeypatch.setattr(fusion_module, 'images_of_cloud', clear_meanwhile)
    stream.see()
    stream.wait(lambda: len(stream.fusion.snapshot().snapshot) == 0)
    stream.fusion.close()  # the thread has ended: nothing comes after this
    assert stream.fusion.snapshot().keyframes == ()
    assert stream.drops == []


def test_a_saved_copy_is_accepted_when_loaded_and_its_views_come_with_it(stream):
    for _ in range(3):
        stream.see()
    stream.wait(lambda: len(stream.fusion.snapshot().keyframes) == 3)
    before = stream.fusion.snapshot()
    stream.fusion.clear()
    stream.fusion.restore(before)
    after = stream.fusion.snapshot()
    assert after.snapshot.map_id == before.snapshot.map_id
    assert after.snapshot.revision > before.snapshot.revision
    assert [f.stamp_ns for f in after.keyframes] == [f.stamp_ns for f in before.keyframes]
    np.testing.assert_array_equal(
        np.sort(snapshot_positions(after.snapshot, VOXEL), axis=0),
        np.sort(snapshot_positions(before.snapshot, VOXEL), axis=0))
