"""omd3d_play in a process of its own, heard by subscribers in this one."""

import json
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from PIL import Image as Picture
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.serialization import serialize_message
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.ros.bag import Bag
from omd3d_ros.ros.conversions import cloud_from_message, depth_from_message
from omd3d_ros.ros.recording import FRAME_NS, Frame
from omd3d_ros.ros.sensor_messages import cloud_message, image_messages, transform_message
from omd3d_ros.ros.transform_buffer import matrix_from_pose

CAMERA = PinholeCamera(8, 6, 10.0, 11.0, 3.5, 2.5)
BAG_START = 1_700_000_000 * 10**9


def pose(index):
    matrix = np.eye(4)
    matrix[:3, :3] = [[0, -1, 0], [1, 0, 0], [0, 0, 1]]
    matrix[:3, 3] = [index, 2, 3]
    return matrix


def frame(index):
    depth = np.full((6, 8), 1000 + index, np.uint16)
    depth[0, 0] = 0
    color = np.full((6, 8, 3), (250, index, 7), np.uint8)
    return Frame(index, (index + 1) * FRAME_NS, color, depth, CAMERA, pose(index))


@pytest.fixture
def folder(tmp_path):
    """Return a recording of eight frames."""
    folder = tmp_path / 'frames'
    for kind in ('color', 'depth'):
        (folder / kind).mkdir(parents=True)
    log = ''
    for index in range(8):
        Picture.fromarray(frame(index).color).save(folder / 'color' / f'{index:06d}.png')
        Picture.fromarray(frame(index).depth).save(folder / 'depth' / f'{index:06d}.png')
        log += f'{index} {index} {index + 1}\n{np.array2string(pose(index))}\n'
    (folder / 'trajectory.log').write_text(log.replace('[', ' ').replace(']', ' '))
    (folder / 'camera.json').write_text(json.dumps(
        {'width': 8, 'height': 6, 'fx': 10.0, 'fy': 11.0, 'cx': 3.5, 'cy': 2.5}))
    return folder


