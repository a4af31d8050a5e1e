"""Questions with short answers: what, how many, is there, where, and what it looks like."""

from __future__ import annotations

from omd3d_ros.segmentation.description import size_word
from omd3d_ros.synthetic.language import answers
from omd3d_ros.synthetic.language.attributes import (
    any_name,
    by_color,
    by_kind,
    by_superlative,
)
from omd3d_ros.synthetic.language.commands import Writing, absent_kind, absent_name
from omd3d_ros.synthetic.language.designation import Designation, named
from omd3d_ros.synthetic.language.known_scene import KnownObject
from omd3d_ros.synthetic.language.places import ANYTHING, by_position, by_relation
from omd3d_ros.synthetic.language.sample import CommandSample
from omd3d_ros.synthetic.language.truth import MIN_VISIBLE

_MOST_COUNTED = 12


def what(writing: Writing) -> CommandSample | None:
    """Ask for the name of a thing that is pointed out by its place or colour."""
    anything = named(ANYTHING, 'question_what',
                     tuple(sorted(known.id for known in writing.scene.objects)), ('anything',))
    makers = (by_relation, by_relation, by_relation, by_position, by_color, by_superlative)
    one = makers[writing.pick(len(makers))](writing.scene, anything, writing.wording)
    if one is None or len(one.ids) != 1:
        return None
    known = writing.scene.find(one.ids[0])
    if known.visible < MIN_VISIBLE:
        return None
    return _asked(writing, 'what', 'question_what', one, f'the {one.one}',
                  answers.any_of(known))


def count(writing: Writing) -> CommandSample | None:
    """Ask how many there are of a name, a kind or a colour of a name; seldom of none."""
    one = absent_name(writing) if writing.chance(0.15) else _counted(writing)
    if one is None or not one.many or len(one.ids) > _MOST_COUNTED:
        return None
    answer = answers.number_word(len(one.ids)) if one.ids else 'none'
    frame = writing.wording.draw('count')
    text = frame.text.format(heads=one.many, head=one.one)
    return writing.sample(text, 'question_count', one.ids, answer,
                          (frame.id, *one.phrasings), one.meaning)


def exists(writing: Writing) -> CommandSample | None:
    """Ask whether there is something."""
    if writing.chance(0.5):
        one = absent_kind(writing) if writing.chance(0.2) else absent_name(writing)
    else:
        one = _counted(writing)
    if one is None:
        return None
    return _asked(writing, 'exists', 'question_exists', one, one.noun.indefinite(one.one),
                  'yes' if one.ids else 'no')


def where(writing: Writing) -> CommandSample | None:
    """Ask where something is that is there once."""
    one = _unique(writing)
    if one is None:
        return None
    answer = answers.where(writing.scene, writing.scene.find(one.ids[0]))
    return _asked(writing, 'where', 'question_where', one, f'the {one.one}', answer)


def describe(writing: Writing) -> CommandSample | None:
    """Ask for a description of something that is there once."""
    one = _unique(writing)
    if one is None:
        return None
    known = writing.scene.find(one.ids[0])
    return _asked(writing, 'describe', 'description', one, f'the {one.one}',
                  f'{_portrait(known)} {answers.where(writing.scene, known)}')


def _portrait(known: KnownObject) -> str:
    """Return an object with its size, colour and material: "a small red ceramic mug"."""
    size = size_word(known.box.size, known.name)
    plain = answers.any_of(known, material=True)
    article, _, rest = plain.partition(' ')
    if size == 'medium' or article == 'some':
        return plain
    return f'a {size} {rest}'


def _counted(writing: Writing) -> Designation | None:
    """Designate any number of objects by name, kind or colour."""
    choice = writing.wording.rng.random()
    if choice < 0.3:
        return by_kind(writing.scene, writing.wording)
    one = any_name(writing.scene, writing.wording)
    if one is None or choice < 0.75:
        return one
    return by_color(writing.scene, one, writing.wording)


def _unique(writing: Writing) -> Designation | None:
    one = any_name(writing.scene, writing.wording)
    if one is not None and len(one.ids) > 1:
        one = by_color(writing.scene, one, writing.wording) if writing.chance(0.5) else (
            by_relation(writing.scene, one, writing.wording))
    return one if one is not None and len(one.ids) == 1 else None


def _asked(
    writing: Writing, pool: str, kind: str, one: Designation, phrase: str, answer: str
) -> CommandSample:
    frame = writing.wording.draw(pool)
    verb = one.noun.indefinite_verb if pool == 'exists' else one.noun.verb
    text = frame.text.replace('{x}', phrase).replace('{is}', verb)
    return writing.sample(text, kind, one.ids, answer, (frame.id, *one.phrasings), one.meaning)
