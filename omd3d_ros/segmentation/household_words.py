"""Plain words for the things of a home or office, with their ImageNet classes and sizes."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib
from typing import Any

import numpy as np
import numpy.typing as npt

_FILE = pathlib.Path(__file__).with_name('household_words.json')
# How fast plausibility falls outside a word's size range, in octaves of the largest dimension.
_SIZE_SOFTNESS = 0.5
_IRREGULAR = {
    'abacuses': 'abacus', 'bookshelves': 'bookshelf', 'cacti': 'cactus', 'cookies': 'cookie',
    'mangoes': 'mango', 'potatoes': 'potato', 'thermoses': 'thermos', 'tomatoes': 'tomato',
    'children': 'child', 'feet': 'foot', 'knives': 'knife',
    'leaves': 'leaf', 'loaves': 'loaf', 'men': 'man', 'mice': 'mouse', 'people': 'person',
    'scarves': 'scarf', 'shelves': 'shelf', 'teeth': 'tooth', 'women': 'woman',
}

def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# One thing whose name ends in s, or no noun at all.
_NOT_PLURAL = _words(
    'always as bus binoculars canvas clothes compass does dress ears eyeglasses feet gas '
    'glass glasses hands has headphones his is its jeans lens less mattress mess news pajamas '
    'pants perhaps plus pyjamas scissors series shades shears shorts stairs sunglasses '
    'tennis this thus trousers unless us was yes')


@dataclasses.dataclass(frozen=True)
class HouseholdWords:
    """W words in fixed order.

    words      (W,) the words, singular
    synonyms   synonyms[i] are other words for words[i]; a synonym may belong to several words
    loose      loose[i] are those synonyms that are said of, or look like, words[i] without
               truly naming it: a pen may answer to "pencil", but is none
    classes    classes[i] are the ImageNet-1k indices that show words[i]; may be empty
    sizes      (W, 2) float64, smallest and largest plausible largest dimension, metres
    kinds      kinds[i] are the kinds of thing that words[i] are, such as "fruit" and "food"
    materials  materials[i] are what words[i] are usually made of; may be empty
    numbers    numbers[i] is how words[i] is counted: "count" (a mug), "mass" (some bread),
               "pair" (a pair of scissors) or "plural" (some grapes)
    """

    words: tuple[str, ...]
    synonyms: tuple[tuple[str, ...], ...]
    loose: tuple[tuple[str, ...], ...]
    classes: tuple[tuple[int, ...], ...]
    sizes: npt.NDArray[np.float64]
    kinds: tuple[tuple[str, ...], ...]
    materials: tuple[tuple[str, ...], ...]
    numbers: tuple[str, ...]

    def probabilities(self, of_classes: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Sum class probabilities (B, 1000) per word: (B, W). Rows sum to 1 at most."""
        return of_classes.astype(np.float64) @ self._class_to_word

    def size_prior(self, largest: float) -> npt.NDArray[np.float64]:
        """Return how plausible a largest dimension in metres is for each word, (W,) in [0, 1].

        1 inside the word's range, falling as a Gaussian of the octaves outside it.
        """
        if not largest > 0:
            raise ValueError(f'largest={largest}: must be a positive length in metres')
        octaves = np.maximum(np.log2(self.sizes[:, 0] / largest),
                             np.log2(largest / self.sizes[:, 1]))
        return np.exp(-0.5 * (np.maximum(octaves, 0.0) / _SIZE_SOFTNESS) ** 2)

    def names_of(self, phrase: str) -> frozenset[str]:
        """Return the words that a phrase (lower case, singular or plural) may mean."""
        return self._by_name.get(phrase) or self._by_name.get(singular(phrase)) or frozenset()

    def denoted_by(self, phrase: str) -> frozenset[str]:
        """Return the words that a phrase truly means: names_of without the loose ones."""
        return frozenset(
            word for word in self.names_of(phrase)
            if not {phrase, singular(phrase)} & set(self.loose[self.index(word)]))

    def of_kind(self, kind: str) -> frozenset[str]:
        """Return the words that are of a kind."""
        return frozenset(
            word for word, kinds in zip(self.words, self.kinds, strict=True) if kind in kinds)

    def index(self, word: str) -> int:
        """Return the place of one of the words; ValueError when it is none."""
        if word not in self._places:
            raise ValueError(f'word={word!r}: no household word')
        return self._places[word]

    @functools.cached_property
    def _places(self) -> dict[str, int]:
        return {word: place for place, word in enumerate(self.words)}

    @functools.cached_property
    def _class_to_word(self) -> npt.NDArray[np.float64]:
        from omd3d_ros.segmentation.image_network import CLASSES  # brings torch
        matrix = np.zeros((CLASSES, len(self.words)))
        for column, classes in enumerate(self.classes):
            matrix[list(classes), column] = 1.0
        return matrix

    @functools.cached_property
    def _by_name(self) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for word, synonyms in zip(self.words, self.synonyms, strict=True):
            for name in (word, *synonyms):
                found.setdefault(name, set()).add(word)
        return {name: frozenset(words) for name, words in found.items()}


@functools.cache
def household_words() -> HouseholdWords:
    """Return the words with which names were chosen for the pretrained image network.

    Settings of the reasoner are tuned on them; they are those of household_vocabulary() whose
    entry says which ImageNet classes show them, be it none.
    """
    return _words_of({word: entry for word, entry in _table().items() if 'imagenet' in entry})


@functools.cache
def household_vocabulary() -> HouseholdWords:
    """Return all the words that the package ships.

    In the file, an entry's other names are its "synonyms", which no other entry has; "shared",
    which others have too or are (a cup may be a mug); and "loose" (see HouseholdWords).
    """
    return _words_of(_table())


def _table() -> dict[str, dict[str, Any]]:
    table: dict[str, dict[str, Any]] = json.loads(_FILE.read_text())
    return table


def _words_of(table: dict[str, dict[str, Any]]) -> HouseholdWords:
    return HouseholdWords(
        words=tuple(table),
        synonyms=tuple(
            (*entry['synonyms'], *entry.get('shared', ()), *entry.get('loose', ()))
            for entry in table.values()),
        loose=tuple(tuple(entry.get('loose', ())) for entry in table.values()),
        classes=tuple(tuple(entry.get('imagenet', ())) for entry in table.values()),
        sizes=np.array([entry['size'] for entry in table.values()]),
        kinds=tuple(tuple(entry.get('kinds', ())) for entry in table.values()),
        materials=tuple(tuple(entry.get('materials', ())) for entry in table.values()),
        numbers=tuple(entry.get('number', 'count') for entry in table.values()),
    )


def singular(phrase: str) -> str:
    """Return an English noun phrase (lower case) with its last word in the singular."""
    *rest, word = phrase.split(' ')
    return ' '.join([*rest, _singular_word(word)])


def looks_plural(word: str) -> bool:
    """Tell whether a lower-case English noun has a plural's form."""
    return _singular_word(word) != word


def _singular_word(word: str) -> str:
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if word in _NOT_PLURAL or not word.endswith('s') or len(word) < 4 or word.endswith('ss'):
        return word
    if word.endswith('ies') and len(word) > 4:
        return word[:-3] + 'y'
    if word.endswith(('ches', 'shes', 'sses', 'xes', 'zes')):
        return word[:-2]
    return word[:-1]
