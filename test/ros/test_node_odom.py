"""A node that fuses in odom, over real tf: a loop closure, a loaded map, and no map frame yet."""

import time

import numpy as np
import pytest
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import PointCloud2
from visualization_msgs.msg import Marker, MarkerArray

from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.conversions import cloud_from_message
from omd3d_ros.ros.transform_buffer import inverse, matrix_from_pose
from omd3d_ros.srv import GetApproachPoses, GetObjects, LoadMap, SaveMap

R = SegmentationResult
FOUND = (R.OK, R.AMBIGUOUS, R.LOW_CONFIDENCE)
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
PARAMETERS = {'odom_frame': 'odom', 'map_publish_period': 0.5, 'tf_timeout': 5.0,
              'cloud_queue': 50, 'command_deadline': 60.0}


def pose(x, y, z, degrees):
    angle = np.radians(degrees)
    return matrix_from_pose((x, y, z), (0, 0, np.sin(angle / 2), np.cos(angle / 2)))


START = pose(1.2, -0.8, 0.1, 35)       # map_from_odom where the robot was switched on
JUMP = pose(0.7, 0, 0, 20)             # what the loop closure does to the whole map
TOMORROW = pose(-4.0, 2.5, 0, -110)    # map_from_odom after it was switched on elsewhere


class Robot:
    """Plays the recording as a robot: its camera is located in odom, and odom in map."""

    def __init__(self, client):
        self.client = client
        self.maps, self.markers = [], []
        self._subscriptions = [
            client.node.create_subscription(kind, f'/omd3d/{name}', keep.append, LATCHED)
            for kind, name, keep in ((PointCloud2, 'map_points', self.maps),
                                     (MarkerArray, 'markers', self.markers))]

    def close(self):
        for subscription in self._subscriptions:
            self.client.node.destroy_subscription(subscription)

    def localise(self, map_from_odom):
        self.client.send_transform('odom', self.client.now(), map_from_odom)

    def play(self, frames, odom_from_recording, map_from_odom=None, rate=5.0):
        """Send frames with their poses and wait until every one is integrated."""
        client = self.client
        before = int(client.diagnostics['clouds_integrated'])
        for frame in frames:
            started = time.monotonic()
            stamp_ns = client.now()
            if map_from_odom is not None:
                client.send_transform('odom', stamp_ns, map_from_odom)
            client.send_transform(
                'camera', stamp_ns, odom_from_recording @ frame.map_from_camera, parent='odom')
            client.publish(client.cloud(frame, stamp_ns))
            time.sleep(max(0.0, 1 / rate - (time.monotonic() - started)))
        client.wait(lambda: int(client.diagnostics['clouds_integrated']) >= before + len(frames),
                    60, f'{len(frames)} clouds: {client.diagnostics}')

    def settle(self):
        """Wait until objects and voxels of the newest revision are published."""
        client = self.client
        client.wait(
            lambda: client.objects and str(client.objects[-1].map_revision)
            == client.diagnostics['map_revision'], 60, 'the newest objects')
        client.wait(lambda: self.maps and str(self.maps[-1].width)
                    == client.diagnostics['map_voxels'], 10, 'the newest voxels')

    def see(self):
        """Return all that the node tells of its map."""
        client = self.client
        result = client.command('find the mug')
        assert result.status in FOUND, result.answer
        objects = client.call(GetObjects, 'get_objects', include_points=True).objects
        approach = client.call(GetApproachPoses, 'get_approach_poses', distance=0.6, count=1,
                               object_id=result.objects[0].id)
        return result, objects, approach.poses, self.maps[-1], self.markers[-1]


def position(point):
    return np.array([point.x, point.y, point.z])


def yaw(pose_message):
    q = pose_message.orientation
    assert abs(q.x) < 1e-6 > abs(q.y)
    return 2 * np.arctan2(q.z, q.w)


def assert_placed(place, before, after, points, atol=1e-3):
    """Points (n, 3), given as their messages' readers, moved by a pose."""
    old, new = points(before), points(after)
    assert old.shape == new.shape
    np.testing.assert_allclose(new, old @ place[:3, :3].T + place[:3, 3], atol=atol)


def cloud(message):
    return cloud_from_message(message).points()[0].astype(np.float64)


def assert_objects_moved(place, before, after, atol=1e-3, *, named_anew=False):
    if named_anew:  # two that are nearly as likely may change places
        before, after = (sorted(objects, key=lambda one: one.id) for objects in (before, after))
    assert [found.id for found in after] == [found.id for found in before]
    turn = np.arctan2(place[1, 0], place[0, 0])
    for old, new in zip(before, after, strict=True):
        assert new.voxel_count == old.voxel_count
        assert new.label in (old.labels if named_anew else [old.label])
        assert_placed(place, old.centroid, new.centroid, position, atol)
        assert_placed(place, old.box_pose.position, new.box_pose.position, position, atol)
        assert np.sin(yaw(new.box_pose) - yaw(old.box_pose) - turn) == pytest.approx(0, abs=1e-4)
        np.testing.assert_allclose(position(new.box_size), position(old.box_size), atol=1e-6)
        if old.points.width:
            assert_placed(place, old.points, new.points, cloud, atol)


@pytest.fixture(scope='module')
def explored(start_pair, frames):
    """A node that has seen the whole recording from odom, and the robot that showed it."""
    node, client = start_pair(PARAMETERS)
    robot = Robot(client)
    robot.play(frames, inverse(START), START)
    robot.settle()
    yield node, robot
    robot.close()