class Listener:
    """Collects (arrival in ns, message) of every topic that the player can publish."""

    def __init__(self, target='/omd3d'):
        self.node = Node('listener')
        self.heard = {}
        latched = QoSProfile(depth=10, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        reliable = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        for topic, kind, qos in (
                (f'{target}/points', PointCloud2, reliable),
                (f'{target}/depth/image', Image, reliable),
                (f'{target}/depth/camera_info', CameraInfo, reliable),
                (f'{target}/color/image', Image, reliable),
                ('/tf', TFMessage, reliable), ('/tf_static', TFMessage, latched)):
            self.heard[topic] = []
            self.node.create_subscription(kind, topic, self._collect(topic), qos)
        self.executor = SingleThreadedExecutor()
        self.executor.add_node(self.node)
        self._thread = threading.Thread(target=self.executor.spin, daemon=True)
        self._thread.start()

    def _collect(self, topic):
        return lambda message: self.heard[topic].append((time.time_ns(), message))

    def close(self):
        self.executor.shutdown()
        self._thread.join(5)
        self.node.destroy_node()

    def messages(self, topic):
        return [message for _, message in self.heard[topic]]


@pytest.fixture
def listener(context):
    listener = Listener()
    yield listener
    listener.close()


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, '-m', 'omd3d_ros.ros.player', *map(str, arguments)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def play(*arguments):
    """Return (exit code, standard output, standard error)."""
    process = start(*arguments)
    try:
        output, errors = process.communicate(timeout=60)
    finally:
        process.kill()
    return process.returncode, output, errors


def stamps(messages):
    return [m.header.stamp.sec * 10**9 + m.header.stamp.nanosec for m in messages]


@pytest.mark.parametrize('size', [16, 32])
def test_a_folder_comes_as_clouds_each_with_its_transform_ahead(listener, folder, size):
    code, output, _ = play(folder, '--rate', 20, '--frame', 'lens', '--map-frame', 'world',
                           '--bytes-per-point', size)
    assert code == 0
    assert '8 clouds sent' in output
    clouds = listener.messages('/omd3d/points')
    assert len(clouds) == 8
    transforms = [t for m in listener.messages('/tf') for t in m.transforms]
    assert stamps(transforms) == stamps(clouds)
    for index, (cloud, transform) in enumerate(zip(clouds, transforms, strict=True)):
        assert (transform.header.frame_id, transform.child_frame_id) == ('world', 'lens')
        p, q = transform.transform.translation, transform.transform.rotation
        np.testing.assert_allclose(
            matrix_from_pose((p.x, p.y, p.z), (q.x, q.y, q.z, q.w)), pose(index), atol=1e-9)
        assert cloud.header.frame_id == 'lens'
        assert cloud.point_step == size
        read = cloud_from_message(cloud)
        points = read.points()
        assert np.isnan(points[0, 0]).all()
        np.testing.assert_allclose(points[5, 7], np.array(
            [(7 - 3.5) / 10, (5 - 2.5) / 11, 1]) * (1.0 + index / 1000), rtol=1e-6)
        np.testing.assert_array_equal(read.colors()[3, 3], [250, index, 7])
    arrivals = [at for at, _ in listener.heard['/omd3d/points']]
    assert np.abs(np.array(arrivals) - stamps(clouds)).max() < 1e9      # stamps are now
    assert 0.25 < (stamps(clouds)[-1] - stamps(clouds)[0]) / 1e9 < 5.0  # seven periods of 50 ms


def test_a_folder_comes_as_images(listener, folder):
    code, output, _ = play(folder, '--rate', 50, '--mode', 'rgbd')
    assert code == 0
    assert '8 depth images sent' in output
    depth = listener.messages('/omd3d/depth/image')
    color = listener.messages('/omd3d/color/image')
    info = listener.messages('/omd3d/depth/camera_info')
    assert len(depth) == len(color) == len(info) == 8
    assert stamps(depth) == stamps(color) == stamps(info)
    np.testing.assert_array_equal(depth_from_message(depth[2]), frame(2).depth)
    assert color[2].encoding == 'rgb8'
    assert list(info[0].k) == [10, 0, 3.5, 0, 11, 2.5, 0, 0, 1]
    assert not listener.heard['/omd3d/points']


def test_an_endless_loop_ends_cleanly_at_an_interrupt(listener, folder):
    process = start(folder, '--rate', 100, '--loop')
    deadline = time.monotonic() + 30
    while len(listener.heard['/omd3d/points']) < 20 and time.monotonic() < deadline:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=10)
    assert process.returncode == 0
    assert 'stopped' in output
    assert 'Traceback' not in errors
    assert len(listener.heard['/omd3d/points']) >= 20


def test_nobody_listening_is_said_after_the_wait(folder):
    started = time.monotonic()
    code, _, errors = play(folder, '--node', '/absent', '--wait', 0.5)
    assert code == 1
    assert 'nothing listens to /absent/points' in errors
    assert time.monotonic() - started < 30


def test_without_a_wait_it_plays_to_nobody(folder):
    code, output, _ = play(folder, '--node', '/absent', '--wait', 0, '--rate', 100)
    assert code == 0
    assert '8 clouds sent' in output


def test_a_bad_path_is_named(tmp_path):
    code, _, errors = play(tmp_path / 'nowhere')
    assert code == 2
    assert 'nowhere: does not exist' in errors
    assert 'Traceback' not in errors


def test_a_frame_that_cannot_be_read_is_named(listener, folder):
    (folder / 'depth' / '000003.png').write_bytes(b'broken')
    code, _, errors = play(folder, '--rate', 50)
    assert code == 2
    assert '000003.png: not a readable image' in errors
    assert 'Traceback' not in errors


