"""Commands as people say them: made safe to put into a prompt, and read for their number."""

from __future__ import annotations

import re
import unicodedata

from omd3d_ros.segmentation.household_words import household_words, looks_plural, singular

# What language models read as structure: <OBJ000>, <|im_start|>, [SEG], [INST], {...}.
_MARKUP = re.compile(r'<[^<>]{0,40}>|\[\s*/?\s*[A-Za-z_]{1,20}\d*\s*\]')
_BRACKETS = re.compile(r'[<>\[\]{}|\\`]')
_DAMAGED = '\ufffd'
_WORD = re.compile(r"[a-z']+|\d+")
_SPOKEN = re.compile(r"[a-z0-9']+")

def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_MANY = _words(
    'all every everything both each several many multiple various these those two three four '
    'five six seven eight nine ten dozen')
_ONE = _words(
    'a an another anybody anything someone something somewhere one single this that what '
    'where which whatever anywhere')
_NOT_QUANTITY = _words(
    'afternoon alone along around at day evening hour minute month morning night over '
    'other right second some sudden time together week year')
_DETERMINERS = _words('the these those them my our your')
_PRONOUNS = _words('i we you they he she it that which who be')
_PLURAL_NOUNS = _words(
    'things objects items ones pieces belongings toys tools dishes drinks seats supplies '
    'snacks fruits vegetables instruments devices machines containers vessels utensils')
_LOOKING = _words(
    'bring collect fetch find get give grab have highlight locate need pick pointing point '
    'request see segment select show take want')

HESITATIONS = ('uh', 'um', 'er', 'hmm')  # what speakers and voice recognisers put in between


def words_said(text: str) -> str:
    """Return a command's words in lower case with single spaces between, without hesitations."""
    return ' '.join(word for word in _SPOKEN.findall(text.lower()) if word not in HESITATIONS)


def clean_command(text: str, max_length: int = 256) -> str:
    """Return a command as one line of plain text that cannot steer a model's prompt.

    Control, format and private characters go; markup that models treat as structure
    (``<OBJ000>``, ``[SEG]``, ``<|im_start|>``) goes with its brackets; white space is one space.
    Raises ValueError when the command is empty, longer than max_length characters, or not text.
    """
    if len(text) > max_length:
        raise ValueError(f'command of {len(text)} characters: at most {max_length} are accepted')
    if text.count(_DAMAGED) * 4 > len(text.strip()):
        raise ValueError('command: its characters could not be decoded')
    plain = unicodedata.normalize('NFC', text)
    plain = ''.join(_plain_character(c) for c in plain)
    before = None
    while before != plain:
        before, plain = plain, _MARKUP.sub(' ', plain)
    plain = ' '.join(_BRACKETS.sub(' ', plain).split())
    if not plain:
        raise ValueError(f'command={text!r}: empty')
    if not any(c.isalpha() for c in plain):
        raise ValueError(f'command={text!r}: holds no words')
    return plain


def _plain_character(character: str) -> str:
    kind = unicodedata.category(character)
    if kind in ('Cc', 'Zs', 'Zl', 'Zp') or character == _DAMAGED:
        return ' '
    return '' if kind[0] == 'C' else character


def is_plural(text: str) -> bool:
    """Tell whether an English command asks for several things.

    Rules, in the order of the words: "all", "both", "two" and the like decide for several;
    "a", "something", "one" and a noun in the singular decide for one; a noun in the plural
    decides for several, unless one "of" them is asked for, or it belongs to what the person
    wants to do ("to wash my hands", "where can I put my books").
    """
    words = _WORD.findall(text.lower().replace('\u2019', "'"))
    purpose = _is_question_of_purpose(words)
    for i, word in enumerate(words):
        after = words[i + 1] if i + 1 < len(words) else ''
        before = words[i - 1] if i else ''
        if _is_quantity(word, before, after):
            return True
        if word == 'of' and after in _DETERMINERS:
            return False
        if purpose or (word == 'to' and after not in _LOOKING and before != 'next'):
            purpose = True
        elif word in _ONE and not (word == 'one' and before in ('that', 'which')):
            if _opens_question(word, i):
                continue
            return _followed_by_plural(words[i + 1:]) if word == 'that' else False
        elif word in _PLURAL_NOUNS or (looks_plural(word) and _is_noun(words, i)):
            return True
        elif _is_noun(words, i) and not _is_noun(words, i + 1):
            return False
    return False


def _is_quantity(word: str, before: str, after: str) -> bool:
    if word.isdigit():
        return int(word) > 1
    if word not in _MANY or after in _NOT_QUANTITY:
        return False
    if before == 'at' or (word in ('these', 'those') and before == 'of'):
        return False
    return not (word == 'all' and before in ('at', 'after', 'above'))


def _opens_question(word: str, position: int) -> bool:
    return position == 0 and word in ('what', 'which', 'where')


def _followed_by_plural(words: list[str]) -> bool:
    return bool(words) and looks_plural(words[0]) and _is_noun(words, 0)


def _is_question_of_purpose(words: list[str]) -> bool:
    """Tell "where can I put my books" from "where can I find my books"."""
    head = ' '.join(words[:3])
    asks = re.match(r'(where|what|which|how) (can|could|do|should|would|may) (i|we|you)', head)
    return bool(asks) and not set(words[3:5]) & _LOOKING


def _is_noun(words: list[str], position: int) -> bool:
    """Tell whether the word there, alone or with its neighbour, names a household thing."""
    if position >= len(words):
        return False
    names = household_words()
    word = words[position]
    if word == 'can' and _PRONOUNS.intersection(words[max(position - 1, 0):position + 2]):
        return False
    pair = f'{words[position - 1]} {word}' if position else word
    return singular(word) in ('thing', 'object', 'item') or bool(
        names.names_of(word) or names.names_of(pair))
