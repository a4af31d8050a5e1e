import numpy as np
import pytest

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.operations import OPERATIONS, carry_out

POSE = np.eye(4)  # at the origin, looking along x, y to the left


def cube(x, y, z=0.05, size=0.1):
    return OrientedBox(np.array([x, y, z]), 0.0, np.full(3, size))


ROW = [cube(2, 0.6), cube(2, 0.0), cube(2, -0.6), cube(3, 0.0, size=0.3)]


def best(operation, boxes=ROW, odds=None, references=(), pose=POSE):
    odds = np.ones(len(boxes)) if odds is None else np.array(odds, float)
    return carry_out(operation, boxes, odds, references, pose, 0.0)


@pytest.mark.parametrize(('operation', 'place'), [
    ('leftmost', 0), ('rightmost', 2), ('farthest', 3), ('largest', 3), ('tallest', 3),
    ('0 from left', 0), ('0 from right', 2)])
def test_what_stands_out_is_picked(operation, place):
    found = best(operation, odds=[9.0] * 4)
    assert found[place] == pytest.approx(0, abs=1e-3)
    assert (np.delete(found, place) < -5).all()


def chosen(operation, odds):
    return int((np.array(odds) + best(operation, odds=odds)).argmax())


def test_only_what_is_named_competes():
    assert chosen('leftmost', [-4, 3, 3, -4]) == 1
    assert chosen('1 from right', [3, 3, 3, -4]) == 1


def test_what_is_named_for_sure_stands_before_what_hardly_is():
    assert chosen('leftmost', [-3, -1, -2, -9]) == 1
    assert chosen('leftmost', [-1, 4, 4, -9]) == 1
    assert chosen('leftmost', [3, 4, 4, -9]) == 0


def test_the_odds_are_those_of_how_many_named_ones_come_before():
    each = np.array([0.9, 0.5, 0.2])
    found = np.exp(best('2 from left', ROW[:3], np.log(each / (1 - each))))
    assert found[2] == pytest.approx(each[0] * each[1], abs=1e-6)
    second = np.exp(best('1 from left', ROW[:3], np.log(each / (1 - each))))
    assert second[1] == pytest.approx(each[0])
    assert second[2] == pytest.approx(0.9 * 0.5 + 0.1 * 0.5)


def test_the_first_is_hardly_said_of_one_alone():
    alone = np.exp(best('leftmost', ROW[:2], [9.0, -9.0]))
    assert alone[0] == pytest.approx(0.1, abs=1e-3)
    rivalled = np.exp(best('leftmost', ROW[:2], [9.0, 0.0]))
    assert rivalled[0] == pytest.approx(1 - 0.9 * 0.5, abs=1e-3)


@pytest.mark.parametrize(('operation', 'true', 'false'), [
    ('left of', 0, 2), ('right of', 2, 0), ('behind', 3, 0)])
def test_relations_are_told_from_the_middle_one(operation, true, false):
    found = best(operation, references=[1])
    assert found[true] == 0
    assert found[false] < -5
    assert found[1] < -5, 'a thing is not left of itself'


def test_nearest_and_farthest_skip_the_reference():
    assert best('nearest to', odds=[1, 1, 1, -1], references=[1]).argmax() in (0, 2)
    assert best('farthest from', odds=[1, 1, 1, -1], references=[0]).argmax() == 2


def test_between_needs_both_ends():
    assert best('between', references=[0, 2])[1] == 0
    assert (best('between', references=[0]) == 0).all()


def test_a_cup_stands_on_a_table_and_on_a_seat_whose_back_is_higher():
    table = OrientedBox(np.array([2, 0, 0.35]), 0.0, np.array([1.0, 0.8, 0.7]))
    cup = cube(2.1, 0.1, 0.75)
    assert best('on', [table, cup, cube(3, 1)], references=[0]).argmax() == 1
    chair = OrientedBox(np.array([2, 0, 0.45]), 0.0, np.array([0.5, 0.5, 0.9]))
    assert best('on', [chair, cube(2, 0, 0.5), cube(3, 1)], references=[0]).argmax() == 1


def test_sides_and_floor():
    around = [cube(0, 2), cube(0, -2), cube(-2, 0), cube(2, 0, 1.0)]
    for operation, place in (('your_left', 0), ('your_right', 1), ('behind_you', 2)):
        assert best(operation, around).argmax() == place
    assert best('on_floor', around).tolist()[3] < -5


def test_without_a_viewpoint_or_reference_nothing_changes():
    assert (best('leftmost', pose=None) == 0).all()
    assert (best('left of', references=()) == 0).all()
    assert (best('none') == 0).all()


@pytest.mark.parametrize('operation', OPERATIONS)
def test_every_operation_takes_any_scene(operation):
    rng = np.random.default_rng(3)
    for count in (0, 1, 2, 6):
        boxes = [OrientedBox(rng.normal(0, 2, 3), rng.normal(), rng.uniform(0.01, 2, 3))
                 for _ in range(count)]
        found = best(operation, boxes, rng.normal(0, 1, count), list(range(min(count, 2))))
        assert found.shape == (count,)
        assert np.isfinite(found).all()
        assert (found <= 0).all()


def test_an_unknown_operation_is_refused():
    with pytest.raises(ValueError, match='operation'):
        best('above')
