"""Short replies about objects: what they are, where they are, how many there are."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.noun_forms import listed, plural
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.language.nouns import Noun
from omd3d_ros.synthetic.language.places import bearing, related
from omd3d_ros.synthetic.language.truth import MIN_VISIBLE, is_on_floor

NUMBERS = ('no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten',
           'eleven', 'twelve')
_MATERIALS = {'wood': 'wooden'}
_FAR = 3.0  # metres between things that are not mentioned together


def number_word(count: int) -> str:
    """Return a count in words, in digits above twelve."""
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def phrase_for(known: KnownObject, material: bool = False) -> str:
    """Return an object's colours, material if wanted, and name: "red and white mug"."""
    stuff = _MATERIALS.get(known.material, known.material) if material else ''
    words = [' and '.join(known.colors), '' if stuff in known.name else stuff, known.name]
    return ' '.join(word for word in words if word)


def any_of(known: KnownObject, material: bool = False) -> str:
    """Return a phrase for an object with what goes before it: "a red mug", "some bread"."""
    words = household_vocabulary()
    number = words.numbers[words.index(known.name)]
    return Noun(known.name, '', number).indefinite(phrase_for(known, material))


def several(objects: Sequence[KnownObject]) -> str:
    """Return objects of any names, counted: "two mugs and a bowl"."""
    words = household_vocabulary()
    names = list(dict.fromkeys(known.name for known in objects))
    said = []
    for name in names:
        alike = [known for known in objects if known.name == name]
        if len(alike) == 1:
            said.append(any_of(alike[0]))
            continue
        count, number = number_word(len(alike)), words.numbers[words.index(name)]
        said.append(f'{count} {plural(name)}' if number == 'count' else
                    f'{count} pairs of {name}' if number == 'pair' else
                    f'{name} in {count} places')
    return listed(said)


def where(scene: KnownScene, known: KnownObject) -> str:
    """Return where an object is: "on the table, left of the lamp", or as the viewer sees it."""
    said: list[str] = []
    for relation, place in (('in', known.inside_of), ('on', known.supported_by)):
        if place is not None and not said:
            said.append(f'{relation} the {scene.find(place).name}')
    if not said and is_on_floor(scene, known):
        said.append('on the floor')
    neighbor = _neighbor(scene, known)
    if neighbor:
        said.append(neighbor)
    angle = bearing(scene, known)
    if abs(angle) > 30 or not said:
        said.append('ahead of you' if abs(angle) <= 30 else 'behind you' if abs(angle) > 150
                    else f'on your {"left" if angle > 0 else "right"}')
    return ', '.join(said)


def _neighbor(scene: KnownScene, known: KnownObject) -> str:
    """Return the relation to the nearest object whose name is there once, if one is clear."""
    names = [other.name for other in scene.objects]
    near = [other for other in scene.objects
            if other.id not in (known.id, known.supported_by, known.inside_of)
            and names.count(other.name) == 1 and other.visible >= MIN_VISIBLE
            and other.name != known.name]
    near.sort(key=lambda other: (round(_distance(known, other), 4), other.id))
    for other in near[:3]:
        for relation in ('left of', 'right of', 'behind', 'in front of'):
            if _distance(known, other) < _FAR and related(scene, relation, known, other):
                return f'{relation} the {other.name}'
    return ''


def _distance(one: KnownObject, other: KnownObject) -> float:
    return float(np.linalg.norm(np.asarray(one.box.center) - other.box.center))
