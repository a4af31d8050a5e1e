"""Several continuations of one text in a single pass, none of which sees the others."""

from __future__ import annotations

import torch
from torch import Tensor


def shared_prefix(prefix: int, lengths: list[int]) -> tuple[Tensor, Tensor]:
    """Return the attention mask (T, T) bool, True where seen, and the positions (T,) int64.

    The rows are a prefix of so many tokens and then continuations of the given lengths. Each
    token sees the prefix up to itself and what is before it in its own continuation.
    """
    group = torch.cat([torch.zeros(prefix, dtype=torch.int64), *(
        torch.full((length,), number) for number, length in enumerate(lengths, start=1))])
    position = torch.cat([torch.arange(prefix), *(
        torch.arange(prefix, prefix + length) for length in lengths)])
    before = position[:, None] >= position[None, :]
    seen = (group[:, None] == group[None, :]) | (group[None, :] == 0)
    return before & seen, position
