import numpy as np
import pytest

from omd3d_ros.synthetic.footprint import footprint_of
from omd3d_ros.synthetic.model import joined
from omd3d_ros.synthetic.shapes import box
from omd3d_ros.synthetic.support_levels import support_levels

WOOD = (150, 110, 70)


def _case(back=True, front=False):
    """A case 0.8 wide, 0.3 deep, 1.2 high with boards at 0.1, 0.5 and a top."""
    parts = [box((0.02, 0.3, 1.2), WOOD).placed(i * 0.39, 0, 0, 0) for i in (-1, 1)]
    parts += [box((0.76, 0.3, 0.02), WOOD).placed(0, 0, z, 0) for z in (0.1, 0.5, 1.18)]
    if back:
        parts.append(box((0.8, 0.01, 1.2), WOOD).placed(0, 0.145, 0, 0))
    if front:
        parts.append(box((0.8, 0.01, 1.2), WOOD).placed(0, -0.155, 0, 0))
    return joined(*parts)


def test_boards_of_an_open_case_are_levels_and_its_top_is_not_covered():
    levels = support_levels(_case())
    assert [round(one.height, 2) for one in levels] == [1.2, 0.52, 0.12]
    assert [one.covered for one in levels] == [False, True, True]
    middle = levels[1].headroom[len(levels[1].x) // 2, len(levels[1].y) // 2]
    assert middle == pytest.approx(0.66, abs=1e-3)


def test_boards_behind_a_door_cannot_be_reached():
    levels = support_levels(_case(front=True))
    assert [round(one.height, 2) for one in levels] == [1.2]


def test_a_seat_is_the_level_that_the_catalogue_names_not_the_backrest():
    seat = box((1.6, 0.8, 0.42), WOOD)
    backrest = box((1.6, 0.25, 0.45), WOOD).placed(0, 0.275, 0.42, 0)
    sofa = joined(seat, backrest)
    assert [round(one.height, 2) for one in support_levels(sofa)] == [0.87, 0.42]
    assert [round(one.height, 2) for one in support_levels(sofa, 0.43)] == [0.42]


def test_gap_of_turned_rectangles_by_hand():
    flat = np.array([[-1.0, -0.5, 0], [1, -0.5, 0], [1, 0.5, 1], [-1, 0.5, 1]])
    one = footprint_of(flat, 0.0)
    np.testing.assert_allclose(one.half, [1, 0.5])
    c, s = np.cos(np.pi / 4), np.sin(np.pi / 4)
    turn = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    square = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 1], [-0.5, 0.5, 1]])
    other = footprint_of(square @ turn.T + [2.0, 0, 0], np.pi / 4)
    np.testing.assert_allclose(other.half, [0.5, 0.5])
    assert one.gap(other) == pytest.approx(2 - 1 - np.sqrt(0.5))
    assert one.overlaps(other, 0.3)
    assert not one.overlaps(other, 0.29)
    assert one.holds(np.array([[0.99, 0.49], [1.01, 0.0]])).tolist() == [True, False]
