"""Trained weights come back as they were, and nothing else is taken for them."""

import dataclasses
import json

import pytest
import torch
from torch import nn

from omd3d_ros.segmentation.weights_file import read_weights, save_weights

PART = 'cat finder'


@dataclasses.dataclass(frozen=True)
class Sizes:
    inputs: int = 3
    outputs: int = 2


def network(sizes=Sizes()):
    torch.manual_seed(1)
    return nn.Sequential(nn.Linear(sizes.inputs, sizes.outputs), nn.BatchNorm1d(sizes.outputs))


@pytest.fixture
def folder(tmp_path):
    save_weights(tmp_path / 'w', PART, network().state_dict(), Sizes(), {'names': ['a', 'b']})
    return tmp_path / 'w'


def test_weights_come_back_with_settings_and_facts(folder):
    stored = read_weights(folder, PART)
    assert Sizes(**stored.settings) == Sizes()
    assert stored.facts == {'names': ['a', 'b']}
    again = network()
    nn.init.zeros_(again[0].weight)
    stored.load_into(again)
    wanted = network()[0].weight.half().float()
    assert torch.equal(again[0].weight, wanted)
    assert again[1].num_batches_tracked.dtype == torch.int64


def test_the_same_weights_give_the_same_file(folder, tmp_path):
    digest = save_weights(tmp_path / 'v', PART, network().state_dict(), Sizes(),
                          {'names': ['a', 'b']})
    assert digest == read_weights(folder, PART).sha256
    for file in folder.iterdir():
        assert file.read_bytes() == (tmp_path / 'v' / file.name).read_bytes()


@pytest.mark.parametrize('place', [0, 40, -1])
def test_one_changed_byte_is_refused_by_name(folder, place):
    file = folder / 'weights.safetensors'
    data = bytearray(file.read_bytes())
    data[place] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r'w: weights.safetensors is damaged or another file'):
        read_weights(folder, PART)


def test_half_a_file_and_no_file_are_refused(folder):
    file = folder / 'weights.safetensors'
    file.write_bytes(file.read_bytes()[:50])
    with pytest.raises(ValueError, match='damaged'):
        read_weights(folder, PART)
    file.unlink()
    with pytest.raises(ValueError, match='no usable weights of the cat finder'):
        read_weights(folder, PART)


def test_a_file_that_is_no_safetensors_is_refused_even_with_its_hash(folder):
    import hashlib
    (folder / 'weights.safetensors').write_bytes(b'not at all')
    config = json.loads((folder / 'config.json').read_text())
    config['sha256'] = hashlib.sha256(b'not at all').hexdigest()
    (folder / 'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match='cannot be read'):
        read_weights(folder, PART)


def test_weights_of_another_part_are_refused(folder):
    with pytest.raises(ValueError, match="the part 'cat finder', not of the dog finder"):
        read_weights(folder, 'dog finder')


@pytest.mark.parametrize(('key', 'value', 'message'), [
    ('format', 2, 'format=2'), ('settings', None, 'no settings'), ('sha256', None, 'damaged')])
def test_a_wrong_configuration_is_refused(folder, key, value, message):
    config = json.loads((folder / 'config.json').read_text())
    config[key] = value
    (folder / 'config.json').write_text(json.dumps(config))
    with pytest.raises(ValueError, match=message):
        read_weights(folder, PART)


def test_a_configuration_that_is_no_json_is_refused(folder):
    (folder / 'config.json').write_text('{')
    with pytest.raises(ValueError, match='no usable weights'):
        read_weights(folder, PART)


def test_a_network_of_another_shape_or_with_other_names_is_refused(folder):
    stored = read_weights(folder, PART)
    with pytest.raises(ValueError, match=r'0\.weight \(2, 3\), must be \(2, 4\)'):
        stored.load_into(network(Sizes(inputs=4)))
    with pytest.raises(ValueError, match=r'2\.weight is missing'):
        stored.load_into(nn.Sequential(*network(), nn.Linear(2, 2)))
    with pytest.raises(ValueError, match='does not belong there'):
        stored.load_into(nn.Sequential(nn.Linear(3, 2)))


def test_weights_that_are_not_finite_are_not_written(tmp_path):
    with pytest.raises(ValueError, match='a: some values are not finite'):
        save_weights(tmp_path / 'w', PART, {'a': torch.tensor([1e6])}, Sizes())
    assert not (tmp_path / 'w').exists()
