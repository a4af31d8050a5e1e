"""The trained 3D language model, on a scene made by hand."""

import dataclasses
import shutil

import numpy as np
import pytest
import torch
from scipy.special import expit

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_reasoner import (
    _distinct,
    _placed,
    trained_reasoner,
)
from omd3d_ros.segmentation.model_settings import LanguageModelSettings, ReasonerSettings
from omd3d_ros.segmentation.scene import ObjectState, Outcome, Scene, SceneObject, Selection
from omd3d_ros.segmentation.scene_reader import SceneReader
from omd3d_ros.segmentation.weights_file import SHIPPED

THINGS = (  # id, name, colour, centre, size
    ('object-1', 'mug', (200, 20, 20), (1.0, 0.4, 0.8), (0.1, 0.1, 0.1)),
    ('object-2', 'mug', (20, 40, 200), (1.0, -0.4, 0.8), (0.1, 0.1, 0.1)),
    ('object-3', 'sofa', (90, 90, 90), (3.0, 1.5, 0.4), (1.9, 0.9, 0.8)),
    ('object-4', 'table', (150, 100, 60), (1.0, 0.0, 0.37), (0.8, 1.4, 0.74)),
    ('object-5', 'teddy bear', (150, 100, 40), (3.0, 1.3, 0.95), (0.3, 0.3, 0.35)),
    ('object-6', 'lamp', (240, 240, 230), (4.0, -1.5, 0.8), (0.3, 0.3, 1.5)))


def an_object(name, label, color, center, size):
    rng = np.random.default_rng(0)
    points = (np.array(center) + rng.uniform(-0.5, 0.5, (200, 3)) * size).astype(np.float32)
    return SceneObject(
        name, (label,), (0.9,), 0.9, points, np.tile(np.uint8(color), (200, 1)),
        points.mean(axis=0).astype(float), np.cov(points.T.astype(float), bias=True),
        OrientedBox(np.array(center), 0.0, np.array(size)), 5, 1, 1, ObjectState.CONFIRMED)


@pytest.fixture(scope='module')
def scene():
    return Scene('map', 1, 1, tuple(an_object(*thing) for thing in THINGS))


@pytest.fixture(scope='module')
def language_model():
    return LanguageModel(LanguageModelSettings())


@pytest.fixture(scope='module')
def reasoner(language_model):
    return trained_reasoner(ReasonerSettings(), language_model)


def chosen(answer):
    return {selection.object_id for selection in answer.selections}


@pytest.mark.parametrize(('command', 'wanted'), [
    ('the sofa', {'object-3'}),
    ('go to the couch', {'object-3'}),
    ('bring me the red mug', {'object-1'}),
    ('could you fetch the blue mug please', {'object-2'}),
    ('the teddy bear on the sofa', {'object-5'}),
    ('the mug on the left', {'object-1'}),
    ('the mug on the right', {'object-2'}),
    ('bring me the mug on the right side', {'object-2'}),
    ('bring all mugs', {'object-1', 'object-2'}),
    ('it is getting dark in here', {'object-6'}),
])
def test_what_is_meant_is_chosen(reasoner, scene, command, wanted):
    assert chosen(reasoner.answer(scene, command, np.eye(4))) == wanted


def test_any_of_several_will_do_when_any_is_asked_for(reasoner, scene):
    found = chosen(reasoner.answer(scene, 'bring me something to drink from', np.eye(4)))
    assert len(found) == 1
    assert found <= {'object-1', 'object-2'}


@pytest.mark.parametrize('command', ['the bicycle', 'bring me the hammer'])
def test_what_is_not_there_is_not_found(reasoner, scene, command):
    answer = reasoner.answer(scene, command, np.eye(4))
    assert answer.outcome is Outcome.NOT_FOUND
    assert not answer.selections


def test_two_that_fit_alike_are_ambiguous(reasoner, scene):
    answer = reasoner.answer(scene, 'bring me the mug', np.eye(4))
    assert answer.outcome is Outcome.AMBIGUOUS
    assert chosen(answer) == {'object-1', 'object-2'}


def test_things_are_counted(reasoner, scene):
    answer = reasoner.answer(scene, 'how many mugs are there?', np.eye(4))
    assert answer.text.lower().startswith(('2', 'two'))


def test_what_is_hardly_a_mug_is_not_counted(reasoner, scene):
    unsure = dataclasses.replace(
        scene.objects[0], id='object-7', labels=('vase', 'mug'), label_scores=(0.55, 0.25))
    more = dataclasses.replace(scene, objects=(*scene.objects, unsure))
    assert 'object-7' in chosen(reasoner.answer(more, 'bring all mugs', np.eye(4)))
    counted = reasoner.answer(more, 'how many mugs are there?', np.eye(4))
    assert chosen(counted) == {'object-1', 'object-2'}
    assert counted.text == 'two'


