"""The real node in a process of its own, and a client that talks to it over DDS."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest
import rclpy
from action_msgs.msg import GoalStatus
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import PointCloud2
from std_msgs.msg import String
from tf2_msgs.msg import TFMessage

import omd3d_ros
from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult, SegmentedObjectArray
from omd3d_ros.ros.action_client import SteadyActionClient
from omd3d_ros.ros.conversions import header_message, points_message
from omd3d_ros.ros.executor import SteadyExecutor
from omd3d_ros.ros.frame_player import INPUTS
from omd3d_ros.ros.recording import open_recording
from omd3d_ros.ros.sensor_messages import cloud_message, image_messages, transform_message

LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
ROOT = Path(__file__).resolve().parents[2]
# a busy machine may delay transforms; these tests are about results, not about speed
PATIENT = {'tf_timeout': 5.0, 'cloud_queue': 50, 'command_deadline': 60.0}
DEMO_ROOM = Path(omd3d_ros.__file__).parent / 'data' / 'demo_room'


class NodeProcess:
    """omd3d_node with parameters, started on entry, ended by SIGINT."""

    def __init__(self, log, parameters=None, arguments=()):
        self.log, self.asked_to_end = Path(log), False
        command = [sys.executable, '-m', 'omd3d_ros.ros.node', '--ros-args', *arguments]
        for name, value in (parameters or {}).items():
            command += ['-p', f'{name}:={value}']
        environment = dict(os.environ)
        environment.pop('ROS_PYTHON_CHECK_FIELDS', None)
        with self.log.open('w') as output:
            self.process = subprocess.Popen(
                command, stdout=output, stderr=subprocess.STDOUT, env=environment,
                start_new_session=True)

    def stop(self, how=signal.SIGINT, timeout=20):
        """Return (exit code, seconds it took)."""
        self.asked_to_end = True
        started = time.monotonic()
        self.process.send_signal(how)
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f'the node did not end:\n{self.text()}') from None
        return code, time.monotonic() - started

    def worker(self):
        """Process id of the worker."""
        children = Path(f'/proc/{self.process.pid}/task').glob('*/children')
        found = [int(pid) for child in children for pid in child.read_text().split()]
        workers = [pid for pid in found
                   if b'omd3d_ros.ros.worker' in Path(f'/proc/{pid}/cmdline').read_bytes()]
        return workers[0] if workers else None

    def text(self):
        return self.log.read_text()


class Client:
    """Publishes clouds and commands, collects what the node publishes."""

    def __init__(self):
        self.node = Node('tester')
        self.executor = SteadyExecutor(3)
        self.executor.add_node(self.node)
        self.results, self.objects, self.diagnostics = [], [], {}
        self.feedback = []
        self._images, self._services = None, {}
        self._tf = self.node.create_publisher(TFMessage, '/tf', 100)
        self._points = self.node.create_publisher(PointCloud2, '/omd3d/points', 5)
        self._command = self.node.create_publisher(String, '/omd3d/command', 300)
        self.node.create_subscription(
            SegmentationResult, '/omd3d/result', self.results.append, 1000)
        self.node.create_subscription(
            SegmentedObjectArray, '/omd3d/objects', self.objects.append, LATCHED)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.action = SteadyActionClient(self.node, Segment, '/omd3d/segment')
        self._thread = threading.Thread(target=self.executor.spin, daemon=True)
        self._thread.start()

    def close(self):
        self.executor.shutdown()
        self._thread.join(5)
        self.action.destroy()
        self.node.destroy_node()

    def _on_diagnostics(self, message):
        for status in message.status:
            if status.name.endswith('omd3d'):
                self.diagnostics = {v.key: v.value for v in status.values}

    def wait(self, condition, timeout=30.0, what=''):
        end = time.monotonic() + timeout
        while not condition():
            assert time.monotonic() < end, (
                f'waited {timeout} s in vain for {what or condition}: {self.diagnostics}')
            time.sleep(0.02)

    def wait_ready(self, timeout=90.0):
        """Wait until the node is active and its worker has loaded the models."""
        self.wait(lambda: self.diagnostics.get('worker') == 'ready'
                  and self.diagnostics.get('state') == 'active', timeout, 'a ready node')

    def now(self):
        return self.node.get_clock().now().nanoseconds

    def publish(self, message):
        self._points.publish(message)

    def send_transform(self, child, stamp_ns, matrix, parent='map'):
        self._tf.publish(TFMessage(transforms=[transform_message(parent, child, stamp_ns, matrix)]))

    def cloud(self, frame, stamp_ns, child='camera'):
        """Return a frame of a recording as a message."""
        return cloud_message(frame, child, stamp_ns, 16)

    def small_cloud(self):
        """Return a cloud of 100 points a metre before the sensor."""
        spread = np.random.default_rng(0).uniform(-0.2, 0.2, (100, 3)).astype(np.float32)
        colors = np.full((100, 3), 99, np.uint8)
        return points_message(spread + np.float32([0, 0, 1]), colors, header_message(1, 'camera'))

    def best_effort_points(self):
        """Return a publisher of clouds that offers best effort only."""
        return self.node.create_publisher(
            PointCloud2, '/omd3d/points',
            QoSProfile(depth=5, reliability=ReliabilityPolicy.BEST_EFFORT))

    def send_images(self, frame, child='camera'):
        """Publish a frame as depth, camera_info and colour, with its transform."""
        if self._images is None:
            self._images = [self.node.create_publisher(kind, f'/omd3d/{name}', 5)
                            for name, kind in INPUTS['rgbd']]
            self.wait(lambda: all(p.get_subscription_count() for p in self._images), 10)
        stamp_ns = self.now()
        self.send_transform(child, stamp_ns, frame.map_from_camera)
        messages = image_messages(frame, child, stamp_ns)
        for publisher, message in zip(self._images, messages, strict=True):
            publisher.publish(message)

    def send_frame(self, frame, child='camera', with_transform=True):
        stamp_ns = self.now()
        if with_transform:
            self.send_transform(child, stamp_ns, frame.map_from_camera)
        self.publish(self.cloud(frame, stamp_ns, child))

    def play(self, frames, rate=5.0):
        """Send frames and wait until every one is integrated."""
        before = int(self.diagnostics.get('clouds_integrated', 0))
        for frame in frames:
            started = time.monotonic()
            self.send_frame(frame)
            time.sleep(max(0.0, 1 / rate - (time.monotonic() - started)))
        self.wait(lambda: int(self.diagnostics.get('clouds_integrated', 0)) >= before + len(frames),
                  60, f'{len(frames)} clouds')

    def settle(self, timeout=60.0):
        """Wait until the objects of the whole map as it is now were published."""
        revision = int(self.diagnostics['map_revision'])
        self.wait(lambda: self.objects and self.objects[-1].map_revision >= revision, timeout,
                  f'objects of revision {revision}')

    def say(self, text):
        self._command.publish(String(data=text))

    def send_goal(self, text, deadline=0.0, viewpoint='', command_id=''):
        """Return the goal's handle."""
        goal = Segment.Goal(command=text, deadline=float(deadline), viewpoint_frame=viewpoint,
                            command_id=command_id)
        future = self.action.send_goal_async(
            goal, feedback_callback=lambda m: self.feedback.append(m.feedback))
        self.wait(future.done, 10, 'the goal to be accepted')
        assert future.result().accepted
        return future.result()

    def result(self, handle, timeout=60.0):
        """Return (goal status, SegmentationResult)."""
        future = handle.get_result_async()
        self.wait(future.done, timeout, 'a result')
        return future.result().status, future.result().result.result

    def command(self, text, deadline=0.0, viewpoint=''):
        """Send a goal and return its SegmentationResult."""
        status, result = self.result(self.send_goal(text, deadline, viewpoint))
        assert status in (GoalStatus.STATUS_SUCCEEDED, GoalStatus.STATUS_ABORTED)
        return result

    def call(self, kind, name, **fields):
        client = self._service(kind, name)
        future = client.call_async(kind.Request(**fields))
        self.wait(future.done, 60, name)
        return future.result()

    def ask(self, kind, name):
        """Call a service that changes nothing, again when no answer comes.

        A server that has not met a new client's reader yet answers in vain.
        """
        client = self._service(kind, name)
        for _ in range(6):
            future = client.call_async(kind.Request())
            with contextlib.suppress(AssertionError):
                self.wait(future.done, 10, name)
                return future.result()
        raise AssertionError(f'{name} does not answer')

    def _service(self, kind, name):
        if name not in self._services:
            self._services[name] = self.node.create_client(kind, f'/omd3d/{name}')
        assert self._services[name].wait_for_service(30)
        return self._services[name]