def write_bag(path, plugin, mode):
    """Write four frames 0.1 s apart, a moving transform each, and two static ones."""
    types = get_typestore(Stores.ROS2_JAZZY)
    static = transform_message('base', 'mount', BAG_START, pose(7))
    other = transform_message('mount', 'lens', BAG_START, pose(8))
    with Writer(path, version=9, storage_plugin=plugin) as writer:
        connections = {}

        def write(topic, kind, message, time_ns):
            if topic not in connections:
                connections[topic] = writer.add_connection(topic, kind, typestore=types)
            writer.write(connections[topic], time_ns, serialize_message(message))

        for transform in (static, other):
            write('/tf_static', 'tf2_msgs/msg/TFMessage', TFMessage(transforms=[transform]),
                  BAG_START)
        for index in range(4):
            stamp = BAG_START + index * 10**8
            write('/tf', 'tf2_msgs/msg/TFMessage', TFMessage(
                transforms=[transform_message('map', 'base', stamp, pose(index))]), stamp + 10**6)
            if mode == 'points':
                write('/front/cloud', 'sensor_msgs/msg/PointCloud2',
                      cloud_message(frame(index), 'lens', stamp), stamp + 2 * 10**6)
                continue
            info, depth, color = image_messages(frame(index), 'lens', stamp)
            write('/front/color/image', 'sensor_msgs/msg/Image', color, stamp + 2 * 10**6)
            write('/front/color/camera_info', 'sensor_msgs/msg/CameraInfo', CameraInfo(),
                  stamp + 2 * 10**6)
            write('/front/depth/image', 'sensor_msgs/msg/Image', depth, stamp + 2 * 10**6)
            write('/front/depth/camera_info', 'sensor_msgs/msg/CameraInfo', info,
                  stamp + 3 * 10**6)
    return path


@pytest.mark.parametrize(('plugin', 'speed'), [
    (StoragePlugin.SQLITE3, 1.0), (StoragePlugin.MCAP, 4.0)])
def test_a_bag_comes_at_its_own_pace_moved_to_now(listener, tmp_path, plugin, speed):
    bag = write_bag(tmp_path / 'bag', plugin, 'points')
    before = time.time_ns()
    code, output, _ = play(bag, '--speed', speed)
    assert code == 0
    assert '4 clouds sent' in output
    clouds = listener.messages('/omd3d/points')
    np.testing.assert_array_equal(
        cloud_from_message(clouds[3]).points(), cloud_from_message(
            cloud_message(frame(3), 'lens', 1)).points())
    assert {m.header.frame_id for m in clouds} == {'lens'}
    moving = [t for m in listener.messages('/tf') for t in m.transforms]
    assert stamps(moving) == stamps(clouds)   # as they were recorded, whatever the shift
    assert np.diff(stamps(clouds)).tolist() == [round(1e8 / speed)] * 3
    assert before < stamps(clouds)[0] < time.time_ns()
    arrivals = np.array([at for at, _ in listener.heard['/omd3d/points']])
    assert np.abs(arrivals - stamps(clouds)).max() < 1e9
    latched = listener.messages('/tf_static')[-1].transforms
    assert {t.child_frame_id for t in latched} == {'mount', 'lens'}


def test_a_bag_of_images_goes_to_the_right_inputs(listener, tmp_path):
    bag = write_bag(tmp_path / 'bag', StoragePlugin.MCAP, 'rgbd')
    code, output, _ = play(bag, '--speed', 4)
    assert code == 0
    assert '4 depth images sent' in output
    depth = listener.messages('/omd3d/depth/image')
    assert stamps(depth) == stamps(listener.messages('/omd3d/color/image'))
    assert [m.width for m in listener.messages('/omd3d/depth/camera_info')] == [8] * 4
    np.testing.assert_array_equal(depth_from_message(depth[3]), frame(3).depth)


def test_a_bag_tells_what_it_holds(tmp_path):
    bag = Bag(write_bag(tmp_path / 'bag', StoragePlugin.SQLITE3, 'points'))
    assert bag.topics()['/front/cloud'] == 'sensor_msgs/msg/PointCloud2'
    assert bag.count('sensor_msgs/msg/PointCloud2') == 4
    times = [m.time_ns for m in bag.messages()]
    assert times == sorted(times)
    assert len(times) == 10
    bag.close()


def test_a_damaged_bag_is_named(tmp_path):
    bag = write_bag(tmp_path / 'bag', StoragePlugin.MCAP, 'points')
    data = next(bag.glob('*.mcap'))
    data.write_bytes(data.read_bytes()[:200])
    code, _, errors = play(bag, '--wait', 0)
    assert code == 2
    assert 'bag: ' in errors
    assert 'Traceback' not in errors
