"""Designations by where things are: for the viewer, and in relation to other things."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable

import numpy as np

from omd3d_ros.segmentation import comparisons, relations
from omd3d_ros.synthetic.language.attributes import any_name, boxes_of, by_color, narrowed_ids
from omd3d_ros.synthetic.language.designation import Designation, Wording
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.language.nouns import Noun
from omd3d_ros.synthetic.language.truth import (
    Truth,
    is_in,
    is_of_kind,
    is_on,
    is_on_floor,
    is_under,
)

_ORDINALS = ('first', 'second', 'third', 'fourth', 'fifth')
_LONGEST_ROW = 6
_SIDES = ('your_left', 'your_right', 'behind_you', 'on_floor')
_ENDS = ('leftmost', 'rightmost', 'closest', 'farthest')
RELATIONS = ('left of', 'right of', 'in front of', 'behind', 'on', 'in', 'under', 'between',
             'nearest to', 'farthest from')
# What stands for any object in a question that asks for its name.
ANYTHING = Noun('thing', 'things', 'count')
_TRIES = 8  # references drawn before giving up
# Degrees between straight ahead and a thing that is "on your left", and the margin around them.
_ASIDE, _MARGIN = (45.0, 135.0), 12.0


def bearing(scene: KnownScene, known: KnownObject) -> float:
    """Return where an object's centre is seen: degrees from straight ahead, left positive."""
    level = relations.level_viewpoint(scene.map_from_viewpoint)
    ahead, left = level[:2, :2].T @ (np.asarray(known.box.center)[:2] - level[:2, 3])
    return float(np.degrees(np.arctan2(left, ahead)))


def is_at(scene: KnownScene, known: KnownObject, side: str) -> Truth:
    """Tell whether an object is on a side of the viewer ('your_left', ...), or on the floor."""
    if side == 'on_floor':
        return is_on_floor(scene, known)
    angle = bearing(scene, known)
    if side == 'behind_you':
        low, high, angle = _ASIDE[1], 225.0, abs(angle)
    else:
        low, high = _ASIDE
        angle = angle if side == 'your_left' else -angle
    if low + _MARGIN <= angle <= high - _MARGIN:
        return True
    return False if angle < low - _MARGIN or angle > high + _MARGIN else None


def by_position(scene: KnownScene, base: Designation, wording: Wording) -> Designation | None:
    """Designate by the place as the viewer sees it."""
    if base.noun.number == 'count' and len(base.ids) > 1 and wording.rng.random() < 0.7:
        return _at_end(scene, base, wording)
    side = _SIDES[int(wording.rng.integers(len(_SIDES)))]
    ids = narrowed_ids(scene, base, lambda known: is_at(scene, known, side))
    return None if ids is None else wording.narrowed(
        base, side, 'position', ids, ('position', side, base.meaning))


def by_ordinal(scene: KnownScene, base: Designation, wording: Wording) -> Designation | None:
    """Designate by the place in a row of three to six, counted from either side."""
    count = len(base.ids)
    if not 3 <= count <= _LONGEST_ROW or base.noun.number != 'count':
        return None
    order = comparisons.from_left(boxes_of(scene, base), scene.map_from_viewpoint)
    if order is None:
        return None
    nth = int(wording.rng.integers(min(count - 1, len(_ORDINALS))))
    side = ('left', 'right')[int(wording.rng.integers(2))]
    place = order[nth] if side == 'left' else order[count - 1 - nth]
    return wording.narrowed(
        base, 'ordinal', 'ordinal', (base.ids[place],), ('ordinal', nth, side, base.meaning),
        nth=_ORDINALS[nth], side=side)


def by_relation(scene: KnownScene, base: Designation, wording: Wording) -> Designation | None:
    """Designate by how something lies to another thing, or to two, that are named clearly."""
    relation = RELATIONS[int(wording.rng.integers(len(RELATIONS)))]
    whole = base
    for _ in range(_TRIES):
        reference = unique_reference(scene, wording, whole)
        if reference is None:
            continue
        base = dataclasses.replace(
            whole, ids=tuple(one for one in whole.ids if one not in reference.ids))
        other = scene.find(reference.ids[0])
        if relation == 'between':
            return _between(scene, base, reference, wording)
        if relation in ('nearest to', 'farthest from'):
            return _by_distance(scene, base, relation, reference, wording)
        ids = narrowed_ids(scene, base, functools.partial(_stands, scene, relation, other))
        if ids:
            return _related(base, relation, ids, reference, wording)
    return None


