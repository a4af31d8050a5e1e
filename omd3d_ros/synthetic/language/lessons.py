"""Sentences without a scene, and the household words that they mean.

What things are for is learned from these: most household words are in few scenes or in none.
"""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.designation import Wording
from omd3d_ros.synthetic.language.needs import needs_by_id, needs_in
from omd3d_ros.synthetic.language.nouns import kinds, nouns_for
from omd3d_ros.synthetic.language.sample import Meaning
from omd3d_ros.synthetic.language.style import spoken
from omd3d_ros.synthetic.language.truth import Truth, is_word_for

_FILE = pathlib.Path(__file__).with_name('uses.json')
_USES, _NEEDS, _NAMES = 0.45, 0.85, 0.96  # of 1: uses up to the first, then needs, names, kinds
_FRAMES = ('fetch', 'find', 'go')


@dataclasses.dataclass(frozen=True)
class Use:
    """What some household words are good for.

    words  any of them will do
    to     what one does with them, after "I want to"
    said   what one says who needs one of them
    """

    words: frozenset[str]
    to: tuple[str, ...]
    said: tuple[str, ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Lesson:
    """A sentence; meant (W,) int8 is 1 for each household word that it means, -1 if debatable."""

    text: str
    meant: npt.NDArray[np.int8]


@functools.cache
def uses() -> tuple[Use, ...]:
    """Return every use, in the order of the file; ValueError on what is no household word."""
    vocabulary = household_vocabulary()
    found = []
    for entry in json.loads(_FILE.read_text()):
        for word in entry['words']:
            vocabulary.index(word)
        found.append(Use(frozenset(entry['words']), tuple(entry['to']), tuple(entry['said'])))
    return tuple(found)


def draw_lesson(rng: np.random.Generator) -> Lesson:
    """Draw a lesson for training: a use, a need, or a command that names a word or a kind."""
    wording, choice = Wording('train', rng), rng.random()
    if choice < _USES:
        use = uses()[int(rng.integers(len(uses())))]
        text, meant = _use_sentence(use, wording), _marked(use.words)
    elif choice < _NEEDS:
        need = needs_in('train')[int(rng.integers(len(needs_in('train'))))]
        ways = need.ways('train')
        text, meant = ways[int(rng.integers(len(ways)))].text, words_meant(('need', need.id))
    else:
        text, meant = _naming_sentence(wording, of_kind=choice >= _NAMES)
    said, _ = spoken(text, wording, courteous=choice >= _NEEDS)
    return Lesson(said, meant)


def need_lessons(split: str) -> list[Lesson]:
    """Return every way that a split has to say a need, as a lesson each."""
    return [Lesson(way.text, words_meant(('need', need.id)))
            for need in needs_in(split) for way in need.ways(split)]


def words_meant(named: Meaning) -> npt.NDArray[np.int8]:
    """Return what a meaning names (W,): 1 for such words, 0 for others, -1 where debatable.

    named is the meaning of a name, kind or need, with colour and material, which words do not
    tell. Raises ValueError on an unknown form.
    """
    what = named[0]
    words = household_vocabulary().words
    if what in ('color', 'material') and isinstance(named[2], tuple):
        return words_meant(named[2])
    if what == 'anything':
        return np.full(len(words), -1, np.int8)
    if what == 'name':
        return _truths(tuple(is_word_for(word, str(named[1])) for word in words))
    if what == 'kind':
        return _marked(household_vocabulary().of_kind(str(named[1])))
    if what == 'need':
        need = needs_by_id()[str(named[1])]
        return _truths(tuple(True if word in need.serves else None if word in need.nearly
                             else False for word in words))
    raise ValueError(f'named={named!r}: not a known form')


def _use_sentence(use: Use, wording: Wording) -> str:
    place = int(wording.rng.integers(len(use.to) + len(use.said)))
    if place < len(use.to):
        return wording.draw('use').text.format(use=use.to[place])
    return use.said[place - len(use.to)]


def _naming_sentence(wording: Wording, *, of_kind: bool) -> tuple[str, npt.NDArray[np.int8]]:
    rng, vocabulary = wording.rng, household_vocabulary()
    if of_kind:
        kind = sorted(kinds())[int(rng.integers(len(kinds())))]
        nouns, meaning = kinds()[kind], ('kind', kind)
        phrase = nouns[int(rng.integers(len(nouns)))].indefinite()
    else:
        nouns = nouns_for(vocabulary.words[int(rng.integers(len(vocabulary.words)))])
        noun = nouns[int(rng.integers(len(nouns)))]
        meaning = ('name', noun.one)
        phrase = f'the {noun.one}' if rng.random() < 0.5 else noun.indefinite()
    frame = wording.draw(_FRAMES[int(rng.integers(len(_FRAMES)))])
    return frame.text.replace('{x}', phrase), words_meant(meaning)


def _marked(words: frozenset[str]) -> npt.NDArray[np.int8]:
    return _truths(tuple(word in words for word in household_vocabulary().words))


def _truths(each: tuple[Truth, ...]) -> npt.NDArray[np.int8]:
    return np.array([-1 if truth is None else int(truth) for truth in each], np.int8)
