"""What the language model is told of objects, and told again."""

import dataclasses

import numpy as np
import pytest

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import ObjectState, SceneObject
from omd3d_ros.segmentation.scene_prompt import PromptObject
from omd3d_ros.segmentation.told_objects import ToldObjects, told_of

RED = np.tile(np.uint8([200, 20, 20]), (50, 1))


def seen(labels=('mug', 'cup'), scores=(0.5, 0.4), colors=RED, name='object-1'):
    points = np.random.default_rng(0).uniform(-0.05, 0.05, (50, 3)).astype(np.float32)
    return SceneObject(
        name, labels, scores, scores[0], points, colors, points.mean(axis=0).astype(float),
        np.cov(points.T.astype(float)), OrientedBox(np.zeros(3), 0.0, np.full(3, 0.1)), 5, 1, 1,
        ObjectState.CONFIRMED)


def test_names_that_tell_nothing_are_not_told():
    assert told_of(seen(('object', 'mug'), (0.15, 0.1))).names == ('mug',)


def test_without_names_none_is_told():
    assert told_of(seen()).names == ('mug', 'cup')
    assert told_of(seen(), names=False).names == ()
    assert ToldObjects(names=False).tell('map', [seen()])[0].names == ()


def test_an_object_is_told_as_before_while_its_names_hardly_change():
    told = ToldObjects()
    first = told.tell('map', [seen(scores=(0.45, 0.43))])
    assert told.tell('map', [seen(('cup', 'mug'), (0.46, 0.42))]) == first
    # it is what was told that counts, so that many small steps are not overlooked
    assert told.tell('map', [seen(('cup', 'mug'), (0.56, 0.38))])[0].names == ('cup', 'mug')


@pytest.mark.parametrize('change', [
    {'scores': (0.36, 0.50)},
    {'labels': ('mug', 'bowl')},
    {'colors': np.tile(np.uint8([20, 20, 200]), (50, 1))},
    {'name': 'object-2'},
])
def test_it_is_told_anew_when_it_changed(change):
    told = ToldObjects()
    told.tell('map', [seen()])
    now = seen(**{'scores': (0.5, 0.41), **change})
    assert told.tell('map', [now]) == [told_of(now)]


def test_objects_of_another_map_are_others():
    told = ToldObjects()
    told.tell('map', [seen()])
    now = seen(scores=(0.5, 0.41))
    assert told.tell('another', [now]) == [told_of(now)]


def test_how_much_moved_is_half_of_all_differences():
    one = PromptObject(('mug', 'cup'), (0.5, 0.4))
    assert one.nearly(PromptObject(('mug', 'bowl'), (0.5, 0.4)), 0.401)
    assert not one.nearly(PromptObject(('mug', 'bowl'), (0.5, 0.4)), 0.399)
    assert not one.nearly(dataclasses.replace(one, size='small'), 1.0)
