"""What an English command says outright: the thing it names, its colour, its size, how many."""

from __future__ import annotations

import dataclasses
import re

from omd3d_ros.segmentation.command import is_plural
from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.segmentation.household_words import household_words, looks_plural

_WORD = re.compile(r'[a-z]+(?:-[a-z]+)*|\d+')
_COLOR_NAMES = {
    **{color: color for color in COLORS}, 'gray': 'grey', 'silver': 'grey', 'violet': 'purple',
    'beige': 'brown', 'tan': 'brown', 'golden': 'yellow', 'gold': 'yellow', 'navy': 'blue',
    'turquoise': 'blue', 'rose': 'pink', 'dark': '', 'light': '', 'bright': ''}
_SIZE_NAMES = {
    'small': -1, 'smaller': -1, 'smallest': -1, 'little': -1, 'tiny': -1, 'short': -1,
    'shortest': -1, 'big': 1, 'bigger': 1, 'biggest': 1, 'large': 1, 'larger': 1, 'largest': 1,
    'huge': 1, 'tall': 1, 'taller': 1, 'tallest': 1, 'long': 1, 'longest': 1}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_DEFINITE = _words('the my your our his her their this that these those both')
_DETERMINERS = _DEFINITE | _words(
    'a an some any all every each no another other of two three four five many several')
# Words that ask for a thing without saying what it is for.
_ASKING = _DETERMINERS | _words(
    'and are at bring can collect could do does fetch find for get give go grab hand have here '
    'highlight i is it like locate look me move need now over pick please point robot see segment '
    'select show take tell there to up us walk want we what where which will with would you '
    'hey hello drive come pass one ones thing things object objects item items open close shut '
    'turn switch on off push pull lift touch use approach check')
_CONTEXT = _words(
    'above against behind below beneath beside between by from in inside into near next '
    'on onto under with')
# Nouns that open a command as verbs, and what makes a named thing the subject of a remark.
_VERBS_TOO = _words('brush drill fan iron light match switch watch')
_WITH_PARTICLE = _words('come go look pick point put switch turn')
_REMARK = _words('are feels has have is looks needs smells was were')
_UNNAMED = _words('anything anywhere place something somewhere spot way')
_MAX_NAME_WORDS = 3


@dataclasses.dataclass(frozen=True)
class CommandReading:
    """What a command says outright.

    named     household words that the thing asked for is called by; empty where none is named
    outright  the command does nothing but ask for the named thing ("bring me the mug"), rather
              than name what it wants to use it with ("cut the bread")
    definite  a certain one is meant: "the mug", not "a mug"
    plural    several are asked for
    color     one of description.COLORS, or ''
    size      1 for large, -1 for small, 0
    """

    named: frozenset[str]
    outright: bool
    definite: bool
    plural: bool
    color: str
    size: int


def read_command(text: str) -> CommandReading:
    """Read a clean command.

    The first thing it names counts. One behind a preposition ("throw it in the bin") counts
    only where there is no other, and as involved.
    """
    words = _WORD.findall(text.lower())
    start, stop, named, led = _first_name(words)
    before = words[:start]
    described = [word for word in before if word not in _COLOR_NAMES and word not in _SIZE_NAMES]
    remark = bool(_REMARK.intersection(words[stop:stop + 1]))
    outright = bool(named) and set(described) <= _ASKING and not (remark or led)
    color, size = '', 0
    for word in words[:stop] if named else words:
        color = _COLOR_NAMES.get(word, '') or color
        size = _SIZE_NAMES.get(word, 0) or size
    if named and words[start] in _COLOR_NAMES:  # "bring me the orange": the fruit
        color = ''
    definite = bool(_DEFINITE.intersection(before)) or (outright and 'a' not in before)
    return CommandReading(named, outright, definite, is_plural(text), color, size)


def _first_name(words: list[str]) -> tuple[int, int, frozenset[str], bool]:
    """Return where the first household name starts and stops, what it may mean.

    And whether a preposition leads it. Nothing is named after "something" or "a place".
    """
    names = household_words()
    led = False
    for start, word in enumerate(words):
        if word in _UNNAMED:
            break
        led = led or (word in _CONTEXT and start > 0 and words[start - 1] not in _WITH_PARTICLE)
        for stop in range(min(start + _MAX_NAME_WORDS, len(words)), start, -1):
            found = names.names_of(' '.join(words[start:stop]))
            if found and _reads_as_noun(words, start, stop):
                return start, stop, found, led
    return len(words), len(words), frozenset(), False


def _reads_as_noun(words: list[str], start: int, stop: int) -> bool:
    """Tell "the light", "find scissors" and "mugs" from "light the room" and "can you"."""
    if words[start:stop] == ['orange'] and stop < len(words) and names_a_thing(words[stop]):
        return False
    if start == 0:
        after = words[stop] if stop < len(words) else ''
        verb = words[0] in _VERBS_TOO or words[0] == 'can'
        return not verb and after not in _DETERMINERS and not names_a_thing(after)
    previous = words[start - 1]
    return (previous in _DETERMINERS or previous in _COLOR_NAMES or previous in _SIZE_NAMES
            or looks_plural(words[stop - 1]) or stop - start > 1
            or (previous in _ASKING and previous not in ('to', 'i', 'you', 'we', 'what', 'where'))
            or not _is_function_word(previous))


def names_a_thing(word: str) -> bool:
    """Tell whether a lower-case word is a household name, or stands for one."""
    return word in ('one', 'ones', 'thing', 'things') or bool(household_words().names_of(word))


def _is_function_word(word: str) -> bool:
    return len(word) <= 3 or word in _ASKING
