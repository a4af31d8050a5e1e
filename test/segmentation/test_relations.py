import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.relations import (
    behind,
    beneath,
    between,
    gap,
    in_front_of,
    inside,
    left_of,
    level_viewpoint,
    on_top_of,
    right_of,
)

HERE = np.eye(4)
FLIPPED = {left_of: right_of, behind: in_front_of}
relaxed = settings(max_examples=60, deadline=None,
                   suppress_health_check=[HealthCheck.too_slow])


def box(x, y, z=0.5, size=(0.2, 0.2, 0.2), yaw=0.0):
    return OrientedBox(np.array([x, y, z], float), yaw, np.array(size, float))


def pose(x=0.0, y=0.0, yaw=0.0, pitch=0.0, z=1.0):
    turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
    tilt = np.array([[np.cos(pitch), 0, np.sin(pitch)], [0, 1, 0],
                     [-np.sin(pitch), 0, np.cos(pitch)]])
    made = np.eye(4)
    made[:3, :3] = turn @ tilt
    made[:3, 3] = [x, y, z]
    return made


boxes = st.builds(
    box, st.floats(0.5, 4), st.floats(-2, 2), st.floats(0, 1),
    st.tuples(*[st.floats(0.05, 1.0)] * 3), st.floats(-1.5, 1.5))
yaws = st.floats(-3, 3)


def test_left_and_right_are_the_viewers():
    mug, lamp = box(2, 0.5), box(2, -0.5)
    assert left_of(mug, lamp, HERE) is True
    assert right_of(mug, lamp, HERE) is False
    from_the_other_side = pose(4, 0, np.pi)
    assert left_of(mug, lamp, from_the_other_side) is False
    assert right_of(mug, lamp, from_the_other_side) is True


def test_in_front_is_nearer_and_behind_is_farther():
    near, far = box(1, 0), box(3, 0.1)
    assert in_front_of(near, far, HERE) is True
    assert behind(near, far, HERE) is False
    assert behind(far, near, HERE) is True
    assert left_of(far, near, HERE) is False  # 87 degrees off


@pytest.mark.parametrize(('x', 'y', 'expected'), [
    (2.0, 1.0, True), (2.5, 0.7, True),  # 0 and 36 degrees from due left
    (2.8, 0.7, None),  # 49 degrees
    (3.5, 0.3, False),  # 79 degrees
    (2.0, 0.03, False),  # in one place
    (2.0, 0.15, None),  # overlaps by a quarter of its width
    (2.0, -1.0, False)])
def test_left_is_undecided_on_the_diagonal_and_where_things_overlap(x, y, expected):
    assert left_of(box(x, y), box(2, 0, size=(0.2, 0.25, 0.2)), HERE) is expected


def test_a_chair_beside_a_long_table_is_left_of_it_at_either_end():
    table = box(3, 0, size=(2.0, 1.0, 0.7))
    assert left_of(box(3.8, 0.8), table, HERE) is True
    assert left_of(box(2.2, 0.8), table, HERE) is True


def test_what_is_behind_the_viewer_has_no_side():
    assert left_of(box(-1, 1), box(2, 0), HERE) is None
    assert behind(box(2, 1), box(-2, 0), HERE) is None


def test_what_is_left_in_metres_but_not_in_the_picture_is_undecided():
    far, near = box(6, 0.9), box(1.0, 0.6)
    assert left_of(far, near, HERE) is not True


def test_a_viewpoint_that_looks_down_sees_left_where_it_would_looking_ahead():
    mug, lamp = box(2, 0.5), box(2, -0.5)
    assert left_of(mug, lamp, pose(pitch=1.2)) is True


def test_a_viewpoint_without_heading_is_refused():
    with pytest.raises(ValueError, match='heading'):
        level_viewpoint(pose(pitch=np.pi / 2))
    with pytest.raises(ValueError, match='finite'):
        left_of(box(1, 0), box(2, 0), np.full((4, 4), np.nan))


@pytest.mark.parametrize(('x', 'z', 'expected'), [
    (0.0, 0.81, True),  # base at the top, 0.71 m, of the table
    (0.0, 0.88, None),  # 8 cm above it
    (0.0, 0.95, False), (0.52, 0.81, None), (0.7, 0.81, False),  # over the edge, beside
    (0.0, 0.3, False)])
def test_on_top_is_contact_of_base_and_top(x, z, expected):
    table = box(0, 0, 0.355, (1.0, 1.0, 0.71))
    assert on_top_of(box(x, 0, z), table) is expected


