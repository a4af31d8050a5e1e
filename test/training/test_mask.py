"""The mask decoder learns which superpoints belong to a seed, exactly resumed."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.mask_decoder import MaskDecoderSettings
from omd3d_ros.segmentation.superpoint_table import GEOMETRY
from omd3d_ros.training import mask as module
from omd3d_ros.training.mask import MaskTrainingSettings, measure_masks, train_mask
from omd3d_ros.training.mask_data import (
    MaskSample,
    load_mask_folder,
    load_mask_samples,
    save_mask_samples,
)

SETTINGS = MaskTrainingSettings(
    MaskDecoderSettings(features=2, seg=4, width=16, heads=2, layers=2), steps=120, seeds=6,
    rate=5e-3, dropped=0.0)


def sample(rng):
    """Return a seed of two superpoints, one of them wrong; the first feature tells the truth."""
    count = int(rng.integers(5, 9))
    target = np.zeros(count, np.float32)
    target[:3] = 1
    share = np.zeros(count, np.float32)
    share[[0, 4]] = 1
    tokens = rng.normal(0, 0.1, (count, 2 + GEOMETRY)).astype(np.float32)
    tokens[:, 0] = 2 * target - 1
    size = np.full(count, 10, np.float32)
    order = rng.permutation(count)
    return MaskSample(tokens[order], share[order], size, target[order], 30, 10 / 40,
                      rng.normal(0, 1, 4).astype(np.float32))


@pytest.fixture(scope='module')
def samples():
    rng = np.random.default_rng(0)
    return [sample(rng) for _ in range(40)]


@pytest.fixture(scope='module')
def trained(samples, tmp_path_factory):
    return train_mask(SETTINGS, samples[:32], samples[32:], tmp_path_factory.mktemp('run'))


def test_masks_of_seeds_never_seen_are_repaired(samples, trained):
    found = measure_masks(trained, samples[32:])
    assert found['seed IoU'] == pytest.approx(0.25)
    assert found['best IoU'] == 1
    assert found['IoU'] > 0.9
    assert found['changed'] > 0.9


def test_a_stopped_run_goes_on_to_the_very_same_weights(samples, tmp_path, monkeypatch):
    short = dataclasses.replace(SETTINGS, steps=6)
    monkeypatch.setattr(module, '_SAVE', 2)
    whole = train_mask(short, samples[:8], samples[32:], tmp_path / 'whole')
    made = []

    def stopping(seed, step):
        if step == 4 and not made:
            made.append(step)
            raise KeyboardInterrupt
        return generator(seed, step)

    generator = module.step_generator
    monkeypatch.setattr(module, 'step_generator', stopping)
    with pytest.raises(KeyboardInterrupt):
        train_mask(short, samples[:8], samples[32:], tmp_path / 'cut')
    again = train_mask(short, samples[:8], samples[32:], tmp_path / 'cut')
    for name, value in whole.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name


def test_samples_come_back_from_their_file(samples, tmp_path):
    save_mask_samples(samples[:5], tmp_path / 'one.npz')
    save_mask_samples(samples[5:7], tmp_path / 'two.npz')
    found = load_mask_folder(tmp_path)
    assert len(found) == 7
    for one, other in zip(found, samples[:7], strict=True):
        np.testing.assert_allclose(one.tokens, other.tokens, atol=1e-3)
        for name in ('share', 'count', 'target', 'whole', 'seed_iou', 'seg'):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_what_is_no_file_of_samples_is_refused_by_name(tmp_path):
    (tmp_path / 'broken.npz').write_bytes(b'PK nothing')
    with pytest.raises(ValueError, match=r'broken\.npz: no usable samples'):
        load_mask_samples(tmp_path / 'broken.npz')
    with pytest.raises(ValueError, match='no files'):
        load_mask_folder(tmp_path / 'nowhere')
