"""Nouns for household words, and for kinds of things, in the singular and the plural."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

from omd3d_ros.segmentation.household_words import household_vocabulary, looks_plural
from omd3d_ros.segmentation.noun_forms import plural, with_article

_KINDS = pathlib.Path(__file__).with_name('kinds.json')
_MASS_NAMES = frozenset((
    'medicine', 'hairspray', 'makeup', 'powder', 'hand soap', 'cologne', 'kitchen paper',
    'packaging', 'luggage', 'knitting wool', 'silverware', 'play', 'chess', 'spray paint'))
_CONTAINERS = ('bottle', 'box', 'bar', 'carton', 'jar', 'stick', 'can', 'bulb', 'oil')
_NOT_SAID = frozenset(('mortar and pestle', 'needle and thread'))


@dataclasses.dataclass(frozen=True)
class Noun:
    """A noun phrase without an article.

    number is how it is counted, as HouseholdWords.numbers; many is '' where it has no plural.
    """

    one: str
    many: str
    number: str

    @property
    def verb(self) -> str:
        """Return 'is' or 'are'."""
        return 'are' if self.number in ('pair', 'plural') else 'is'

    def indefinite(self, core: str = '') -> str:
        """Return the noun, or a longer phrase that it is the head of, for any of its kind."""
        phrase = core or self.one
        if phrase.startswith('something'):
            return phrase
        if self.number == 'pair':
            return f'a pair of {phrase}'
        return with_article(phrase) if self.number == 'count' else f'some {phrase}'

    @property
    def indefinite_verb(self) -> str:
        """Return 'is' or 'are', as it goes with the indefinite phrase."""
        return 'are' if self.number == 'plural' else 'is'


@functools.cache
def nouns_for(word: str) -> tuple[Noun, ...]:
    """Return the nouns that truly name a household word: the word itself, then its synonyms."""
    words = household_vocabulary()
    place = words.index(word)
    number = words.numbers[place]
    names = [word, *(name for name in words.synonyms[place]
                     if name not in words.loose[place] and name not in _NOT_SAID)]
    nouns = [_noun(name, number if name == word else _number(name, number)) for name in names
             if name == word or number != 'count' or not looks_plural(name.split()[-1])]
    return tuple(nouns)


@functools.cache
def kinds() -> dict[str, tuple[Noun, ...]]:
    """Return nouns for the kinds of things that people name."""
    table: dict[str, dict[str, list[str]]] = json.loads(_KINDS.read_text())
    return {kind: tuple(
        Noun(forms['one'][min(i, len(forms['one']) - 1)],
             forms['many'][min(i, len(forms['many']) - 1)], 'count')
        for i in range(max(len(forms['one']), len(forms['many']))))
        for kind, forms in table.items()}


def _number(name: str, number: str) -> str:
    """Return how a synonym is counted, from how its word is."""
    if name in _MASS_NAMES:
        return 'mass'
    if number == 'count' or ' of ' in name:
        return 'count'
    last = name.split()[-1]
    if number == 'mass' and last in _CONTAINERS and last != 'oil':
        return 'count'
    return 'count' if number in ('pair', 'plural') and not last.endswith('s') else number


def _noun(name: str, number: str) -> Noun:
    return Noun(name, plural(name) if number == 'count' else '', number)
