import json
import re
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.language.needs import needs, needs_in
from omd3d_ros.synthetic.language.nouns import kinds, nouns_for
from omd3d_ros.synthetic.language.phrasings import part_of, pool, pools, training_pools

EVALUATION = Path(__file__).parents[2] / 'evaluation' / 'real_commands.json'
BY_ID = {need.id: need for need in needs()}


def room(*names):
    box = OrientedBox(np.zeros(3), 0.0, np.ones(3))
    return KnownScene(tuple(KnownObject(i, name, box) for i, name in enumerate(names)), np.eye(4))


def test_there_are_many_needs_each_said_in_six_ways_at_least():
    assert len(needs()) >= 150
    assert min(len(need.said) for need in needs()) >= 6
    assert len(frozenset().union(*(need.serves for need in needs()))) >= 150
    said = [text.lower() for need in needs() for text in need.said]
    assert len(said) == len(set(said))


def test_each_part_has_its_own_needs():
    parts = [need.part for need in needs()]
    assert min(parts.count(part) for part in ('train', 'dev', 'test')) >= 30
    assert not set(needs_in('train')) & set(needs_in('test_intent'))
    assert not set(needs_in('dev_intent')) & set(needs_in('test_intent'))
    assert needs_in('train') == needs_in('test_phrasing')


def test_ways_to_say_a_need_of_training_are_split_among_the_parts():
    need = needs_in('train')[0]
    ways = [{way.text for way in need.ways(split)}
            for split in ('train', 'dev_phrasing', 'test_phrasing')]
    assert set.union(*ways) == set(need.said)
    assert sum(map(len, ways)) == len(need.said)
    assert not need.ways('dev_intent')


def test_a_need_is_met_by_what_serves_it_and_undecided_beside_what_nearly_does():
    thirsty = BY_ID['thirsty']
    assert thirsty.met_by(room('bottle', 'chair', 'can')) == (0, 2)
    assert thirsty.met_by(room('chair')) == ()
    assert thirsty.met_by(room('bottle', 'mug')) is None


def test_no_sentence_of_the_evaluation_is_used():
    tree = json.loads(EVALUATION.read_text())
    plain = {re.sub(r'\W+', ' ', entry['text'].lower()).strip() for entry in tree['commands']}
    ours = {re.sub(r'\W+', ' ', text.lower()).strip() for need in needs() for text in need.said}
    assert not plain & ours


def test_a_need_is_said_without_naming_what_serves_it():
    for need in needs():
        named = {noun.one for word in need.serves for noun in nouns_for(word)}
        for text in need.said if len(need.serves) < 25 else ():
            said = [name for name in named if re.search(rf'\b{re.escape(name)}s?\b', text.lower())]
            assert not said, (text, said)


def test_every_pool_has_templates_for_every_part_and_no_template_in_two():
    for name, texts in pools().items():
        if name in ('opener', 'closer'):
            continue
        by_part = {part: {text for place, text in enumerate(texts) if part_of(place) == part}
                   for part in ('train', 'dev', 'test')}
        assert all(by_part.values()), name
        assert not by_part['train'] & (by_part['dev'] | by_part['test']), name
        assert not by_part['dev'] & by_part['test'], name


def test_templates_for_training_only_are_like_no_held_out_one_and_fill_the_same_slots():
    def plain(text):
        return re.sub(r'\W+', ' ', text.lower()).strip()

    def slots(text):
        return set(re.findall(r'{(\w+)}', text)) - {'is', 'stand', 's'}

    held = {plain(text) for name, texts in pools().items() for place, text in enumerate(texts)
            if name not in ('opener', 'closer') and part_of(place) != 'train'}
    assert set(training_pools()) < set(pools())
    for name, texts in training_pools().items():
        assert len(set(texts)) == len(texts)
        known = [slots(text) for text in pools()[name]]
        for text in texts:
            assert plain(text) not in held, text
            assert slots(text) in known, text
        assert set(texts) <= {one.text for one in pool(name, 'train')}
        for part in ('dev', 'test'):
            assert not set(texts) & {one.text for one in pool(name, part)}


def test_nouns_are_counted_as_their_words_are():
    assert [noun.one for noun in nouns_for('sofa')][:2] == ['sofa', 'couch']
    assert nouns_for('scissors')[0].indefinite() == 'a pair of scissors'
    assert nouns_for('bread')[0].indefinite() == 'some bread'
    assert nouns_for('grapes')[0].indefinite_verb == 'are'
    assert 'bars of soap' in [noun.many for noun in nouns_for('soap')]
    assert nouns_for('orange')[0].indefinite() == 'an orange'


def test_no_noun_that_truly_names_a_word_is_loose():
    words = household_vocabulary()
    for word in words.words:
        for noun in nouns_for(word):
            assert word in words.denoted_by(noun.one), (word, noun.one)


def test_kinds_that_people_name_are_kinds_of_the_vocabulary():
    assert all(household_vocabulary().of_kind(kind) for kind in kinds())


@pytest.mark.parametrize(('change', 'named'), [
    ({'name': 'zeppelin'}, 'zeppelin'), ({'colors': ('mauve',)}, 'mauve'),
    ({'supported_by': 9}, '9'), ({'inside_of': 0}, '0'), ({'visible': 1.5}, '1.5'),
    ({'id': -1}, '-1')])
def test_a_scene_with_nonsense_in_it_is_refused(change, named):
    box = OrientedBox(np.zeros(3), 0.0, np.ones(3))
    known = KnownObject(**{'id': 0, 'name': 'mug', 'box': box, **change})
    with pytest.raises(ValueError, match=named):
        KnownScene((known,), np.eye(4))
