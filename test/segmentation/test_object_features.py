"""Size, shape and colour of objects, by hand-worked values and by what must not matter."""

import numpy as np
import pytest

from omd3d_ros.segmentation.description_memory import DescriptionMemory
from omd3d_ros.segmentation.object_features import (
    COLOR,
    OBJECT_FEATURES,
    SHAPE,
    SIZE,
    describe_object,
    object_extent,
)
from omd3d_ros.segmentation.point_network import CLOUD_NUMBERS, CLOUD_POINTS

GREY = 128


def shell(radius, height, spacing=0.005, bottom=0.0):
    """Return the side and lid of an upright cylinder."""
    around = np.arange(0, 2 * np.pi, spacing / radius)
    levels = np.arange(0, height + 1e-9, spacing)
    side = np.array([(radius * np.cos(a), radius * np.sin(a), z) for a in around for z in levels])
    x, y = np.mgrid[-radius:radius:spacing, -radius:radius:spacing]
    inside = np.hypot(x, y) < radius
    lid = np.stack([x[inside], y[inside], np.full(inside.sum(), height)], axis=1)
    return np.concatenate([side, lid]) + np.array([0, 0, bottom])


def plate(x, y, spacing=0.01, height=0.0):
    grid = np.stack(np.meshgrid(np.arange(0, x, spacing), np.arange(0, y, spacing)), -1)
    return np.column_stack([grid.reshape(-1, 2), np.full(grid[..., 0].size, height)])


def features(points, colors=None, floor=0.0):
    colors = np.full((len(points), 3), GREY, np.uint8) if colors is None else colors
    return describe_object(points, colors).above(floor)


def test_an_extent_is_length_width_and_height_whatever_the_direction():
    points = np.concatenate([plate(0.6, 0.2), plate(0.6, 0.2, height=0.3)])
    turn = np.array([[np.cos(1.1), -np.sin(1.1), 0], [np.sin(1.1), np.cos(1.1), 0], [0, 0, 1]])
    for cloud in (points, points @ turn.T + [3, -2, 1]):
        assert object_extent(cloud) == pytest.approx([0.58, 0.19, 0.3], abs=0.02)


def test_size_tells_logs_of_extents_and_the_height_of_the_base():
    found = features(shell(0.1, 0.4, bottom=0.75), floor=0.05)[SIZE]
    assert found[0] == pytest.approx(0.0, abs=0.06)  # as long as 0.2 m
    assert found[2] == pytest.approx(np.log(2), abs=0.06)
    assert found[7] == pytest.approx(0.7, abs=0.02)
    assert found[8] == 1
    assert features(shell(0.1, 0.4))[SIZE][8] == 0


def test_normals_tell_what_lies_flat_from_what_stands():
    flat, standing = features(plate(0.3, 0.3)), features(shell(0.1, 0.4))
    steep = slice(SHAPE.start + 4, SHAPE.start + 8)
    assert flat[steep] == pytest.approx([0, 0, 0, 1], abs=0.01)
    assert standing[steep][0] > 0.6
    assert flat[SHAPE.start + 3] > 0.99  # flat everywhere


@pytest.mark.parametrize('change', ['moved', 'shuffled', 'turned', 'finer'])
def test_what_does_not_change_an_object_hardly_changes_its_features(change):
    rng = np.random.default_rng(0)
    points = shell(0.06, 0.2) * [1.6, 1.0, 1.0]
    before = features(points)
    if change == 'moved':
        points = points + np.array([2, 3, 0])
    elif change == 'shuffled':
        points = rng.permutation(points)
    elif change == 'turned':
        points = points @ np.array([[0, -1, 0], [1, 0, 0], [0, 0, 1]])
    else:
        points = shell(0.06, 0.2, spacing=0.0035) * [1.6, 1.0, 1.0]
    limit = 1e-5 if change == 'shuffled' else 0.5
    assert np.abs(features(points) - before).max() <= limit


