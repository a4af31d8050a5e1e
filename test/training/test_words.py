"""The match of commands and words by itself, on a tiny language model with random weights."""

import copy
import json

import pytest
import torch

from omd3d_ros.segmentation.seg_network import SegNetwork, SegNetworkSettings
from omd3d_ros.training import words
from omd3d_ros.training.reason_loss import word_loss
from omd3d_ros.training.words import WordsSettings, train_words

TINY = SegNetworkSettings(rank=4, dropout=0.0, width=16, text=26, hidden=0.0)
FEW = WordsSettings(sentences=24, steps=60, batch=24, rate=0.01)


@pytest.fixture
def network(encode, tiny_model):
    torch.manual_seed(3)
    return SegNetwork(TINY, tiny_model, encode(' the')[0])


def test_few_sentences_are_learned_by_heart_and_nothing_else_changes(
        network, source, tmp_path):
    before = {name: value.clone() for name, value in network.state_dict().items()}
    run = tmp_path / 'run'
    train_words(FEW, network, source, run)
    losses = [row['loss'] for row in _log(run)]
    assert losses[-1] < 0.6 * losses[0]
    for name, value in network.state_dict().items():
        if not name.startswith('word_match'):
            assert torch.equal(value, before[name]), name
    assert 0 <= _log(run)[-1]['intent word'] <= 1


def test_a_stopped_run_ends_as_if_it_had_never_been_stopped(
        network, source, tmp_path, monkeypatch):
    monkeypatch.setattr(words, '_CHECK', 20)
    first = copy.deepcopy(network.state_dict())
    train_words(FEW, network, source, tmp_path / 'whole')
    whole = copy.deepcopy(network.state_dict())
    network.load_state_dict(first)
    calls = []

    def stopping(called, meant):
        calls.append(1)
        if len(calls) == 45:
            raise KeyboardInterrupt
        return word_loss(called, meant)

    monkeypatch.setattr(words, 'word_loss', stopping)
    with pytest.raises(KeyboardInterrupt):
        train_words(FEW, network, source, tmp_path / 'stopped')
    stamp = (tmp_path / 'stopped' / 'states.pt').stat().st_mtime_ns
    network.load_state_dict(first)
    train_words(FEW, network, source, tmp_path / 'stopped')
    assert (tmp_path / 'stopped' / 'states.pt').stat().st_mtime_ns == stamp  # nothing read again
    for name, value in network.state_dict().items():
        assert torch.equal(value, whole[name]), name


def _log(run):
    return [json.loads(line) for line in (run / 'log.jsonl').read_text().splitlines()]
