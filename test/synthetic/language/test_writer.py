import collections
import importlib.util
import re
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.noun_forms import plural
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.needs import needs
from omd3d_ros.synthetic.language.sample import KINDS, SPLITS
from omd3d_ros.synthetic.language.writer import write_commands

_SPEC = importlib.util.spec_from_file_location('oracle', Path(__file__).with_name('oracle.py'))
oracle = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(oracle)

ONE_TARGET = ('explicit', 'synonym', 'color', 'size', 'material', 'position', 'relation',
              'ordinal', 'superlative', 'question_what', 'question_where', 'description')
AT_LEAST = {'plural': 2, 'any': 2, 'ambiguous': 2, 'category': 1, 'implicit': 1}
NUMBERS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten',
           'eleven', 'twelve']


@pytest.fixture(scope='module')
def written():
    """Return a thousand samples of each of the first three splits, and fewer of the others."""
    rng = np.random.default_rng(20)
    rooms = [made_up_scene(rng) for _ in range(34)]
    return [(room, sample) for split in SPLITS for room in rooms
            for sample in write_commands(room, split, 30 if split == 'train' else 8, rng)]


def box(x, y, z=0.5, size=(0.1, 0.1, 0.1)):
    return OrientedBox(np.array([x, y, z], float), 0.0, np.array(size, float))


def test_there_are_many_of_every_kind(written):
    kinds = collections.Counter(sample.kind for _, sample in written)
    assert sum(sample.split == 'train' for _, sample in written) >= 1000
    assert set(kinds) == set(KINDS)
    assert min(kinds.values()) >= 6, kinds


def test_targets_are_what_the_sentence_means(written):
    for scene, sample in written:
        oracle.check(scene, sample.meaning, sample.targets)


def test_what_is_targeted_is_there_and_was_seen(written):
    for scene, sample in written:
        assert list(sample.targets) == sorted(set(sample.targets))
        assert all(scene.find(one).visible >= 0.15 for one in sample.targets)


def test_only_what_is_flagged_is_ambiguous(written):
    for _, sample in written:
        if sample.kind in ONE_TARGET:
            assert len(sample.targets) == 1, sample
        elif sample.kind == 'not_there':
            assert not sample.targets
        else:
            assert len(sample.targets) >= AT_LEAST.get(sample.kind, 0), sample


def test_nothing_called_so_is_there_when_it_is_not_there(written):
    absent = [(scene, sample.meaning) for scene, sample in written
              if not sample.targets and sample.meaning[0] in ('name', 'kind', 'need')]
    assert len(absent) > 100
    for scene, (what, said) in absent:
        there = {known.name for known in scene.objects}
        if what == 'name':
            meant = oracle.truly_named(said)
            for name in there:
                entry = oracle.WORDS[name]
                names = {name, *entry['synonyms'], *entry.get('shared', ()),
                         *entry.get('loose', ())}
                assert said not in names
                assert not meant & names
                assert not any(one.endswith(' ' + said) for one in names)
        elif what == 'kind':
            assert not any(said in oracle.WORDS[name].get('kinds', ()) for name in there)
        else:
            need = oracle.NEEDS[said]
            assert not there & oracle.words_that_serve([*need['serves'], *need['nearly']])


def test_relations_read_from_left_to_right_in_the_text(written):
    for _, sample in written:
        if sample.meaning[0] in ('left of', 'right of'):
            assert re.search(sample.meaning[0].split()[0], sample.text.lower()), sample.text


def test_a_name_is_said_as_the_meaning_has_it(written):
    for _, sample in written:
        meaning = sample.meaning
        while meaning[0] != 'name' and any(isinstance(part, tuple) for part in meaning):
            meaning = next(part for part in meaning if isinstance(part, tuple))
        if meaning[0] == 'name' and sample.kind != 'plural' and 'count' not in sample.kind:
            said = [word for word in re.findall(r"[\w'-]+", sample.text.lower())
                    if word not in ('um', 'uh', 'er', 'hmm')]
            names = [meaning[1], plural(meaning[1])]
            assert any(name in ' '.join(said) for name in names), sample


