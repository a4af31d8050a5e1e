"""A sentence about a scene, and what it means there."""

from __future__ import annotations

import dataclasses

# Commands that name what they mean, by what tells it from the rest of the scene; then commands
# that name a need, nothing that is there, or too little; then questions.
KINDS = (
    'explicit', 'synonym', 'color', 'size', 'material', 'position', 'relation', 'ordinal',
    'superlative', 'plural', 'any', 'category', 'implicit', 'not_there', 'ambiguous',
    'question_what', 'question_count', 'question_exists', 'question_where', 'description')
# Kinds where one of the targets will do; elsewhere, all of them are meant.
ANY_TARGET = frozenset(('any', 'category', 'implicit', 'ambiguous'))
SPLITS = ('train', 'dev_phrasing', 'test_phrasing', 'dev_intent', 'test_intent')

# What a sentence says, for checking: nested tuples such as ('left of', ('name', 'mug'), 7).
Meaning = tuple[object, ...]


@dataclasses.dataclass(frozen=True)
class CommandSample:
    """A command or question said at a scene's viewpoint.

    kind         one of KINDS; 'ambiguous' where one thing is asked for and several fit
    targets      ids of the objects that it means, ascending; none where nothing fits. For a
                 question, the objects that the answer speaks of. See ANY_TARGET
    answer_text  what to reply
    phrasing_id  the templates it is made of, joined by '+'; every one of them belongs to the
                 split, or to all splits (what is said before and after a command)
    intent_id    the need behind an implicit command; '' for others
    split        one of SPLITS
    meaning      the meaning of what it refers to, to check the targets by
    """

    text: str
    kind: str
    targets: tuple[int, ...]
    answer_text: str
    phrasing_id: str
    intent_id: str
    split: str
    meaning: Meaning
