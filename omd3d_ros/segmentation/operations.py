"""What a command does with places: pick the left one, what is on the table, the second from here.

The network reads which operation a command asks for and what it refers to; the operation itself
is geometry, worked out from boxes in the viewpoint's frame.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from omd3d_ros.segmentation import relations
from omd3d_ros.segmentation.box import OrientedBox

RELATIONS = ('left of', 'right of', 'in front of', 'behind', 'on', 'in', 'under', 'between',
             'nearest to', 'farthest from')
SUPERLATIVES = ('largest', 'smallest', 'tallest', 'shortest', 'highest', 'lowest')
ENDS = ('leftmost', 'rightmost', 'closest', 'farthest')
SIDES = ('your_left', 'your_right', 'behind_you', 'on_floor')
ORDINALS = tuple(f'{nth} from {side}' for side in ('left', 'right') for nth in range(5))
OPERATIONS = ('none', *RELATIONS, *SUPERLATIVES, *ENDS, *SIDES, *ORDINALS)
NEEDS_VIEWPOINT = frozenset((*RELATIONS[:4], *ENDS, *SIDES[:3], *ORDINALS))

Pose = npt.NDArray[np.float64]
_TRUE, _DEBATABLE, _FALSE = 0.0, -1.5, -6.0  # log-odds
_ASIDE = (45.0, 135.0)  # degrees from straight ahead that are "on your left"
_MARGIN = 12.0
_RIVALLED = 0.9  # share of superlatives that are said where there are several
_ON_FLOOR = (0.06, 0.18)  # metres above the floor: surely on it, surely not
_ROUGH_CONTACT = 0.12  # metres; boxes of seen surfaces are not exact


def carry_out(
    operation: str, boxes: Sequence[OrientedBox], odds: npt.NDArray[np.float64],
    references: Sequence[int], map_from_viewpoint: Pose | None, floor: float,
) -> npt.NDArray[np.float64]:
    """Return log-odds (n,), at most 0, that the operation is true of each of n boxes.

    Of what stands out (SUPERLATIVES, ENDS, ORDINALS) they are log-probabilities.

    odds (n,) say how far each is what the command names at all: "the largest" is one beside
    which nothing larger is named, as likely as that is. references are the objects that the
    operation is in relation to, the likeliest first: one, or two for "between". floor is its
    height, metres.
    An operation that needs a viewpoint or a reference that is not known changes nothing.
    """
    if operation not in OPERATIONS:
        raise ValueError(f'operation={operation!r}: must be one of {", ".join(OPERATIONS)}')
    count, needed = len(boxes), 2 if operation == 'between' else 1
    if (operation == 'none' or not count
            or (operation in NEEDS_VIEWPOINT and map_from_viewpoint is None)
            or (operation in RELATIONS and len(references) < needed)):
        return np.zeros(count)
    if operation in RELATIONS:
        return _by_reference(operation, boxes, odds, references, map_from_viewpoint)
    if operation in SIDES:
        return np.array([_truth(_at_side(operation, box, map_from_viewpoint, floor))
                         for box in boxes])
    return _standing_out(operation, boxes, odds, map_from_viewpoint)


def _standing_out(
    operation: str, boxes: Sequence[OrientedBox], odds: npt.NDArray[np.float64], pose: Pose | None
) -> npt.NDArray[np.float64]:
    """Return log-probabilities (n,) of being the largest, the second from the left, ..."""
    nth, _, side = operation.partition(' from ')
    ranks = _ranks(side or operation, boxes, pose)
    return _as_nth(int(nth) if side else 0, ranks, odds)


def _as_nth(
    nth: int, ranks: npt.NDArray[np.float64], odds: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return log-probabilities (n,) that just nth of what is named have a lower rank.

    odds (n,) say whether something is named, each for itself: how many of the lower ones are is
    Poisson binomial. "The first" is hardly said of one thing alone, so one with a higher rank
    is likely named, too.
    """
    named = expit(odds)
    order = np.argsort(ranks, kind='stable')
    result = np.full(len(ranks), _FALSE)
    rivalled = _RIVALLED if nth == 0 else 0.0
    before = np.zeros(nth + 1)  # probability of so many named ones so far
    before[0] = 1.0
    for place, i in enumerate(order.tolist()):
        last = float(np.prod(1 - named[order[place + 1:]]))
        likely = before[nth] * (1 - rivalled * last)
        result[i] = max(float(np.log(max(likely, 1e-9))), _FALSE)
        before[1:] = before[1:] * (1 - named[i]) + before[:-1] * named[i]
        before[0] *= 1 - named[i]
    return result


