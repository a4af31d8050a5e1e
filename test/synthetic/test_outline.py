import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.synthetic.outline import area, contains, gap, outline_of

SQUARE = outline_of(np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0.5, 0.5]]))


def moved(outline, x, y):
    return outline + np.array([x, y])


def test_outline_leaves_out_what_is_inside():
    assert len(SQUARE) == 4
    assert area(SQUARE) == pytest.approx(1.0)
    with pytest.raises(ValueError, match='points'):
        outline_of(np.array([[0, 0], [1, 1], [2, 2]]))


def test_gap_is_the_way_between_sides_and_between_corners():
    assert gap(SQUARE, moved(SQUARE, 1.25, 0)) == pytest.approx(0.25)
    assert gap(SQUARE, moved(SQUARE, 1.3, 1.4)) == pytest.approx(0.5)  # 3-4-5 from corner to corner
    assert gap(SQUARE, moved(SQUARE, 0.9, 0)) == pytest.approx(-0.1)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.floats(0, 2))
def test_gap_is_that_of_the_nearest_points(seed, away):
    rng = np.random.default_rng(seed)
    one, two = outline_of(rng.normal(0, 1, (12, 2))), outline_of(rng.normal(0, 1, (12, 2)))
    two = moved(two, one[:, 0].max() - two[:, 0].min() + away, 0)
    share = np.linspace(0, 1, 90, endpoint=False)[:, None, None]

    def rim(outline):
        return (outline * (1 - share) + np.roll(outline, -1, axis=0) * share).reshape(-1, 2)

    nearest = np.linalg.norm(rim(one)[:, None] - rim(two)[None], axis=2).min()
    found = gap(one, two)
    assert found >= away - 1e-9
    assert found <= nearest + 1e-9
    assert nearest - found < 0.08  # the samples' spacing


def test_contains_keeps_a_margin():
    assert contains(SQUARE, np.array([0.5, 0.9]), margin=0.05)
    assert not contains(SQUARE, np.array([0.5, 0.97]), margin=0.05)
