"""The map is cleared, saved and loaded by two clients at once while clouds stream at 30 Hz."""

import dataclasses
import random
import signal
import threading
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from diagnostic_msgs.msg import DiagnosticArray
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from std_srvs.srv import Trigger

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.map_file import load_map
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.ros.conversions import cloud_from_message
from omd3d_ros.ros.outputs import LATCHED
from omd3d_ros.ros.sensor_messages import cloud_message, set_stamp
from omd3d_ros.srv import GetObjects, LoadMap, SaveMap

SECONDS, RATE = 20.0, 30.0
ANSWER_WAIT = 30.0   # s, many times what any call takes
SETTINGS = MapSettings(voxel_size=0.03)
# transforms may come late on a busy machine; objects and voxels are told of all the time
PARAMETERS = {'voxel_size': SETTINGS.voxel_size, 'tf_timeout': 5.0, 'cloud_queue': 50,
              'perception_period': 0.5, 'map_publish_period': 0.3}


def small(frame):
    """Return a frame of a quarter of the width and height."""
    camera = frame.camera
    return dataclasses.replace(
        frame, color=frame.color[::4, ::4].copy(), depth=frame.depth[::4, ::4].copy(),
        camera=PinholeCamera(camera.width // 4, camera.height // 4, camera.fx / 4, camera.fy / 4,
                             camera.cx / 4, camera.cy / 4))


class Camera(threading.Thread):
    """Publishes clouds with their transforms, 30 a second, round and round the room."""

    def __init__(self, client, frames):
        super().__init__(daemon=True)
        self._client = client
        self._frames = [small(frame) for frame in frames]
        self._clouds = [cloud_message(frame, 'camera', 1, 16) for frame in self._frames]
        self.stopped = threading.Event()
        self.sent = 0

    def run(self):
        due = time.monotonic()
        while not self.stopped.wait(max(0.0, due - time.monotonic())):
            index = self.sent % len(self._frames)
            stamp_ns = self._client.now()
            self._client.send_transform('camera', stamp_ns, self._frames[index].map_from_camera)
            set_stamp(self._clouds[index], stamp_ns)
            self._client.publish(self._clouds[index])
            self.sent += 1
            due = max(due + 1 / RATE, time.monotonic())


