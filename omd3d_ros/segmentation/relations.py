"""How two or three objects lie to each other, told from their boxes.

Every relation is True, False, or None where people would not agree: a None is neither asked for
in training nor to be relied on at run time. The margins are below, with what they mean.

Left, right, in front of and behind are said as seen from a viewpoint whose frame has x forward,
y left, z up (REP 103). Only its position and heading count: a camera that looks down sees left
where it would looking straight ahead. Things that are not ahead of it have no such relation.
"In front of" is between the other thing and the viewpoint, whatever way the thing itself faces.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox

# Beside each other: how far apart the centres are at least, metres, and how much of the smaller
# one's extent may overlap.
_APART = 0.05
_OVERLAP = 0.25
# Degrees between the side asked for and the way to the thing: clearly that side, clearly not.
_CLEARLY, _CLEARLY_NOT = 40.0, 65.0
_BEARING = 1.0  # degrees that what is left has to appear left, too
_AHEAD = 0.2  # metres ahead of the viewpoint
# One on another: metres between the upper one's base and the lower one's top.
_CONTACT, _NO_CONTACT = 0.04, 0.1
_RIM = 0.05  # metres that a centre lies outside an outline at least, to be clearly not above it
_UNDER_TOP = 0.05  # metres that what is under a table stays below its top
_ON_GROUND = 0.3  # share of a table's height in which what stands under it has its base
# One in another: share of the height below the rim, share of the outline inside the other's.
_SUNK, _NOT_SUNK = 0.5, 0.2
_HELD, _NOT_HELD = 0.8, 0.4
# Between: place along the line from one to the other, distance from it in parts of its length.
_MIDDLE, _NOT_MIDDLE = 0.2, 0.05
_OFF_LINE, _FAR_OFF_LINE = 0.2, 0.5


@dataclasses.dataclass(frozen=True)
class _View:
    """A box as seen from a level viewpoint: center (3,) and extents low, high (2,), metres."""

    center: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]


def level_viewpoint(map_from_viewpoint: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return a pose (4, 4) of the same place and heading whose z axis points up.

    Raises
    ------
    ValueError
        When it is no finite (4, 4), or looks straight up or down, where it has no heading.

    """
    pose = np.asarray(map_from_viewpoint, np.float64)
    if pose.shape != (4, 4) or not np.isfinite(pose).all():
        raise ValueError(f'map_from_viewpoint.shape={pose.shape}: must be (4, 4) and finite')
    forward = pose[:2, 0]
    length = float(np.hypot(*forward))
    if length < 1e-3:
        raise ValueError('map_from_viewpoint: its x axis is vertical, so it has no heading')
    cosine, sine = forward / length
    level = np.eye(4)
    level[:2, :2] = [[cosine, -sine], [sine, cosine]]
    level[:3, 3] = pose[:3, 3]
    return level


def left_of(
    one: OrientedBox, other: OrientedBox, map_from_viewpoint: npt.NDArray[np.float64]
) -> bool | None:
    """Tell whether one lies left of the other as seen from a viewpoint."""
    views = _views((one, other), map_from_viewpoint)
    if views is None:
        return None
    aside = _to_side(*views, axis=1)
    bearings = [np.degrees(np.arctan2(view.center[1], view.center[0])) for view in views]
    return None if aside and bearings[0] - bearings[1] < _BEARING else aside


def right_of(
    one: OrientedBox, other: OrientedBox, map_from_viewpoint: npt.NDArray[np.float64]
) -> bool | None:
    """Tell whether one lies right of the other: the other left of it."""
    views = _views((one, other), map_from_viewpoint)
    if views is None:
        return None
    mirrored = [_mirrored(view) for view in views]
    aside = _to_side(mirrored[0], mirrored[1], axis=1)
    bearings = [np.degrees(np.arctan2(view.center[1], view.center[0])) for view in mirrored]
    return None if aside and bearings[0] - bearings[1] < _BEARING else aside