def test_beneath_is_below_or_among_the_legs():
    table = box(0, 0, 0.36, (1.0, 1.0, 0.72))
    assert beneath(box(0.1, 0, 0.15, (0.3, 0.3, 0.3)), table) is True
    assert beneath(box(0.1, 0, 0.5), table) is None  # on a shelf, or in a drawer
    assert beneath(box(0.1, 0, 0.82), table) is False
    assert beneath(box(0.9, 0, 0.15), table) is False
    assert beneath(table, box(0, 0, 1.8)) is True  # a lamp hangs above it


def test_inside_is_held_and_mostly_below_the_rim():
    bowl = box(0, 0, 0.05, (0.3, 0.3, 0.1))
    assert inside(box(0, 0, 0.06, (0.08, 0.08, 0.08)), bowl) is True
    assert inside(box(0, 0, 0.125, (0.08, 0.08, 0.25)), bowl) is None  # most sticks out
    assert inside(box(0, 0, 0.15, (0.08, 0.08, 0.08)), bowl) is False
    assert inside(box(0.4, 0, 0.05, (0.08, 0.08, 0.08)), bowl) is False
    assert inside(bowl, box(0, 0, 0.06, (0.08, 0.08, 0.08))) is False


def test_between_is_near_the_middle_of_the_line():
    left, right = box(2, 1), box(2, -1)
    assert between(box(2.2, 0), left, right) is True
    assert between(box(2.7, 0), left, right) is None
    assert between(box(4.0, 0), left, right) is False
    assert between(box(2, 1.3), left, right) is False
    assert between(box(2, 0.75), left, right) is None


def test_the_gap_is_between_the_faces():
    assert gap(box(0, 0), box(1, 0)) == pytest.approx(0.8)
    assert gap(box(0, 0), box(0.1, 0)) == 0
    assert gap(box(0, 0, 0.1), box(0, 0, 1.1)) == pytest.approx(0.8)
    turned = box(1, 0, yaw=np.pi / 4)
    assert gap(box(0, 0), turned) == pytest.approx(1 - 0.1 - 0.1 * np.sqrt(2))
    assert gap(box(0, 0, size=(0, 0, 0)), box(3, 4, size=(0, 0, 0))) == pytest.approx(5)


@given(boxes, boxes, yaws)
@relaxed
def test_opposite_relations_exclude_and_mirror_each_other(one, other, yaw):
    here = pose(yaw=yaw * 0.1)
    for relation, opposite in FLIPPED.items():
        assert relation(one, other, here) == opposite(other, one, here)
        if relation(one, other, here):
            assert relation(other, one, here) is False
            assert opposite(one, other, here) is False


@given(boxes, boxes, yaws, st.floats(-5, 5), st.floats(-5, 5))
@relaxed
def test_moving_scene_and_viewpoint_together_changes_nothing(one, other, yaw, x, y):
    move = pose(x, y, yaw, z=0.7)
    moved = [known.moved(move) for known in (one, other)]
    for relation in (left_of, right_of, in_front_of, behind):
        assert relation(one, other, HERE) == relation(*moved, move @ HERE)
    for relation in (on_top_of, beneath, inside):
        assert relation(one, other) == relation(*moved)
    assert gap(one, other) == pytest.approx(gap(*moved), abs=1e-9)


@given(boxes, boxes, boxes)
@relaxed
def test_between_does_not_care_which_is_named_first(one, first, second):
    assert between(one, first, second) == between(one, second, first)


@given(boxes, boxes)
@relaxed
def test_the_gap_is_symmetric_and_no_longer_than_the_way_between_centers(one, other):
    assert gap(one, other) == pytest.approx(gap(other, one), abs=1e-9)
    assert gap(one, other) <= np.linalg.norm(one.center - other.center) + 1e-9


@given(boxes, boxes)
@relaxed
def test_the_gap_is_that_of_points_spread_over_the_outlines(one, other):
    flat = [OrientedBox(np.append(known.center[:2], 0), known.yaw,
                        np.append(known.size[:2], 0)) for known in (one, other)]
    steps = np.linspace(0, 1, 21)[:, None]
    points = []
    for known in flat:
        a, b, c, d = known.footprint()
        points.append(np.concatenate([p + steps * (q - p)
                                      for p, q in ((a, b), (b, c), (c, d), (d, a))]))
    apart = np.linalg.norm(points[0][:, None] - points[1][None], axis=2).min()
    assert gap(*flat) <= apart + 1e-9
    if gap(*flat) > 0:
        assert gap(*flat) >= apart - 0.06


