"""A perceived scene and commands on it, as the 3D language model learns from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.operations import OPERATIONS
from omd3d_ros.segmentation.scene_prompt import (
    MOST_OBJECTS,
    Encoder,
    command_tokens,
    scene_prompt,
)
from omd3d_ros.segmentation.seg_network import (
    NUMBERS,
    QUESTIONS,
    SceneText,
    name_tokens,
    word_tokens,
)
from omd3d_ros.synthetic.language.known_scene import KnownScene
from omd3d_ros.synthetic.language.lessons import Lesson, words_meant
from omd3d_ros.synthetic.language.sample import CommandSample
from omd3d_ros.training.meaning import is_named, parse_meaning
from omd3d_ros.training.perceived_scene import PerceivedScene

_ANY = frozenset(('any', 'category', 'implicit'))
_ALL = frozenset(('plural', 'question_count'))


@dataclasses.dataclass(frozen=True, eq=False)
class Wanted:
    """What a Reading of C commands on n objects should be.

    targets     (C, n) float: 1, 0, or -1 where it is debatable
    references  (C, n) float: 1 or 0
    operation, number, question  (C,) int64
    words       (C, W) float: 1 or 0 for each household word, or -1 where it is debatable
    """

    targets: Tensor
    references: Tensor
    operation: Tensor
    number: Tensor
    question: Tensor
    words: Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class Vocabulary:
    """All household words: their tokens (W, L), -1 beyond their ends, and embeddings (W, E)."""

    words: Tensor
    texts: Tensor

    @staticmethod
    def of_household(evidence: NameEvidence, encode: Encoder) -> Vocabulary:
        """Encode and embed them."""
        words = household_vocabulary().words
        return Vocabulary(word_tokens(words, encode), torch.from_numpy(evidence.said(words)))


def scene_text(
    seen: PerceivedScene, commands: Sequence[str], evidence: NameEvidence, encode: Encoder,
    identifiers: Sequence[int], vocabulary: Vocabulary,
) -> SceneText:
    """Lay out a scene and commands for the network."""
    prompt = scene_prompt(seen.objects, identifiers, encode)
    commanded = [command_tokens(command, encode) for command in commands]
    features = None if seen.features is None else torch.from_numpy(seen.features)
    said = evidence.said(commands)
    places, ends = (torch.tensor(each, dtype=torch.int64)
                    for each in (prompt.features, prompt.ends))
    return SceneText(
        torch.tensor([*prompt.tokens, *(token for one in commanded for token in one)]),
        len(prompt.tokens), [len(one) for one in commanded], places, ends, features,
        *name_tokens(seen.objects, encode),
        torch.from_numpy(evidence.compare(commands, said, seen.objects)),
        torch.from_numpy(said), torch.from_numpy(evidence.texts(seen.objects)),
        vocabulary.words, vocabulary.texts)


def lesson_text(
    lessons: Sequence[Lesson], evidence: NameEvidence, encode: Encoder, vocabulary: Vocabulary
) -> SceneText:
    """Lay out sentences without a scene."""
    nothing = PerceivedScene(KnownScene((), np.eye(4)), (), (), ())
    return scene_text(nothing, [lesson.text for lesson in lessons], evidence, encode, (),
                      vocabulary)


def wanted(seen: PerceivedScene, samples: Sequence[CommandSample]) -> Wanted:
    """Work out what a perfect reading is."""
    targets = np.zeros((len(samples), len(seen.objects)), np.float32)
    references = np.zeros_like(targets)
    operation, number, question = (np.zeros(len(samples), np.int64) for _ in range(3))
    words = np.zeros((len(samples), len(household_vocabulary().words)), np.float32)
    for row, sample in enumerate(samples):
        parsed = parse_meaning(sample.meaning)
        for column, known in enumerate(seen.truth):
            if known is None:
                continue
            truth = is_named(known, parsed.named)
            targets[row, column] = -1 if truth is None else float(truth)
            references[row, column] = known.id in parsed.references
        words[row] = words_meant(parsed.named)
        operation[row] = OPERATIONS.index(parsed.operation)
        number[row] = NUMBERS.index(
            'all' if sample.kind in _ALL else 'any' if sample.kind in _ANY else 'the')
        what = sample.kind.removeprefix('question_')
        what = 'describe' if what == 'description' else what
        question[row] = QUESTIONS.index(what) if what in QUESTIONS else 0
    return Wanted(torch.from_numpy(targets), torch.from_numpy(references),
                  *(torch.from_numpy(each) for each in (operation, number, question, words)))


def drawn_identifiers(count: int, rng: np.random.Generator) -> list[int]:
    """Return different identifiers in random order: what one is called must not matter."""
    chosen: list[int] = rng.permutation(MOST_OBJECTS)[:count].tolist()
    return chosen
