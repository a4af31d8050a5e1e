"""How well words fit a command that need not name them: "my hands are cold", "gloves".

A word is known by the language model's embedding of it and by that of a text encoder; a command
by the hidden state of its [SEG] and by its own embedding. Both are brought into one space.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

_LIKENESS = 12.0  # nats between texts that are one and texts that have nothing in common
_RARE = -4.0  # log-odds at first that a word is called for


class Words(NamedTuple):
    """Words: states (..., D) of the language model, texts (..., E), and keys (..., width)."""

    states: Tensor
    texts: Tensor
    keys: Tensor


class WordMatch(nn.Module):
    """Scores words for commands, in log-odds that a word is what a command calls for."""

    def __init__(self, size: int, text: int, width: int, hidden: float) -> None:
        """Take the widths D of hidden states, E of text embeddings, and of the common space.

        hidden is the share of their numbers that training hides.
        """
        super().__init__()
        self._width = width
        self.state_norm, self.seen_norm = nn.LayerNorm(size), nn.LayerNorm(size)
        asked = nn.Linear(size + text, width)
        nn.init.zeros_(asked.weight)
        nn.init.zeros_(asked.bias)
        self.query = nn.Sequential(nn.Dropout(hidden), asked)
        self.key = nn.Sequential(
            nn.Dropout(hidden), nn.Linear(size + text, width), nn.GELU(), nn.Linear(width, width))
        self.state_weight = nn.Parameter(torch.tensor(0.3))
        self.text_weight = nn.Parameter(torch.tensor(_LIKENESS))
        self.offset = nn.Parameter(torch.tensor(_RARE))

    def words(self, states: Tensor, texts: Tensor) -> Words:
        """Return words by states (..., D) and unit text embeddings (..., E)."""
        scale = texts.shape[-1] ** 0.5  # a unit vector's numbers are small
        return Words(states, texts, self.key(torch.cat(
            [self.state_norm(states), scale * texts], dim=-1)))

    def forward(self, seen: Tensor, said: Tensor, words: Words) -> Tensor:
        """Return log-odds (C, ...) for hidden states (C, D) and unit embeddings (C, E)."""
        query = self.query(torch.cat(
            [self.seen_norm(seen), said.shape[1] ** 0.5 * said], dim=1))
        return (self.offset
                + self.state_weight * _product(seen, words.states) / seen.shape[1] ** 0.5
                + self.text_weight * _product(said, words.texts)
                + _product(query, words.keys) / self._width ** 0.5)


def _product(commands: Tensor, words: Tensor) -> Tensor:
    return torch.einsum('cd,...d->c...', commands, words)
