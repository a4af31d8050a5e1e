"""How well commands were answered: accuracy, set-F1 and rejections, by kind of command."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.metrics import box_iou, set_f1
from omd3d_ros.evaluation.real_commands import KINDS, RealCommand
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import Outcome


@dataclasses.dataclass(frozen=True)
class CommandPrediction:
    """What a system made of a command.

    selected    boxes of the objects it selected, best first
    candidates  boxes of all the objects it could choose from
    """

    outcome: Outcome
    selected: tuple[OrientedBox, ...]
    candidates: tuple[OrientedBox, ...]


@dataclasses.dataclass(frozen=True)
class CommandScore:
    """The score of one command; all in [0, 1].

    best_iou  largest IoU of a selected box with a target; 0 when either is missing
    first     the best selected object is a target (IoU at least the threshold)
    hit       any selected object is a target
    f1        set-F1 with targets and selection matched one to one
    rejected  the outcome was NOT_FOUND
    chance    probability that an object drawn uniformly from the candidates is a target
    reachable a candidate is a target: what choosing perfectly would give
    """

    command: RealCommand
    best_iou: float
    first: bool
    hit: bool
    f1: float
    rejected: bool
    chance: float
    reachable: bool


@dataclasses.dataclass(frozen=True)
class KindSummary:
    """Means over the commands of a kind that mean something that is there."""

    kind: str
    commands: int
    first: float
    hit: float
    f1: float
    chance: float
    reachable: float


@dataclasses.dataclass(frozen=True)
class CommandReport:
    """Scores of all commands at one IoU threshold.

    found          per kind, then over all commands that have targets (kind ``all``)
    not_there      number of commands for something that is not there
    not_found      share of those answered NOT_FOUND (None without any)
    false_rejects  share of the commands with targets answered NOT_FOUND (None without any)
    """

    threshold: float
    scores: tuple[CommandScore, ...]
    found: tuple[KindSummary, ...]
    not_there: int
    not_found: float | None
    false_rejects: float | None

    def table(self) -> str:
        """Return the report as a table of text, in percent."""
        at = f'@{self.threshold:g}'
        lines = [
            f'{"kind":<10}{"commands":>9}{"Acc" + at:>10}{"any" + at:>10}{"F1" + at:>10}'
            f'{"chance":>10}{"ceiling":>10}']
        for row in self.found:
            shares = (row.first, row.hit, row.f1, row.chance, row.reachable)
            lines.append(
                f'{row.kind:<10}{row.commands:>9}' + ''.join(f'{100 * s:>10.1f}' for s in shares))
        lines.append(
            f'not there: {self.not_there} commands, {_percent(self.not_found)} answered NOT_FOUND; '
            f'{_percent(self.false_rejects)} of the others were rejected too')
        return '\n'.join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return the report as plain values for ``json.dump``."""
        return {
            'threshold': self.threshold,
            'found': [dataclasses.asdict(row) for row in self.found],
            'not_there': {'commands': self.not_there, 'not_found_accuracy': self.not_found},
            'false_rejects': self.false_rejects,
            'commands': [_score_as_json(score) for score in self.scores],
        }


def report_commands(
    commands: Sequence[RealCommand],
    predictions: Sequence[CommandPrediction],
    threshold: float = 0.25,
) -> CommandReport:
    """Score predictions, one a command in the same order, at an IoU threshold in (0, 1]."""
    if not 0 < threshold <= 1:
        raise ValueError(f'threshold={threshold}: must be in (0, 1]')
    if len(commands) != len(predictions):
        raise ValueError(f'predictions: {len(predictions)} of them for {len(commands)} commands')
    scores = tuple(
        score_command(command, prediction, threshold)
        for command, prediction in zip(commands, predictions, strict=True))
    there = [score for score in scores if score.command.boxes]
    absent = [score for score in scores if not score.command.boxes]
    rows = [
        _summary(kind, chosen) for kind in KINDS
        if (chosen := [score for score in there if score.command.kind == kind])]
    if there:
        rows.append(_summary('all', there))
    return CommandReport(
        threshold, scores, tuple(rows), len(absent),
        _mean([score.rejected for score in absent]) if absent else None,
        _mean([score.rejected for score in there]) if there else None)


def score_command(
    command: RealCommand, prediction: CommandPrediction, threshold: float
) -> CommandScore:
    """Score one prediction at an IoU threshold in (0, 1]."""
    overlaps = _overlaps(prediction.selected, command.boxes)
    among = _overlaps(prediction.candidates, command.boxes)
    fits = among.max(axis=1, initial=0.0) >= threshold
    return CommandScore(
        command=command,
        best_iou=float(overlaps.max(initial=0.0)),
        first=bool(overlaps[:1].max(initial=0.0) >= threshold),
        hit=bool(overlaps.max(initial=0.0) >= threshold),
        f1=set_f1(overlaps, threshold),
        rejected=prediction.outcome is Outcome.NOT_FOUND,
        chance=float(fits.mean()) if len(fits) else 0.0,
        reachable=bool(fits.any()))


def _overlaps(
    boxes: Sequence[OrientedBox], targets: Sequence[OrientedBox]
) -> npt.NDArray[np.float64]:
    """Return the IoU of every box with every target, (boxes, targets)."""
    pairs = [[box_iou(box, target) for target in targets] for box in boxes]
    return np.array(pairs, dtype=np.float64).reshape(len(boxes), len(targets))


def _summary(kind: str, scores: Sequence[CommandScore]) -> KindSummary:
    means = {
        name: _mean([getattr(score, name) for score in scores])
        for name in ('first', 'hit', 'f1', 'chance', 'reachable')}
    return KindSummary(kind, len(scores), **means)


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values))


def _percent(share: float | None) -> str:
    return 'none' if share is None else f'{100 * share:.1f} %'


def _score_as_json(score: CommandScore) -> dict[str, Any]:
    values = {
        field.name: getattr(score, field.name)
        for field in dataclasses.fields(score) if field.name != 'command'}
    values['best_iou'] = round(score.best_iou, 3)
    said = score.command
    return {'scene': said.scene, 'kind': said.kind, 'text': said.text,
            'targets': [target.name for target in said.targets], **values}