def test_a_bottle_and_a_can_differ_in_where_they_are_wide():
    can = shell(0.05, 0.2)
    neck = np.concatenate([shell(0.05, 0.12), shell(0.015, 0.08) + np.array([0, 0, 0.12])])
    widths = slice(SHAPE.start + 16, SHAPE.start + 24)
    assert np.ptp(features(can)[widths][:7]) < 0.15
    assert features(neck)[widths][0] > 2 * features(neck)[widths][6]


def test_colour_is_known_by_its_shares_and_absent_without_a_sensor():
    points = plate(0.1, 0.1)
    red = np.tile(np.array([200, 20, 20], np.uint8), (len(points), 1))
    assert features(points, red)[COLOR][4] == 2
    assert not features(points)[COLOR].any()


def test_a_cloud_lies_along_x_about_its_middle_and_on_its_base_with_its_colours():
    points = np.add(plate(0.3, 0.6), [5, -4, 0.7])
    colors = np.tile(np.uint8([255, 0, 51]), (len(points), 1))
    colors[points[:, 1] > -3.7] = (0, 255, 51)
    cloud = describe_object(points, colors).cloud
    assert cloud.shape == (CLOUD_POINTS, CLOUD_NUMBERS)
    assert np.abs(cloud[:, :3]).max(axis=0) == pytest.approx([0.3, 0.15, 0], abs=0.02)
    assert cloud[:, :2].mean(axis=0) == pytest.approx([0, 0], abs=0.02)
    ends = cloud[cloud[:, 0] > 0.02, 3:], cloud[cloud[:, 0] < -0.02, 3:]
    assert sorted(end[0].tolist() for end in ends) == [
        pytest.approx([-0.5, 0.5, -0.3]), pytest.approx([0.5, -0.5, -0.3])]
    assert all((end == end[0]).all() for end in ends)


def test_the_same_voxels_in_another_order_are_the_same_cloud():
    points = shell(0.06, 0.2) * [1.6, 1.0, 1.0]
    colors = np.random.default_rng(0).integers(0, 255, (len(points), 3)).astype(np.uint8)
    order = np.random.default_rng(1).permutation(len(points))
    again = describe_object(points[order], colors[order]).cloud
    np.testing.assert_allclose(again, describe_object(points, colors).cloud, atol=1e-6)


def test_one_voxel_and_a_line_have_features():
    for points in (np.zeros((1, 3)), np.column_stack([np.arange(9) / 100, *np.zeros((2, 9))])):
        found = features(points)
        assert found.shape == (OBJECT_FEATURES,)
        assert np.isfinite(found).all()
        cloud = describe_object(points, np.zeros((len(points), 3), np.uint8)).cloud
        assert cloud.shape == (CLOUD_POINTS, CLOUD_NUMBERS)
        assert np.isfinite(cloud).all()


@pytest.mark.parametrize(('points', 'colors', 'message'), [
    (np.zeros((0, 3)), 0, r'points.shape=\(0, 3\)'), (np.zeros((4, 2)), 4, r'points.shape'),
    (np.full((2, 3), np.nan), 2, 'points: some are not finite'),
    (np.zeros((4, 3)), 3, 'colors: 3 rows')])
def test_what_is_no_object_is_refused(points, colors, message):
    with pytest.raises(ValueError, match=message):
        describe_object(points, np.zeros((colors, 3), np.uint8))


def test_a_memory_tells_what_is_told_without_it_and_only_once(monkeypatch):
    asked = []
    monkeypatch.setattr('omd3d_ros.segmentation.description_memory.describe_object',
                        lambda points, colors: asked.append(1) or describe_object(points, colors))
    memory, points = DescriptionMemory(), shell(0.1, 0.4, bottom=0.75).astype(np.float32)
    grey, red = np.full((len(points), 3), GREY, np.uint8), np.zeros((len(points), 3), np.uint8)
    red[:, 0] = 200
    for colors, floor, times in ((grey, 0.0, 1), (grey, 0.05, 1), (red, 0.0, 2), (grey, 0.0, 2)):
        told = memory.describe(points.copy(), colors.copy())
        assert (told.above(floor) == features(points, colors, floor)).all()
        assert told.largest == object_extent(points).max()
        assert len(asked) == times
    memory.describe(points + np.float32(0.001), grey)
    assert len(asked) == 3
