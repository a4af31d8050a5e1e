"""A sample's meaning taken apart: what is named, and what is done with places."""

from __future__ import annotations

import dataclasses

from omd3d_ros.segmentation.operations import OPERATIONS, RELATIONS
from omd3d_ros.synthetic.language.known_scene import KnownObject
from omd3d_ros.synthetic.language.needs import needs_by_id
from omd3d_ros.synthetic.language.sample import Meaning
from omd3d_ros.synthetic.language.truth import (
    Truth,
    both,
    is_called,
    is_colored,
    is_made_of,
    is_of_kind,
)


@dataclasses.dataclass(frozen=True)
class ParsedMeaning:
    """What a command comes to in steps.

    named       meaning of a name, kind or need, with colour and material
    operation   one of OPERATIONS, on the objects that are so named
    references  ids of the objects that the operation relates to
    """

    named: Meaning
    operation: str
    references: tuple[int, ...]


def parse_meaning(meaning: Meaning) -> ParsedMeaning:
    """Take a sample's meaning apart; ValueError on a form that is not known."""
    what = meaning[0]
    operation, named, references = 'none', meaning, tuple[int, ...]()
    if what in RELATIONS:
        operation, named = str(what), _inner(meaning[1])
        references = tuple(int(str(one)) for one in meaning[2:])
    elif what in ('superlative', 'position'):
        operation, named = str(meaning[1]), _inner(meaning[2])
    elif what == 'ordinal':
        operation, named = f'{meaning[1]} from {meaning[2]}', _inner(meaning[3])
    if operation not in OPERATIONS:
        raise ValueError(f'meaning={meaning!r}: {operation!r} is no known operation')
    return ParsedMeaning(named, operation, references)


def _inner(part: object) -> Meaning:
    if not isinstance(part, tuple):
        raise ValueError(f'{part!r}: must be a meaning')
    return part


def is_named(known: KnownObject, named: Meaning) -> Truth:
    """Tell whether an object is what a meaning names; ValueError on an unknown form."""
    what = named[0]
    if what == 'name':
        return is_called(known, str(named[1]))
    if what == 'kind':
        return is_of_kind(known, str(named[1]))
    if what == 'anything':
        return True
    if what == 'need':
        need = needs_by_id()[str(named[1])]
        return True if known.name in need.serves else None if known.name in need.nearly else False
    if what == 'color':
        return both(is_colored(known, str(named[1])), is_named(known, _inner(named[2])))
    if what == 'material':
        return both(is_made_of(known, str(named[1])), is_named(known, _inner(named[2])))
    raise ValueError(f'named={named!r}: not a known form')