@pytest.fixture(scope='module')
def context():
    # as on a robot: large clouds through shared memory, on both sides
    os.environ.setdefault('FASTRTPS_DEFAULT_PROFILES_FILE', str(ROOT / 'config' / 'shm.xml'))
    rclpy.init()
    yield
    rclpy.try_shutdown()


@pytest.fixture(scope='session')
def demo_room():
    """The folder of the shipped recording."""
    return DEMO_ROOM


@pytest.fixture(scope='session')
def frames():
    """The frames of the shipped recording."""
    return list(open_recording(DEMO_ROOM))


@pytest.fixture(scope='module')
def start_pair(tmp_path_factory, context):
    """Start a node and a client of it that end with the module."""
    with contextlib.ExitStack() as ending:

        def start(parameters):
            node = NodeProcess(tmp_path_factory.mktemp('node') / 'node.log', parameters)
            ending.callback(lambda: node.process.poll() is None and node.stop())
            client = Client()
            ending.callback(client.close)
            client.wait_ready()
            return node, client

        yield start


@pytest.fixture(scope='module')
def room(start_pair, frames):
    """A node that has seen the whole shipped recording, and a client of it."""
    node, client = start_pair(PATIENT)
    client.play(frames)
    return node, client


@pytest.fixture
def start_node(tmp_path, context):
    """Start nodes that end with the test."""
    running = []

    def start(parameters=None, arguments=()):
        log = tmp_path / f'node{len(running)}.log'
        running.append(NodeProcess(log, parameters, arguments))
        return running[-1]

    yield start
    for node in running:
        if node.process.poll() is None:
            node.stop()
    assert all(node.asked_to_end for node in running), [node.text()[-3000:] for node in running]


@pytest.fixture
def client(context):
    client = Client()
    yield client
    client.close()
