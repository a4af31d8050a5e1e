"""Row ``real-commands``: hand-made commands on real recordings, answered with boxes."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.command_report import (
    CommandPrediction,
    CommandReport,
    CommandScore,
    report_commands,
)
from omd3d_ros.evaluation.competitors import Answerer
from omd3d_ros.evaluation.figure import Figure, mean_figure, mean_or_none
from omd3d_ros.evaluation.real_commands import KINDS, RealCommands
from omd3d_ros.evaluation.real_map import RealMap, box_masks, fuse
from omd3d_ros.evaluation.report import Failure, Report
from omd3d_ros.evaluation.voxel_sets import object_sets
from omd3d_ros.segmentation.scene import Answer, Scene, SceneObject
from omd3d_ros.segmentation.segmenter import Segmenter

_THRESHOLD = 0.25
_Heard = dict[str, tuple[list[CommandPrediction], list[dict[str, Any]], list[Failure]]]


def real_command_reports(
    benchmark: RealCommands, recordings: Path, segmenter: Segmenter,
    systems: dict[str, tuple[Answerer, str]], rng: np.random.Generator,
    wanted: Sequence[str] = (),
) -> list[Report]:
    """Fuse the real scenes (all, or those wanted) and let every system answer their commands.

    Raises ValueError for a wanted scene that is not there.
    """
    known = [scene.name for scene in benchmark.scenes]
    for name in wanted:
        if name not in known:
            raise ValueError(f'scene={name!r}: must be one of {", ".join(known)}')
    scenes = [scene for scene in benchmark.scenes if not wanted or scene.name in wanted]
    commands = [command for scene in scenes for command in benchmark.on(scene)]
    heard: _Heard = {name: ([], [], []) for name in systems}
    for scene in scenes:
        fused = fuse(scene, recordings)
        segmenter.restore(fused.snapshot.map_id, ())
        seen = segmenter.perceive(fused.snapshot, fused.keyframes)
        boxes = [one.box for one in scene.objects]
        masks = dict(zip((one.name for one in scene.objects),
                         box_masks(boxes, fused.snapshot), strict=True))
        for name, (answer, _) in systems.items():
            predictions, details, failures = heard[name]
            for command in benchmark.on(scene):
                start = time.perf_counter()
                given = answer(seen, command.text, fused.map_from_viewpoint)
                details.append(_detail(seen, given, time.perf_counter() - start))
                predictions.append(_prediction(seen, given))
                failures.append(_drawn(
                    fused, seen, given, command.text,
                    tuple((one.name, masks[one.name]) for one in command.targets)))
    return [
        _report(name, model, report_commands(commands, heard[name][0], _THRESHOLD),
                heard[name][1], heard[name][2], rng)
        for name, (_, model) in systems.items()]


def _report(
    system: str, model: str, report: CommandReport, details: Sequence[dict[str, Any]],
    pictures: Sequence[Failure], rng: np.random.Generator,
) -> Report:
    rows = report.as_json()['commands']
    cases = tuple({**row, **detail} for row, detail in zip(rows, details, strict=True))
    seconds = [detail['seconds'] for detail in details]
    wrong = tuple(picture for picture, score in zip(pictures, report.scores, strict=True)
                  if not (score.first if score.command.boxes else score.rejected))
    about = {'model': model, 'scenes': len({row['scene'] for row in rows}),
             'chance': 'one object drawn from those perceived',
             'median_s': round(float(np.median(seconds)), 3)}
    return Report('real-commands', system, tuple(_figures(report.scores, rng)), about, cases,
                  wrong)


def _figures(scores: Sequence[CommandScore], rng: np.random.Generator) -> list[Figure]:
    there = [score for score in scores if score.command.boxes]
    absent = [score for score in scores if not score.command.boxes]
    figures = []
    for kind in ('all', *KINDS):
        chosen = [score for score in there if kind in ('all', score.command.kind)]
        if not chosen:
            continue
        chance = mean_or_none([score.chance for score in chosen])
        figures.append(_figure(f'{kind}: Acc@{_THRESHOLD:g}', chosen, 'first', chance, rng))
        if kind == 'all':
            figures.append(_figure('all: any selected', chosen, 'hit', chance, rng))
            figures.append(_figure('all: reachable', chosen, 'reachable', None, rng))
        if kind == 'plural':
            figures.append(_figure('plural: set-F1', chosen, 'f1', None, rng))
    blind = mean_or_none([score.rejected for score in scores])
    figures.append(_figure('not there: rejected', absent, 'rejected', blind, rng))
    figures.append(_figure('there, but rejected', there, 'rejected', blind, rng))
    return figures


def _figure(
    title: str, scores: Sequence[CommandScore], field: str, chance: float | None,
    rng: np.random.Generator,
) -> Figure:
    by_scene: dict[str, list[float]] = {}
    for score in scores:
        by_scene.setdefault(score.command.scene, []).append(float(getattr(score, field)))
    return mean_figure(title, list(by_scene.values()), chance, rng)


def _prediction(seen: Scene, given: Answer) -> CommandPrediction:
    return CommandPrediction(
        given.outcome, tuple(found.box for found in _chosen(seen, given)),
        tuple(found.box for found in seen.objects))


def _chosen(seen: Scene, given: Answer) -> list[SceneObject]:
    """Return the selected objects with the masks of the answer."""
    by_id = {found.id: found for found in seen.objects}
    return [by_id[selection.object_id].masked(selection.points, selection.colors)
            for selection in given.selections]


def _detail(seen: Scene, given: Answer, seconds: float) -> dict[str, Any]:
    labels = {found.id: (*found.labels, '')[0] for found in seen.objects}
    return {
        'outcome': given.outcome.name, 'answer': given.text, 'seconds': round(seconds, 3),
        'selected': [{'id': one.object_id, 'score': round(one.score, 3),
                      'label': labels[one.object_id]} for one in given.selections]}


def _drawn(
    fused: RealMap, seen: Scene, given: Answer, text: str, true: tuple[tuple[str, Any], ...]
) -> Failure:
    chosen = _chosen(seen, given)
    sets = object_sets(chosen, fused.snapshot)
    return Failure(fused.snapshot, text, given.outcome.name, true, tuple(
        ((*found.labels, 'object')[0], members)
        for found, members in zip(chosen, sets, strict=True)))
