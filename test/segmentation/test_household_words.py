import collections
import json
from pathlib import Path

import pytest

import omd3d_ros.segmentation.household_words as household_words
from omd3d_ros.segmentation.household_words import household_vocabulary, singular
from omd3d_ros.segmentation.noun_forms import listed, plural, with_article

FILE = Path(household_words.__file__).with_name('household_words.json')
ENTRIES = json.loads(FILE.read_text())
MATERIALS = frozenset((
    'wood', 'metal', 'plastic', 'glass', 'ceramic', 'fabric', 'leather', 'paper', 'cardboard',
    'stone', 'rubber', 'wicker', 'foam', 'wax'))


def test_the_vocabulary_is_large_and_its_file_small():
    assert len(household_vocabulary().words) >= 400
    assert FILE.stat().st_size <= 300_000


def test_words_of_the_image_network_are_part_of_the_vocabulary():
    core, whole = household_words.household_words(), household_vocabulary()
    assert set(core.words) < set(whole.words)
    for word in core.words:
        assert core.names_of(word) <= whole.names_of(word)
        assert core.synonyms[core.index(word)] == whole.synonyms[whole.index(word)]


def test_no_synonym_names_two_things_unless_it_is_declared_as_shared():
    owners = collections.defaultdict(set)
    for word, entry in ENTRIES.items():
        owners[word].add(word)
        for name in (*entry['synonyms'], *entry.get('shared', ())):
            owners[name].add(word)
    for word, entry in ENTRIES.items():
        for name in entry['synonyms']:
            assert owners[name] == {word}, name
        for name in entry.get('shared', ()):
            assert len(owners[name]) > 1, name
        names = [word, *entry['synonyms'], *entry.get('shared', ()), *entry.get('loose', ())]
        assert len(names) == len(set(names)), word


def test_entries_are_lower_case_with_sizes_kinds_and_materials():
    for word, entry in ENTRIES.items():
        assert word == word.lower().strip()
        assert 0 < entry['size'][0] < entry['size'][1] <= 5
        assert set(entry.get('materials', ())) <= MATERIALS
        assert entry.get('number', 'count') in ('count', 'mass', 'pair', 'plural')
        assert set(entry) <= {'imagenet', 'size', 'synonyms', 'shared', 'loose', 'number',
                              'kinds', 'materials'}


def test_a_loose_synonym_is_understood_but_does_not_denote():
    words = household_vocabulary()
    assert words.names_of('pencil') == {'pencil', 'pen'}
    assert words.denoted_by('pencil') == {'pencil'}
    assert words.denoted_by('lamps') == {'lamp', 'floor lamp', 'ceiling lamp', 'spotlight'}
    assert words.denoted_by('zeppelin') == frozenset()


def test_kinds_hold_words():
    words = household_vocabulary()
    assert {'apple', 'banana', 'grapes'} <= words.of_kind('fruit') <= words.of_kind('food')
    assert {'chair', 'sofa', 'stool'} <= words.of_kind('seat')
    assert not words.of_kind('zeppelin')
    with pytest.raises(ValueError, match='zeppelin'):
        words.index('zeppelin')


@pytest.mark.parametrize(('one', 'many'), [
    ('mug', 'mugs'), ('box', 'boxes'), ('brush', 'brushes'), ('knife', 'knives'),
    ('battery', 'batteries'), ('key', 'keys'), ('mouse', 'mice'), ('wine glass', 'wine glasses'),
    ('bar of soap', 'bars of soap'), ('bookshelf', 'bookshelves'), ('tomato', 'tomatoes'),
    ('piece of clothing', 'pieces of clothing')])
def test_plurals(one, many):
    assert plural(one) == many


@pytest.mark.parametrize('word', [
    word for word, entry in ENTRIES.items() if entry.get('number', 'count') == 'count'
    and word not in ('glass', 'magnifying glass')])  # "glasses" help one see
def test_the_plural_of_a_word_leads_back_to_it(word):
    assert singular(plural(word)) == word


@pytest.mark.parametrize(('noun', 'article'), [
    ('apple', 'an'), ('mug', 'a'), ('hourglass', 'an'), ('usb stick', 'a'), ('ukulele', 'a'),
    ('umbrella', 'an'), ('mp3 player', 'an'), ('orange mug', 'an'), ('eraser', 'an')])
def test_articles(noun, article):
    assert with_article(noun) == f'{article} {noun}'


def test_lists_are_joined_as_in_a_sentence():
    assert listed(['a cup']) == 'a cup'
    assert listed(['a cup', 'two mugs', 'a can']) == 'a cup, two mugs and a can'
