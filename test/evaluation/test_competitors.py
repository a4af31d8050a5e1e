import dataclasses

import numpy as np
import pytest

from omd3d_ros.evaluation.competitors import CompetitorSettings, MinilmChoice, answerers
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.model_settings import TextEncoderSettings
from omd3d_ros.segmentation.scene import ObjectState, Outcome, Scene, SceneObject
from omd3d_ros.segmentation.text_encoder import TextEncoder


def thing(identity, *labels, state=ObjectState.CONFIRMED):
    points = np.zeros((4, 3), np.float32)
    return SceneObject(
        identity, labels, tuple(0.5 for _ in labels), 0.5, points, np.zeros((4, 3), np.uint8),
        np.zeros(3), np.zeros((3, 3)), OrientedBox(np.zeros(3), 0.0, np.ones(3)), 1, 1, 1, state)


SCENE = Scene('m', 1, 1, (
    thing('object-1', 'sofa', 'mug'), thing('object-2', 'mug', 'sofa'),
    thing('object-3', 'mug', state=ObjectState.STALE), thing('object-4', 'mug'),
    thing('object-5')))


@pytest.fixture(scope='module')
def minilm():
    return MinilmChoice(CompetitorSettings(), TextEncoder(TextEncoderSettings()))


def test_every_object_that_bears_the_chosen_name_is_selected(minilm):
    answer = minilm.answer(SCENE, 'Bring me the mug.', None)
    assert answer.outcome is Outcome.OK
    assert [one.object_id for one in answer.selections] == ['object-2', 'object-4']


def test_only_the_best_name_counts(minilm):
    answer = minilm.answer(SCENE, 'I want to lie down on the couch.', None)
    assert [one.object_id for one in answer.selections] == ['object-1']


def test_what_is_unlike_every_name_is_not_found(minilm):
    answer = minilm.answer(SCENE, 'Start the lawn mower.', None)
    assert (answer.outcome, answer.selections) == (Outcome.NOT_FOUND, ())
    empty = dataclasses.replace(SCENE, objects=(thing('object-1'),))
    assert minilm.answer(empty, 'the mug', None).outcome is Outcome.NOT_FOUND


def test_an_unknown_system_is_refused():
    with pytest.raises(ValueError, match="systems='theirs'"):
        answerers(['theirs'], None, None)