def behind(
    one: OrientedBox, other: OrientedBox, map_from_viewpoint: npt.NDArray[np.float64]
) -> bool | None:
    """Tell whether one lies behind the other as seen from a viewpoint: farther from it."""
    views = _views((one, other), map_from_viewpoint)
    return None if views is None else _to_side(*views, axis=0)


def in_front_of(
    one: OrientedBox, other: OrientedBox, map_from_viewpoint: npt.NDArray[np.float64]
) -> bool | None:
    """Tell whether one lies in front of the other as seen from a viewpoint: nearer to it."""
    views = _views((one, other), map_from_viewpoint)
    if views is None:
        return None
    return _to_side(_turned(views[0]), _turned(views[1]), axis=0)


def on_top_of(one: OrientedBox, other: OrientedBox) -> bool | None:
    """Tell whether one stands on the top of the other.

    A seat or a shelf board, which lie below the top of their boxes, do not show in boxes.
    """
    step = abs(_bottom(one) - _top(other))
    if one.center[2] <= other.center[2] or step > _NO_CONTACT or not _over(one, other, _RIM):
        return False
    return True if step <= _CONTACT and _over(one, other, 0.0) else None


def beneath(one: OrientedBox, other: OrientedBox) -> bool | None:
    """Tell whether one lies under the other: below all of it, or among its legs.

    Boxes cannot tell a bin under a desk from a pot inside a cupboard; who knows what the other
    is can.
    """
    if not _over(one, other, _RIM) or _top(one) > _top(other) - _UNDER_TOP:
        return False
    if not _over(one, other, 0.0):
        return None
    within = _bottom(one) - _bottom(other)
    below = _top(one) <= _bottom(other) + _CONTACT
    return True if below or within <= _ON_GROUND * float(other.size[2]) else None


def inside(one: OrientedBox, other: OrientedBox) -> bool | None:
    """Tell whether one lies in the other, as fruit in a bowl: most of it below the rim."""
    height = max(float(one.size[2]), 1e-6)
    sunk = (min(_top(one), _top(other)) - max(_bottom(one), _bottom(other))) / height
    held = float(other.covers(_samples(one)).mean())
    if sunk < _NOT_SUNK or held < _NOT_HELD:
        return False
    return True if sunk >= _SUNK and held >= _HELD else None


def between(one: OrientedBox, first: OrientedBox, second: OrientedBox) -> bool | None:
    """Tell whether one lies between two others, seen from above."""
    start = np.asarray(first.center)[:2]
    way = np.asarray(second.center)[:2] - start
    length = float(np.hypot(*way))
    if length < 2 * _APART:
        return False
    offset = np.asarray(one.center)[:2] - start
    along = float(offset @ way) / length**2
    off = abs(float(way[0] * offset[1] - way[1] * offset[0])) / length**2
    place = min(along, 1 - along)
    if place < _NOT_MIDDLE or off > _FAR_OFF_LINE:
        return False
    stacked = any(_over(one, end, 0.0) or _over(end, one, 0.0) for end in (first, second))
    return True if place >= _MIDDLE and off <= _OFF_LINE and not stacked else None


def gap(one: OrientedBox, other: OrientedBox) -> float:
    """Return the distance between two boxes in metres: 0 where they touch or overlap."""
    up = max(_bottom(one) - _top(other), _bottom(other) - _top(one), 0.0)
    return float(np.hypot(_flat_gap(one.footprint(), other.footprint()), up))


def _to_side(one: _View, other: _View, axis: int) -> bool | None:
    """Tell whether one lies from the other towards +x (axis 0) or +y (axis 1)."""
    offset = one.center[:2] - other.center[:2]
    along, across = float(offset[axis]), abs(float(offset[1 - axis]))
    if along <= -_APART:
        return False
    overlap = np.minimum(one.high, other.high) - np.maximum(one.low, other.low)
    part = overlap / np.maximum(np.minimum(one.high - one.low, other.high - other.low), 1e-6)
    over = all((view.low < point.center[:2]).all() and (point.center[:2] < view.high).all()
               for view, point in ((one, other), (other, one)))
    angle = np.degrees(np.arctan2(across, along))
    if over or (angle >= _CLEARLY_NOT and part[1 - axis] <= _OVERLAP):
        return False
    past = along >= _APART and part[axis] <= _OVERLAP
    return True if past and (angle <= _CLEARLY or overlap[1 - axis] > 0) else None