class Caller(threading.Thread):
    """Calls services one after the other, in an order that its seed tells."""

    def __init__(self, seed, folder, stopped):
        super().__init__(daemon=True)
        self._dice = random.Random(seed)
        self._seed, self._folder, self._stopped = seed, folder, stopped
        self._node = Node(f'caller{seed}')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        self._clients = {name: self._node.create_client(kind, f'/omd3d/{name}') for kind, name in (
            (SaveMap, 'save_map'), (LoadMap, 'load_map'), (Trigger, 'clear_map'),
            (GetObjects, 'get_objects'))}
        self.saved = []      # (path, what the service told)
        self.shared = []     # what the service told of a file that both callers write
        self.loaded = []     # (path, what the service told)
        self.refused = self.cleared = self.asked = 0
        self.error = None

    def run(self):
        try:
            for client in self._clients.values():
                assert client.wait_for_service(10)
            deeds = (self._save, self._save, self._save_shared, self._load, self._load_shared,
                     self._load_bad, self._save_bad, self._clear, self._ask)
            while not self._stopped.is_set():
                self._dice.choice(deeds)()
                self._stopped.wait(self._dice.uniform(0.0, 0.15))
        except BaseException as error:
            self.error = error
            self._stopped.set()
        finally:
            self._executor.shutdown()
            self._node.destroy_node()

    def call(self, name, **fields):
        client = self._clients[name]
        future = client.call_async(client.srv_type.Request(**fields))
        self._executor.spin_until_future_complete(future, ANSWER_WAIT)
        assert future.done(), f'{name} {fields} was not answered within {ANSWER_WAIT} s'
        return future.result()

    def _save(self):
        path = self._folder / f'{self._seed}-{len(self.saved)}.omd3d'
        answer = self.call('save_map', path=str(path))
        assert answer.success, answer.message
        self.saved.append((path, answer))

    def _save_shared(self):
        answer = self.call('save_map', path=str(self._folder / 'shared.omd3d'))
        assert answer.success, answer.message
        self.shared.append(answer)

    def _load(self):
        if self.saved:
            path, told = self._dice.choice(self.saved)
            answer = self.call('load_map', path=str(path))
            assert answer.success, answer.message
            assert (answer.map_id, answer.voxels) == (told.map_id, told.voxels)
            self.loaded.append((path, answer))

    def _load_shared(self):
        if self.shared:
            answer = self.call('load_map', path=str(self._folder / 'shared.omd3d'))
            assert answer.success, answer.message
            self.loaded.append((None, answer))

    def _load_bad(self):
        bad = self._folder / f'{self._seed}.bad'
        kind = self._dice.choice(('missing', 'folder', 'foreign', 'damaged', 'cut'))
        if kind in ('damaged', 'cut') and self.saved:
            content = bytearray(self.saved[-1][0].read_bytes())
            content[self._dice.randrange(60, len(content))] ^= 0x40
            bad.write_bytes(content if kind == 'damaged' else content[:len(content) // 2])
        else:
            bad.write_bytes(b'OMD3DMAP' + bytes(100))
        path = {'missing': self._folder / 'none', 'folder': self._folder}.get(kind, bad)
        self._refused(self.call('load_map', path=str(path)))

    def _save_bad(self):
        path = self._dice.choice(('/proc/none/map', str(self._folder), ''))
        self._refused(self.call('save_map', path=path))

    def _refused(self, answer):
        assert not answer.success
        assert answer.message
        self.refused += 1

    def _clear(self):
        assert self.call('clear_map').success
        self.cleared += 1

    def _ask(self):
        found = self.call('get_objects', include_points=True).objects
        assert found.map_id
        for each in found.objects:
            points = cloud_from_message(each.points).points().reshape(-1, 3)
            assert len(points) == each.voxel_count > 0
            assert np.isfinite(points).all()
        self.asked += 1


class Listener:
    """Hears what the node publishes meanwhile; ``wrong`` tells what should not have been."""

    def __init__(self, client):
        self.maps, self.health, self.wrong = [], [], []
        self.clouds = []     # (received, integrated, dropped), once a second
        client.node.create_subscription(PointCloud2, '/omd3d/map_points', self._on_map, LATCHED)
        client.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_health, 10)

    def _on_map(self, message):
        try:
            if message.width and not np.isfinite(cloud_from_message(message).points()).all():
                self.wrong.append('points that are not finite')
            self.maps.append(message.width)
        except Exception as error:
            self.wrong.append(f'map_points: {error}')

    def _on_health(self, message):
        for status in message.status:
            if status.name.endswith('omd3d'):
                values = {value.key: value.value for value in status.values}
                self.health.append((time.monotonic(), int(values['clouds_integrated'])))
                self.clouds.append(tuple(int(values[f'clouds_{key}'])
                                         for key in ('received', 'integrated', 'dropped')))

    def is_quiet(self):
        """Tell whether no cloud has come for 2 s and each that came was fused or dropped."""
        newest = self.clouds[-3:]
        received, integrated, dropped = newest[-1]
        return newest == 3 * newest[-1:] and received == integrated + dropped


@pytest.fixture(scope='module')
def stress(start_pair, frames, tmp_path_factory):
    node, client = start_pair(PARAMETERS)
    folder = tmp_path_factory.mktemp('maps')
    listener, camera = Listener(client), Camera(client, frames)
    camera.start()
    client.wait(lambda: int(client.diagnostics['clouds_integrated']) > 30, 30, 'clouds')
    stopped = threading.Event()
    callers = [Caller(seed, folder, stopped) for seed in (1, 2)]
    listener.health.clear()
    for caller in callers:
        caller.start()
    stopped.wait(SECONDS)
    stopped.set()
    for caller in callers:
        caller.join(ANSWER_WAIT + 10)
    camera.stopped.set()
    camera.join(10)
    return SimpleNamespace(
        node=node, client=client, camera=camera, callers=callers, listener=listener, folder=folder,
        saved=[pair for caller in callers for pair in caller.saved])


def test_every_call_is_answered_and_tells_the_truth(stress):
    for caller in stress.callers:
        assert not caller.is_alive(), f'deadlock:\n{stress.node.text()[-2000:]}'
        assert caller.error is None, repr(caller.error)
    for deed in ('refused', 'cleared', 'asked'):
        assert sum(getattr(caller, deed) for caller in stress.callers) >= 3
    assert sum(len(caller.loaded) for caller in stress.callers) >= 3
    # what was loaded from the file that both wrote is one of the maps that they wrote there
    written = {(a.map_id, a.voxels) for caller in stress.callers for a in caller.shared}
    for caller in stress.callers:
        assert all((a.map_id, a.voxels) in written for path, a in caller.loaded if path is None)


def test_every_file_that_was_saved_meanwhile_is_whole(stress):
    assert len(stress.saved) >= 10
    assert not list(stress.folder.glob('.*')), 'temporary files are left over'
    for path, told in stress.saved:
        contents = load_map(path)
        snapshot = contents.snapshot
        assert (snapshot.map_id, len(snapshot)) == (told.map_id, told.voxels)
        assert np.isfinite(snapshot.points).all()
        assert snapshot.last_seen.max(initial=0) <= snapshot.stamp_ns
        assert all(frame.stamp_ns <= snapshot.stamp_ns for frame in contents.keyframes), path
        twin = VoxelMap(SETTINGS)
        twin.restore(snapshot)
        assert (twin.map_id, twin.voxel_count) == (snapshot.map_id, len(snapshot))


def test_the_map_goes_on_growing_and_being_told_of(stress):
    listener, health = stress.listener, stress.listener.health
    assert listener.wrong == []
    assert len(listener.maps) >= 5
    assert max(listener.maps) > 1000
    assert len(health) >= SECONDS / 2
    assert max(np.diff([when for when, _ in health])) < 5
    counts = [count for _, count in health]
    assert counts == sorted(counts)
    for earlier, later in zip(counts, counts[6:], strict=False):
        assert later > earlier, counts
    client = stress.client
    client.wait(lambda: int(client.diagnostics['clouds_integrated']) >= 0.5 * stress.camera.sent,
                30, f'half of {stress.camera.sent} clouds')
    assert {key for key in client.diagnostics if key.startswith('dropped_')} <= {
        'dropped_queue_full', 'dropped_no_transform'}


def test_when_all_is_quiet_a_loaded_map_is_the_map(stress):
    path, told = max(stress.saved, key=lambda pair: pair[1].voxels)
    client = stress.client
    client.wait(stress.listener.is_quiet, 60, 'quiet')
    assert client.call(LoadMap, 'load_map', path=str(path)).map_id == told.map_id
    assert client.call(GetObjects, 'get_objects').objects.map_id == told.map_id
    again = stress.folder / 'again.omd3d'
    assert client.call(SaveMap, 'save_map', path=str(again)).voxels == told.voxels
    before, after = load_map(path), load_map(again)
    assert len(after.keyframes) == len(before.keyframes)
    assert client.call(Trigger, 'clear_map').success
    empty = client.call(GetObjects, 'get_objects').objects.map_id
    assert empty != told.map_id
    client.wait(lambda: client.objects and client.objects[-1].map_id == empty, 10,
                'the objects of the empty map')
    time.sleep(3)  # longer than a pass over the map before
    assert (client.objects[-1].map_id, client.objects[-1].objects) == (empty, [])


def test_z_last_it_deactivates_and_ends_and_its_log_tells_of_no_failure(stress):
    node, client = stress.node, stress.client
    assert client.call(ChangeState, 'change_state', transition=Transition(
        id=Transition.TRANSITION_DEACTIVATE)).success
    worker = node.worker()
    code, seconds = node.stop(signal.SIGINT)
    text = node.text()
    assert code == 0, text[-2000:]
    assert seconds < 10
    assert not Path(f'/proc/{worker}').exists()
    for sign in ('Traceback', 'Exception', 'Error:', 'could not be fused', 'perception failed',
                 'worker ended', 'dropped (failed)'):
        assert sign not in text, text[-3000:]
    refused = sum(caller.refused for caller in stress.callers)
    assert text.count('service failed') == refused
