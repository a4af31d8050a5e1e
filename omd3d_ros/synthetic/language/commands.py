"""Commands for designated objects, for needs, and for what is not there."""

from __future__ import annotations

import dataclasses

from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language import answers
from omd3d_ros.synthetic.language.attributes import any_name, by_color
from omd3d_ros.synthetic.language.designation import Designation, Wording, named
from omd3d_ros.synthetic.language.known_scene import KnownScene
from omd3d_ros.synthetic.language.needs import Need, needs_in
from omd3d_ros.synthetic.language.nouns import kinds, nouns_for
from omd3d_ros.synthetic.language.phrasings import Phrasing
from omd3d_ros.synthetic.language.sample import CommandSample, Meaning
from omd3d_ros.synthetic.language.style import spoken
from omd3d_ros.synthetic.language.truth import is_of_kind, is_surely_absent

_PORTABLE = 0.7  # metres of the largest dimension, up to which a thing is asked to be brought
_BARE = 0.06  # share of the commands that are but a name: "the red mug"
_MOST_PLURAL = 12
_OF_ONE = ("where's", 'which object is', 'I wonder where')  # templates that need a singular
_NOT_FOUND = 'I found nothing that fits.'


@dataclasses.dataclass(frozen=True)
class Writing:
    """A scene, the split that is written for it, and what the sentences are worded with."""

    scene: KnownScene
    split: str
    wording: Wording

    def chance(self, share: float) -> bool:
        """Draw True with a probability."""
        return bool(self.wording.rng.random() < share)

    def pick(self, count: int) -> int:
        """Draw a number below count."""
        return int(self.wording.rng.integers(count))

    def sample(
        self, text: str, kind: str, ids: tuple[int, ...], answer: str,
        phrasings: tuple[str, ...], meaning: Meaning, intent: str = '',
    ) -> CommandSample:
        """Return a sample with its text made as if spoken."""
        said, extra = spoken(text, self.wording, courteous=not intent)
        return CommandSample(said, kind, tuple(sorted(ids)), answer,
                             '+'.join((*phrasings, *extra)), intent, self.split, meaning)


def designated(writing: Writing, one: Designation | None) -> CommandSample | None:
    """Ask for what is designated: one of it, all of it, any of it, or too vaguely."""
    if one is None or not one.ids:
        return None
    if len(one.ids) == 1:
        if one.kind == 'category':
            return _asked(writing, one, 'category', one.noun.indefinite(one.one))
        return _asked(writing, one, one.kind, f'the {one.one}')
    choice = writing.wording.rng.random()
    if one.kind == 'category' and choice < 0.5:
        return _asked(writing, one, 'category', one.noun.indefinite(one.one))
    if choice < 0.5 and one.many and len(one.ids) <= _MOST_PLURAL:
        return exhaustive(writing, one)
    if choice < 0.75 or one.noun.number != 'count' or one.kind == 'category':
        indefinite = one.noun.indefinite(one.one)
        return _asked(writing, one, 'any', indefinite)
    return _asked(writing, one, 'ambiguous', f'the {one.one}')


def exhaustive(writing: Writing, one: Designation | None) -> CommandSample | None:
    """Ask for all that is designated; None where it is but one or has no plural."""
    if one is None or len(one.ids) < 2 or not one.many:
        return None
    every = writing.wording.draw('every')
    if one.kind == 'category' and '{heads}' not in every.text:
        return None
    phrase = every.text.format(head=one.one, heads=one.many)
    made = dataclasses.replace(one, phrasings=(*one.phrasings, every.id))
    return _asked(writing, made, 'plural', phrase)


def for_need(writing: Writing) -> CommandSample | None:
    """State a need that something in the scene serves; seldom one that nothing does."""
    served, unserved = [], []
    for need in needs_in(writing.split):
        ids = need.met_by(writing.scene)
        if ids:
            served.append((need, ids))
        elif ids is not None:
            unserved.append((need, ids))
    choice = unserved if writing.chance(0.12) else served
    if not choice:
        return None
    need, ids = choice[writing.pick(len(choice))]
    return _needed(writing, need, ids)


