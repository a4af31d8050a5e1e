"""Row ``commands``: commands written for generated scenes, answered with masks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from omd3d_ros.evaluation.command_scores import MaskCase, MaskScore, mean_chance, score_masks
from omd3d_ros.evaluation.competitors import Answerer
from omd3d_ros.evaluation.figure import Figure, mean_figure, mean_or_none
from omd3d_ros.evaluation.report import Failure, Report
from omd3d_ros.evaluation.said_scenes import SaidScene
from omd3d_ros.evaluation.voxel_sets import voxel_set
from omd3d_ros.segmentation.scene import Answer, Outcome
from omd3d_ros.synthetic.language.sample import ANY_TARGET, KINDS, CommandSample

THRESHOLDS = (0.25, 0.5)
_QUESTIONS = frozenset(
    kind for kind in KINDS if kind.startswith('question') or kind == 'description')
COMMAND_KINDS = tuple(kind for kind in KINDS if kind not in _QUESTIONS)
# Rows of the table: the kinds that count for each of them; None: all that mean something.
_GROUPS: tuple[tuple[str, tuple[str, ...] | None], ...] = (
    ('all', None), ('spatial', ('position', 'relation', 'ordinal')),
    *((kind, (kind,)) for kind in COMMAND_KINDS if kind != 'not_there'))
Judged = list[tuple[CommandSample, Answer, MaskScore | None]]


def command_reports(
    scenes: Iterable[SaidScene], systems: dict[str, tuple[Answerer, str]],
    about: dict[str, Any], rng: np.random.Generator,
) -> list[Report]:
    """Let every system answer the commands of all scenes, on the same objects."""
    judged: dict[str, list[Judged]] = {name: [] for name in systems}
    failures: dict[str, list[Failure]] = {name: [] for name in systems}
    count = 0
    for said in scenes:
        count += 1
        for name, (answer, _) in systems.items():
            judged[name].append(_judged(said, answer))
            failures[name] += _failures(said, judged[name][-1])
    return [
        Report('commands', name, tuple(_figures(judged[name], rng)),
               {'model': model, 'scenes': count, **about,
                'chance': 'one object drawn from those to choose from'},
               tuple(_rows(judged[name])), tuple(failures[name]))
        for name, (_, model) in systems.items()]


def mask_case(said: SaidScene, sample: CommandSample, answer: Answer) -> MaskCase:
    """Return a command and its answer as sets of voxels."""
    return MaskCase(
        sample.kind, tuple(said.truth.mask_of(target) for target in sample.targets),
        sample.kind in ANY_TARGET, answer.outcome,
        tuple(voxel_set(selection.points, said.truth.snapshot)
              for selection in answer.selections),
        tuple(said.candidates.values()), len(said.truth.snapshot))


def _judged(said: SaidScene, answer: Answerer) -> Judged:
    judged: Judged = []
    for sample in said.samples:
        if sample.kind not in COMMAND_KINDS:
            continue
        given = answer(said.scene, sample.text, said.truth.viewpoint)
        score = score_masks(mask_case(said, sample, given)) if sample.targets else None
        judged.append((sample, given, score))
    return judged


def _figures(judged: Sequence[Judged], rng: np.random.Generator) -> list[Figure]:
    figures = []
    for group, kinds in _GROUPS:
        by_scene = [[score for sample, _, score in scene
                     if score is not None and (kinds is None or sample.kind in kinds)]
                    for scene in judged]
        if any(by_scene):
            figures += _group_figures(group, by_scene, rng)
    return [*figures, *_rejections(judged, rng)]


def _group_figures(
    group: str, by_scene: Sequence[Sequence[MaskScore]], rng: np.random.Generator
) -> list[Figure]:
    every = [score for scores in by_scene for score in scores]
    figures = [mean_figure(
        f'{group}: mask mIoU', [[one.iou for one in scores] for scores in by_scene],
        mean_or_none([one.chance_iou for one in every]), rng)]
    for threshold in THRESHOLDS:
        figures.append(mean_figure(
            f'{group}: Acc@{threshold:g}',
            [[one.iou >= threshold for one in scores] for scores in by_scene],
            mean_chance(every, threshold), rng))
    if group == 'all':
        figures.append(mean_figure(
            'all: reachable@0.25',
            [[one.is_reachable(0.25) for one in scores] for scores in by_scene], None, rng))
    if group == 'plural':
        figures.append(mean_figure(
            'plural: set-F1@0.25', [[one.f1 for one in scores] for scores in by_scene],
            mean_or_none([one.chance_f1 for one in every]), rng))
    if group == 'ambiguous':
        figures.append(mean_figure(
            'ambiguous: said to be so', [[one.ambiguous for one in scores]
                                         for scores in by_scene], None, rng))
    return figures


def _rejections(judged: Sequence[Judged], rng: np.random.Generator) -> list[Figure]:
    """Return how often NOT_FOUND was answered; chance is rejecting as often, but blindly."""
    there, absent = (
        [[answer.outcome is Outcome.NOT_FOUND for sample, answer, _ in scene
          if bool(sample.targets) is wanted] for scene in judged]
        for wanted in (True, False))
    blind = mean_or_none([rejected for scene in (*there, *absent) for rejected in scene])
    return [mean_figure('not there: rejected', absent, blind, rng),
            mean_figure('there, but rejected', there, blind, rng)]


def _rows(judged: Sequence[Judged]) -> list[dict[str, Any]]:
    return [
        {'scene': number, 'kind': sample.kind, 'text': sample.text,
         'targets': list(sample.targets), 'split': sample.split, 'intent': sample.intent_id,
         'outcome': answer.outcome.name,
         'selected': [selection.object_id for selection in answer.selections],
         'iou': None if score is None else round(score.iou, 3),
         'f1': None if score is None else round(score.f1, 3)}
        for number, scene in enumerate(judged) for sample, answer, score in scene]


def _failures(said: SaidScene, judged: Judged) -> list[Failure]:
    labels = {found.id: (*found.labels, 'object')[0] for found in said.scene.objects}
    failures = []
    for sample, answer, score in judged:
        right = (answer.outcome is Outcome.NOT_FOUND if score is None
                 else score.iou >= min(THRESHOLDS))
        if not right:
            failures.append(Failure(
                said.truth.snapshot, sample.text, answer.outcome.name, tuple(
                    (said.truth.known.find(target).name, said.truth.mask_of(target))
                    for target in sample.targets),
                tuple((labels[one.object_id], voxel_set(one.points, said.truth.snapshot))
                      for one in answer.selections)))
    return failures
