"""What is said about the objects that were chosen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation import relations
from omd3d_ros.segmentation.description import describe
from omd3d_ros.segmentation.noun_forms import listed
from omd3d_ros.segmentation.operations import RELATIONS, carry_out
from omd3d_ros.segmentation.scene import Outcome, SceneObject

NUMBERS = ('none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten',
           'eleven', 'twelve')
_FAR = 3.0  # metres between things that are not mentioned together
_AHEAD, _BEHIND = 30.0, 150.0  # degrees
_FLOOR = 0.08  # metres above it

Pose = npt.NDArray[np.float64]


def answer_text(
    question: str, outcome: Outcome, chosen: Sequence[SceneObject],
    others: Sequence[SceneObject], pose: Pose | None, floor: float,
) -> str:
    """Return the reply to a command or question (one of seg_network.QUESTIONS).

    others are all objects of the scene; pose is map_from_viewpoint; floor is its height, metres.
    """
    if question == 'count':
        return number_word(len(chosen))
    if question == 'exists':
        return 'yes' if chosen else 'no'
    if outcome == Outcome.NOT_FOUND:
        return 'I found nothing that fits.'
    said = listed([describe(found) for found in chosen])
    if question == 'what':
        return said
    if question == 'where':
        return where(chosen[0], others, pose, floor)
    if question == 'describe':
        return f'{describe(chosen[0])} {where(chosen[0], others, pose, floor)}'
    if outcome == Outcome.AMBIGUOUS:
        return f'Which one? I found {said}.'
    if outcome == Outcome.LOW_CONFIDENCE:
        return f'I am not sure: perhaps {said}.'
    return f'I found {said}.'


def number_word(count: int) -> str:
    """Return a count in words, in digits above twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def where(
    found: SceneObject, others: Sequence[SceneObject], pose: Pose | None, floor: float
) -> str:
    """Return where an object is: "on the table, left of the lamp", or as the viewer sees it."""
    said = []
    rest = [other for other in others if other.id != found.id and other.labels]
    carrier = _related(found, rest, ('in', 'on'), None, floor)
    if carrier:
        said.append(carrier)
    elif float(found.box.center[2] - found.box.size[2] / 2) < floor + _FLOOR:
        said.append('on the floor')
    if pose is not None:
        names = [other.labels[0] for other in others if other.labels]
        near = [other for other in rest if names.count(other.labels[0]) == 1
                and np.linalg.norm(other.centroid - found.centroid) < _FAR]
        near.sort(key=lambda other: float(np.linalg.norm(other.centroid - found.centroid)))
        beside = _related(found, near[:3], RELATIONS[:4], pose, floor)
        if beside:
            said.append(beside)
        level = relations.level_viewpoint(pose)
        ahead, left = level[:2, :2].T @ (np.asarray(found.box.center)[:2] - level[:2, 3])
        angle = float(np.degrees(np.arctan2(left, ahead)))
        if abs(angle) > _AHEAD or not said:
            said.append('ahead of you' if abs(angle) <= _AHEAD else
                        'behind you' if abs(angle) > _BEHIND else
                        f'on your {"left" if angle > 0 else "right"}')
    return ', '.join(said) or 'here'


def _related(
    found: SceneObject, others: Sequence[SceneObject], operations: Sequence[str],
    pose: Pose | None, floor: float,
) -> str:
    for other in others:
        for operation in operations:
            odds = carry_out(operation, [found.box, other.box], np.ones(2), [1], pose, floor)
            if odds[0] == 0:
                return f'{operation} the {other.labels[0]}'
    return ''