def absent_need(writing: Writing) -> CommandSample | None:
    """State a need that nothing in the scene serves."""
    choice = [need for need in needs_in(writing.split) if need.met_by(writing.scene) == ()]
    return _needed(writing, choice[writing.pick(len(choice))], ()) if choice else None


def absent(writing: Writing) -> CommandSample | None:
    """Ask for what is surely not there: a name, a kind, or a colour of a thing that is there."""
    choice = writing.wording.rng.random()
    if choice < 0.2:
        return absent_need(writing)
    if choice < 0.45:
        base = any_name(writing.scene, writing.wording)
        color = COLORS[writing.pick(len(COLORS))]
        made = None if base is None or not base.ids else by_color(
            writing.scene, base, writing.wording, color)
        if made is None or made.ids:
            return None
        return _asked(writing, made, 'not_there', f'the {made.one}')
    if choice < 0.55:
        made = absent_kind(writing)
        return None if made is None else _asked(
            writing, made, 'not_there', made.noun.indefinite())
    made = absent_name(writing)
    if made is None:
        return None
    several = bool(made.many) and writing.chance(0.15)
    phrase = f'the {made.many}' if several else f'the {made.one}'
    if writing.chance(0.3):
        phrase = made.noun.indefinite()
    return _asked(writing, made, 'not_there', phrase)


def absent_name(writing: Writing) -> Designation | None:
    """Designate a household thing that the scene surely has not got."""
    words = household_vocabulary().words
    word = words[writing.pick(len(words))]
    nouns = nouns_for(word)
    noun = nouns[writing.pick(len(nouns))]
    if word == 'person' or not is_surely_absent(writing.scene, (noun.one,), word):
        return None
    return named(noun, 'not_there', (), ('name', noun.one))


def absent_kind(writing: Writing) -> Designation | None:
    """Designate a kind of things of which the scene has none."""
    names = sorted(kinds())
    kind = names[writing.pick(len(names))]
    nouns = kinds()[kind]
    if any(is_of_kind(known, kind) for known in writing.scene.objects):
        return None
    return named(nouns[writing.pick(len(nouns))], 'not_there', (), ('kind', kind))


def _needed(writing: Writing, need: Need, ids: tuple[int, ...]) -> CommandSample:
    ways = need.ways(writing.split)
    way = ways[writing.pick(len(ways))]
    kind = 'implicit' if ids else 'not_there'
    return writing.sample(way.text, kind, ids, _answer(writing, kind, ids), (way.id,),
                          ('need', need.id), need.id)


def _asked(writing: Writing, one: Designation, kind: str, phrase: str) -> CommandSample:
    if writing.split == 'train' and writing.chance(_BARE):
        text, phrasings = phrase, one.phrasings
    else:
        frame = _frame(writing, one)
        while kind == 'plural' and frame.text.startswith(_OF_ONE):
            frame = _frame(writing, one)
        text, phrasings = frame.text.replace('{x}', phrase), (frame.id, *one.phrasings)
    return writing.sample(
        text, kind, one.ids, _answer(writing, kind, one.ids), phrasings, one.meaning)


def _frame(writing: Writing, one: Designation) -> Phrasing:
    """Draw a verb that fits: small things are brought, large ones are gone to."""
    words = household_vocabulary()
    sizes = [float(max(writing.scene.find(each).box.size)) for each in one.ids]
    if not sizes and one.noun.one in words.words:
        sizes = [float(words.sizes[words.index(one.noun.one)].min())]
    alive = any(is_of_kind(writing.scene.find(each), 'animal') for each in one.ids)
    large = max(sizes, default=0.0) > _PORTABLE or alive
    if large:
        pool = 'go' if writing.chance(0.5) else 'find'
    else:
        pool = 'fetch' if writing.chance(0.7) else 'find'
    return writing.wording.draw(pool)


def _answer(writing: Writing, kind: str, ids: tuple[int, ...]) -> str:
    found = [writing.scene.find(one) for one in ids]
    if not found:
        return _NOT_FOUND
    if kind == 'ambiguous':
        return f'Which one? I see {answers.several(found)}.'
    if len(found) == 1:
        return f'I found the {answers.phrase_for(found[0])}.'
    return f'I found {answers.several(found)}.'

