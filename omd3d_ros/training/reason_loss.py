"""What the 3D language model is trained for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.operations import OPERATIONS
from omd3d_ros.segmentation.seg_network import Reading
from omd3d_ros.training.reason_data import Wanted


class ReasonLoss(NamedTuple):
    """The parts of the loss, scalars."""

    targets: Tensor
    choice: Tensor
    references: Tensor
    operation: Tensor
    number: Tensor
    question: Tensor
    none: Tensor
    words: Tensor

    @property
    def total(self) -> Tensor:
        """The weighted sum."""
        return (self.targets + 0.5 * self.choice + 0.5 * self.references + 0.5 * self.operation
                + 0.3 * self.number + 0.3 * self.question + 0.3 * self.none + 0.5 * self.words)


def reason_loss(read: Reading, want: Wanted) -> ReasonLoss:
    """Compare a reading with what is wanted."""
    known, hit = want.targets >= 0, want.targets == 1
    each = F.binary_cross_entropy_with_logits(read.targets, hit.float(), reduction='none')
    # one target among thirty objects counts as much as all the others
    of_hits = (each * hit).sum(1) / hit.sum(1).clamp(min=1)
    of_rest = (each * (known & ~hit)).sum(1) / (known & ~hit).sum(1).clamp(min=1) * 3
    targets = (of_hits + of_rest).mean()
    logits = torch.cat([read.targets.masked_fill(~known, -30.0), read.none[:, None]], dim=1)
    absent = ~hit.any(1)
    share = torch.cat([hit.float(), absent[:, None].float()], dim=1)
    share = share / share.sum(1, keepdim=True)
    choice = -(share * logits.log_softmax(1)).sum(1).mean()
    related = want.references.sum(1) > 0
    to = want.references[related] / want.references[related].sum(1, keepdim=True)
    references = -(to * read.references[related].log_softmax(1)).sum(1)
    sure = (known.all(1) | hit.any(1)).float()
    none = F.binary_cross_entropy_with_logits(read.none, absent.float(), sure)
    return ReasonLoss(
        targets, choice, references.mean() if related.any() else targets.new_zeros(()),
        F.cross_entropy(read.operation, want.operation), F.cross_entropy(read.number, want.number),
        F.cross_entropy(read.question, want.question), none, word_loss(read.words, want.words))


def word_loss(called: Tensor, meant: Tensor) -> Tensor:
    """Compare logits (C, W) of words with what is meant: 1, 0, or -1 where it is debatable.

    Sentences that mean no word for sure do not count.
    """
    sure = (meant == 1).any(1)
    if not bool(sure.any()):
        return called.sum() * 0
    called, meant = called[sure], meant[sure]
    known, hit = meant >= 0, meant == 1
    share = hit.float() / hit.sum(1, keepdim=True)
    choice = -(share * called.masked_fill(~known, -30.0).log_softmax(1)).sum(1)
    each = F.binary_cross_entropy_with_logits(called, hit.float(), reduction='none')
    of_hits = (each * hit).sum(1) / hit.sum(1)
    of_rest = (each * (known & ~hit)).sum(1) / (known & ~hit).sum(1).clamp(min=1) * 20
    return (choice + 0.5 * (of_hits + of_rest)).mean()


def word_accuracy(called: Tensor, meant: Tensor) -> float:
    """Return how often the best of the words (C, W) that are not debatable is meant."""
    best = called.masked_fill(meant < 0, -torch.inf).argmax(1, keepdim=True)
    return float((meant.gather(1, best) == 1).float().mean())


def reason_accuracy(read: Reading, want: Wanted) -> dict[str, float]:
    """Return shares of what is read right, over the commands where it can be told."""
    hit = want.targets == 1
    there = hit.any(1)
    best = hit.gather(1, read.targets.argmax(1, keepdim=True))[:, 0]
    related = want.references.sum(1) > 0
    to = want.references.gather(1, read.references.argmax(1, keepdim=True))[:, 0] > 0
    placed = want.operation != OPERATIONS.index('none')
    right = read.operation.argmax(1) == want.operation

    def share(values: Tensor, where: Tensor) -> float:
        return float(values[where].float().mean()) if bool(where.any()) else float('nan')

    return {'target': share(best, there), 'reference': share(to, related),
            'operation': share(right, placed), 'plain': share(right, ~placed),
            'none': share((read.none > 0) == ~there, torch.ones_like(there)),
            'number': share(read.number.argmax(1) == want.number, torch.ones_like(there)),
            'question': share(read.question.argmax(1) == want.question, torch.ones_like(there))}
