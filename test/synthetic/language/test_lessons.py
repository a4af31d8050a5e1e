"""Sentences without a scene: what they mean, and that none is near to one that is held out."""

import numpy as np
import pytest

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.model_settings import TextEncoderSettings
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.synthetic.language.lessons import draw_lesson, uses, words_meant
from omd3d_ros.synthetic.language.needs import needs, needs_in

ALIKE = 0.65  # cosine of all-MiniLM-L6-v2, over which a use is too near to a held-out sentence


def meant_by(meaning):
    words = household_vocabulary().words
    marks = words_meant(meaning)
    return ({words[i] for i in np.flatnonzero(marks == 1)},
            {words[i] for i in np.flatnonzero(marks == -1)})


def test_no_use_is_near_to_a_held_out_need():
    embed = TextEncoder(TextEncoderSettings()).embed
    held = embed(sorted(
        {said for need in needs() if need.part != 'train' for said in need.said}
        | {way.text for split in ('dev', 'test') for need in needs_in(split)
           for way in need.ways(split)}))
    told = [said for use in uses() for said in (*use.to, *use.said)]
    nearest = (embed(told) @ held.T).max(axis=1)
    assert nearest.max() <= ALIKE + 1e-3, told[int(nearest.argmax())]


def test_nearly_every_household_word_has_a_use():
    told = frozenset().union(*(use.words for use in uses()))
    assert len(told) > 0.95 * len(household_vocabulary().words)
    assert all(use.words and (use.to or use.said) for use in uses())


def test_a_meaning_names_its_words_and_leaves_debatable_ones_open():
    mugs, open_to_debate = meant_by(('name', 'mug'))
    assert mugs == {'mug'}
    assert 'chair' not in open_to_debate
    chairs, _ = meant_by(('color', 'red', ('name', 'chair')))
    assert 'chair' in chairs
    fruit, _ = meant_by(('kind', 'fruit'))
    assert {'apple', 'banana'} <= fruit
    assert 'chair' not in fruit
    thirsty = next(need for need in needs() if need.id == 'thirsty')
    assert meant_by(('need', 'thirsty')) == (set(thirsty.serves), set(thirsty.nearly))
    assert meant_by(('anything',))[1] == set(household_vocabulary().words)
    with pytest.raises(ValueError, match='known form'):
        words_meant(('smell', 'rose'))


def test_lessons_are_the_same_for_a_seed_and_mean_something():
    first, second = ([draw_lesson(rng) for _ in range(60)]
                     for rng in (np.random.default_rng(4), np.random.default_rng(4)))
    assert [one.text for one in first] == [one.text for one in second]
    assert len({one.text for one in first}) > 50
    for lesson in first:
        assert (lesson.meant == 1).any()
        assert '{' not in lesson.text


def test_held_out_needs_are_no_lessons():
    rng = np.random.default_rng(0)
    held = {said.lower() for need in needs() if need.part != 'train' for said in need.said}
    said = {draw_lesson(rng).text.lower().rstrip('.?!') for _ in range(1500)}
    assert not any(sentence.rstrip('.?!') in said for sentence in held)
