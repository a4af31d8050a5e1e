"""Noun phrases that pick objects out of a scene."""

from __future__ import annotations

import dataclasses

import numpy as np

from omd3d_ros.synthetic.language.nouns import Noun
from omd3d_ros.synthetic.language.phrasings import Phrasing, draw
from omd3d_ros.synthetic.language.sample import Meaning


@dataclasses.dataclass(frozen=True)
class Designation:
    """A phrase without an article, and the objects that it is true of.

    one, many  in the singular and the plural; many is '' where it has none
    noun       its head
    kind       what tells the objects from others, one of sample.KINDS
    ids        the objects, ascending; every other object surely does not fit
    phrasings  ids of the templates that it is made of
    """

    one: str
    many: str
    noun: Noun
    kind: str
    ids: tuple[int, ...]
    phrasings: tuple[str, ...]
    meaning: Meaning


def named(noun: Noun, kind: str, ids: tuple[int, ...], meaning: Meaning) -> Designation:
    """Return a designation by a noun alone."""
    return Designation(noun.one, noun.many, noun, kind, ids, (), meaning)


class Wording:
    """Words designations with the templates of one part (see phrasings.part_of)."""

    def __init__(self, part: str, rng: np.random.Generator) -> None:
        self.part = part
        self.rng = rng

    def draw(self, pool: str) -> Phrasing:
        """Draw a template of a pool."""
        return draw(pool, self.part, self.rng)

    def narrowed(
        self, base: Designation, pool: str, kind: str, ids: tuple[int, ...], meaning: Meaning,
        **slots: str,
    ) -> Designation:
        """Return a designation with more said than base, by a template of a pool."""
        phrasing = self.draw(pool)
        return Designation(
            _filled(phrasing.text, base.one, base.noun.verb, slots),
            _filled(phrasing.text, base.many, 'are', slots) if base.many else '',
            base.noun, kind, ids, (*base.phrasings, phrasing.id), meaning)


def _filled(template: str, head: str, verb: str, slots: dict[str, str]) -> str:
    one = verb == 'is'
    return template.format(head=head, **{'is': verb}, s='s' if one else '',
                           stand='stands' if one else 'stand', **slots)
