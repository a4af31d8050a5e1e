"""Training of the object encoder: it learns, resumes exactly, and its figures are right."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.image_network import FEATURES
from omd3d_ros.segmentation.object_encoder import ObjectEncoderSettings, ObjectInputs
from omd3d_ros.segmentation.object_features import OBJECT_FEATURES
from omd3d_ros.segmentation.point_network import CLOUD_NUMBERS
from omd3d_ros.training.encode import EncodeSettings, new_encoder, targets, train_encode
from omd3d_ros.training.encode_report import figures_of, measure
from omd3d_ros.training.encode_table import EncodeTable
from omd3d_ros.training.name_calibration import calibrate
from omd3d_ros.training.name_likeness import accepted, alike

NAMES = ['mug', 'cup', 'sofa', 'pizza']
TINY = ObjectEncoderSettings(width=32, text_width=16, detail_width=16, cloud_width=8, dropout=0.1,
                             input_dropout=0.0, noise=0.1)
SETTINGS = EncodeSettings(network=TINY, steps=120, batch=32, rate=1e-2)


def table(count=60, seed=0):
    """Return objects whose name is told by three features, and by nothing else."""
    rng = torch.Generator().manual_seed(seed)
    target = torch.arange(count) % 4
    target[target == 3] = len(NAMES)  # none of the names
    features = torch.randn(count, OBJECT_FEATURES, generator=rng)
    features[:, 12:18] = 3 * torch.nn.functional.one_hot(target.clamp(max=5), 6).float()
    views = torch.full((count, 2, FEATURES), 0.5)
    inputs = ObjectInputs(views, torch.full((count, 2), 0.5), torch.zeros(count, 2, len(NAMES)),
                          features, torch.full((count,), 0.3),
                          torch.zeros(count, 20, CLOUD_NUMBERS))
    return EncodeTable(inputs, target, tuple(f'model{row % 20}' for row in range(count)))


def encoder(settings=SETTINGS):
    torch.manual_seed(settings.seed)
    texts = torch.randn(len(NAMES), 16)
    return new_encoder(settings.network, NAMES, {'mug', 'cup', 'sofa'}, texts)


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    folder = tmp_path_factory.mktemp('run')
    return train_encode(SETTINGS, encoder(), NAMES, table(240), table(30, 1), folder), folder


def test_what_tells_the_name_is_learned_and_holds_for_other_objects(trained):
    found = measure(trained[0], table(80, 2), NAMES)
    assert found['objects'] == 60
    assert found['others'] == 20
    assert found['top1'] > 0.9
    assert found['unknown_auc'] > 0.9


def test_names_that_nothing_was_trained_on_keep_no_learned_part(trained):
    own = trained[0].own
    assert own[3].abs().max() == 0
    assert own[:3].abs().max() > 0


def test_a_stopped_run_goes_on_to_the_very_same_weights(trained, tmp_path, monkeypatch):
    from omd3d_ros.training import encode as module
    monkeypatch.setattr(module, '_SAVE', 20)

    class StoppedError(Exception):
        pass

    generator = module.step_generator

    def stopping(seed, step, process=0):
        if step == 53:
            raise StoppedError
        return generator(seed, step, process)

    monkeypatch.setattr(module, 'step_generator', stopping)
    with pytest.raises(StoppedError):
        train_encode(SETTINGS, encoder(), NAMES, table(240), table(30, 1), tmp_path)
    monkeypatch.setattr(module, 'step_generator', generator)
    again = train_encode(SETTINGS, encoder(), NAMES, table(240), table(30, 1), tmp_path)
    for name, value in trained[0].state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), name
    assert (tmp_path / 'curves.png').stat().st_size > 1000


def test_a_run_of_other_settings_is_not_continued(trained):
    other = dataclasses.replace(SETTINGS, smoothing=0.3)
    with pytest.raises(ValueError, match='smoothing'):
        train_encode(other, encoder(), NAMES, table(240), table(30, 1), trained[1])


def test_a_cup_costs_a_mug_less_than_a_sofa():
    rows = targets(NAMES, torch.ones(4, dtype=torch.bool), 0.1)
    torch.testing.assert_close(rows.sum(1), torch.ones(5))
    assert rows[0].tolist() == pytest.approx([0.9, 0.1, 0, 0, 0])
    assert rows[2].tolist() == pytest.approx([0, 0, 1, 0, 0])
    assert rows[4].tolist() == [0, 0, 0, 0, 1]


def test_names_are_alike_by_shared_names_and_a_little_by_kind():
    near = alike(['mug', 'cup', 'plate', 'sofa'])
    assert near[0].tolist() == [1, 1, 0.1, 0]
    assert (near == near.T).all()


def test_a_mug_is_a_cup_but_a_cup_is_no_mug():
    right = accepted(NAMES)
    assert right[0].tolist() == [True, True, False, False]
    assert right[1].tolist() == [False, True, False, False]


def test_figures_of_hand_worked_scores():
    names = ['mug', 'cup', 'sofa', 'pizza', 'lamp', 'ball']
    shares = torch.tensor([
        [0.5, 0.3, 0.1, 0.05, 0.03, 0.02],   # a mug: right
        [0.3, 0.5, 0.1, 0.05, 0.03, 0.02],   # a mug called cup: right with synonyms
        [0.3, 0.4, 0.1, 0.05, 0.03, 0.02],   # a ball: the sixth name
        [0.1, 0.2, 0.6, 0.05, 0.03, 0.02]])  # a cup: second
    found = figures_of(shares, torch.tensor([0, 0, 5, 1]), names)
    assert found['top1'] == 0.25
    assert found['top5'] == 0.75
    assert found['top1_synonyms'] == 0.5
    assert found['top5_synonyms'] == 0.75
    assert found['top1_names'] == pytest.approx((0.5 + 0 + 0) / 3)
    assert found['chance1'] == 0.5
    assert found['calibration_error'] == pytest.approx((2 * 0.5 + 0.4 + 0.6) / 4)


def test_calibration_leaves_its_share_to_names_that_were_not_trained(trained):
    network = encoder()
    network.load_state_dict(trained[0].state_dict())
    found = calibrate(network, table(80, 2))
    with torch.no_grad():
        shares = (network(table(80, 2).inputs) * network.temperature).softmax(1)
    assert float(shares[:, 3].mean()) == pytest.approx(0.15, abs=0.01)
    assert found['temperature'] == pytest.approx(float(network.temperature))


def test_calibration_cools_scores_that_are_too_sure(trained):
    network = encoder()
    network.load_state_dict(trained[0].state_dict())
    wrong = table(80, 2)
    mixed = torch.from_numpy(np.random.default_rng(0).permutation(80)[:40])
    target = wrong.target.clone()
    target[mixed] = target[mixed].roll(1)
    assert (calibrate(network, dataclasses.replace(wrong, target=target))['temperature']
            > calibrate(network, wrong)['temperature'])
