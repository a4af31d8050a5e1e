import pytest

from omd3d_ros.evaluation.name_match import chance_of_hit, first_hit, is_name_of, right_share
from omd3d_ros.segmentation.household_words import household_vocabulary


@pytest.mark.parametrize(('label', 'accepted', 'right'), [
    ('sofa', ('sofa',), True),
    ('couch', ('sofa',), True),       # a true synonym
    ('Couch', ('sofa',), True),
    ('chair', ('armchair',), True),   # said of all armchairs
    ('armchair', ('chair',), False),  # narrower than what is known
    ('mug', ('cup',), False),         # a cup may be no mug ...
    ('cup', ('mug',), True),          # ... but a mug is a cup
    ('mug', ('mug', 'cup'), True),
    ('saucepan', ('pot',), False),    # only said of some pots
    ('carton', ('box',), True),
    ('furniture', ('chair',), False),
    ('chips can', ('chips can', 'can'), True),  # a name that is none of our words
])
def test_a_name_is_right_when_it_is_one_or_a_true_synonym(label, accepted, right):
    assert is_name_of(label, accepted) is right


def test_the_first_right_name_counts():
    assert first_hit(('bowl', 'cup', 'mug'), ('mug',)) == 1
    assert first_hit(('bowl', 'plate'), ('mug',)) is None
    assert first_hit((), ('mug',)) is None


def test_chance_is_drawing_different_words_from_the_vocabulary():
    words = len(household_vocabulary().words)
    right = sum(is_name_of(word, ('sofa',)) for word in household_vocabulary().words)
    assert right_share(frozenset(('sofa',))) == pytest.approx(right / words)
    assert chance_of_hit(('sofa',), 1) == pytest.approx(right / words)
    one_in_five = 1 - (words - right) * (words - right - 1) / (words * (words - 1))
    assert chance_of_hit(('sofa',), 2) == pytest.approx(one_in_five)
    assert chance_of_hit(('no such word',), 5) == 0
    assert chance_of_hit(('sofa',), words) == 1
