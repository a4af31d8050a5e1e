import math

import numpy as np
import pytest

from omd3d_ros.evaluation.figure import Figure, drawn_figure, mean_figure


def test_a_mean_is_over_cases_and_not_over_scenes():
    figure = mean_figure('share', [[1, 1, 1], [0]], 0.25, np.random.default_rng(0))
    assert (figure.value, figure.count, figure.chance) == (0.75, 4, 0.25)
    # drawn anew, the two scenes give 1, 0 or .75: a quarter, a quarter, a half of the draws
    assert (figure.low, figure.high) == (0.0, 1.0)


def test_scenes_that_agree_leave_no_doubt():
    figure = mean_figure('share', [[0.5, 0.5]] * 9, None, np.random.default_rng(0))
    assert (figure.value, figure.low, figure.high) == (0.5, 0.5, 0.5)


def test_the_interval_of_many_scenes_is_that_of_the_normal_distribution():
    values = np.random.default_rng(1).normal(size=400)
    figure = mean_figure('mean', [[value] for value in values], None, np.random.default_rng(2))
    half = 1.96 * values.std() / math.sqrt(400)
    assert figure.high - figure.value == pytest.approx(half, rel=0.15)
    assert figure.value - figure.low == pytest.approx(half, rel=0.15)


def test_the_same_generator_gives_the_same_interval():
    scenes = [[float(i)] for i in range(7)]
    once, again = (mean_figure('x', scenes, None, np.random.default_rng(3)) for _ in range(2))
    assert once == again


def test_nothing_measured_is_not_a_number_and_null_in_json():
    figure = mean_figure('x', [[], []], 0.5, np.random.default_rng(0))
    assert math.isnan(figure.value)
    assert figure.count == 0
    assert figure.as_json()['value'] is None


def test_a_statistic_of_scenes_gets_scenes_more_than_once():
    seen = []

    def statistic(scenes):
        seen.append(sorted(scenes.tolist()))
        return float(len(set(scenes.tolist())))

    figure = drawn_figure('kinds', statistic, 5, 50, None, np.random.default_rng(0), draws=20)
    assert seen[0] == [0, 1, 2, 3, 4]
    assert any(len(set(scenes)) < 5 for scenes in seen[1:])
    assert figure.value == 5
    assert figure.high < 5.1


def test_cells_show_a_missing_chance_as_a_dash():
    assert Figure('x', 0.5, 8, None, 0.25, 0.75).cells() == (
        'x', '0.500', '0.250 .. 0.750', '-', '8')
