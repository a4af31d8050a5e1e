import subprocess
import sys

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.household_words import household_words
from omd3d_ros.segmentation.image_network import (
    CLASSES,
    INPUT_SIZE,
    SameConv2d,
    class_probabilities,
    load_image_network,
    packaged_weights,
)


def crops(count, seed=0):
    shape = (count, INPUT_SIZE, INPUT_SIZE, 3)
    return list(np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8))


def test_logits_equal_those_of_the_original_architecture(image_network, tmp_path):
    package = 'efficientnet_lite_pytorch'
    command = [sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--target',
               str(tmp_path), 'efficientnet-lite-pytorch==0.1.0']
    if subprocess.run(command, capture_output=True, timeout=60, check=False).returncode:
        pytest.skip('the original architecture package cannot be downloaded')
    sys.path.insert(0, str(tmp_path))
    try:
        original = __import__(package).EfficientNet.from_pretrained(
            'efficientnet-lite2', weights_path=str(packaged_weights())).eval()
    finally:
        sys.path.remove(str(tmp_path))
    images = torch.randn(2, 3, INPUT_SIZE, INPUT_SIZE, generator=torch.Generator().manual_seed(1))
    with torch.inference_mode():
        torch.testing.assert_close(image_network(images), original(images), atol=1e-4, rtol=1e-4)


def test_probabilities_do_not_depend_on_the_batch(image_network):
    images = crops(3)
    together = class_probabilities(image_network, images, batch=3)
    alone = np.concatenate([class_probabilities(image_network, [c], batch=1) for c in images])
    assert together.shape == (3, CLASSES)
    np.testing.assert_allclose(together.sum(1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_no_crops_give_no_rows(image_network):
    assert class_probabilities(image_network, []).shape == (0, CLASSES)


@pytest.mark.parametrize(('size', 'stride', 'out'), [(260, 2, 130), (65, 2, 33), (17, 1, 17)])
def test_same_convolution_covers_every_input_pixel(size, stride, out):
    convolution = SameConv2d(1, 1, 3, stride)
    torch.nn.init.ones_(convolution.weight)
    with torch.no_grad():
        result = convolution(torch.ones(1, 1, size, size))
    assert result.shape[-2:] == (out, out)
    assert result.min() >= 4  # even at a corner, four of the nine weights see the image


def test_a_damaged_weights_file_is_refused_by_name(tmp_path):
    damaged = bytearray(packaged_weights().read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path = tmp_path / 'weights.pth'
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=r'weights\.pth is damaged'):
        load_image_network(path)


def test_a_missing_weights_file_is_refused_by_name(tmp_path):
    with pytest.raises(ValueError, match=r'nothing\.pth'):
        load_image_network(tmp_path / 'nothing.pth')


def test_every_class_belongs_to_one_word_at_most():
    words = household_words()
    classes = [index for of_word in words.classes for index in of_word]
    assert len(classes) == len(set(classes)) >= 250
    assert all(0 <= index < CLASSES for index in classes)
    assert (words.sizes[:, 0] < words.sizes[:, 1]).all()


def test_words_sum_the_probabilities_of_their_classes():
    words = household_words()
    of_classes = np.zeros((1, CLASSES), np.float32)
    of_classes[0, [504, 968, 967, 207]] = 0.4, 0.2, 0.1, 0.3  # coffee mug, cup, espresso, a dog
    of_words = dict(zip(words.words, words.probabilities(of_classes)[0], strict=True))
    assert of_words['mug'] == pytest.approx(0.4)
    assert of_words['cup'] == pytest.approx(0.3)
    assert sum(of_words.values()) == pytest.approx(0.7)


def test_a_small_thing_is_hardly_a_sofa():
    words = household_words()
    of_words = dict(zip(words.words, words.size_prior(0.25), strict=True))
    assert of_words['sofa'] < 0.001
    assert of_words['bowl'] == 1.0


def test_names_are_found_by_synonym_and_plural():
    words = household_words()
    assert words.names_of('couch') == {'sofa'}
    assert words.names_of('bookshelves') == {'bookcase'}
    assert words.names_of('mugs') == {'mug'}
    assert {'chair', 'sofa'} - words.names_of('seat') == {'sofa'}
    assert not words.names_of('zeppelin')
