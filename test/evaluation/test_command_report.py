import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omd3d_ros.evaluation.command_report import (
    CommandPrediction,
    report_commands,
    score_command,
)
from omd3d_ros.evaluation.real_commands import RealCommand, RealObject
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import Outcome


def cube(x):
    """A unit cube at x: cubes d apart overlap by (1 - d) / (1 + d)."""
    return OrientedBox(np.array([x, 0.0, 0.5]), 0.0, np.ones(3))


def command(*places, kind='explicit'):
    targets = tuple(RealObject(f'thing {x}', (), cube(x)) for x in places)
    return RealCommand('room', 'Bring it.', kind, targets)


def prediction(*places, outcome=Outcome.OK, candidates=()):
    return CommandPrediction(
        outcome, tuple(map(cube, places)), tuple(map(cube, candidates)))


def test_a_box_half_a_cube_off_counts_at_a_quarter_and_not_at_a_half():
    loose = score_command(command(0), prediction(0.5), 0.25)
    assert loose.best_iou == pytest.approx(1 / 3)
    assert (loose.first, loose.hit, loose.f1) == (True, True, 1.0)
    strict = score_command(command(0), prediction(0.5), 0.5)
    assert (strict.first, strict.hit, strict.f1) == (False, False, 0.0)


def test_a_target_among_the_rest_of_a_selection_is_a_hit_but_not_the_first():
    score = score_command(command(0), prediction(7, 0), 0.25)
    assert (score.first, score.hit) == (False, True)
    assert score.f1 == pytest.approx(2 / 3)   # precision 1/2, recall 1
    assert score.best_iou == pytest.approx(1)


@pytest.mark.parametrize(('selected', 'f1'), [
    ((0, 5), 1.0),
    ((0,), 2 / 3),            # precision 1, recall 1/2
    ((0, 9), 1 / 2),          # precision 1/2, recall 1/2
    ((0, 0.1), 1 / 2),        # two boxes on one target count once
    ((0, 5, 9, 12), 2 / 3),   # precision 1/2, recall 1
    ((), 0.0),
])
def test_plural_commands_are_scored_as_sets(selected, f1):
    score = score_command(command(0, 5, kind='plural'), prediction(*selected), 0.25)
    assert score.f1 == pytest.approx(f1)


def test_boxes_are_matched_one_to_one_in_the_best_way():
    # The first box fits both targets, the second only the first target: both can be matched.
    targets = command(0, 0.5, kind='plural')
    assert score_command(targets, prediction(0.25, -0.4), 0.25).f1 == 1
    assert score_command(targets, prediction(-0.4, 0.25), 0.25).f1 == 1


def test_chance_is_the_share_of_the_candidates_that_are_targets():
    score = score_command(command(0), prediction(candidates=(0, 3, 6, 9)), 0.25)
    assert (score.chance, score.reachable) == (0.25, True)
    plural = command(0, 3, kind='plural')
    assert score_command(plural, prediction(candidates=(0, 3, 6, 9)), 0.25).chance == 0.5
    lost = score_command(command(20), prediction(candidates=(0, 3)), 0.25)
    assert (lost.chance, lost.reachable) == (0, False)
    assert score_command(command(0), prediction(), 0.25).chance == 0


def test_the_report_counts_kinds_and_rejections():
    absent = command(kind='not_there')
    commands = [command(0), command(0), command(0, 5, kind='plural'), absent, absent, absent]
    predictions = [
        prediction(0, candidates=(0, 5)),
        prediction(outcome=Outcome.NOT_FOUND, candidates=(0, 5)),
        prediction(5, outcome=Outcome.LOW_CONFIDENCE, candidates=(0, 5)),
        prediction(outcome=Outcome.NOT_FOUND, candidates=(0, 5)),
        prediction(0, candidates=(0, 5)),
        prediction(0, outcome=Outcome.LOW_CONFIDENCE, candidates=(0, 5)),
    ]
    report = report_commands(commands, predictions)
    explicit, plural, everything = report.found
    assert (explicit.kind, explicit.commands, explicit.first) == ('explicit', 2, 0.5)
    assert (explicit.f1, explicit.chance, explicit.reachable) == (0.5, 0.5, 1.0)
    assert (plural.kind, plural.commands, plural.first, plural.chance) == ('plural', 1, 1, 1)
    assert plural.f1 == pytest.approx(2 / 3)
    assert (everything.kind, everything.commands) == ('all', 3)
    assert everything.first == pytest.approx(2 / 3)
    assert everything.f1 == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert (report.not_there, report.not_found) == (3, pytest.approx(1 / 3))
    assert report.false_rejects == pytest.approx(1 / 3)


def test_the_table_shows_percents_and_the_json_every_command():
    commands = [command(0), command(kind='not_there')]
    predictions = [prediction(0.5, candidates=(0, 3, 6)), prediction(outcome=Outcome.NOT_FOUND)]
    report = report_commands(commands, predictions)
    lines = report.table().splitlines()
    assert lines[0].split() == [
        'kind', 'commands', 'Acc@0.25', 'any@0.25', 'F1@0.25', 'chance', 'ceiling']
    assert lines[1].split() == ['explicit', '1', '100.0', '100.0', '100.0', '33.3', '100.0']
    assert lines[2].split()[:3] == ['all', '1', '100.0']
    assert lines[3].startswith('not there: 1 commands, 100.0 % answered NOT_FOUND; 0.0 %')
    tree = json.loads(json.dumps(report.as_json()))
    assert tree['not_there'] == {'commands': 1, 'not_found_accuracy': 1.0}
    assert tree['found'][0]['chance'] == pytest.approx(1 / 3)
    assert tree['commands'][0]['targets'] == ['thing 0']
    assert tree['commands'][0]['best_iou'] == 0.333
    assert tree['commands'][1]['rejected'] is True


def test_a_report_without_absent_objects_or_without_commands_says_so():
    only_found = report_commands([command(0)], [prediction(0)])
    assert only_found.not_found is None
    assert 'not there: 0 commands, none' in only_found.table()
    nothing = report_commands([], [])
    assert (nothing.found, nothing.not_found, nothing.false_rejects) == ((), None, None)


def test_wrong_input_is_refused_by_name():
    with pytest.raises(ValueError, match='predictions: 0 of them for 1 commands'):
        report_commands([command(0)], [])
    with pytest.raises(ValueError, match='threshold=0'):
        report_commands([], [], threshold=0)


PLACES = st.lists(st.floats(-3, 3), max_size=5)


@given(targets=PLACES, selected=PLACES, data=st.data())
def test_only_the_first_hit_depends_on_the_order_of_the_selection(targets, selected, data):
    shuffled = data.draw(st.permutations(selected))
    meant = command(*targets, kind='plural')
    a, b = (score_command(meant, prediction(*order), 0.25) for order in (selected, shuffled))
    assert (a.best_iou, a.hit, a.f1) == (b.best_iou, b.hit, b.f1)
    assert 0 <= a.f1 <= 1
    assert a.hit >= a.first
    assert (a.f1 > 0) == a.hit or not (targets or selected)
