"""Which one of several objects stands out: the nearest, the leftmost, the largest.

Each takes boxes and returns a place in that sequence, or None where two come so close that
people would not agree. The margins are below.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.relations import gap, level_viewpoint

_CLOSER = (0.08, 1.2)  # metres more, and times as far, that the second nearest lies
_HIGHER = 0.1  # metres
_LARGER = 1.2  # times as long in the longest side, and in the cube root of the volume
_TALLER = 1.15  # times as high
# Places in a row: metres and degrees between neighbours, and what counts as ahead, metres.
_STEP, _ANGLE, _AHEAD = 0.06, 3.0, 0.2


def nearest(boxes: Sequence[OrientedBox], other: OrientedBox) -> int | None:
    """Return which box is nearest to another, by the gap and by the centres."""
    return _least_distance(_distances(boxes, other))


def farthest(boxes: Sequence[OrientedBox], other: OrientedBox) -> int | None:
    """Return which box is farthest from another, by the gap and by the centres."""
    return _greatest_distance(_distances(boxes, other))


def nearest_to_viewpoint(
    boxes: Sequence[OrientedBox], map_from_viewpoint: npt.NDArray[np.float64]
) -> int | None:
    """Return which box is nearest to a viewpoint, seen from above."""
    return _least_distance(_ranges(boxes, map_from_viewpoint))


def farthest_from_viewpoint(
    boxes: Sequence[OrientedBox], map_from_viewpoint: npt.NDArray[np.float64]
) -> int | None:
    """Return which box is farthest from a viewpoint, seen from above."""
    return _greatest_distance(_ranges(boxes, map_from_viewpoint))


def from_left(
    boxes: Sequence[OrientedBox], map_from_viewpoint: npt.NDArray[np.float64]
) -> tuple[int, ...] | None:
    """Return the boxes' places from left to right as seen from a viewpoint.

    None when one is not ahead of it, or when neighbours are no clear step apart both in metres
    across the view and in degrees around it.
    """
    level = level_viewpoint(map_from_viewpoint)
    centers = np.array([np.asarray(box.center)[:2] for box in boxes]).reshape(-1, 2)
    ahead, left = ((centers - level[:2, 3]) @ level[:2, :2]).T
    if not len(boxes) or (ahead < _AHEAD).any():
        return None
    order = np.argsort(-left, kind='stable')
    bearings = np.degrees(np.arctan2(left, ahead))
    if (-np.diff(left[order]) < _STEP).any() or (-np.diff(bearings[order]) < _ANGLE).any():
        return None
    return tuple(int(place) for place in order)


def largest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the largest box: in its longest side and in its volume."""
    return _greatest_ratio(_sizes(boxes), _LARGER)


def smallest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the smallest box: in its longest side and in its volume."""
    return _greatest_ratio([1 / size for size in _sizes(boxes)], _LARGER)


def tallest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the box with the greatest height of its own."""
    return _greatest_ratio([_heights(boxes)], _TALLER)


def shortest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the box with the least height of its own."""
    return _greatest_ratio([1 / _heights(boxes)], _TALLER)


def highest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the box whose base is highest up."""
    return _first_clear(np.array([_base(box) for box in boxes]), _HIGHER)


def lowest(boxes: Sequence[OrientedBox]) -> int | None:
    """Return the box whose base is lowest down."""
    return _first_clear(np.array([-_base(box) for box in boxes]), _HIGHER)


def _base(box: OrientedBox) -> float:
    return float(box.center[2] - box.size[2] / 2)


def _heights(boxes: Sequence[OrientedBox]) -> npt.NDArray[np.float64]:
    return np.maximum([float(box.size[2]) for box in boxes], 1e-6)


def _sizes(boxes: Sequence[OrientedBox]) -> list[npt.NDArray[np.float64]]:
    """Return the longest sides and the third roots of the volumes, metres."""
    sizes = np.maximum(np.array([box.size for box in boxes]).reshape(-1, 3), 1e-6)
    return [sizes.max(axis=1), np.cbrt(sizes.prod(axis=1))]


def _distances(
    boxes: Sequence[OrientedBox], other: OrientedBox
) -> list[npt.NDArray[np.float64]]:
    centers = [float(np.linalg.norm(np.asarray(box.center) - other.center)) for box in boxes]
    return [np.array([gap(box, other) for box in boxes]), np.array(centers)]


def _ranges(
    boxes: Sequence[OrientedBox], map_from_viewpoint: npt.NDArray[np.float64]
) -> list[npt.NDArray[np.float64]]:
    place = level_viewpoint(map_from_viewpoint)[:3, 3]
    point = OrientedBox(place, 0.0, np.zeros(3))
    flat = [OrientedBox(np.append(np.asarray(box.center)[:2], place[2]), box.yaw,
                        np.append(np.asarray(box.size)[:2], 0.0)) for box in boxes]
    return _distances(flat, point)


def _least_distance(measures: list[npt.NDArray[np.float64]]) -> int | None:
    winners = {_clearly_least(measure) for measure in measures}
    return winners.pop() if len(winners) == 1 else None


def _greatest_distance(measures: list[npt.NDArray[np.float64]]) -> int | None:
    winners = set()
    for measure in measures:
        order = np.argsort(-measure, kind='stable')
        clear = len(order) == 1 or (len(order) > 1 and _is_clear(
            measure[order[1]], measure[order[0]]))
        winners.add(int(order[0]) if clear else None)
    return winners.pop() if len(winners) == 1 else None


def _clearly_least(measure: npt.NDArray[np.float64]) -> int | None:
    order = np.argsort(measure, kind='stable')
    if len(order) > 1 and not _is_clear(measure[order[0]], measure[order[1]]):
        return None
    return int(order[0]) if len(order) else None


def _is_clear(near: float, far: float) -> bool:
    return bool(far - near >= _CLOSER[0] and far >= near * _CLOSER[1])


def _greatest_ratio(measures: list[npt.NDArray[np.float64]], ratio: float) -> int | None:
    """Return the place that is greatest in every measure, by a ratio in each."""
    winners = {_first_clear(np.log(measure), np.log(ratio)) for measure in measures}
    return winners.pop() if len(winners) == 1 else None


def _first_clear(measure: npt.NDArray[np.float64], step: float) -> int | None:
    order = np.argsort(-measure, kind='stable')
    if len(order) > 1 and measure[order[0]] - measure[order[1]] < step:
        return None
    return int(order[0]) if len(order) else None
