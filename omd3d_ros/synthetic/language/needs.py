"""Needs that people state without naming a thing, and the things that serve them."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import pathlib
from typing import Any

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.known_scene import KnownScene
from omd3d_ros.synthetic.language.phrasings import Phrasing, part_of, part_of_split
from omd3d_ros.synthetic.language.truth import MIN_VISIBLE

_FILE = pathlib.Path(__file__).with_name('intents.json')
_KIND = 'kind:'
# Of 256 hash values, those below the first are for test, those below the second for development.
_TEST, _DEV = 46, 84


@dataclasses.dataclass(frozen=True)
class Need:
    """A need, and the household words that serve it.

    id      such as 'thirsty'
    topic   such as 'kitchen'
    serves  the words that serve it: any of them will do
    nearly  words about which people would argue; a scene that has one is not asked
    said    ways to say it
    part    'train', 'dev' or 'test': what the need is kept for, in all its ways to say it
    """

    id: str
    topic: str
    serves: frozenset[str]
    nearly: frozenset[str]
    said: tuple[str, ...]
    part: str

    def ways(self, split: str) -> tuple[Phrasing, ...]:
        """Return the ways to say it that belong to a split; none where the need does not."""
        every = [Phrasing(f'need.{self.id}.{place}', text) for place, text in
                 enumerate(self.said)]
        if split.endswith('_intent'):
            return tuple(every) if split == f'{self.part}_intent' else ()
        part = part_of_split(split)
        if self.part != 'train':
            return ()
        return tuple(way for place, way in enumerate(every) if part_of(place) == part)

    def met_by(self, scene: KnownScene) -> tuple[int, ...] | None:
        """Return the ids of the objects that serve it; None where that is debatable."""
        found = []
        for known in scene.objects:
            serves = known.name in self.serves
            if known.name in self.nearly or (serves and known.visible < MIN_VISIBLE):
                return None
            if serves:
                found.append(known.id)
        return tuple(sorted(found))


@functools.cache
def needs() -> tuple[Need, ...]:
    """Return every need, in the order of the file.

    Raises ValueError on a word that is no household word and no "kind:" of them.
    """
    table: dict[str, dict[str, Any]] = json.loads(_FILE.read_text())
    return tuple(_need(identity, entry) for identity, entry in table.items())


@functools.cache
def needs_by_id() -> dict[str, Need]:
    """Return every need by its id."""
    return {need.id: need for need in needs()}


@functools.cache
def needs_in(split: str) -> tuple[Need, ...]:
    """Return the needs that a split has ways to say for."""
    return tuple(need for need in needs() if need.ways(split))


def _need(identity: str, entry: dict[str, Any]) -> Need:
    serves = _words(entry['serves'])
    return Need(identity, entry['topic'], serves, _words(entry['nearly']) - serves,
                tuple(entry['said']), _part_of_need(identity))


def _words(names: list[str]) -> frozenset[str]:
    vocabulary = household_vocabulary()
    found: set[str] = set()
    for name in names:
        if name.startswith(_KIND):
            words = vocabulary.of_kind(name.removeprefix(_KIND))
            if not words:
                raise ValueError(f'{name!r}: no household word is of that kind')
            found |= words
        else:
            vocabulary.index(name)
            found.add(name)
    return frozenset(found)


def _part_of_need(identity: str) -> str:
    value = hashlib.sha256(identity.encode()).digest()[0]
    return 'test' if value < _TEST else 'dev' if value < _DEV else 'train'
