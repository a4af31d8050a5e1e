"""Rows ``naming`` and ``real-naming``: the names of objects whose true masks are given."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch

from omd3d_ros.evaluation.figure import Figure, mean_figure
from omd3d_ros.evaluation.generated_scenes import TrueScene
from omd3d_ros.evaluation.name_match import chance_of_hit, first_hit, is_name_of
from omd3d_ros.evaluation.report import Failure, Report
from omd3d_ros.evaluation.voxel_sets import VoxelSet
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.appearance import Appearance
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings

_RANKS = (1, 5)


@dataclasses.dataclass(frozen=True)
class NamedThing:
    """An object to be named: the names that are right, its true voxels, and its model's id."""

    accepted: tuple[str, ...]
    mask: VoxelSet
    model: str = ''


@dataclasses.dataclass(frozen=True, eq=False)
class NamingScene:
    """A map with objects to be named."""

    name: str
    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    things: tuple[NamedThing, ...]


@dataclasses.dataclass(frozen=True)
class NamingCase:
    """What became of an object; rank is the place of the first right name, from 0."""

    thing: NamedThing
    labels: tuple[str, ...]
    rank: int | None


def generated_things(scenes: Iterable[TrueScene]) -> Iterator[NamingScene]:
    """Yield generated scenes with all their known objects to be named."""
    for scene in scenes:
        things = tuple(
            NamedThing((known.name,), mask, model) for known, mask, model
            in zip(scene.known.objects, scene.masks, scene.models, strict=True))
        yield NamingScene(scene.name, scene.snapshot, scene.keyframes, things)


def naming_report(
    row: str, scenes: Iterable[NamingScene], settings: SegmenterSettings,
    rng: np.random.Generator,
) -> Report:
    """Name every object from its true mask."""
    torch.set_num_threads(settings.threads)
    appearance = Appearance(settings.appearance, torch.device(settings.language.device))
    by_scene, rows, failures = [], [], []
    for scene in scenes:
        proposals = [Proposal(thing.mask, 1.0) for thing in scene.things]
        names = appearance.name(proposals, scene.snapshot, scene.keyframes)
        cases = [NamingCase(thing, labels, first_hit(labels, thing.accepted))
                 for thing, (labels, *_) in zip(scene.things, names, strict=True)]
        by_scene.append(cases)
        for case in cases:
            rows.append({'scene': scene.name, 'accepted': list(case.thing.accepted),
                         'model': case.thing.model, 'voxels': len(case.thing.mask),
                         'labels': list(case.labels), 'rank': case.rank})
            if case.rank is None:
                failures.append(Failure(
                    scene.snapshot, case.thing.accepted[0], ', '.join(case.labels[:3]),
                    (('', case.thing.mask),), ()))
    about = {'model': appearance.model, 'scenes': len(by_scene),
             'chance': 'words drawn from our vocabulary'}
    return Report(row, 'ours', tuple(_figures(by_scene, rng)), about, tuple(rows),
                  tuple(failures))


def _figures(
    by_scene: Sequence[Sequence[NamingCase]], rng: np.random.Generator
) -> list[Figure]:
    every = [case for cases in by_scene for case in cases]
    figures = []
    for rank in _RANKS:
        hits = [[_within(case, rank) for case in cases] for cases in by_scene]
        chance = [chance_of_hit(case.thing.accepted, rank) for case in every]
        figures.append(mean_figure(
            f'top-{rank}', hits, float(np.mean(chance)) if chance else None, rng))
    if any(case.thing.model for case in every):
        figures += _by_model(every, rng)
    for rank in _RANKS:
        common = _commonest(every, rank)
        always = [[any(is_name_of(name, case.thing.accepted) for name in common)
                   for case in cases] for cases in by_scene]
        figures.append(mean_figure(f'the commonest {rank} for all', always, None, rng))
    return figures


def _by_model(every: Sequence[NamingCase], rng: np.random.Generator) -> list[Figure]:
    """Return the same shares with one voice for each model, drawn over models."""
    groups: dict[str, list[NamingCase]] = {}
    for case in every:
        groups.setdefault(case.thing.model, []).append(case)
    return [
        mean_figure(f'top-{rank}, mean of models', [
            [float(np.mean([_within(case, rank) for case in cases]))]
            for cases in groups.values()], None, rng)
        for rank in _RANKS]


def _within(case: NamingCase, rank: int) -> bool:
    return case.rank is not None and case.rank < rank


def _commonest(every: Sequence[NamingCase], number: int) -> list[str]:
    counted = Counter(case.thing.accepted[0] for case in every)
    return [name for name, _ in sorted(counted.items(), key=lambda one: (-one[1], one[0]))][:number]