def _views(
    boxes: tuple[OrientedBox, OrientedBox], map_from_viewpoint: npt.NDArray[np.float64]
) -> tuple[_View, _View] | None:
    """Return both boxes as seen; None when one is not ahead of the viewpoint."""
    level = level_viewpoint(map_from_viewpoint)
    views = tuple(_view(box, level) for box in boxes)
    return None if any(view.center[0] < _AHEAD for view in views) else (views[0], views[1])


def _view(box: OrientedBox, map_from_level: npt.NDArray[np.float64]) -> _View:
    turn, place = map_from_level[:2, :2], map_from_level[:2, 3]
    corners = (box.footprint() - place) @ turn
    center = np.append((np.asarray(box.center)[:2] - place) @ turn, box.center[2])
    return _View(center, corners.min(axis=0), corners.max(axis=0))


def _mirrored(view: _View) -> _View:
    """Return a view with left and right exchanged."""
    return _View(view.center * [1, -1, 1], np.array([view.low[0], -view.high[1]]),
                 np.array([view.high[0], -view.low[1]]))


def _turned(view: _View) -> _View:
    """Return a view with near and far exchanged."""
    return _View(view.center * [-1, 1, 1], np.array([-view.high[0], view.low[1]]),
                 np.array([-view.low[0], view.high[1]]))


def _top(box: OrientedBox) -> float:
    return float(box.center[2] + box.size[2] / 2)


def _bottom(box: OrientedBox) -> float:
    return float(box.center[2] - box.size[2] / 2)


def _over(one: OrientedBox, other: OrientedBox, margin: float) -> bool:
    """Tell whether one's centre lies over or under the other's outline."""
    return bool(other.covers(np.asarray(one.center)[None], margin)[0])


def _samples(box: OrientedBox) -> npt.NDArray[np.float64]:
    """Return points (25, 2) spread evenly over a box's outline."""
    corner, right, _, left = box.footprint()
    steps = np.linspace(0.1, 0.9, 5)
    across, along = (grid.ravel()[:, None] for grid in np.meshgrid(steps, steps))
    return np.asarray(corner + across * (right - corner) + along * (left - corner))


def _flat_gap(one: npt.NDArray[np.float64], other: npt.NDArray[np.float64]) -> float:
    """Return the distance between two convex outlines (n, 2), anticlockwise; 0 if they meet."""
    best = -np.inf
    for outline, rest in ((one, other), (other, one)):
        edges = np.roll(outline, -1, axis=0) - outline
        normals = np.stack([edges[:, 1], -edges[:, 0]], axis=1)
        lengths = np.hypot(*normals.T)
        normals = normals[lengths > 0] / lengths[lengths > 0, None]
        starts = outline[lengths > 0]
        if len(normals):
            ahead = ((rest[None] - starts[:, None]) * normals[:, None]).sum(axis=2).min(axis=1)
            best = max(best, float(ahead.max()))
    if best <= 0 and np.isfinite(best):
        return 0.0
    return min(_to_edges(one, other), _to_edges(other, one))


def _to_edges(points: npt.NDArray[np.float64], outline: npt.NDArray[np.float64]) -> float:
    """Return the least distance from points (m, 2) to the edges of an outline (n, 2)."""
    edges = np.roll(outline, -1, axis=0) - outline
    offset = points[:, None] - outline[None]
    length = np.maximum((edges**2).sum(axis=1), 1e-18)
    along = np.clip((offset * edges).sum(axis=2) / length, 0, 1)
    return float(np.sqrt(((offset - along[..., None] * edges)**2).sum(axis=2).min()))
