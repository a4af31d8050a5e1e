"""Row ``questions``: questions written for generated scenes, answered in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from omd3d_ros.evaluation.answer_match import count_in, exact_match, token_f1, yes_or_no
from omd3d_ros.evaluation.competitors import Answerer
from omd3d_ros.evaluation.figure import Figure, mean_figure
from omd3d_ros.evaluation.report import Report
from omd3d_ros.evaluation.said_scenes import SaidScene
from omd3d_ros.segmentation.scene import Answer
from omd3d_ros.synthetic.language.sample import CommandSample

KINDS = ('question_count', 'question_exists', 'question_what', 'question_where', 'description')
_CLOSED = ('question_count', 'question_exists')
Asked = list[tuple[CommandSample, Answer]]


def question_reports(
    scenes: Iterable[SaidScene], systems: dict[str, tuple[Answerer, str]],
    about: dict[str, Any], rng: np.random.Generator,
) -> list[Report]:
    """Let every system answer the questions of all scenes."""
    asked: dict[str, list[Asked]] = {name: [] for name in systems}
    for said in scenes:
        for name, (answer, _) in systems.items():
            asked[name].append([
                (sample, answer(said.scene, sample.text, said.truth.viewpoint))
                for sample in said.samples if sample.kind in KINDS])
    return [
        Report('questions', name, tuple(_figures(asked[name], rng)),
               {'model': model, 'scenes': len(asked[name]), **about,
                'chance': 'always the commonest answer'},
               tuple(_rows(asked[name])))
        for name, (_, model) in systems.items()]


def is_right(kind: str, answer: str, truth: str) -> bool:
    """Tell whether an answer in words is right: counts and yes or no by what they say first."""
    if kind == 'question_count':
        return count_in(answer) is not None and count_in(answer) == count_in(truth)
    if kind == 'question_exists':
        return yes_or_no(answer) is not None and yes_or_no(answer) == yes_or_no(truth)
    return exact_match(answer, truth)


def selects_right(sample: CommandSample, answer: Answer) -> bool:
    """Tell whether the selection would give a count, or a yes or no, whatever the words are."""
    if sample.kind == 'question_count':
        return len(answer.selections) == len(sample.targets)
    return bool(answer.selections) == bool(sample.targets)


def _figures(asked: Sequence[Asked], rng: np.random.Generator) -> list[Figure]:
    figures = []
    for title, kinds in (('counts and yes/no', _CLOSED), *((kind, (kind,)) for kind in KINDS)):
        by_scene = [[one for one in scene if one[0].kind in kinds] for scene in asked]
        if not any(by_scene):
            continue
        right = [[is_right(sample.kind, answer.text, sample.answer_text)
                  for sample, answer in scene] for scene in by_scene]
        figures.append(mean_figure(
            f'{title}: exact match', right, _commonest_share(by_scene), rng))
        if set(kinds) <= set(_CLOSED):
            figures.append(mean_figure(
                f'{title}: by number selected', [
                    [selects_right(sample, answer) for sample, answer in scene]
                    for scene in by_scene], _commonest_share(by_scene), rng))
        else:
            figures.append(mean_figure(
                f'{title}: word F1', [
                    [token_f1(answer.text, sample.answer_text) for sample, answer in scene]
                    for scene in by_scene], None, rng))
    return figures


def _commonest_share(by_scene: Sequence[Asked]) -> float:
    """Return how often the commonest true answer of each kind would be right."""
    answers: dict[str, Counter[str]] = {}
    for scene in by_scene:
        for sample, _ in scene:
            answers.setdefault(sample.kind, Counter())[sample.answer_text.lower()] += 1
    best = sum(counted.most_common(1)[0][1] for counted in answers.values())
    return best / sum(counted.total() for counted in answers.values())


def _rows(asked: Sequence[Asked]) -> list[dict[str, Any]]:
    return [
        {'scene': number, 'kind': sample.kind, 'text': sample.text, 'truth': sample.answer_text,
         'answer': answer.text, 'selected': len(answer.selections),
         'right': is_right(sample.kind, answer.text, sample.answer_text)}
        for number, scene in enumerate(asked) for sample, answer in scene]
