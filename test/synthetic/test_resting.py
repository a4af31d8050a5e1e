import numpy as np
import pytest

from omd3d_ros.synthetic.contact import first_contact
from omd3d_ros.synthetic.resting import resting_ways, tilted, turned
from omd3d_ros.synthetic.shapes import box, revolved
from omd3d_ros.synthetic.vessels import make_vessel

RED = (200, 20, 20)


def test_box_rests_on_each_of_its_six_faces():
    ways = resting_ways(box((0.1, 0.2, 0.3), RED))
    heights = sorted(round(float(np.ptp(turned(box((0.1, 0.2, 0.3), RED), way.turn)
                                        .vertices[:, 2])), 6) for way in ways)
    assert heights == [0.1, 0.1, 0.2, 0.2, 0.3, 0.3]
    assert ways[0].upright == pytest.approx(1)
    assert ways[-1].upright == pytest.approx(-1)


def test_cone_stands_on_its_base_and_lies_on_its_side_but_not_on_its_tip():
    cone = revolved([(0, 0), (0.05, 0), (0, 0.2)], RED)
    uprights = [way.upright for way in resting_ways(cone)]
    assert uprights[0] == pytest.approx(1)
    side = np.sin(np.arctan(0.05 / 0.2))
    assert uprights[1:] == pytest.approx([-side] * (len(uprights) - 1), abs=0.02)
    assert len(uprights) > 1


@pytest.mark.parametrize('name', ['bottle', 'cup', 'bowl', 'milk', 'mug'])
def test_turned_thing_stands_on_the_plane_and_its_centre_over_its_base(name):
    model = make_vessel(name, 3)
    ways = resting_ways(model)
    assert ways[0].upright == pytest.approx(1)
    for way in ways:
        np.testing.assert_allclose(way.turn @ way.turn.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(way.turn) == pytest.approx(1)
        low = turned(model, way.turn).vertices
        assert low[:, 2].min() == pytest.approx(0, abs=1e-9)
        assert (low[:, 2] < 1e-4).sum() >= 3


def test_tilted_top_moves_towards_the_heading():
    plain = box((0.05, 0.05, 0.3), RED)
    corners = np.unique(plain.vertices, axis=0, return_index=True)[1]  # each is there thrice
    top = plain.vertices[corners, 2] > 0.2
    for heading in (0.0, 1.0, 4.0):
        moved = tilted(plain, heading, 0.3).vertices[corners]
        way = moved[top].mean(axis=0) - moved[~top].mean(axis=0)
        np.testing.assert_allclose(way, 0.3 * np.array(
            [np.sin(0.3) * np.cos(heading), np.sin(0.3) * np.sin(heading), np.cos(0.3)]),
            atol=1e-12)


def test_contact_of_faces_edges_and_misses():
    low, high = box((0.2, 0.2, 0.1), RED), box((0.1, 0.1, 0.1), RED).placed(0, 0, 1, 0)
    down = np.array([0, 0, -1.0])
    assert first_contact(high, [low], down).distance == pytest.approx(0.9, abs=1e-5)
    # crossed boards meet at their edges, where neither has a corner
    plate = box((2, 0.02, 0.01), RED).placed(0, 0, 1, 0)
    ridge = box((0.02, 2, 0.3), RED)
    assert first_contact(plate, [ridge], down).distance == pytest.approx(0.7, abs=1e-4)
    assert first_contact(high.placed(1, 0, 0, 0), [low], down) is None
    side = first_contact(low.placed(-1, 0, 0, 0), [low], np.array([1.0, 0, 0]))
    assert side.distance == pytest.approx(0.8, abs=1e-5)
    assert side.point[0] == pytest.approx(-0.1, abs=1e-5)
