"""Rooms of boxes, drawn at random, to show and to test commands with."""

from __future__ import annotations

import numpy as np

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.segmentation.household_words import HouseholdWords, household_vocabulary
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene

_FURNITURE = ('table', 'desk', 'dining table', 'coffee table', 'sideboard', 'chair', 'armchair',
              'sofa', 'bed', 'bookcase', 'cabinet', 'floor lamp', 'plant', 'stool', 'trash can')
_SUPPORTS = frozenset(('table', 'desk', 'dining table', 'coffee table', 'sideboard', 'cabinet'))
_HOLDERS = ('bowl', 'box', 'basket')
_LARGEST_SMALL = 0.35  # metres
_EYE = 1.2  # metres above the floor


def made_up_scene(rng: np.random.Generator, things: int = 14) -> KnownScene:
    """Return a room with seven pieces of furniture and up to so many things on and in them.

    Names come in groups, so that colours, sizes and places are needed to tell things apart.
    Things that find no free place are left out.
    """
    words = household_vocabulary()
    small = [word for word, size in zip(words.words, words.sizes, strict=True)
             if size[1] <= _LARGEST_SMALL]
    objects: list[KnownObject] = []
    for name in rng.choice(_FURNITURE, 7):
        _put_on_floor(objects, _object(len(objects), str(name), words, rng), rng)
    supports = [known for known in objects if known.name in _SUPPORTS]
    groups = [str(name) for name in rng.choice(small, 3)]
    for i in range(things if supports else 0):
        name = groups[i % 3] if i < 9 else str(rng.choice(_HOLDERS)) if i < 11 else str(
            rng.choice(small))
        support = supports[int(rng.integers(len(supports)))]
        _put_on(objects, _object(len(objects), name, words, rng), support, rng)
    _fill_holders(objects, [str(name) for name in rng.choice(small, 3)], words, rng)
    pose = np.eye(4)
    pose[:3, 3] = [-3.6, float(rng.uniform(-1, 1)), _EYE]
    return KnownScene(tuple(objects), pose)


def _object(
    identity: int, name: str, words: HouseholdWords, rng: np.random.Generator
) -> KnownObject:
    place = words.index(name)
    low, high = words.sizes[place]
    longest = low * (high / low) ** rng.uniform(0.2, 0.6)
    size = longest * np.array([1.0, rng.uniform(0.5, 1.0), rng.uniform(0.4, 1.0)])
    colors = tuple(COLORS[i] for i in rng.choice(len(COLORS), int(rng.integers(1, 3)), False))
    materials = words.materials[place]
    material = str(rng.choice(materials)) if materials and rng.random() < 0.7 else ''
    box = OrientedBox(np.zeros(3), float(rng.uniform(-1.5, 1.5)), size)
    return KnownObject(identity, name, box, colors, material,
                       visible=float(rng.choice([1.0, 0.7, 0.4, 0.05], p=[0.5, 0.3, 0.18, 0.02])))


def _put_on_floor(
    objects: list[KnownObject], known: KnownObject, rng: np.random.Generator
) -> None:
    for _ in range(20):
        center = np.array([*rng.uniform(-2.2, 2.2, 2), known.box.size[2] / 2])
        if _is_free(objects, center, known.box, 0.1):
            objects.append(_moved(known, center, None, None))
            return


def _put_on(
    objects: list[KnownObject], known: KnownObject, support: KnownObject,
    rng: np.random.Generator,
) -> None:
    half = support.box.size[:2] / 2
    turn = np.array([[np.cos(support.box.yaw), -np.sin(support.box.yaw)],
                     [np.sin(support.box.yaw), np.cos(support.box.yaw)]])
    top = support.box.center[2] + support.box.size[2] / 2
    for _ in range(20):
        flat = support.box.center[:2] + turn @ (rng.uniform(-0.85, 0.85, 2) * half)
        center = np.array([*flat, top + known.box.size[2] / 2 + 0.005])
        if _is_free(objects, center, known.box, 0.01):
            objects.append(_moved(known, center, support.id, None))
            return


def _fill_holders(
    objects: list[KnownObject], names: list[str], words: HouseholdWords,
    rng: np.random.Generator,
) -> None:
    holders = [known for known in objects if known.name in _HOLDERS]
    for holder, name in zip(holders, names, strict=False):
        known = _object(len(objects), name, words, rng)
        if (known.box.size < 0.7 * holder.box.size.min()).all():
            bottom = holder.box.center[2] - holder.box.size[2] / 2
            center = np.array([*holder.box.center[:2], bottom + known.box.size[2] / 2 + 0.01])
            objects.append(_moved(known, center, None, holder.id))


def _moved(
    known: KnownObject, center: np.ndarray, supported_by: int | None, inside_of: int | None
) -> KnownObject:
    box = OrientedBox(center, known.box.yaw, known.box.size)
    return KnownObject(known.id, known.name, box, known.colors, known.material, supported_by,
                       inside_of, known.visible)


def _is_free(
    objects: list[KnownObject], center: np.ndarray, box: OrientedBox, margin: float
) -> bool:
    """Tell whether a place is clear of all objects of the same level, by their outlines' radii."""
    radius = float(np.hypot(*box.size[:2])) / 2
    for other in objects:
        apart = float(np.hypot(*(other.box.center[:2] - center[:2])))
        level = abs(float(other.box.center[2] - center[2])) < (
            float(other.box.size[2] + box.size[2]) / 2)
        if level and apart < radius + float(np.hypot(*other.box.size[:2])) / 2 + margin:
            return False
    return True
