"""Writes commands and questions for a scene."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.language import questions
from omd3d_ros.synthetic.language.attributes import (
    any_name,
    by_color,
    by_kind,
    by_material,
    by_size,
    by_superlative,
)
from omd3d_ros.synthetic.language.commands import (
    Writing,
    absent,
    designated,
    exhaustive,
    for_need,
)
from omd3d_ros.synthetic.language.designation import Designation, Wording
from omd3d_ros.synthetic.language.known_scene import KnownScene
from omd3d_ros.synthetic.language.phrasings import STYLE, part_of_split
from omd3d_ros.synthetic.language.places import by_ordinal, by_position, by_relation
from omd3d_ros.synthetic.language.sample import SPLITS, CommandSample

Maker = Callable[[Writing], CommandSample | None]
Narrower = Callable[[KnownScene, Designation, Wording], Designation | None]
_TRIES = 24  # draws of one kind before another kind is drawn
_NESTED = 0.2  # share of the places and relations that name a colour as well


def write_commands(
    scene: KnownScene, split: str, count: int, rng: np.random.Generator
) -> tuple[CommandSample, ...]:
    """Return up to a number of different samples for a scene; fewer where it offers too little.

    The kinds come as often as their weights below say, as far as the scene allows. The samples
    of the splits for held-out needs are all implicit, or not there. The same scene, split,
    count and state of the generator give the same samples.

    Raises
    ------
    ValueError
        When the split is none of SPLITS, or count is negative.

    """
    if split not in SPLITS:
        raise ValueError(f'split={split!r}: must be one of {", ".join(SPLITS)}')
    if count < 0:
        raise ValueError(f'count={count}: must not be negative')
    writing = Writing(scene, split, Wording(part_of_split(split), rng))
    makers = {for_need: 1.0} if split.endswith('_intent') else _WEIGHTS
    chances = np.array(list(makers.values())) / sum(makers.values())
    samples: dict[tuple[object, ...], CommandSample] = {}
    texts: set[str] = set()
    for _ in range(2 * count):
        if len(samples) == count:
            break
        maker = list(makers)[int(rng.choice(len(chances), p=chances))]
        for _ in range(_TRIES):
            sample = maker(writing)
            if sample is None or sample.text.lower() in texts or _sameness(sample) in samples:
                continue
            if _is_one_too_many(sample, list(samples.values())):
                continue
            samples[_sameness(sample)] = sample
            texts.add(sample.text.lower())
            break
    return tuple(samples.values())


def _sameness(sample: CommandSample) -> tuple[object, ...]:
    """Return what two samples share that differ in no more than their style."""
    said = [one for one in sample.phrasing_id.split('+') if not one.startswith(STYLE)]
    return tuple(said), sample.meaning, sample.kind


def _is_one_too_many(sample: CommandSample, others: list[CommandSample]) -> bool:
    """Tell whether more than a fifth of the samples would be needs that nothing serves."""
    unserved = sum(bool(other.intent_id) and not other.targets for other in others)
    return bool(sample.intent_id) and not sample.targets and 5 * unserved > len(others)


def _by_name(writing: Writing) -> CommandSample | None:
    return designated(writing, any_name(writing.scene, writing.wording))


def _by_kind(writing: Writing) -> CommandSample | None:
    return designated(writing, by_kind(writing.scene, writing.wording))


def _narrowed(narrower: Narrower, writing: Writing) -> CommandSample | None:
    """Ask for what a name and something more designate."""
    base = any_name(writing.scene, writing.wording)
    if base is not None and narrower in (by_relation, by_position) and writing.chance(_NESTED):
        base = by_color(writing.scene, base, writing.wording)
    if base is None or not base.ids:
        return None
    return designated(writing, narrower(writing.scene, base, writing.wording))


def _plural(writing: Writing) -> CommandSample | None:
    """Ask for all of a name, a kind, a colour or a place."""
    choice = writing.wording.rng.random()
    if choice < 0.3:
        return exhaustive(writing, by_kind(writing.scene, writing.wording))
    one = any_name(writing.scene, writing.wording)
    if choice > 0.6 and one is not None and len(one.ids) > 1:
        narrower = (by_color, by_relation, by_position)[writing.pick(3)]
        one = narrower(writing.scene, one, writing.wording)
    return exhaustive(writing, one)


_WEIGHTS: dict[Maker, float] = {
    _by_name: 0.14,
    _by_kind: 0.05,
    functools.partial(_narrowed, by_color): 0.08,
    functools.partial(_narrowed, by_material): 0.04,
    functools.partial(_narrowed, by_size): 0.04,
    functools.partial(_narrowed, by_superlative): 0.04,
    functools.partial(_narrowed, by_position): 0.06,
    functools.partial(_narrowed, by_ordinal): 0.04,
    functools.partial(_narrowed, by_relation): 0.13,
    _plural: 0.07,
    for_need: 0.13,
    absent: 0.08,
    questions.what: 0.03,
    questions.count: 0.03,
    questions.exists: 0.03,
    questions.where: 0.03,
    questions.describe: 0.03,
}
