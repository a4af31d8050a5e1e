import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omd3d_ros.ros.transform_buffer import (
    HISTORY_NS,
    ConnectivityError,
    ExtrapolationError,
    FrameLookupError,
    TransformBuffer,
    inverse,
    matrix_from_pose,
    slerp,
)

SEC = 10**9
NO_TURN = (0.0, 0.0, 0.0, 1.0)
QUARTER = (0.0, 0.0, np.sqrt(0.5), np.sqrt(0.5))  # 90 degrees about z
HALF = (0.0, 0.0, 1.0, 0.0)


def filled(*entries, static=()):
    buffer = TransformBuffer()
    for parent, child, sec, position, xyzw in entries:
        buffer.insert(parent, child, round(sec * SEC), position, xyzw)
    for parent, child, position, xyzw in static:
        buffer.insert(parent, child, 0, position, xyzw, static=True)
    return buffer


def test_a_chain_worked_by_hand():
    # base stands at (1, 2, 0) of map and looks along +y; the camera is 0.5 m before it, 1 m up
    buffer = filled(('map', 'base', 1, (1, 2, 0), QUARTER),
                    static=[('base', 'camera', (0.5, 0, 1), NO_TURN)])
    found = buffer.lookup('map', 'camera', SEC)
    np.testing.assert_allclose(found @ [0, 0, 0, 1], [1, 2.5, 1, 1], atol=1e-12)
    np.testing.assert_allclose(found @ [1, 0, 0, 1], [1, 3.5, 1, 1], atol=1e-12)
    np.testing.assert_allclose(buffer.lookup('camera', 'map', SEC) @ found, np.eye(4), atol=1e-12)


def test_siblings_meet_in_their_common_ancestor():
    buffer = filled(static=[('map', 'left', (0, 1, 0), NO_TURN),
                            ('map', 'right', (0, -1, 0), HALF)])
    found = buffer.lookup('left', 'right', 123)
    np.testing.assert_allclose(found @ [1, 0, 0, 1], [-1, -2, 0, 1], atol=1e-12)


def test_position_is_linear_and_orientation_is_slerp_half_way():
    # tf2's BufferCore gives (0.5, 0, ...) here, a screw motion would give (0.5, -0.5, ...)
    buffer = filled(('map', 'base', 1, (0, 0, 0), NO_TURN),
                    ('map', 'base', 2, (1, 0, 0), HALF))
    found = buffer.lookup('map', 'base', round(1.5 * SEC))
    np.testing.assert_allclose(found, matrix_from_pose((0.5, 0, 0), QUARTER), atol=1e-12)


def test_exact_stamps_are_not_interpolated():
    buffer = filled(('map', 'base', 1, (0, 0, 0), NO_TURN), ('map', 'base', 2, (1, 0, 0), NO_TURN))
    assert buffer.lookup('map', 'base', 2 * SEC)[0, 3] == 1


@pytest.mark.parametrize(('sec', 'may_come'), [(0.5, False), (2.5, True)])
def test_outside_of_the_history_is_an_extrapolation(sec, may_come):
    buffer = filled(('map', 'base', 1, (0, 0, 0), NO_TURN), ('map', 'base', 2, (1, 0, 0), NO_TURN))
    with pytest.raises(ExtrapolationError) as refused:
        buffer.lookup('map', 'base', round(sec * SEC))
    assert refused.value.may_come is may_come


def test_unknown_frames_and_separate_trees_are_told_apart():
    buffer = filled(static=[('map', 'base', (0, 0, 0), NO_TURN),
                            ('mars', 'rover', (0, 0, 0), NO_TURN)])
    with pytest.raises(FrameLookupError, match='camera'):
        buffer.lookup('map', 'camera', 1)
    with pytest.raises(FrameLookupError, match='nowhere'):
        buffer.lookup('nowhere', 'nowhere', 1)
    with pytest.raises(ConnectivityError):
        buffer.lookup('map', 'rover', 1)


def test_a_loop_is_an_error_and_not_an_endless_walk():
    buffer = filled(static=[('a', 'b', (0, 0, 0), NO_TURN), ('b', 'a', (0, 0, 0), NO_TURN),
                            ('map', 'c', (0, 0, 0), NO_TURN)])
    with pytest.raises(ConnectivityError, match='loop'):
        buffer.lookup('map', 'a', 1)


def test_history_is_ten_seconds_and_static_frames_hold_for_ever():
    buffer = filled(('map', 'base', 1, (1, 0, 0), NO_TURN), ('map', 'base', 12, (2, 0, 0), NO_TURN),
                    static=[('base', 'camera', (0, 0, 1), NO_TURN)])
    assert HISTORY_NS == 10 * SEC
    with pytest.raises(ExtrapolationError):
        buffer.lookup('map', 'base', 5 * SEC)
    assert buffer.lookup('base', 'camera', 10**18)[2, 3] == 1
    with pytest.raises(ValueError, match='older'):
        buffer.insert('map', 'base', 1 * SEC, (0, 0, 0), NO_TURN)