def test_answers_to_questions_are_short_and_right(written):
    for scene, sample in written:
        if sample.kind == 'question_count':
            assert sample.answer_text == NUMBERS[len(sample.targets)]
        elif sample.kind == 'question_exists':
            assert sample.answer_text == ('yes' if sample.targets else 'no')
        elif sample.kind == 'question_what':
            assert scene.find(sample.targets[0]).name in sample.answer_text
        assert sample.answer_text


def test_samples_of_one_scene_differ(written):
    texts = collections.Counter(
        (id(scene), sample.split, sample.text.lower()) for scene, sample in written)
    assert max(texts.values()) == 1


def test_the_splits_share_no_template_and_no_held_out_need(written):
    parts = collections.defaultdict(set)
    intents = collections.defaultdict(set)
    for _, sample in written:
        assert sample.phrasing_id or sample.kind != 'implicit'
        parts[sample.split] |= {one for one in sample.phrasing_id.split('+')
                                if not one.startswith(('opener', 'closer'))} - {''}
        intents[sample.split] |= {sample.intent_id} - {''}
    for i, split in enumerate(SPLITS):
        assert len(parts[split]) > 20
        for other in SPLITS[i + 1:]:
            assert not parts[split] & parts[other]
    held_out = intents['dev_intent'] | intents['test_intent']
    assert len(held_out) > 20
    assert not held_out & (intents['train'] | intents['dev_phrasing'] | intents['test_phrasing'])
    assert not intents['dev_intent'] & intents['test_intent']
    assert {need.part for need in needs() if need.id in intents['test_intent']} == {'test'}


def test_the_same_generator_gives_the_same_samples():
    scene = made_up_scene(np.random.default_rng(3))
    first, second = (write_commands(scene, 'train', 20, np.random.default_rng(7))
                     for _ in range(2))
    assert first == second
    assert first != write_commands(scene, 'train', 20, np.random.default_rng(8))


def test_an_empty_scene_offers_but_what_is_not_there():
    scene = KnownScene((), np.eye(4))
    samples = write_commands(scene, 'train', 10, np.random.default_rng(0))
    assert samples
    assert all(not sample.targets for sample in samples)


def test_two_like_mugs_are_never_asked_for_as_one_without_a_flag():
    scene = KnownScene((KnownObject(1, 'mug', box(2, 0.5), ('red',)),
                        KnownObject(2, 'mug', box(2, -0.5), ('red',)),
                        KnownObject(5, 'plate', box(2, 0), ('white',))), np.eye(4))
    samples = write_commands(scene, 'train', 150, np.random.default_rng(0))
    asked = [sample for sample in samples if sample.meaning in (
        ('name', 'mug'), ('color', 'red', ('name', 'mug')))]
    assert {sample.kind for sample in asked} >= {'ambiguous', 'plural', 'any'}
    assert all(sample.targets == (1, 2) for sample in asked)
    lefts = [sample for sample in samples if sample.meaning == ('left of', ('name', 'mug'), 5)]
    assert lefts
    assert all(sample.targets == (1,) for sample in lefts)


def test_a_mug_half_hidden_from_view_is_not_asked_for():
    scene = KnownScene((KnownObject(1, 'mug', box(2, 0.5), ('red',), visible=0.05),), np.eye(4))
    samples = write_commands(scene, 'train', 60, np.random.default_rng(0))
    assert not any(sample.targets for sample in samples)
    assert not any(sample.meaning == ('name', 'mug') for sample in samples)


def test_an_unknown_split_and_a_negative_count_are_refused():
    scene = KnownScene((), np.eye(4))
    with pytest.raises(ValueError, match='split'):
        write_commands(scene, 'validation', 1, np.random.default_rng(0))
    with pytest.raises(ValueError, match='count'):
        write_commands(scene, 'train', -1, np.random.default_rng(0))
