"""Designations by name, kind, colour, material and size."""

from __future__ import annotations

from omd3d_ros.segmentation import comparisons
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.synthetic.language.designation import Designation, Wording, named
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.language.nouns import Noun, kinds, nouns_for
from omd3d_ros.synthetic.language.truth import (
    Test,
    Truth,
    is_called,
    is_colored,
    is_made_of,
    is_of_kind,
    matching,
)

_MATERIAL_WORDS = {'wood': 'wooden', 'fabric': 'cloth'}
_SUPERLATIVES = {
    'largest': comparisons.largest, 'smallest': comparisons.smallest,
    'tallest': comparisons.tallest, 'shortest': comparisons.shortest,
    'highest': comparisons.highest, 'lowest': comparisons.lowest}
SUPERLATIVES = tuple(_SUPERLATIVES)


def by_name(scene: KnownScene, noun: Noun, word: str) -> Designation | None:
    """Designate by one of the nouns of a word; None where it is debatable what it names."""
    ids = matching(scene, lambda known: is_called(known, noun.one))
    kind = 'explicit' if noun.one == word else 'synonym'
    return None if ids is None else named(noun, kind, ids, ('name', noun.one))


def any_name(scene: KnownScene, wording: Wording) -> Designation | None:
    """Designate what some object is called."""
    if not scene.objects:
        return None
    word = scene.objects[int(wording.rng.integers(len(scene.objects)))].name
    nouns = nouns_for(word)
    own = len(nouns) == 1 or wording.rng.random() < 0.6
    return by_name(scene, nouns[0 if own else int(wording.rng.integers(1, len(nouns)))], word)


def by_kind(scene: KnownScene, wording: Wording) -> Designation | None:
    """Designate by the kind of some object."""
    names = sorted(kinds())
    present = [kind for kind in names
               if any(is_of_kind(known, kind) for known in scene.objects)]
    if not present:
        return None
    kind = present[int(wording.rng.integers(len(present)))]
    nouns = kinds()[kind]
    ids = matching(scene, lambda known: is_of_kind(known, kind))
    return None if ids is None else named(
        nouns[int(wording.rng.integers(len(nouns)))], 'category', ids, ('kind', kind))


def by_color(
    scene: KnownScene, base: Designation, wording: Wording, color: str = ''
) -> Designation | None:
    """Designate by a colour as well: that of one that base fits, unless another is given."""
    if not color:
        colors = [scene.find(one).colors for one in base.ids]
        shown = sorted({of_one[0] for of_one in colors if of_one})
        if not shown:
            return None
        color = shown[int(wording.rng.integers(len(shown)))]
    if color not in COLORS or color == base.noun.one:
        return None
    ids = narrowed_ids(scene, base, lambda known: is_colored(known, color))
    return None if ids is None else wording.narrowed(
        base, 'color', 'color', ids, ('color', color, base.meaning), color=color)


def by_material(
    scene: KnownScene, base: Designation, wording: Wording
) -> Designation | None:
    """Designate by a material as well: that of one that base fits."""
    known = sorted({scene.find(one).material for one in base.ids} - {''})
    if not known:
        return None
    material = known[int(wording.rng.integers(len(known)))]
    if material in base.one:
        return None
    ids = narrowed_ids(scene, base, lambda one: is_made_of(one, material))
    return None if ids is None else wording.narrowed(
        base, 'material', 'material', ids, ('material', material, base.meaning),
        material=_MATERIAL_WORDS.get(material, material), stuff=material)


def by_size(scene: KnownScene, base: Designation, wording: Wording) -> Designation | None:
    """Designate the larger or smaller of two that base fits."""
    if len(base.ids) != 2 or base.noun.number != 'count':
        return None
    which = ('largest', 'smallest')[int(wording.rng.integers(2))]
    place = _SUPERLATIVES[which](boxes_of(scene, base))
    pool = 'large' if which == 'largest' else 'small'
    return None if place is None else wording.narrowed(
        base, pool, 'size', (base.ids[place],), ('superlative', which, base.meaning))


def by_superlative(
    scene: KnownScene, base: Designation, wording: Wording
) -> Designation | None:
    """Designate the one of two or more that is largest, tallest, highest up and so on."""
    if len(base.ids) < 2 or base.noun.number != 'count':
        return None
    which = SUPERLATIVES[int(wording.rng.integers(len(SUPERLATIVES)))]
    place = _SUPERLATIVES[which](boxes_of(scene, base))
    return None if place is None else wording.narrowed(
        base, which, 'superlative', (base.ids[place],), ('superlative', which, base.meaning))


def narrowed_ids(scene: KnownScene, base: Designation, test: Test) -> tuple[int, ...] | None:
    """Return which of the objects that base fits pass a test; None where that is debatable."""
    def fits(known: KnownObject) -> Truth:
        return test(known) if known.id in base.ids else False

    return matching(scene, fits)


def boxes_of(scene: KnownScene, base: Designation) -> list[OrientedBox]:
    """Return the boxes of the objects that a designation fits."""
    return [scene.find(one).box for one in base.ids]

