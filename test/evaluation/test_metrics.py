"""Metrics against values worked out by hand."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.evaluation.metrics import (
    Detections,
    accuracy_at,
    average_precision,
    box_iou,
    clip_polygon,
    mask_iou,
    overlap_score,
    polygon_area,
    set_f1,
)
from omd3d_ros.segmentation.box import OrientedBox


def box(center, size, yaw=0.0):
    return OrientedBox(np.array(center, float), yaw, np.array(size, float))


lengths = st.floats(0.1, 3.0)
places = st.floats(-2.0, 2.0)
boxes = st.builds(
    lambda x, y, z, a, b, c, yaw: box((x, y, z), (a, b, c), yaw),
    places, places, places, lengths, lengths, lengths, st.floats(-1.57, 1.57))


def test_boxes_that_share_a_third_of_their_union():
    # two unit cubes, one moved by half its length: 0.5 common of 1.5
    assert box_iou(box((0, 0, 0), (1, 1, 1)), box((0.5, 0, 0), (1, 1, 1))) == pytest.approx(1 / 3)


def test_a_square_turned_by_45_degrees_shares_an_octagon():
    # unit square and itself turned by 45 degrees: an octagon of 2 sqrt(2) - 2
    octagon = 2 * math.sqrt(2) - 2
    iou = box_iou(box((0, 0, 0), (1, 1, 2)), box((0, 0, 0), (1, 1, 2), math.pi / 4))
    assert iou == pytest.approx(octagon / (2 - octagon))


def test_height_counts():
    # the same footprint, one box half above the other
    assert box_iou(box((0, 0, 0), (2, 1, 2)), box((0, 0, 1), (2, 1, 2))) == pytest.approx(1 / 3)
    assert box_iou(box((0, 0, 0), (1, 1, 1)), box((0, 0, 1), (1, 1, 1))) == 0


def test_a_small_box_inside_a_large_one_that_is_turned():
    iou = box_iou(box((1, 2, 3), (4, 4, 4), 0.3), box((1.2, 1.9, 3.1), (1, 2, 1), -0.7))
    assert iou == pytest.approx(2 / 64)


def test_flat_boxes_have_no_overlap():
    assert box_iou(box((0, 0, 0), (1, 1, 0)), box((0, 0, 0), (1, 1, 0))) == 0
    assert box_iou(box((0, 0, 0), (0, 0, 0)), box((0, 0, 0), (1, 1, 1))) == 0


@given(boxes, boxes)
@settings(max_examples=60, deadline=None)
def test_box_iou_agrees_with_counting_points(first, second):
    unit = np.random.default_rng(0).uniform(-0.5, 0.5, (60_000, 3))
    turn = np.array([[math.cos(first.yaw), math.sin(first.yaw), 0],
                     [-math.sin(first.yaw), math.cos(first.yaw), 0], [0, 0, 1]])
    points = unit * first.size @ turn + first.center
    back = np.array([[math.cos(second.yaw), -math.sin(second.yaw), 0],
                     [math.sin(second.yaw), math.cos(second.yaw), 0], [0, 0, 1]])
    inside = (np.abs((points - second.center) @ back) <= second.size / 2).all(axis=1)
    common = inside.mean() * first.size.prod()
    counted = common / (first.size.prod() + second.size.prod() - common)
    assert box_iou(first, second) == pytest.approx(counted, abs=0.03)


@given(boxes, boxes, st.floats(-3, 3))
@settings(max_examples=60, deadline=None)
def test_box_iou_is_symmetric_and_does_not_care_about_the_frame(first, second, angle):
    def moved(each):
        turn = np.array([[math.cos(angle), -math.sin(angle), 0],
                         [math.sin(angle), math.cos(angle), 0], [0, 0, 1]])
        return OrientedBox(turn @ each.center + [10, -20, 3], each.yaw + angle, each.size)

    iou = box_iou(first, second)
    assert 0 <= iou <= 1
    assert box_iou(second, first) == pytest.approx(iou, abs=1e-9)
    assert box_iou(moved(first), moved(second)) == pytest.approx(iou, abs=1e-9)
    assert box_iou(first, first) == pytest.approx(1)


def test_clipping_a_triangle_by_a_square():
    # the triangle's tip above y = 1 is cut off
    triangle = np.array([[0, 0], [2, 0], [1, 2]], float)
    window = np.array([[-1, -1], [3, -1], [3, 1], [-1, 1]], float)
    assert polygon_area(triangle) == pytest.approx(2)
    assert polygon_area(clip_polygon(triangle, window)) == pytest.approx(1.5)
    assert len(clip_polygon(triangle, window + np.array([10, 0]))) == 0


def test_masks():
    first = np.array([True, True, True, False, False])
    second = np.array([False, True, True, True, False])
    assert mask_iou(first, second) == 0.5
    assert mask_iou(first, ~first) == 0
    assert mask_iou(first & False, second & False) == 1
    with pytest.raises(ValueError, match='shape'):
        mask_iou(first, second[:3])


def test_accuracy_counts_what_reaches_the_threshold():
    result = accuracy_at([0.2, 0.25, 0.5, 0.9], 0.25)
    assert (result.share, result.count) == (0.75, 4)
    assert accuracy_at([], 0.5).count == 0
    with pytest.raises(ValueError, match='threshold=0'):
        accuracy_at([0.5], 0)


def test_set_f1_matches_one_to_one():
    # the second selection overlaps the same target: one hit of 2 selected, 2 targets
    assert set_f1(np.array([[0.6, 0.0], [0.6, 0.1]]), 0.5) == 0.5
    # the greedy choice (first row, first column) would leave the second row without a match
    assert set_f1(np.array([[0.9, 0.8], [0.7, 0.0]]), 0.5) == 1
    assert set_f1(np.zeros((0, 0)), 0.5) == 1
    assert set_f1(np.zeros((0, 3)), 0.5) == 0
    assert set_f1(np.array([[0.9], [0.1]]), 0.25) == pytest.approx(2 / 3)


def test_overlap_of_segments_with_objects():
    truth = np.array([0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    predicted = np.array([0, 5, 5, 5, 5, 5, 7, 7, 0, 0])
    # object 1 and segment 5: 4 of 4 and 5, F 8/9; object 2 and segment 7: 2 of 4 and 2, F 2/3
    score = overlap_score(predicted, truth)
    assert score.precision == pytest.approx(6 / 7)
    assert score.recall == pytest.approx(6 / 8)
    assert score.f == pytest.approx(0.8)
    assert score.found == 0.5


def test_overlap_matches_each_segment_once():
    # one segment for two objects finds one of them only; -1 is no segment
    score = overlap_score(np.array([3, 3, 3, 3, -1]), np.array([1, 1, 1, 2, 0]))
    assert score.precision == pytest.approx(3 / 4)
    assert score.recall == pytest.approx(3 / 4)
    assert score.found == 0.5  # F 6/7


def test_overlap_without_segments_or_objects():
    none, some = np.zeros(4, int), np.array([0, 1, 1, 0])
    assert overlap_score(none, some).f == 0
    assert overlap_score(some, none).f == 0
    assert overlap_score(none, none).f == 1


def test_average_precision_by_hand():
    # ranks: right, wrong, right of 3 objects: precision 1 and 2/3 at recall 1/3 and 2/3
    scene = Detections(
        np.array([0.9, 0.8, 0.7]), np.array([[0.6, 0, 0], [0.2, 0.3, 0], [0, 0.7, 0]]))
    assert average_precision([scene], 0.5) == pytest.approx((1 + 2 / 3) / 3)
    # at 0.25 the second is right too, and takes the object of the third
    assert average_precision([scene], 0.25) == pytest.approx(2 / 3)


def test_average_precision_ranks_over_all_scenes_and_counts_duplicates_as_wrong():
    first = Detections(np.array([0.5, 0.9]), np.array([[0.8], [0.9]]))
    second = Detections(np.array([0.4]), np.array([[1.0]]))
    # ranks: right (first scene), duplicate, right (second scene)
    assert average_precision([first, second], 0.5) == pytest.approx((1 + 2 / 3) / 2)
    nothing = Detections(np.zeros(0), np.zeros((0, 2)))
    assert average_precision([nothing], 0.5) == 0
    assert math.isnan(average_precision([Detections(np.zeros(0), np.zeros((0, 0)))], 0.5))


def test_precision_before_a_better_one_is_lifted():
    # wrong, right, right of 2: precision 1/2 at recall 1/2 is lifted to 2/3
    scene = Detections(np.array([3.0, 2.0, 1.0]), np.array([[0, 0], [1, 0], [0, 1.0]]))
    assert average_precision([scene], 0.5) == pytest.approx(2 / 3)


def test_detections_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match='scores'):
        Detections(np.zeros(2), np.zeros((3, 1)))