class TestARobotWithOdometry:
    """One node serves all of these, in this order."""

    @pytest.fixture(autouse=True)
    def _use(self, explored):
        self.node, self.robot = explored
        self.client = self.robot.client

    def test_a_loop_closure_moves_everything_alike_and_keeps_ids(self):
        client, robot = self.client, self.robot
        before, told = robot.see(), client.objects[-1]
        counts = {name: client.diagnostics[name] for name in ('map_voxels', 'map_revision')}
        assert client.diagnostics['fusion_frame'] == 'odom'
        assert client.diagnostics['map_jumps'] == '0'
        seen = (len(client.objects), len(robot.maps), len(robot.markers))
        robot.localise(JUMP @ START)
        # the map did not change, but latched topics must not keep its old place
        client.wait(lambda: all(now > then for now, then in zip(
            (len(client.objects), len(robot.maps), len(robot.markers)), seen, strict=True)),
            10, 'objects, voxels and markers in their new place')
        assert_objects_moved(JUMP, told.objects, client.objects[-1].objects)
        after = robot.see()
        assert_placed(JUMP, before[3], after[3], cloud)
        assert_objects_moved(JUMP, before[0].objects, after[0].objects)
        assert_objects_moved(JUMP, before[0].alternatives, after[0].alternatives)
        assert_objects_moved(JUMP, before[1].objects, after[1].objects)
        for old, new in zip(before[2], after[2], strict=True):
            assert_placed(JUMP, old.pose.position, new.pose.position, position)
        boxes = [[m.pose.position for m in message.markers if m.type == Marker.CUBE]
                 for message in (before[4], after[4])]
        assert len(boxes[0]) == len(before[1].objects)
        for old, new in zip(*boxes, strict=True):
            assert_placed(JUMP, old, new, position)
        assert after[0].header.frame_id == after[3].header.frame_id == 'map'
        client.wait(lambda: client.diagnostics['map_jumps'] == '1', 5, 'the jump to be counted')
        assert {name: client.diagnostics[name] for name in counts} == counts

    def test_what_is_seen_after_the_loop_closure_falls_onto_what_was_seen_before(self, frames):
        client, robot = self.client, self.robot
        voxels = int(client.diagnostics['map_voxels'])
        ids = {found.id for found in client.objects[-1].objects}
        robot.play(frames[::4], inverse(START), JUMP @ START)
        robot.settle()
        assert int(client.diagnostics['map_voxels']) == pytest.approx(voxels, rel=0.02)
        again = {found.id for found in client.objects[-1].objects}
        assert len(again & ids) >= 0.85 * len(ids)  # elsewhere, none would be

    def test_z_a_saved_map_lies_where_it_lay_though_odom_is_elsewhere(
            self, start_node, frames, tmp_path):
        client, robot = self.client, self.robot
        before, path = robot.see(), str(tmp_path / 'room.omd3d')
        saved = client.call(SaveMap, 'save_map', path=path)
        assert saved.success, saved.message
        self.node.stop()
        client.diagnostics = {}
        start_node(PARAMETERS)
        client.wait_ready()
        here = inverse(TOMORROW) @ JUMP
        robot.play(frames[:1], here)
        client.wait(lambda: client.diagnostics['map_voxels'] != '0', 5, 'voxels')
        own = client.diagnostics['map_voxels']
        refused = client.call(LoadMap, 'load_map', path=path)
        assert not refused.success
        assert "'odom' lies in 'map'" in refused.message
        robot.localise(TOMORROW)
        client.wait(lambda: client.call(LoadMap, 'load_map', path=path).success, 10, 'the map')
        assert own != str(saved.voxels)
        client.wait(lambda: client.diagnostics['map_voxels'] == str(saved.voxels), 10, 'voxels')
        robot.settle()
        after = robot.see()
        assert_placed(np.eye(4), before[3], after[3], cloud)
        # a mug that might be a cup is named by another number of passes than before
        assert_objects_moved(np.eye(4), before[0].objects, after[0].objects, named_anew=True)
        assert {f.id for f in after[1].objects} == {f.id for f in before[1].objects}
        robot.play(frames[::4], here, TOMORROW)
        robot.settle()
        assert int(client.diagnostics['map_voxels']) == pytest.approx(saved.voxels, rel=0.02)
        newest = next(one for one in robot.see()[0].objects
                      if one.id == before[0].objects[0].id)
        np.testing.assert_allclose(
            position(newest.centroid), position(before[0].objects[0].centroid), atol=0.03)


def test_without_a_map_frame_clouds_are_fused_and_answers_wait_for_it(
        start_node, client, frames, tmp_path):
    node = start_node({**PARAMETERS, 'command_deadline': 20.0})
    robot = Robot(client)
    client.wait_ready()
    robot.play(frames[:4], inverse(START))
    assert int(client.diagnostics['map_voxels']) > 1000
    assert client.diagnostics['clouds_dropped'] == '0'
    started = time.monotonic()
    result = client.command('find the mug')
    assert result.status == R.TF_UNAVAILABLE
    assert "'odom' lies in 'map'" in result.answer
    assert result.objects == []
    assert time.monotonic() - started < 5
    saved = client.call(SaveMap, 'save_map', path=str(tmp_path / 'map'))
    assert not saved.success
    assert "'odom' lies in 'map'" in saved.message
    assert not (tmp_path / 'map').exists()
    assert client.call(GetObjects, 'get_objects').objects.objects == []
    client.wait(lambda: int(client.diagnostics['objects']) > 0, 60, 'objects within')
    time.sleep(1.5)
    assert client.objects == robot.maps == []
    assert 'the map is not published' in node.text()
    assert node.process.poll() is None
    robot.localise(START)
    client.wait(lambda: client.objects and robot.maps, 10, 'objects and voxels')
    assert client.command('find the mug').status != R.TF_UNAVAILABLE
    robot.close()
