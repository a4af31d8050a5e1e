"""Names and words that commands call for, and sentences without a scene."""

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.name_evidence import names_in
from omd3d_ros.segmentation.scene_prompt import PromptObject
from omd3d_ros.segmentation.seg_network import (
    NameStates,
    SegNetwork,
    SegNetworkSettings,
    name_tokens,
)
from omd3d_ros.segmentation.word_match import Words
from omd3d_ros.synthetic.language.lessons import draw_lesson
from omd3d_ros.training.reason_loss import word_accuracy, word_loss

TINY = SegNetworkSettings(rank=4, dropout=0.0, width=16, text=26, hidden=0.0)


def test_a_tiny_model_learns_by_heart_what_words_sentences_mean(source, tiny_model, encode):
    rng = np.random.default_rng(1)
    lessons = [draw_lesson(rng) for _ in range(12)]
    text, meant = source.lesson(lessons)
    network = SegNetwork(TINY, tiny_model, encode(' the')[0]).train()
    with torch.no_grad():
        assert word_accuracy(network(text).words, meant) < 0.5
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(500):
        optimizer.zero_grad()
        word_loss(network(text).words, meant).backward()
        optimizer.step()
    with torch.no_grad():
        read = network.eval()(text)
    assert word_accuracy(read.words, meant) == 1.0
    assert read.targets.shape == (12, 0)


def test_the_loss_of_words_is_as_worked_out_by_hand():
    called = torch.tensor([[1.0, -2.0, 5.0, 0.5], [3.0, 0.0, 0.0, 0.0]])
    meant = torch.tensor([[1.0, 0.0, -1.0, 0.0], [0.0, 0.0, -1.0, 0.0]])  # the second: no word
    odds = np.exp([1.0, -2.0, 0.5])
    choice = -np.log(odds[0] / odds.sum())
    hits = np.log1p(np.exp(-1.0))
    rest = 20 * (np.log1p(np.exp(-2.0)) + np.log1p(np.exp(0.5))) / 2
    assert float(word_loss(called, meant)) == pytest.approx(choice + 0.5 * (hits + rest), 1e-5)
    assert float(word_loss(called[1:], meant[1:])) == 0.0
    assert word_accuracy(called, meant) == 0.5


def test_words_of_a_command_are_found(source):
    mugs, lamps = names_in('Put the mugs beside the floor lamp, please')
    assert 'mug' in mugs
    assert 'floor lamp' in lamps
    told = [PromptObject(('mug',), (0.8,), ('red',)), PromptObject(('chair',), (0.8,), ('blue',)),
            PromptObject((), ())]
    commands = ['the red mug', 'the chair at the mug']
    found = source.evidence.compare(commands, source.evidence.said(commands), told)
    first, later, color = found[..., 1], found[..., 2], found[..., 3]
    assert 0.9 < first[0, 0] < 1
    assert first[0, 1:].tolist() == [0, 0]
    assert first[1].argmax() == 1
    assert later[1].argmax() == 0
    assert later[0].tolist() == [0, 0, 0]
    assert color[0].tolist() == [1, -1, -1]


def test_names_have_their_own_texts_and_one_for_the_rest(source):
    told = [PromptObject(('mug', 'cup'), (0.6, 0.3)), PromptObject((), ())]
    texts = source.evidence.texts(told)
    np.testing.assert_array_equal(texts[0], source.evidence.said(['mug', 'cup', 'object']))
    np.testing.assert_array_equal(texts[1, :1], source.evidence.said(['object']))
    assert not texts[1, 1:].any()
    assert source.evidence.texts(()).shape == (0, 1, 26)


def test_a_name_counts_by_its_share_and_the_rest_as_any_object(encode):
    told = [PromptObject(('mug', 'cup'), (0.6, 0.3)), PromptObject((), ())]
    names, shares = name_tokens(told, encode)
    assert shares.numpy() == pytest.approx(np.array([[0.6, 0.3, 0.1], [1.0, 0.0, 0.0]]))
    states = torch.randn(*names.shape[:2], 6)
    seen, weight = torch.randn(4, 6), torch.tensor(0.7)
    words = Words(states, torch.zeros(2, 3, 1), torch.zeros(2, 3, 1))
    named = NameStates(words, shares.log())
    found = named.fit(weight * named.alike(seen))
    odds = sum(shares[0, k] * (0.7 * seen @ states[0, k] / 6**0.5).exp() for k in range(3))
    torch.testing.assert_close(found[:, 0], odds.log())
    torch.testing.assert_close(found[:, 1], 0.7 * seen @ states[1, 0] / 6**0.5)
