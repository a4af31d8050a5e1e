"""Which names are likelier, given the other objects: by hand-worked cases and as shipped."""

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.scene_context import PART, SceneContext, SceneContextSettings
from omd3d_ros.segmentation.weights_file import save_weights

NAMES = ('toilet', 'comb', 'stapler', 'desk')
BATHROOM, OFFICE = [2.0, 2.0, 0.1, 0.1], [0.1, 0.1, 2.0, 2.0]


def context(weight=1.0, kinds=(0.5, 0.5), lifts=(BATHROOM, OFFICE)):
    return SceneContext(NAMES, SceneContextSettings(kinds=len(kinds), weight=weight),
                        np.log(kinds), np.log(lifts))


def test_the_others_tell_which_name_is_likelier():
    unsure = [0.0, 0.5, 0.5, 0.0]
    beside_toilet = context().adjusted(np.array([[1.0, 0, 0, 0], unsure]))
    beside_desk = context().adjusted(np.array([[0, 0, 0, 1.0], unsure]))
    # the kind is a bathroom with odds of 2 to 0.1, so a comb has a lift of (2 * 2 + .1 * .1) / 2.1
    comb, stapler = (2 * 2 + 0.1 * 0.1) / 2.1, (2 * 0.1 + 0.1 * 2) / 2.1
    assert beside_toilet[1] == pytest.approx(
        [0, comb / (comb + stapler), stapler / (comb + stapler), 0])
    assert beside_desk[1] == pytest.approx(
        [0, stapler / (comb + stapler), comb / (comb + stapler), 0])


def test_an_object_does_not_speak_for_itself():
    alone = np.array([[0.1, 0.5, 0.3, 0.1]])
    assert context().adjusted(alone) == pytest.approx(alone)


def test_a_weight_of_0_changes_nothing_and_the_chance_of_no_name_stays():
    shares = np.random.default_rng(0).dirichlet(np.ones(5), 6)[:, :4]
    assert context(weight=0.0).adjusted(shares) == pytest.approx(shares)
    changed = context().adjusted(shares)
    assert changed.sum(axis=1) == pytest.approx(shares.sum(axis=1))
    assert np.abs(changed - shares).max() > 0.05


def test_what_has_no_name_and_no_object_at_all_are_left_alone():
    shares = np.array([[0.0, 0, 0, 0], [1.0, 0, 0, 0]])
    assert context().adjusted(shares) == pytest.approx(shares)
    assert context().adjusted(np.zeros((0, 4))).shape == (0, 4)


def test_hundreds_of_objects_do_not_overflow():
    found = context().adjusted(np.tile([0.0, 0.5, 0.5, 0.0], (500, 1)))
    assert np.isfinite(found).all()
    assert found.sum(axis=1) == pytest.approx(1)


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r'lifts.shape=\(2, 3\): must be \(2, 4\)'):
        SceneContext(NAMES, SceneContextSettings(), np.zeros(2), np.zeros((2, 3)))


def test_the_shipped_one_knows_bathrooms_from_offices():
    words = household_vocabulary().words
    shipped = SceneContext.load(words)

    def comb_among(*others):
        shares = np.zeros((len(others) + 1, len(words)))
        for row, name in enumerate(others):
            shares[row, words.index(name)] = 1.0
        shares[-1, [words.index('comb'), words.index('stapler')]] = 0.5
        return shipped.adjusted(shares)[-1, words.index('comb')]

    assert comb_among('toilet', 'sink', 'towel') > 0.7
    assert comb_among('desk', 'office chair', 'monitor') < 0.3


def test_a_name_that_it_does_not_know_is_as_likely_anywhere():
    words = ('toilet', 'unheard-of thing', 'comb')
    shares = np.array([[1.0, 0, 0], [0, 0.5, 0.5]])
    found = SceneContext.load(words).adjusted(shares)
    assert found[1, 2] > found[1, 1] > 0


def stored(folder, kinds, lifts, **facts):
    save_weights(folder, PART, {'kinds': torch.tensor(kinds), 'lifts': torch.tensor(lifts)},
                 SceneContextSettings(kinds=2), facts)
    return folder


def test_what_was_stored_comes_back(tmp_path):
    folder = stored(tmp_path, [-1.0, -0.5], [[0.5, -0.5], [0.0, 1.0]], names=['comb', 'desk'])
    found = SceneContext.load(['desk', 'comb'], folder).adjusted(np.array([[0.5, 0.5]]))
    assert found.sum() == pytest.approx(1)
    assert found[0, 0] > found[0, 1]  # a desk is e times as common in most scenes


@pytest.mark.parametrize(('kinds', 'lifts', 'facts', 'message'), [
    ([0.0, 0.0], [[0.0], [0.0]], {}, 'no list of names'),
    ([0.0, 0.0], [[0.0], [0.0]], {'names': ['comb', 'desk']}, r'lifts \(K, 2\)'),
    ([0.0], [[0.0], [0.0]], {'names': ['comb']}, r'lifts \(K, 1\)')])
def test_unusable_weights_are_refused(tmp_path, kinds, lifts, facts, message):
    with pytest.raises(ValueError, match=message):
        SceneContext.load(['comb'], stored(tmp_path, kinds, lifts, **facts))


def test_damaged_weights_are_refused(tmp_path):
    folder = stored(tmp_path, [0.0, 0.0], [[0.0], [0.0]], names=['comb'])
    (folder / 'weights.safetensors').write_bytes(b'damaged')
    with pytest.raises(ValueError, match='damaged'):
        SceneContext.load(['comb'], folder)
