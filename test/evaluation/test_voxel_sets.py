import numpy as np
import pytest

from omd3d_ros.evaluation.voxel_sets import (
    joined,
    labels_of,
    set_overlaps,
    voxel_set,
    voxels_at,
)
from omd3d_ros.mapping.snapshot import MapSnapshot


def snapshot(points):
    n = len(points)
    return MapSnapshot('m', 1, 1, 0.1, np.array(points, np.float32).reshape(-1, 3),
                       np.zeros((n, 3), np.uint8), np.ones(n, np.uint32), np.ones(n, np.uint16),
                       np.ones(n, np.int64))


ROW = snapshot([[0.35, 0, 0], [0.05, 0, 0], [0.15, 0, 0]])


def test_points_find_the_voxel_they_lie_in_and_none_elsewhere():
    points = np.array([[0.09, 0.01, 0.09], [0.31, 0, 0], [0.25, 0, 0], [0.35, 0, -0.01]])
    assert voxels_at(points, ROW).tolist() == [1, 0, -1, -1]
    assert voxel_set(points, ROW).tolist() == [0, 1]
    assert voxels_at(points, snapshot([])).tolist() == [-1] * 4


def test_overlaps_are_intersection_over_union():
    first = [np.array([0, 1, 2]), np.array([], np.int64)]
    second = [np.array([1, 2, 3, 4]), np.array([0, 1, 2]), np.array([5])]
    assert set_overlaps(first, second, 6) == pytest.approx(
        np.array([[2 / 5, 1, 0], [0, 0, 0]]))
    assert set_overlaps([], second, 6).shape == (0, 3)
    assert set_overlaps(second, [], 6).shape == (3, 0)


def test_a_voxel_of_two_sets_gets_the_label_of_the_first():
    assert labels_of([np.array([1, 2]), np.array([2, 3])], 5).tolist() == [0, 1, 1, 2, 0]
    assert labels_of([], 2).tolist() == [0, 0]


def test_sets_are_joined_without_repeats():
    assert joined([np.array([1, 2]), np.array([2, 3])]).tolist() == [1, 2, 3]
    assert joined([]).tolist() == []
