"""The tokens that a scene and a command are to the language model.

A scene: a sentence, then for each object its identifier, a place for its features, and words
(names, colours, size). A command: what was said, then "The object needed is", [SEG] and [REF].
After OpenMaskDINO3D (arXiv 2506.04837): identifiers and features in the prompt, [SEG] in the
answer; [REF] is ours and stands for what the command refers to on the way ("... of the chair").
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

MOST_OBJECTS = 128
FEATURE, SEG, REF = -1, -2, -3  # tokens of our own that stand for no text; identifiers follow
_FIRST_IDENTIFIER = -4
_OPENING = 'The conversation centers around an indoor scene. Object information:'
UNKNOWN = 'object'
_SECOND_NAME = 0.15  # least score of a second name, as a share of the first's
_NAMES = 2
_SURE = 0.3  # score of a name below which it is told as a guess
_LEFT = 0.001  # least share of what has none of the names

Encoder = Callable[[str], list[int]]


@dataclasses.dataclass(frozen=True)
class PromptObject:
    """What the prompt says of an object.

    names   words for it, best first, with scores in [0, 1]; may be empty
    colors  its main colour words
    size    'small', 'large' or ''
    """

    names: tuple[str, ...]
    scores: tuple[float, ...]
    colors: tuple[str, ...] = ()
    size: str = ''

    def words(self) -> str:
        """Return the text of it, such as " mug / cup, small, white;" or " maybe mug;"."""
        named = [name for name, score in zip(self.names, self.scores, strict=True)
                 if score >= _SECOND_NAME * self.scores[0]][:_NAMES]
        said = ' / '.join(named) or UNKNOWN
        if named and self.scores[0] < _SURE:
            said = f'maybe {said}'
        parts = [said, self.size, ' and '.join(self.colors)]
        return ' ' + ', '.join(part for part in parts if part) + ';'

    def shares(self) -> tuple[tuple[str, float], ...]:
        """Return its names with their shares; the last one is for whatever else it may be."""
        return (*zip(self.names, self.scores, strict=True),
                (UNKNOWN, max(1.0 - sum(self.scores), _LEFT)))

    def nearly(self, other: PromptObject, moved: float) -> bool:
        """Whether another looks the same and at most so much of its names' scores has moved."""
        ours, theirs = (dict(zip(one.names, one.scores, strict=True)) for one in (self, other))
        both = ours.keys() | theirs.keys()
        return (self.colors, self.size) == (other.colors, other.size) and moved >= 0.5 * sum(
            abs(ours.get(name, 0.0) - theirs.get(name, 0.0)) for name in both)


@dataclasses.dataclass(frozen=True)
class ScenePrompt:
    """The tokens of a scene; those below 0 are our own.

    tokens    token ids
    features  place of each object's feature token
    ends      place of each object's last token, where the model has read all of it
    """

    tokens: tuple[int, ...]
    features: tuple[int, ...]
    ends: tuple[int, ...]


def identifier_token(identifier: int) -> int:
    """Return the token of <OBJnnn>; ValueError beyond MOST_OBJECTS."""
    if not 0 <= identifier < MOST_OBJECTS:
        raise ValueError(f'identifier={identifier}: must be below {MOST_OBJECTS}')
    return _FIRST_IDENTIFIER - identifier


def own_row(token: int) -> int:
    """Return the row of one of our own tokens in the table of their embeddings."""
    return -1 - token


OWN_ROWS = 3 + MOST_OBJECTS


def scene_prompt(
    objects: Sequence[PromptObject], identifiers: Sequence[int], encode: Encoder
) -> ScenePrompt:
    """Lay out a scene; the objects bear the given identifiers, each its own."""
    if len(set(identifiers)) != len(objects):
        raise ValueError(f'identifiers={list(identifiers)}: must be one for each object')
    tokens = encode(_OPENING)
    features, ends = [], []
    for known, identifier in zip(objects, identifiers, strict=True):
        tokens.append(identifier_token(identifier))
        features.append(len(tokens))
        tokens.append(FEATURE)
        tokens.extend(encode(known.words()))
        ends.append(len(tokens) - 1)
    return ScenePrompt(tuple(tokens), tuple(features), tuple(ends))


def command_tokens(command: str, encode: Encoder) -> tuple[int, ...]:
    """Return the tokens of a clean command; the last two are [SEG] and [REF]."""
    said = encode(f'\nUSER: {command}\nASSISTANT: The object needed is')
    return (*said, SEG, REF)
