"""Clouds reach the map where they belong, whatever frame they are fused in."""

import time

import numpy as np
import pytest

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.keyframes import KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.conversions import cloud_from_message, header_message, points_message
from omd3d_ros.ros.counters import Counters
from omd3d_ros.ros.fusion import FusedMap, Fusion, Measurement
from omd3d_ros.ros.transform_buffer import TransformBuffer, inverse, matrix_from_pose
from omd3d_ros.segmentation.placement import placed_snapshot

SEC = 10**9
LEVEL = (0.0, 0.0, 0.0, 1.0)
LEFT = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # 90 degrees about z
RIGHT = (0.0, 0.0, -np.sqrt(0.5), np.sqrt(0.5))
ODOM = matrix_from_pose((3, -2, 0.5), LEFT)


@pytest.fixture
def parts():
    buffer = TransformBuffer()
    anchor = MapAnchor(buffer, 'map', 'odom')
    counters, drops = Counters(), []
    fusion = Fusion(
        VoxelMap(MapSettings(voxel_size=0.05)), KeyframeStore(KeyframeSettings()), anchor,
        counters, lambda cause, text: drops.append(cause), queue_size=5, tf_timeout=0.1)
    yield buffer, anchor, fusion, counters, drops
    fusion.close()


def point_ahead() -> Cloud:
    """A cloud of one point 2 m along the sensor's x."""
    return cloud_from_message(points_message(
        np.float32([[2.01, 0.01, 0.01]]), np.uint8([[9, 9, 9]]), header_message(0, 'camera')))


def see(fusion, counters, stamp_ns):
    before = counters.read().get('clouds_integrated', 0)
    fusion.offer(Measurement('camera', stamp_ns, point_ahead(), time.monotonic()))
    end = time.monotonic() + 20
    while counters.read().get('clouds_integrated', 0) == before:
        assert time.monotonic() < end
        time.sleep(0.005)


def test_clouds_are_fused_in_odom_though_nobody_knows_where_that_is(parts):
    buffer, _, fusion, counters, drops = parts
    buffer.insert('odom', 'camera', SEC, (1, 0, 0), LEFT)
    see(fusion, counters, SEC)
    np.testing.assert_allclose(fusion.snapshot().snapshot.points, [[0.99, 2.01, 0.01]], atol=1e-3)
    assert drops == []
    fusion.offer(Measurement('lidar', SEC, point_ahead(), time.monotonic() - 1))
    end = time.monotonic() + 5
    while not drops and time.monotonic() < end:
        time.sleep(0.01)
    assert drops == ['no_transform']
    assert fusion.transform_missing


def test_a_loop_closure_between_two_clouds_of_one_thing_does_not_smear_it(parts):
    buffer, anchor, fusion, counters, _ = parts
    for stamp, place in ((SEC, (0, 0, 0)), (2 * SEC, (0.7, 0, 0))):
        buffer.insert('map', 'odom', stamp, place, LEFT)
        buffer.insert('odom', 'camera', stamp, (1, 0, 0), LEVEL)
        see(fusion, counters, stamp)
    fused = fusion.snapshot()
    placed = placed_snapshot(fused.snapshot, anchor.map_from_fusion(fused.odom_from_fusion))
    np.testing.assert_allclose(placed.points, [[0.69, 3.01, 0.01]], atol=1e-3)


def test_new_clouds_fall_onto_a_loaded_map_and_a_cleared_one_starts_at_odom(parts):
    buffer, anchor, fusion, counters, _ = parts
    buffer.insert('map', 'odom', SEC, (0, 0, 0), LEVEL)
    buffer.insert('odom', 'camera', SEC, (1, 0, 0), LEVEL)
    see(fusion, counters, SEC)
    saved, place = fusion.snapshot(), anchor.map_from_fusion()
    # the next day: the robot stands where it stood, but odom began elsewhere
    today = inverse(ODOM)
    buffer.insert('map', 'odom', 2 * SEC, (3, -2, 0.5), LEFT)
    buffer.insert('odom', 'camera', 2 * SEC, (today @ [1, 0, 0, 1])[:3], RIGHT)
    fusion.clear()
    assert fusion.snapshot().odom_from_fusion.tolist() == np.eye(4).tolist()
    fusion.restore(FusedMap(saved.snapshot, (), anchor.anchor_at(place)))
    see(fusion, counters, 2 * SEC)
    fused = fusion.snapshot()
    assert len(fused.snapshot) == 1
    assert fused.snapshot.frames.tolist() == [2]
    np.testing.assert_allclose(fused.snapshot.points, saved.snapshot.points, atol=1e-3)
    fusion.clear()
    see(fusion, counters, 2 * SEC)
    expected = today @ [3.01, 0.01, 0.01, 1]
    np.testing.assert_allclose(fusion.snapshot().snapshot.points, [expected[:3]], atol=1e-3)


def test_a_map_that_is_refused_leaves_the_anchor_alone(parts):
    _, anchor, fusion, _, _ = parts
    other = VoxelMap(MapSettings(voxel_size=0.1)).snapshot()
    with pytest.raises(ValueError, match='voxel'):
        fusion.restore(FusedMap(other, (), ODOM))
    np.testing.assert_array_equal(anchor.odom_from_fusion, np.eye(4))
