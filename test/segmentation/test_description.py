import dataclasses
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from omd3d_ros.evaluation.command_cases import load_command_cases
from omd3d_ros.segmentation.description import (
    COLORS,
    color_shares,
    color_words,
    describe,
    size_word,
)

CASES = Path(__file__).with_name('command_cases.json')
NAMED = {
    'black': [(0, 0, 0), (30, 30, 32), (45, 45, 45), (40, 35, 30)],
    'grey': [(100, 100, 100), (128, 130, 127), (170, 170, 175)],
    'white': [(255, 255, 255), (230, 228, 220), (240, 230, 205)],
    'brown': [(139, 69, 19), (92, 51, 23), (200, 170, 130), (150, 110, 80)],
    'red': [(255, 0, 0), (139, 0, 0), (178, 34, 34)],
    'orange': [(255, 128, 0), (255, 165, 0)],
    'yellow': [(255, 255, 0), (240, 210, 40)],
    'green': [(0, 255, 0), (0, 100, 0), (128, 128, 0)],
    'blue': [(0, 0, 255), (0, 0, 128), (70, 130, 180), (0, 180, 220)],
    'purple': [(128, 0, 128), (90, 40, 140)],
    'pink': [(255, 192, 203), (255, 105, 180)],
}


def cloud(*parts):
    return np.concatenate([np.full((n, 3), rgb, np.uint8) for n, rgb in parts])


@pytest.mark.parametrize(
    ('word', 'rgb'), [(word, rgb) for word, values in NAMED.items() for rgb in values])
def test_colours_get_the_word_people_use(word, rgb):
    assert color_words(cloud((10, rgb))) == (word,)


def test_the_larger_part_names_the_colour():
    assert color_words(cloud((80, (200, 30, 30)), (20, (240, 240, 240)))) == ('red',)


def test_two_large_parts_give_two_colours():
    assert color_words(cloud((60, (240, 240, 240)), (40, (40, 80, 200)))) == ('white', 'blue')


def test_no_colour_sensor_gives_no_colour_word():
    assert color_words(cloud((50, (128, 128, 128)))) == ()
    assert color_words(np.zeros((0, 3), np.uint8)) == ()


@given(npst.arrays(np.uint8, st.tuples(st.integers(1, 5000), st.just(3))))
def test_shares_sum_to_one_and_do_not_depend_on_repetition(colors):
    shares = color_shares(colors)
    assert shares.shape == (len(COLORS),)
    if shares.any():
        assert shares.sum() == pytest.approx(1.0)
    if len(colors) <= 100:
        np.testing.assert_allclose(color_shares(np.repeat(colors, 2, axis=0)), shares)


@pytest.mark.parametrize(('size', 'label', 'word'), [
    ((0.07, 0.06, 0.07), 'mug', 'small'),
    ((0.12, 0.1, 0.1), 'mug', 'medium'),
    ((0.2, 0.1, 0.2), 'mug', 'large'),
    ((3.0, 0.9, 0.8), 'sofa', 'large'),
    ((0.1, 0.1, 0.1), 'thingamajig', 'small'),
    ((1.5, 0.1, 0.1), '', 'large'),
])
def test_size_words_are_relative_to_the_kind(size, label, word):
    assert size_word(np.array(size), label) == word


def test_objects_are_described_in_a_phrase():
    scene = load_command_cases(CASES)[0].scene
    phrases = [describe(found) for found in scene.objects[:6]]
    assert phrases[0] == 'a white mug'
    assert phrases[5] == 'a red apple'
    orange = dataclasses.replace(scene.objects[0], labels=('orange',), label_scores=(0.5,),
                                 colors=cloud((5, (255, 140, 0))))
    assert describe(orange) == 'a large orange orange'
    nameless = dataclasses.replace(orange, labels=(), label_scores=())
    assert describe(nameless) == 'a small orange object'