def _by_reference(
    operation: str, boxes: Sequence[OrientedBox], odds: npt.NDArray[np.float64],
    references: Sequence[int], pose: Pose | None,
) -> npt.NDArray[np.float64]:
    other = boxes[references[0]]
    taken = set(references[:2] if operation == 'between' else references[:1])
    if operation in ('nearest to', 'farthest from'):
        rivals = [i for i in range(len(boxes)) if i not in taken]
        apart = np.array([relations.gap(boxes[i], other) + 0.2 * float(np.linalg.norm(
            np.asarray(boxes[i].center) - other.center)) for i in rivals])
        result = np.full(len(boxes), _FALSE)
        result[rivals] = _as_nth(
            0, apart if operation == 'nearest to' else -apart, odds[rivals])
        return result
    return np.array([
        _FALSE if i in taken else _related(operation, box, other, boxes, references, pose)
        for i, box in enumerate(boxes)])


def _related(
    operation: str, box: OrientedBox, other: OrientedBox, boxes: Sequence[OrientedBox],
    references: Sequence[int], pose: Pose | None,
) -> float:
    if operation == 'on':
        return max(_truth(relations.on_top_of(box, other)), _roughly_on(box, other))
    if operation == 'in':
        return _truth(relations.inside(box, other))
    if operation == 'under':
        return _truth(relations.beneath(box, other))
    if operation == 'between':
        return _truth(relations.between(box, other, boxes[references[1]]))
    if pose is None:
        return _TRUE
    told = {'left of': relations.left_of, 'right of': relations.right_of,
            'in front of': relations.in_front_of, 'behind': relations.behind}
    return _truth(told[operation](box, other, pose))


def _roughly_on(box: OrientedBox, other: OrientedBox) -> float:
    """Return the odds that one stands on a seat, a board or a top whose box is higher."""
    base = float(box.center[2] - box.size[2] / 2)
    low, high = (float(other.center[2] + sign * other.size[2] / 2) for sign in (-1, 1))
    over = bool(other.covers(np.asarray(box.center)[None], 0.0)[0])
    smaller = float(np.prod(box.size[:2])) < 0.8 * float(np.prod(other.size[:2]))
    if not over or not smaller:
        return _FALSE
    if abs(base - high) <= _ROUGH_CONTACT:
        return _TRUE
    return _DEBATABLE if base > low + 0.25 * (high - low) else _FALSE


def _at_side(side: str, box: OrientedBox, pose: Pose | None, floor: float) -> bool | None:
    if side == 'on_floor':
        height = float(box.center[2] - box.size[2] / 2) - floor
        return True if height <= _ON_FLOOR[0] else False if height > _ON_FLOOR[1] else None
    if pose is None:
        return None
    level = relations.level_viewpoint(pose)
    ahead, left = level[:2, :2].T @ (np.asarray(box.center)[:2] - level[:2, 3])
    angle = float(np.degrees(np.arctan2(left, ahead)))
    low, high = _ASIDE
    if side == 'behind_you':
        low, high, angle = _ASIDE[1], 225.0, abs(angle)
    elif side == 'your_right':
        angle = -angle
    if low + _MARGIN <= angle <= high - _MARGIN:
        return True
    return False if angle < low - _MARGIN or angle > high + _MARGIN else None


def _ranks(
    by: str, boxes: Sequence[OrientedBox], pose: Pose | None
) -> npt.NDArray[np.float64]:
    """Return what boxes (n,) are put in order by: what stands out most is lowest."""
    if by in SUPERLATIVES:
        return -np.array([_MEASURES[by](box) for box in boxes])
    if pose is None:
        return np.zeros(len(boxes))
    level = relations.level_viewpoint(pose)
    flat = np.array([np.asarray(box.center)[:2] for box in boxes]) - level[:2, 3]
    if by in ('closest', 'farthest'):
        away = np.hypot(*flat.T)
        return np.asarray(away if by == 'closest' else -away)
    to_the_left = flat @ level[:2, 1]
    return np.asarray(-to_the_left if by in ('left', 'leftmost') else to_the_left)


_MEASURES = {
    'largest': lambda box: float(np.prod(box.size)) ** (1 / 3) + float(box.size.max()),
    'smallest': lambda box: -float(np.prod(box.size)) ** (1 / 3) - float(box.size.max()),
    'tallest': lambda box: float(box.size[2]), 'shortest': lambda box: -float(box.size[2]),
    'highest': lambda box: float(box.center[2] - box.size[2] / 2),
    'lowest': lambda box: -float(box.center[2] - box.size[2] / 2)}


def _truth(told: bool | None) -> float:
    return _DEBATABLE if told is None else _TRUE if told else _FALSE
