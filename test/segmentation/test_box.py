import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.segmentation.box import OrientedBox, fit_box


def corners(box):
    """The eight corners of a box, (8, 3)."""
    signs = np.array([[i, j, k] for i in (-1, 1) for j in (-1, 1) for k in (-1, 1)])
    c, s = np.cos(box.yaw), np.sin(box.yaw)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return (signs * box.size / 2) @ turn.T + box.center


def test_a_turned_box_is_found_again():
    truth = OrientedBox(np.array([1.0, -2.0, 0.5]), 0.3, np.array([2.0, 1.0, 0.4]))
    found = fit_box(corners(truth))
    np.testing.assert_allclose(found.center, truth.center, atol=1e-9)
    assert found.yaw == pytest.approx(0.3)
    np.testing.assert_allclose(found.size, truth.size, atol=1e-9)


@pytest.mark.parametrize(('points', 'size'), [
    ([[1, 2, 3]], [0, 0, 0]),
    ([[1, 2, 3], [1, 2, 3]], [0, 0, 0]),
    ([[0, 0, 0], [0, 0, 2]], [0, 0, 2]),
    ([[0, 0, 0], [3, 4, 0]], [5, 0, 0]),
    ([[i, 2 * i, 0] for i in range(100)], [np.hypot(99, 198), 0, 0]),
])
def test_points_lines_and_duplicates_have_a_box(points, size):
    found = fit_box(np.array(points, float))
    np.testing.assert_allclose(sorted(found.size), sorted(size), atol=1e-6)


@pytest.mark.parametrize('points', [
    np.empty((0, 3)), np.zeros((3, 2)), np.array([[np.nan, 0, 0]]), np.array([[np.inf, 0, 0]])])
def test_what_is_no_cloud_is_refused(points):
    with pytest.raises(ValueError, match='points'):
        fit_box(points)


def test_a_turn_about_the_vertical_keeps_the_size_and_adds_to_the_yaw():
    # 60 degrees and 60 more point like -60: an axis has no direction
    turn = np.eye(4)
    turn[:2, :2] = [[0.5, -np.sqrt(0.75)], [np.sqrt(0.75), 0.5]]
    turn[:3, 3] = [10, 0, 1]
    moved = OrientedBox(np.array([2.0, 0, 0]), np.pi / 3, np.array([3.0, 2, 1])).moved(turn)
    np.testing.assert_allclose(moved.center, [11, 2 * np.sqrt(0.75), 1], atol=1e-12)
    np.testing.assert_allclose(moved.size, [3, 2, 1], atol=1e-12)
    assert moved.yaw == pytest.approx(-np.pi / 3)


def test_a_box_laid_on_its_side_is_boxed_upright():
    # a quarter turn about x: what was z points along -y
    tip = np.eye(4)
    tip[:3, :3] = [[1, 0, 0], [0, 0, -1], [0, 1, 0]]
    moved = OrientedBox(np.array([0.0, 0, 5]), 0.0, np.array([3.0, 2, 1])).moved(tip)
    np.testing.assert_allclose(moved.center, [0, -5, 0], atol=1e-12)
    np.testing.assert_allclose(moved.size, [3, 1, 2], atol=1e-12)


@given(st.integers(0, 2**32 - 1))
def test_a_moved_box_holds_its_corners_and_no_more_than_it_must(seed):
    rng = np.random.default_rng(seed)
    box = OrientedBox(rng.uniform(-9, 9, 3), rng.uniform(-1.5, 1.5), rng.uniform(0, 2, 3))
    pose = np.eye(4)
    pose[:3, :3] = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    pose[:3, :3] *= np.linalg.det(pose[:3, :3])
    pose[:3, 3] = rng.uniform(-9, 9, 3)
    moved = box.moved(pose)
    assert -np.pi / 2 < moved.yaw <= np.pi / 2
    c, s = np.cos(moved.yaw), np.sin(moved.yaw)
    held = (corners(box) @ pose[:3, :3].T + pose[:3, 3] - moved.center) @ np.array(
        [[c, -s, 0], [s, c, 0], [0, 0, 1]])
    np.testing.assert_allclose(np.abs(held).max(axis=0), moved.size / 2, atol=1e-9)


clouds = st.lists(
    st.tuples(*[st.floats(-5, 5).map(lambda v: round(v, 3))] * 3), min_size=1, max_size=80).map(
        lambda rows: np.array(rows, float))


@settings(deadline=None)
@given(clouds, st.floats(-3, 3), st.floats(-10, 10))
def test_the_box_holds_all_points_and_turns_and_moves_with_them(points, angle, shift):
    found = fit_box(points)
    assert -np.pi / 2 < found.yaw <= np.pi / 2
    assert (found.size >= 0).all()
    c, s = np.cos(-found.yaw), np.sin(-found.yaw)
    local = (points - found.center) @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T
    assert (np.abs(local) <= found.size / 2 + 1e-6).all()
    c, s = np.cos(angle), np.sin(angle)
    moved = fit_box(points @ np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]).T + shift)
    area, moved_area = found.size[0] * found.size[1], moved.size[0] * moved.size[1]
    assert moved_area == pytest.approx(area, rel=1e-6, abs=1e-6)
    assert moved.size[2] == pytest.approx(found.size[2], abs=1e-9)