def test_the_same_question_has_the_same_answer_whatever_was_asked_between(reasoner, scene):
    first = reasoner.answer(scene, 'the red mug', np.eye(4))
    reasoner.answer(scene, 'all the furniture', np.eye(4))
    again = reasoner.answer(scene, 'the red mug', np.eye(4))
    assert [(one.object_id, one.score) for one in again.selections] == [
        (one.object_id, one.score) for one in first.selections]
    assert again.alternatives == first.alternatives


def test_a_scene_that_hardly_changed_is_not_read_again(reasoner, scene, monkeypatch):
    read = []
    whole = SceneReader.read_scene
    monkeypatch.setattr(SceneReader, 'read_scene', lambda self, told, *rest: (
        read.append([one.scores for one in told]), whole(self, told, *rest))[1])

    def look(score):
        mug = dataclasses.replace(scene.objects[0], label_scores=(score,))
        reasoner.prepare(dataclasses.replace(scene, objects=(mug, *scene.objects[1:])))

    look(0.90)
    read.clear()
    look(0.86)
    assert not read
    look(0.66)
    assert [scores[0] for scores in read] == [(0.66,)]


def test_the_smallest_may_be_one_that_is_less_surely_named():
    boxes = [OrientedBox(np.array([2.0, y, 0.5]), 0.0, np.full(3, size))
             for y, size in ((0.0, 1.0), (1.0, 0.5))]
    odds = np.array([3.5, -0.1])  # probabilities .97 and .48
    placed = _placed('smallest', boxes, odds, torch.zeros(2), np.eye(4), 0.0)
    assert expit(placed) == pytest.approx(
        [0.97 * (1 - 0.48) * 0.1, 0.48 * (1 - 0.9 * 0.03)], abs=0.01)
    assert _placed('none', boxes, odds, torch.zeros(2), np.eye(4), 0.0) == pytest.approx(odds)


def test_an_empty_scene_and_stale_objects_hold_nothing(reasoner, scene):
    empty = dataclasses.replace(scene, objects=())
    assert reasoner.answer(empty, 'the mug', None).outcome is Outcome.NOT_FOUND
    stale = dataclasses.replace(scene, objects=tuple(
        dataclasses.replace(found, state=ObjectState.STALE) for found in scene.objects))
    assert reasoner.answer(stale, 'the mug', None).outcome is Outcome.NOT_FOUND


@pytest.mark.parametrize('command', ['', '   ', 'x' * 5000])
def test_a_command_that_is_none_is_refused(reasoner, scene, command):
    with pytest.raises(ValueError, match='command'):
        reasoner.answer(scene, command, None)


def test_both_number_formats_choose_alike(scene):
    said = ('the sofa', 'bring me the red mug', 'the mug on the left', 'show me all the mugs')
    answers = []
    for dtype in ('float32', 'bfloat16'):
        one = trained_reasoner(ReasonerSettings(), LanguageModel(
            LanguageModelSettings(dtype=dtype)))
        answers.append([one.answer(scene, command, np.eye(4)) for command in said])
    for exact, rough in zip(*answers, strict=True):
        assert chosen(exact) == chosen(rough)
        assert exact.outcome == rough.outcome
        for first, second in zip(exact.selections, rough.selections, strict=True):
            assert first.score == pytest.approx(second.score, abs=0.05)


def test_damaged_weights_are_refused_by_name(language_model, tmp_path):
    shutil.copytree(SHIPPED / 'reason', tmp_path / 'reason')
    file = tmp_path / 'reason' / 'weights.safetensors'
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r'reason.*damaged'):
        trained_reasoner(ReasonerSettings(weights=str(tmp_path / 'reason')), language_model)


def test_pieces_whose_refined_masks_are_one_thing_are_selected_once():
    bear = np.random.default_rng(0).normal(0, 0.1, (200, 3)).astype(np.float32)
    colors = np.zeros((200, 3), np.uint8)
    other = Selection('object-3', 0.8, bear + 1, colors)
    kept = _distinct([Selection('object-1', 0.9, bear, colors),
                      Selection('object-2', 0.9, bear[:120], colors[:120]), other])
    assert [one.object_id for one in kept] == ['object-1', 'object-3']
    apart = Selection('object-4', 0.7, np.concatenate([bear[:40], bear[:120] + 2]), colors[:160])
    assert _distinct([*kept, apart]) == [*kept, apart], 'a few voxels in common are no piece'
