import pytest

from omd3d_ros.evaluation.answer_match import count_in, exact_match, token_f1, yes_or_no
from omd3d_ros.evaluation.question_row import is_right


def test_case_articles_and_punctuation_do_not_matter():
    assert exact_match('The red mug.', 'a red mug')
    assert not exact_match('a mug', 'a red mug')
    assert exact_match('On the table, left of the lamp', 'on table left of lamp')


def test_word_f1_counts_repeated_words():
    # common: red, mug; 3 words given, 3 wanted
    assert token_f1('a red red mug', 'red mug there') == pytest.approx(2 * 2 / 6)
    assert token_f1('', 'mug') == 0
    assert token_f1('', '') == 1


@pytest.mark.parametrize(('answer', 'count'), [
    ('three', 3), ('3', 3), ('Three mugs.', 3), ('none', 0), ('No mugs', 0), ('zero', 0),
    ('14', 14), ('mugs', None), ('', None), ('I found three', None)])
def test_counts_are_read_in_words_and_digits(answer, count):
    assert count_in(answer) == count


@pytest.mark.parametrize(('answer', 'said'), [
    ('Yes, there is one.', True), ('yes', True), ('No.', False), ('I found a mug.', None),
    ('', None), ('none', None)])
def test_yes_and_no_are_what_an_answer_begins_with(answer, said):
    assert yes_or_no(answer) is said


@pytest.mark.parametrize(('kind', 'answer', 'truth', 'right'), [
    ('question_count', '2', 'two', True), ('question_count', 'one', 'two', False),
    ('question_count', 'some', 'two', False), ('question_count', 'nothing', 'none', False),
    ('question_exists', 'Yes, on the table', 'yes', True),
    ('question_exists', 'perhaps', 'no', False),
    ('question_what', 'a mug', 'a red mug', False), ('question_what', 'A red mug', 'a red mug',
                                                     True)])
def test_each_kind_of_question_has_its_match(kind, answer, truth, right):
    assert is_right(kind, answer, truth) is right
