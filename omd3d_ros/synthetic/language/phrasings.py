"""Templates for sentences and their parts, each kept for training, development or test."""

from __future__ import annotations

import dataclasses
import functools
import json
import pathlib

import numpy as np

_FILE = pathlib.Path(__file__).with_name('phrasings.json')
_MORE = pathlib.Path(__file__).with_name('training_phrasings.json')  # for training only
# Of every six in a row, the fifth is for development and the sixth for test.
_ROW, _DEV, _TEST = 6, 4, 5
# What is said before and after a command is no phrasing of it: all splits share it.
STYLE = ('opener', 'closer')


@dataclasses.dataclass(frozen=True)
class Phrasing:
    """A template with slots in braces; id is its pool and place, such as 'fetch.3'."""

    id: str
    text: str


def part_of(place: int) -> str:
    """Return the part, 'train', 'dev' or 'test', that the template at a place is kept for."""
    rest = place % _ROW
    return 'dev' if rest == _DEV else 'test' if rest == _TEST else 'train'


def part_of_split(split: str) -> str:
    """Return the part that a split's templates are taken from.

    Held-out needs are said in every way, their commands' other parts come from training.
    """
    return split.removesuffix('_phrasing') if split.endswith('_phrasing') else 'train'


def pool(name: str, part: str) -> tuple[Phrasing, ...]:
    """Return the templates of a pool that are kept for a part; KeyError without such a pool."""
    found = tuple(
        Phrasing(f'{name}.{place}', text) for place, text in enumerate(pools()[name])
        if name in STYLE or part_of(place) == part)
    more = training_pools().get(name, ()) if part == 'train' else ()
    return (*found, *(Phrasing(f'{name}.more.{place}', text) for place, text in enumerate(more)))


def draw(name: str, part: str, rng: np.random.Generator) -> Phrasing:
    """Draw a template of a pool."""
    choice = pool(name, part)
    return choice[int(rng.integers(len(choice)))]


@functools.cache
def pools() -> dict[str, tuple[str, ...]]:
    """Return the templates that are divided among the parts, by the name of their pool."""
    return _read(_FILE)


@functools.cache
def training_pools() -> dict[str, tuple[str, ...]]:
    """Return the templates that are for training only, by the name of their pool."""
    return _read(_MORE)


def _read(path: pathlib.Path) -> dict[str, tuple[str, ...]]:
    table: dict[str, list[str]] = json.loads(path.read_text())
    return {name: tuple(texts) for name, texts in table.items()}
