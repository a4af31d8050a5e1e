"""Where the map lies: hand-worked anchors, loop closures, and what holds for any of them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omd3d_ros.ros.anchor import AnchorError, MapAnchor, has_moved
from omd3d_ros.ros.transform_buffer import (
    ExtrapolationError,
    TransformBuffer,
    inverse,
    matrix_from_pose,
)

SEC = 10**9
NO_TURN = (0.0, 0.0, 0.0, 1.0)
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # 90 degrees about z


def about_z(angle):
    return (0.0, 0.0, np.sin(angle / 2), np.cos(angle / 2))


def robot(map_from_odom=((10, 0, 0), QUARTER), odom_from_camera=((1, 0, 0), NO_TURN)):
    """Transforms of a robot: its odom frame in map, its camera in odom, both at 1 s."""
    buffer = TransformBuffer()
    if map_from_odom is not None:
        buffer.insert('map', 'odom', SEC, *map_from_odom)
    buffer.insert('odom', 'camera', SEC, *odom_from_camera)
    return buffer


def place(pose, point):
    return (pose @ [*point, 1])[:3]


def test_without_odom_frame_sensors_are_located_in_the_map_and_nothing_moves():
    buffer = TransformBuffer()
    buffer.insert('map', 'camera', SEC, (1, 2, 3), QUARTER)
    anchor = MapAnchor(buffer, 'map')
    assert anchor.odom_frame == 'map'
    pose = anchor.odom_from('camera', SEC)
    np.testing.assert_array_equal(anchor.fusion_from(pose), pose)
    np.testing.assert_array_equal(anchor.map_from_fusion(), np.eye(4))
    assert MapAnchor(TransformBuffer(), 'map').map_from_fusion().tolist() == np.eye(4).tolist()


def test_a_point_that_the_camera_sees_worked_by_hand():
    # odom lies at (10, 0) of map and is turned left: what is 3 m ahead in odom is at (10, 3)
    anchor = MapAnchor(robot(), 'map', 'odom')
    seen = place(anchor.fusion_from(anchor.odom_from('camera', SEC)), (2, 0, 0))
    np.testing.assert_allclose(seen, [3, 0, 0], atol=1e-12)
    np.testing.assert_allclose(place(anchor.map_from_fusion(), seen), [10, 3, 0], atol=1e-12)


def test_a_loop_closure_moves_what_was_fused_and_not_where_it_is_fused():
    buffer = robot()
    anchor = MapAnchor(buffer, 'map', 'odom')
    before = anchor.map_from_fusion()
    fused_at = anchor.fusion_from(anchor.odom_from('camera', SEC))
    buffer.insert('map', 'odom', 2 * SEC, (10.7, 0, 0), QUARTER)
    np.testing.assert_allclose(anchor.map_from_fusion()[:3, 3] - before[:3, 3], [0.7, 0, 0])
    np.testing.assert_array_equal(
        anchor.fusion_from(anchor.odom_from('camera', SEC)), fused_at)


def test_the_newest_pose_of_the_map_counts_but_a_sensor_keeps_to_its_stamp():
    buffer = robot()
    buffer.insert('map', 'odom', 9 * SEC, (20, 0, 0), QUARTER)
    anchor = MapAnchor(buffer, 'map', 'odom')
    assert anchor.map_from_odom()[0, 3] == 20
    with pytest.raises(ExtrapolationError):
        anchor.odom_from('camera', 9 * SEC)


def test_a_map_that_cannot_be_placed_yet_can_be_fused_into():
    anchor = MapAnchor(robot(map_from_odom=None), 'map', 'odom')
    assert anchor.fusion_from(anchor.odom_from('camera', SEC))[0, 3] == 1
    for ask in (anchor.map_from_odom, anchor.map_from_fusion,
                lambda: anchor.anchor_at(np.eye(4)),
                lambda: anchor.odom_from_viewpoint('map', SEC)):
        with pytest.raises(AnchorError, match=r"'odom' lies in 'map'"):
            ask()
    assert anchor.jumps == 0


def test_a_loaded_map_worked_by_hand():
    # saved 5 m along map's x; now odom is at (10, 0) and turned left, so that is 5 m to its left
    anchor = MapAnchor(robot(), 'map', 'odom')
    anchor.odom_from_fusion = anchor.anchor_at(matrix_from_pose((5, 0, 0), NO_TURN))
    np.testing.assert_allclose(anchor.odom_from_fusion[:3, 3], [0, 5, 0], atol=1e-12)
    np.testing.assert_allclose(
        anchor.map_from_fusion(), matrix_from_pose((5, 0, 0), NO_TURN), atol=1e-12)
    # the camera stands at (10, 1) of map, which is (5, 1) of the loaded map
    seen = anchor.fusion_from(anchor.odom_from('camera', SEC))
    np.testing.assert_allclose(seen[:3, 3], [5, 1, 0], atol=1e-12)


def test_a_map_from_a_robot_with_odometry_lies_where_it_was_saved_without_odom_frame_too():
    saved = matrix_from_pose((5, 0, 1), QUARTER)
    buffer = TransformBuffer()
    buffer.insert('map', 'camera', SEC, (5, 2, 1), QUARTER)
    anchor = MapAnchor(buffer, 'map')
    anchor.odom_from_fusion = anchor.anchor_at(saved)
    np.testing.assert_array_equal(anchor.map_from_fusion(), saved)
    seen = anchor.fusion_from(anchor.odom_from('camera', SEC))
    np.testing.assert_allclose(seen, matrix_from_pose((2, 0, 0), NO_TURN), atol=1e-12)


def test_an_answer_about_an_earlier_map_keeps_to_that_maps_anchor():
    anchor = MapAnchor(robot(), 'map', 'odom')
    earlier = anchor.odom_from_fusion
    anchor.odom_from_fusion = matrix_from_pose((0, 5, 0), NO_TURN)
    np.testing.assert_array_equal(anchor.map_from_fusion(earlier), anchor.map_from_odom())
    pose = anchor.odom_from('camera', SEC)
    np.testing.assert_array_equal(anchor.fusion_from(pose, earlier), pose)


def test_a_viewpoint_is_at_a_stamp_but_the_map_itself_is_where_it_is_now():
    anchor = MapAnchor(robot(), 'map', 'odom')
    assert anchor.odom_from_viewpoint('camera', SEC)[0, 3] == 1
    np.testing.assert_allclose(
        anchor.odom_from_viewpoint('map', 5 * SEC) @ anchor.map_from_odom(), np.eye(4), atol=1e-12)


def test_poses_that_were_handed_out_do_not_change():
    anchor = MapAnchor(robot(), 'map', 'odom')
    given_away = np.eye(4)
    anchor.odom_from_fusion = given_away
    given_away[0, 3] = 7
    assert anchor.odom_from_fusion[0, 3] == 0
    with pytest.raises(ValueError, match='read-only'):
        anchor.odom_from_fusion[0, 3] = 7


@pytest.mark.parametrize(('shift', 'angle', 'moved'), [
    (0.0, 0.0, False), (0.9e-3, 0.0, False), (1.1e-3, 0.0, True),
    (0.0, 0.9e-4, False), (0.0, 1.1e-4, True)])
def test_a_millimetre_or_a_tenth_of_a_milliradian_is_a_jump(shift, angle, moved):
    buffer = robot()
    before = MapAnchor(buffer, 'map', 'odom')
    start = before.map_from_odom()
    turn = about_z(np.pi / 2 + angle)
    buffer.insert('map', 'odom', 2 * SEC, (10, shift, 0), turn)
    assert has_moved(start, before.map_from_odom()) is moved
    assert before.jumps == moved


def test_a_slow_drift_is_noticed_once_it_adds_up():
    buffer = robot()
    anchor = MapAnchor(buffer, 'map', 'odom')
    anchor.map_from_odom()
    for step in range(1, 11):
        buffer.insert('map', 'odom', (1 + step) * SEC, (10 + 0.0004 * step, 0, 0), QUARTER)
        anchor.map_from_odom()
    assert anchor.jumps == 3


unit = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(np.array).filter(
    lambda q: np.linalg.norm(q) > 0.1).map(lambda q: q / np.linalg.norm(q))
poses = st.tuples(st.lists(st.floats(-100, 100), min_size=3, max_size=3), unit)


@given(poses, poses, poses, poses)
def test_a_loaded_map_lies_where_it_was_saved_and_new_clouds_fall_into_place(
        saved, map_from_odom, map_from_camera, jump):
    saved, map_from_camera = matrix_from_pose(*saved), matrix_from_pose(*map_from_camera)
    buffer = TransformBuffer()
    buffer.insert('map', 'odom', SEC, *map_from_odom)
    anchor = MapAnchor(buffer, 'map', 'odom')
    anchor.odom_from_fusion = anchor.anchor_at(saved)
    np.testing.assert_allclose(anchor.map_from_fusion(), saved, atol=1e-9)
    seen = anchor.fusion_from(inverse(anchor.map_from_odom()) @ map_from_camera)
    np.testing.assert_allclose(anchor.map_from_fusion() @ seen, map_from_camera, atol=1e-9)
    # a loop closure takes the loaded map along with odom
    before = anchor.map_from_odom()
    buffer.insert('map', 'odom', 2 * SEC, *jump)
    moved = anchor.map_from_odom() @ inverse(before)
    np.testing.assert_allclose(anchor.map_from_fusion(), moved @ saved, atol=1e-9)