def test_the_parent_at_the_stamp_counts_when_a_frame_was_moved_to_another_parent():
    buffer = filled(('table', 'cup', 1, (1, 0, 0), NO_TURN),
                    ('table', 'cup', 2, (1, 0, 0), NO_TURN),
                    ('hand', 'cup', 3, (0, 1, 0), NO_TURN), ('hand', 'cup', 4, (0, 1, 0), NO_TURN),
                    static=[('map', 'table', (0, 0, 1), NO_TURN),
                            ('map', 'hand', (0, 0, 2), NO_TURN)])
    np.testing.assert_allclose(buffer.lookup('map', 'cup', round(1.5 * SEC))[:3, 3], [1, 0, 1])
    np.testing.assert_allclose(buffer.lookup('map', 'cup', round(3.5 * SEC))[:3, 3], [0, 1, 2])


@pytest.mark.parametrize(('parent', 'child', 'position', 'xyzw'), [
    ('', 'a', (0, 0, 0), NO_TURN),
    ('a', '/a', (0, 0, 0), NO_TURN),
    ('a', 'b', (np.nan, 0, 0), NO_TURN),
    ('a', 'b', (0, np.inf, 0), NO_TURN),
    ('a', 'b', (0, 0, 0), (0, 0, 0, 0)),
    ('a', 'b', (0, 0, 0), (0, 0, 0, 2)),
    ('a', 'b', (0, 0, 0), (np.nan, 0, 0, 1)),
])
def test_a_transform_that_is_none_is_refused_and_stores_nothing(parent, child, position, xyzw):
    buffer = TransformBuffer()
    with pytest.raises(ValueError, match=r'two different names|not a pose'):
        buffer.insert(parent, child, 1, position, xyzw)
    with pytest.raises(FrameLookupError):
        buffer.lookup('a', 'b', 1)


def test_the_newest_is_at_the_stamp_that_all_frames_between_have_reached():
    # base is known until 3 s, odom until 2 s: at 2 s base is half way
    buffer = filled(('map', 'odom', 1, (10, 0, 0), NO_TURN),
                    ('map', 'odom', 2, (20, 0, 0), NO_TURN),
                    ('odom', 'base', 1, (0, 1, 0), NO_TURN),
                    ('odom', 'base', 3, (0, 3, 0), NO_TURN),
                    static=[('base', 'camera', (0, 0, 1), NO_TURN),
                            ('map', 'dock', (0, 5, 0), NO_TURN)])
    np.testing.assert_allclose(buffer.newest('map', 'odom')[:3, 3], [20, 0, 0])
    np.testing.assert_allclose(buffer.newest('odom', 'base')[:3, 3], [0, 3, 0])
    np.testing.assert_allclose(buffer.newest('map', 'camera')[:3, 3], [20, 2, 1])
    np.testing.assert_allclose(buffer.newest('camera', 'dock')[:3, 3], [-20, 3, -1])
    np.testing.assert_allclose(buffer.newest('base', 'camera')[:3, 3], [0, 0, 1])
    np.testing.assert_array_equal(buffer.newest('odom', 'odom'), np.eye(4))


def test_the_newest_of_what_is_not_there_is_an_error():
    buffer = filled(('map', 'base', 1, (0, 0, 0), NO_TURN),
                    static=[('mars', 'rover', (0, 0, 0), NO_TURN), ('a', 'b', (0, 0, 0), NO_TURN),
                            ('b', 'a', (0, 0, 0), NO_TURN)])
    with pytest.raises(FrameLookupError, match='camera'):
        buffer.newest('map', 'camera')
    with pytest.raises(ConnectivityError):
        buffer.newest('map', 'rover')
    with pytest.raises(ConnectivityError, match='loop'):
        buffer.newest('map', 'a')


def test_clear_keeps_static_frames_only():
    buffer = filled(('map', 'base', 1, (0, 0, 0), NO_TURN),
                    static=[('base', 'cam', (0, 0, 1), NO_TURN)])
    buffer.clear()
    with pytest.raises(FrameLookupError):
        buffer.lookup('map', 'cam', SEC)
    assert buffer.lookup('base', 'cam', SEC)[2, 3] == 1


unit = st.lists(st.floats(-1, 1), min_size=4, max_size=4).map(np.array).filter(
    lambda q: np.linalg.norm(q) > 0.1).map(lambda q: q / np.linalg.norm(q))
places = st.lists(st.floats(-100, 100), min_size=3, max_size=3)


@given(unit, places)
def test_matrices_are_rigid_and_inverse_undoes_them(xyzw, place):
    matrix = matrix_from_pose(place, xyzw)
    np.testing.assert_allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-9)
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)
    np.testing.assert_allclose(inverse(matrix) @ matrix, np.eye(4), atol=1e-9)


@given(unit, unit, st.floats(0, 1))
def test_slerp_stays_on_the_sphere_and_meets_its_ends(start, end, fraction):
    assert np.linalg.norm(slerp(start, end, fraction)) == pytest.approx(1)
    assert abs(np.dot(slerp(start, end, 0.0), start)) == pytest.approx(1)
    assert abs(np.dot(slerp(start, end, 1.0), end)) == pytest.approx(1)