def related(scene: KnownScene, relation: str, one: KnownObject, other: KnownObject) -> Truth:
    """Tell whether one stands in a relation of two to the other."""
    seen: dict[str, Callable[..., Truth]] = {
        'left of': relations.left_of, 'right of': relations.right_of,
        'in front of': relations.in_front_of, 'behind': relations.behind}
    if relation in seen:
        return seen[relation](one.box, other.box, scene.map_from_viewpoint)
    known: dict[str, Callable[..., Truth]] = {'on': is_on, 'in': is_in, 'under': is_under}
    return known[relation](scene, one, other)


def _stands(
    scene: KnownScene, relation: str, other: KnownObject, one: KnownObject
) -> Truth:
    return False if one is other else related(scene, relation, one, other)


def unique_reference(
    scene: KnownScene, wording: Wording, base: Designation | None = None
) -> Designation | None:
    """Return a designation of just one object, by name or colour, that base does not fit."""
    reference = any_name(scene, wording)
    if reference is not None and len(reference.ids) > 1:
        reference = by_color(scene, reference, wording)
    if reference is None or len(reference.ids) != 1 or reference.noun.verb != 'is':
        return None
    taken = () if base is None or base.noun == ANYTHING else base.ids
    if reference.ids[0] in taken or is_of_kind(scene.find(reference.ids[0]), 'animal'):
        return None
    return reference


def _at_end(scene: KnownScene, base: Designation, wording: Wording) -> Designation | None:
    which = _ENDS[int(wording.rng.integers(len(_ENDS)))]
    boxes, pose = boxes_of(scene, base), scene.map_from_viewpoint
    place: int | None
    if which in ('leftmost', 'rightmost'):
        order = comparisons.from_left(boxes, pose)
        place = None if order is None else order[0 if which == 'leftmost' else -1]
    elif which == 'closest':
        place = comparisons.nearest_to_viewpoint(boxes, pose)
    else:
        place = comparisons.farthest_from_viewpoint(boxes, pose)
    return None if place is None else wording.narrowed(
        base, which, 'position', (base.ids[place],), ('position', which, base.meaning))


def _by_distance(
    scene: KnownScene, base: Designation, relation: str, reference: Designation, wording: Wording
) -> Designation | None:
    if len(base.ids) < 2 or base.noun.number != 'count':
        return None
    compare = comparisons.nearest if relation == 'nearest to' else comparisons.farthest
    place = compare(boxes_of(scene, base), scene.find(reference.ids[0]).box)
    return None if place is None else _related(
        base, relation, (base.ids[place],), reference, wording)


def _between(
    scene: KnownScene, base: Designation, reference: Designation, wording: Wording
) -> Designation | None:
    other = unique_reference(scene, wording, base)
    if other is None or other.ids == reference.ids:
        return None
    ends = [scene.find(one.ids[0]) for one in (reference, other)]
    ids = narrowed_ids(scene, base, lambda known: False if known in ends else relations.between(
        known.box, ends[0].box, ends[1].box))
    if not ids:
        return None
    return _related(base, 'between', ids, reference, wording, other)


def _related(
    base: Designation, relation: str, ids: tuple[int, ...], reference: Designation,
    wording: Wording, other: Designation | None = None,
) -> Designation:
    meaning = (relation, base.meaning, reference.ids[0], *(other.ids if other else ()))
    slots = {'ref': f'the {reference.one}', 'other': f'the {other.one}' if other else ''}
    made = wording.narrowed(base, relation, 'relation', ids, meaning, **slots)
    used = (*reference.phrasings, *(other.phrasings if other else ()))
    return Designation(made.one, made.many, made.noun, made.kind, made.ids,
                       (*made.phrasings, *used), made.meaning)
