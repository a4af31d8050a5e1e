import numpy as np
import pytest

from omd3d_ros.evaluation.command_scores import MaskCase, mean_chance, score_masks
from omd3d_ros.segmentation.scene import Outcome


def voxels(*ranges):
    return tuple(np.arange(*one) for one in ranges)


def case(targets, selected, candidates=(), any_target=False, outcome=Outcome.OK):
    return MaskCase('explicit', targets, any_target, outcome, selected, candidates, 100)


def test_one_target_is_compared_with_the_first_selection_only():
    score = score_masks(case(voxels((0, 10)), voxels((5, 15), (0, 10))))
    assert score.iou == pytest.approx(5 / 15)
    assert score.f1 == pytest.approx(2 / 3)  # two selected, one of them right


def test_where_any_will_do_the_best_target_counts():
    targets = voxels((0, 10), (20, 30))
    assert score_masks(case(targets, voxels((20, 30)), any_target=True)).iou == 1
    # where all are meant, half of them is half
    assert score_masks(case(targets, voxels((20, 30)))).iou == pytest.approx(0.5)


def test_several_targets_are_compared_as_one_mask():
    targets = voxels((0, 10), (20, 30))
    score = score_masks(case(targets, voxels((0, 10), (20, 30), (50, 60))))
    assert score.iou == pytest.approx(20 / 30)
    assert score.f1 == pytest.approx(2 * 2 / 5)


def test_chance_is_one_candidate_drawn_at_random():
    score = score_masks(case(voxels((0, 10)), (), voxels((0, 10), (0, 4), (50, 60), (70, 80))))
    assert score.iou == 0
    assert score.chances == pytest.approx([1, 0.4, 0, 0])
    assert score.chance_iou == pytest.approx(0.35)
    assert (score.chance_at(0.25), score.chance_at(0.5)) == (0.5, 0.25)
    assert score.chance_f1 == pytest.approx(0.5)
    assert score.is_reachable(0.5)
    assert mean_chance([score, score], 0.5) == 0.25
    assert mean_chance([], 0.5) is None


def test_an_empty_map_and_an_empty_answer_score_nothing():
    score = score_masks(case(voxels((0, 10)), (), (), outcome=Outcome.NOT_FOUND))
    assert (score.iou, score.f1, score.rejected, score.chance_iou) == (0, 0, True, 0)
    assert not score.is_reachable(0.25)


def test_a_command_without_targets_has_no_score():
    with pytest.raises(ValueError, match='no targets'):
        score_masks(case((), ()))
