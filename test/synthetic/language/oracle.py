"""What a sample's meaning comes to, worked out anew from the scene with plain loops."""

import json
from pathlib import Path

import numpy as np

import omd3d_ros.segmentation.household_words as household_words
import omd3d_ros.synthetic.language as language

WORDS = json.loads(Path(household_words.__file__).with_name('household_words.json').read_text())
NEEDS = json.loads(Path(language.__file__).with_name('intents.json').read_text())


def truly_named(phrase):
    return {word for word, entry in WORDS.items()
            if phrase in (word, *entry['synonyms'], *entry.get('shared', ()))}


def words_that_serve(names):
    found = set()
    for name in names:
        kind = name.removeprefix('kind:')
        found |= {name} if kind == name else {
            word for word, entry in WORDS.items() if kind in entry.get('kinds', ())}
    return found


def seen(scene, known):
    """Return an object's centre as the viewer sees it: ahead, left, up."""
    pose = scene.map_from_viewpoint
    return pose[:3, :3].T @ (known.box.center - pose[:3, 3])


def bottom(known):
    return known.box.center[2] - known.box.size[2] / 2


def top(known):
    return known.box.center[2] + known.box.size[2] / 2


def distance(one, other):
    return float(np.linalg.norm(one.box.center - other.box.center))


MEASURES = {
    'largest': lambda one: one.box.size.max(), 'smallest': lambda one: -one.box.size.max(),
    'tallest': lambda one: one.box.size[2], 'shortest': lambda one: -one.box.size[2],
    'highest': bottom, 'lowest': lambda one: -bottom(one)}


def stands(scene, relation, one, other):
    """Tell whether one plausibly stands in a relation to other."""
    ahead, left, _ = seen(scene, one) - seen(scene, other)
    return {
        'left of': lambda: left > 0, 'right of': lambda: left < 0,
        'in front of': lambda: ahead < 0, 'behind': lambda: ahead > 0,
        'on': lambda: one.supported_by == other.id,
        'in': lambda: one.inside_of == other.id,
        'under': lambda: bottom(one) < top(other) and np.linalg.norm(
            (one.box.center - other.box.center)[:2]) < np.linalg.norm(other.box.size[:2]),
    }[relation]()


def stands_plainly(scene, relation, one, other):
    """Tell whether one so plainly stands in a relation that leaving it out would be wrong."""
    if relation in ('on', 'in'):
        return stands(scene, relation, one, other)
    offset = seen(scene, one) - seen(scene, other)
    if relation == 'under' or min(seen(scene, one)[0], seen(scene, other)[0]) < 0.2:
        return False
    axis = 1 if relation in ('left of', 'right of') else 0
    room = np.hypot(*one.box.size[:2]) / 2 + np.hypot(*other.box.size[:2]) / 2
    return stands(scene, relation, one, other) and abs(offset[axis]) > max(
        room, 1.5 * abs(offset[1 - axis]))


def check(scene, meaning, targets):
    """Assert that targets (ids) are what the meaning comes to; return the ids."""
    targets = set(targets)
    named = {'name': lambda one: one.name in truly_named(meaning[1]),
             'kind': lambda one: meaning[1] in WORDS[one.name].get('kinds', ()),
             'anything': lambda one: True,
             'need': lambda one: one.name in words_that_serve(NEEDS[meaning[1]]['serves'])}
    if meaning[0] in named:
        found = {one.id for one in scene.objects if named[meaning[0]](one)}
        assert targets == found, (meaning, targets, found)
    else:
        inner = next(part for part in meaning[1:] if isinstance(part, tuple))
        base = base_of(scene, inner)
        assert targets <= base
        check_narrowed(scene, meaning, targets, base)
    return targets


def base_of(scene, meaning):
    """Return the ids that a meaning by name, kind or colour comes to."""
    if meaning[0] == 'color':
        return {one for one in base_of(scene, meaning[2])
                if scene.find(one).colors[:1] == (meaning[1],)}
    test = {'name': lambda one: one.name in truly_named(meaning[1]),
            'anything': lambda one: True}[meaning[0]]
    return {one.id for one in scene.objects if test(one)}


def check_narrowed(scene, meaning, targets, base):
    what = meaning[0]
    objects = [scene.find(one) for one in sorted(base)]
    rest = [scene.find(one) for one in sorted(base - targets)]
    chosen = [scene.find(one) for one in sorted(targets)]
    if what == 'color':
        assert all(one.colors[0] == meaning[1] for one in chosen)
        assert not any(meaning[1] in one.colors for one in rest)
    elif what == 'material':
        assert all(one.material == meaning[1] for one in chosen)
        assert not any(one.material in (meaning[1], '') for one in rest)
    elif what == 'superlative':
        assert chosen == [max(objects, key=MEASURES[meaning[1]])]
    elif what == 'ordinal':
        _, nth, side, _ = meaning
        row = sorted(objects, key=lambda one: seen(scene, one)[1], reverse=side == 'left')
        assert chosen == [row[nth]]
    elif what == 'position':
        check_position(scene, meaning[1], chosen, objects, rest)
    elif what == 'between':
        ends = [scene.find(one) for one in meaning[2:]]
        for one in chosen:
            assert max(distance(one, end) for end in ends) < distance(*ends)
    elif what in ('nearest to', 'farthest from'):
        other = scene.find(meaning[2])
        objects = [one for one in objects if one is not other]
        pick = min if what == 'nearest to' else max
        assert chosen == [pick(objects, key=lambda one: distance(one, other))]
    else:
        other = scene.find(meaning[2])
        assert all(stands(scene, what, one, other) for one in chosen)
        assert not any(stands_plainly(scene, what, one, other) for one in rest
                       if one is not other)


def check_position(scene, which, chosen, objects, rest):
    angles = {one.id: np.degrees(np.arctan2(seen(scene, one)[1], seen(scene, one)[0]))
              for one in objects}
    ranges = {one.id: float(np.hypot(*seen(scene, one)[:2])) for one in objects}
    if which in ('leftmost', 'rightmost', 'closest', 'farthest'):
        key = {'leftmost': lambda one: -seen(scene, one)[1],
               'rightmost': lambda one: seen(scene, one)[1],
               'closest': lambda one: ranges[one.id],
               'farthest': lambda one: -ranges[one.id]}[which]
        assert chosen == [min(objects, key=key)]
    elif which == 'on_floor':
        lowest = min(bottom(one) for one in scene.objects)
        assert all(bottom(one) < lowest + 0.07 and one.supported_by is None
                   and one.inside_of is None for one in chosen)
    else:
        low, high = {'your_left': (45, 135), 'your_right': (-135, -45),
                     'behind_you': (135, 225)}[which]
        def there(one):
            angle = angles[one.id]
            return low < (abs(angle) if which == 'behind_you' else angle) < high
        assert all(map(there, chosen))
        assert not any(map(there, rest))
