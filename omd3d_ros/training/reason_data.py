"""A perceived scene and commands on it, as the 3D language model learns from them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.operations import OPERATIONS
from omd3d_ros.segmentation.scene_prompt import (
    MOST_OBJECTS,
    Encoder,
    command_tokens,
    scene_prompt,
)
from omd3d_ros.segmentation.seg_network import NUMBERS, QUESTIONS, SceneText, name_tokens
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
    """

    targets: Tensor
    references: Tensor
    operation: Tensor
    number: Tensor
    question: Tensor


def scene_text(
    seen: PerceivedScene, commands: Sequence[str], evidence: NameEvidence, encode: Encoder,
    identifiers: Sequence[int],
) -> SceneText:
    """Lay out a scene and commands for the network."""
    prompt = scene_prompt(seen.objects, identifiers, encode)
    said = [command_tokens(command, encode) for command in commands]
    features = None if seen.features is None else torch.from_numpy(seen.features)
    return SceneText(
        torch.tensor([*prompt.tokens, *(token for one in said for token in one)]),
        len(prompt.tokens), [len(one) for one in said], torch.tensor(prompt.features),
        torch.tensor(prompt.ends), features,
        *name_tokens(seen.objects, encode),
        torch.from_numpy(evidence.compare(commands, seen.objects)))


def wanted(seen: PerceivedScene, samples: Sequence[CommandSample]) -> Wanted:
    """Work out what a perfect reading is."""
    targets = np.zeros((len(samples), len(seen.objects)), np.float32)
    references = np.zeros_like(targets)
    operation, number, question = (np.zeros(len(samples), np.int64) for _ in range(3))
    for row, sample in enumerate(samples):
        parsed = parse_meaning(sample.meaning)
        for column, known in enumerate(seen.truth):
            if known is None:
                continue
            truth = is_named(known, parsed.named)
            targets[row, column] = -1 if truth is None else float(truth)
            references[row, column] = known.id in parsed.references
        operation[row] = OPERATIONS.index(parsed.operation)
        number[row] = NUMBERS.index(
            'all' if sample.kind in _ALL else 'any' if sample.kind in _ANY else 'the')
        what = sample.kind.removeprefix('question_')
        what = 'describe' if what == 'description' else what
        question[row] = QUESTIONS.index(what) if what in QUESTIONS else 0
    return Wanted(torch.from_numpy(targets), torch.from_numpy(references),
                  *(torch.from_numpy(each) for each in (operation, number, question)))


def drawn_identifiers(count: int, rng: np.random.Generator) -> list[int]:
    """Return different identifiers in random order: what one is called must not matter."""
    chosen: list[int] = rng.permutation(MOST_OBJECTS)[:count].tolist()
    return chosen
