"""The shipped object encoder: what it names, what it leaves unnamed, and what it refuses."""

import json
import shutil

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.appearance import Appearance
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.image_network import CLASSES, FEATURES
from omd3d_ros.segmentation.model_settings import AppearanceSettings, TextEncoderSettings
from omd3d_ros.segmentation.object_namer import FOLDER, ObjectNamer, class_matrix, name_texts
from omd3d_ros.segmentation.seen_object import SeenObject
from omd3d_ros.segmentation.text_encoder import TextEncoder


@pytest.fixture(scope='module')
def namer():
    return ObjectNamer.load()


@pytest.fixture(scope='module')
def texts():
    return TextEncoder(TextEncoderSettings())


def unseen(points, color=(128, 128, 128)):
    """Return an object that no image shows."""
    colors = np.tile(np.array(color, np.uint8), (len(points), 1))
    return SeenObject(points, colors, np.zeros((0, FEATURES), np.float32),
                      np.zeros((0, CLASSES), np.float32), np.zeros(0, np.float32))


def slab(x, y, height, thick=0.03, step=0.02):
    axes = np.arange(0, x, step), np.arange(0, y, step), np.arange(height - thick, height, 0.01)
    return np.stack(np.meshgrid(*axes), -1).reshape(-1, 3).astype(np.float32)


def table():
    legs = [np.column_stack([np.full(70, x), np.full(70, y), np.arange(0, 0.7, 0.01)])
            for x in (0.05, 1.35) for y in (0.05, 0.75)]
    return np.concatenate([slab(1.4, 0.8, 0.74), *legs]).astype(np.float32)


def test_features_have_unit_length_and_tell_things_apart(namer):
    _, features = namer.encode([unseen(table()), unseen(table()), unseen(slab(0.2, 0.3, 0.02))],
                               0.0)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(features[0], features[1], atol=1e-6)
    assert features[0] @ features[2] < 0.95


def test_there_are_hundreds_of_names_and_none_twice(namer):
    assert len(namer.names) == len(set(namer.names)) >= 400
    assert set(namer.names) <= set(household_vocabulary().words)


def test_what_no_image_shows_is_named_by_its_shape_and_size(namer):
    (row,) = namer.probabilities([unseen(table())], 0.0)
    best = [namer.names[i] for i in np.argsort(-row)[:5]]
    assert {'table', 'desk', 'dining table'} & set(best)
    assert row.sum() <= 1


def test_scores_are_the_same_twice_and_alone_or_together(namer):
    things = [unseen(table()), unseen(slab(0.2, 0.3, 0.02))]
    first = namer.probabilities(things, 0.0)
    np.testing.assert_array_equal(first, namer.probabilities(things, 0.0))
    alone = np.concatenate([namer.probabilities([one], 0.0) for one in things])
    np.testing.assert_allclose(first, alone, atol=1e-5)
    assert namer.probabilities([], 0.0).shape == (0, len(namer.names))


def test_noise_is_named_less_surely_than_tables(namer):
    rng = np.random.default_rng(0)
    noise = [unseen(rng.uniform(0, 0.5, (300, 3)).astype(np.float32), rng.integers(0, 255, 3))
             for _ in range(40)]
    tables = [unseen(table() * rng.uniform(0.8, 1.2, 3).astype(np.float32),
                     rng.integers(40, 200, 3)) for _ in range(40)]
    sure = namer.probabilities(tables, 0.0).max(axis=1).mean()  # a table may be a dining table
    assert namer.probabilities(noise, 0.0).max(axis=1).mean() < 0.8 * sure


def test_weights_that_are_damaged_are_refused_by_name(tmp_path):
    folder = tmp_path / 'object_encoder'
    shutil.copytree(FOLDER, folder)
    file = folder / 'weights.safetensors'
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 255
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r'object_encoder: weights\.safetensors is damaged'):
        ObjectNamer.load(folder)


@pytest.mark.parametrize(('key', 'value', 'message'), [
    ('names', None, 'no list of names'), ('names', ['mug'], 'do not fit'),
    ('settings', {'width': 256, 'depth': 3}, 'settings of another network')])
def test_a_configuration_of_something_else_is_refused(tmp_path, key, value, message):
    folder = tmp_path / 'w'
    shutil.copytree(FOLDER, folder)
    config = json.loads((folder / 'config.json').read_text())
    config[key] = value
    (folder / 'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match=message):
        ObjectNamer.load(folder)


def test_weights_saved_again_are_the_same(namer, tmp_path):
    digest = namer.save(tmp_path / 'again', {})
    assert digest[:12] in namer.model
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 12e6


def test_a_new_name_is_known_by_its_text(namer, texts):
    grown = namer.with_texts(['writing table'], [(0.8, 2.0)], texts)
    (row,) = grown.probabilities([unseen(table())], 0.0)
    (before,) = namer.probabilities([unseen(table())], 0.0)
    assert grown.names[-1] == 'writing table'
    assert row[-1] > np.median(row)
    assert row[:-1] == pytest.approx(before * (row[:-1].sum() / before.sum()), rel=1e-3, abs=1e-6)
    with pytest.raises(ValueError, match='known already'):
        namer.with_texts(['mug'], [(0.1, 0.2)], texts)


def test_names_are_said_with_their_synonyms(texts):
    rows = name_texts(['sofa', 'mug', 'not a household word'], texts)
    assert np.linalg.norm(rows, axis=1) == pytest.approx(1)
    (couch,) = texts.embed(['a couch'])
    assert rows[0] @ couch > rows[1] @ couch + 0.2


def test_classes_show_the_names_they_are_listed_for():
    matrix = class_matrix(['mug', 'unheard of'])
    assert matrix[504].tolist() == [1, 0]
    assert matrix.sum() == 1


def test_one_name_too_many_is_refused(namer):
    with pytest.raises(ValueError, match='names: 1, must be'):
        ObjectNamer(['mug'], namer._encoder)


def test_the_trained_encoder_is_what_names_things_by_default():
    appearance = Appearance(AppearanceSettings(), torch.device('cpu'))
    assert 'object encoder sha256:' in appearance.model
