import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.comparisons import (
    farthest,
    farthest_from_viewpoint,
    from_left,
    highest,
    largest,
    lowest,
    nearest,
    nearest_to_viewpoint,
    shortest,
    smallest,
    tallest,
)

HERE = np.eye(4)


def box(x, y, z=0.5, size=(0.2, 0.2, 0.2), yaw=0.0):
    return OrientedBox(np.array([x, y, z], float), yaw, np.array(size, float))


def test_the_nearest_is_so_by_gap_and_by_center():
    lamp = box(0, 0)
    assert nearest([box(2, 0), box(1, 0), box(3, 0)], lamp) == 1
    assert farthest([box(2, 0), box(1, 0), box(3, 0)], lamp) == 2
    assert nearest([box(1, 0), box(0, 1.05)], lamp) is None
    long_sofa, small_box = box(2.2, 0, size=(4, 0.5, 0.5)), box(1.0, 0)
    assert nearest([long_sofa, small_box], lamp) is None  # its end is nearer, its centre not


def test_one_alone_is_nearest_and_largest():
    assert nearest([box(2, 0)], box(0, 0)) == 0
    assert largest([box(2, 0)]) == 0
    assert from_left([box(2, 0)], HERE) == (0,)


def test_none_of_nothing():
    assert nearest([], box(0, 0)) is None
    assert largest([]) is None
    assert from_left([], HERE) is None


def test_the_viewpoint_measures_on_the_floor_plan():
    things = [box(1, 0, 3.0), box(2, 0, 0.0)]
    assert nearest_to_viewpoint(things, HERE) == 0
    assert farthest_from_viewpoint(things, HERE) == 1


def test_a_row_is_counted_from_the_viewers_left():
    row = [box(2, -0.5), box(2, 0.5), box(2, 0)]
    assert from_left(row, HERE) == (1, 2, 0)
    back = np.diag([-1.0, -1, 1, 1])
    back[0, 3] = 4
    assert from_left(row, back) == (0, 2, 1)


def test_no_row_where_two_stand_behind_each_other_or_behind_the_viewer():
    assert from_left([box(2, 0), box(3, 0.02)], HERE) is None
    assert from_left([box(2, 0), box(-1, 1)], HERE) is None
    assert from_left([box(1, 0.4), box(5, 0.9)], HERE) is None  # metres and degrees disagree


def test_size_is_compared_in_length_and_volume():
    small, big = box(0, 0, size=(0.1, 0.1, 0.1)), box(0, 0, size=(0.2, 0.2, 0.2))
    assert largest([small, big]) == 1
    assert smallest([small, big]) == 0
    assert largest([big, box(0, 0, size=(0.21, 0.2, 0.2))]) is None
    assert largest([big, box(0, 0, size=(0.6, 0.05, 0.05))]) is None  # longer, but less of it


def test_height_is_of_the_thing_and_of_its_place():
    low, high = box(0, 0, 0.5, (0.2, 0.2, 0.1)), box(0, 0, 0.5, (0.2, 0.2, 0.3))
    assert tallest([low, high]) == 1
    assert shortest([low, high]) == 0
    assert highest([box(0, 0, 1.0), box(0, 0, 0.5)]) == 0
    assert lowest([box(0, 0, 1.0), box(0, 0, 0.5)]) == 1
    assert highest([box(0, 0, 1.0), box(0, 0, 0.95)]) is None


@given(st.lists(st.tuples(*[st.floats(0.5, 4)] * 3, *[st.floats(0.05, 1)] * 3),
                min_size=1, max_size=5), st.permutations(range(5)))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_the_winner_does_not_depend_on_the_order(rows, order):
    boxes = [box(x, y - 2, z, (a, b, c)) for x, y, z, a, b, c in rows]
    order = [place for place in order if place < len(boxes)]
    mixed = [boxes[place] for place in order]
    for compare in (largest, smallest, tallest, shortest, highest, lowest,
                    lambda some: nearest(some, box(0, 0)),
                    lambda some: farthest_from_viewpoint(some, HERE)):
        winner, other = compare(boxes), compare(mixed)
        assert (winner is None) == (other is None)
        if winner is not None:
            assert boxes[winner] is mixed[other]


def test_a_viewpoint_must_be_a_pose():
    with pytest.raises(ValueError, match='map_from_viewpoint'):
        from_left([box(1, 0)], np.eye(3))
