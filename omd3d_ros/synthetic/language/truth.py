"""What is true of the objects of a known scene: True, False, or None where it is debatable."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable

from omd3d_ros.segmentation import relations
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene

Truth = bool | None
Test = Callable[[KnownObject], Truth]

# Share of its surface that must be seen before an object is asked for.
MIN_VISIBLE = 0.15
_ON_GROUND = 0.06  # metres
# Colours that people and sensors take for each other.
_ALIKE = frozenset(frozenset(pair.split()) for pair in (
    'black grey', 'grey white', 'brown orange', 'brown red', 'red pink', 'red orange',
    'orange yellow', 'pink purple', 'purple blue', 'yellow green', 'brown black', 'blue green',
    'brown grey', 'white yellow', 'white pink'))
_LEGGED = frozenset(('bed', 'bench', 'chair', 'stool', 'piano', 'crib', 'coffee table'))


def is_called(known: KnownObject, phrase: str) -> Truth:
    """Tell whether a name (lower case, singular) truly names an object.

    None where it is only said of such things, or names something more general that our words
    do not settle: a pool table may count as a table.
    """
    return is_word_for(known.name, phrase)


@functools.cache
def is_word_for(name: str, phrase: str) -> Truth:
    """Tell whether a name (lower case, singular) truly names what a household word stands for."""
    words = household_vocabulary()
    if name in words.denoted_by(phrase):
        return True
    if name in words.names_of(phrase):
        return None
    general = any(other.endswith(' ' + phrase) for other in _all_names(name))
    return None if general else False


def is_of_kind(known: KnownObject, kind: str) -> Truth:
    """Tell whether an object is of a kind."""
    words = household_vocabulary()
    return kind in words.kinds[words.index(known.name)]


def is_colored(known: KnownObject, color: str) -> Truth:
    """Tell whether an object is of a colour; a second colour, or one much like it, is None."""
    if not known.colors:
        return None
    if known.colors[0] == color:
        return True if len(known.colors) == 1 else None
    alike = any(frozenset((color, other)) in _ALIKE or color == other for other in known.colors)
    return None if alike else False


def is_made_of(known: KnownObject, material: str) -> Truth:
    """Tell whether an object is made of a material."""
    return known.material == material if known.material else None


def is_on(scene: KnownScene, one: KnownObject, other: KnownObject) -> Truth:
    """Tell whether one stands on the other itself; None for what stands on something on it."""
    if one.supported_by == other.id:
        return True
    return None if other.id in _carriers(scene, one) else False


def is_in(scene: KnownScene, one: KnownObject, other: KnownObject) -> Truth:
    """Tell whether one is in the other itself."""
    if one.inside_of == other.id:
        return True
    return None if other.id in _carriers(scene, one) else False


def is_under(scene: KnownScene, one: KnownObject, other: KnownObject) -> Truth:
    """Tell whether one is under the other: below a thing with legs, or carrying it."""
    beneath = relations.beneath(one.box, other.box)
    if not beneath or other.id in _carriers(scene, one):
        return None if other.id in _carriers(scene, one) else beneath
    if one.id in _carriers(scene, other):
        small = not is_of_kind(one, 'furniture') and other.supported_by == one.id
        return True if small else None
    legs = is_of_kind(other, 'table') or is_of_kind(other, 'seat') or other.name in _LEGGED
    return True if legs else None


def is_on_floor(scene: KnownScene, one: KnownObject) -> Truth:
    """Tell whether an object stands or lies on the floor."""
    if one.supported_by is not None or one.inside_of is not None:
        return None if _carried_low(scene, one) else False
    height = float(one.box.center[2] - one.box.size[2] / 2) - scene.floor
    return True if height <= _ON_GROUND else False if height > 3 * _ON_GROUND else None


def both(*truths: Truth) -> Truth:
    """Return whether all are true: False where one is false, None where one is debatable."""
    if any(truth is False for truth in truths):
        return False
    return None if any(truth is None for truth in truths) else True


def matching(scene: KnownScene, test: Test) -> tuple[int, ...] | None:
    """Return the ids, ascending, of the objects that pass a test.

    None where one is debatable, or passes without being seen well enough.
    """
    found = []
    for known in scene.objects:
        truth = test(known)
        if truth is None or (truth and known.visible < MIN_VISIBLE):
            return None
        if truth:
            found.append(known.id)
    return tuple(sorted(found))


def is_surely_absent(scene: KnownScene, phrases: Iterable[str], word: str) -> bool:
    """Tell whether nothing in a scene could be taken for a word, or for any of its names."""
    names = _all_names(word)
    for known in scene.objects:
        if names & _all_names(known.name):
            return False
        if any(is_called(known, phrase) is not False for phrase in {*names, *phrases}):
            return False
        if any(is_word_for(word, name) is not False for name in _all_names(known.name)):
            return False
    return True


@functools.cache
def _all_names(word: str) -> frozenset[str]:
    words = household_vocabulary()
    return frozenset((word, *words.synonyms[words.index(word)]))


def _carriers(scene: KnownScene, one: KnownObject) -> set[int]:
    """Return the ids of all that carries or holds an object, directly or not."""
    found: set[int] = set()
    waiting = [one]
    while waiting:
        known = waiting.pop()
        for place in (known.supported_by, known.inside_of):
            if place is not None and place not in found:
                found.add(place)
                waiting.append(scene.find(place))
    return found


def _carried_low(scene: KnownScene, one: KnownObject) -> bool:
    """Tell whether something on the floor carries it that people may overlook: a rug, a box."""
    return all(not is_of_kind(scene.find(place), 'furniture')
               for place in _carriers(scene, one))
