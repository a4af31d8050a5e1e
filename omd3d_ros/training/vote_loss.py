"""What the vote network is trained for."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.vote_network import VoteNetwork, Votes
from omd3d_ros.training.detect_data import UNKNOWN

_NEAR = 30  # voxels within which most of the distant pairs lie
_RANDOM_PAIRS = 16000
_SAME_SHARE = 0.1  # of the neighbours of one object, that are looked at


class VoteLoss(NamedTuple):
    """The parts of the loss, scalars; ``total`` is what is minimised.

    miss  mean length of the error of the votes, metres, no gradient
    """

    object: Tensor
    offset: Tensor
    direction: Tensor
    contact: Tensor
    distant: Tensor
    miss: Tensor

    @property
    def total(self) -> Tensor:
        """The weighted sum."""
        return (self.object + self.offset + 0.5 * self.direction + 0.5 * self.contact
                + self.distant)


def vote_loss(
    network: VoteNetwork, votes: Votes, points: Tensor, owner: Tensor, centers: Tensor,
    batch: Tensor, neighbors: list[tuple[Tensor, Tensor]],
) -> VoteLoss:
    """Compare the votes of N voxels with the truth.

    points (N, 3) metres; owner (N,) numbered across the whole batch, 0 for structure, UNKNOWN;
    centers (M + 1, 3) metres; batch (N,) ascending; neighbors as in SparseGrid's first level
    """
    known, of_object = owner != UNKNOWN, owner > 0
    wanted = of_object.to(votes.object.dtype)
    cross = F.binary_cross_entropy_with_logits(
        votes.object[known], wanted[known], reduction='sum') / max(int(known.sum()), 1)
    reach = network.settings.reach
    target = (centers[owner[of_object]] - points[of_object]) / reach
    found = votes.offset[of_object] / reach
    far = target.norm(dim=1)
    # the ends of a sofa need not know its middle to the millimetre
    weight = (1 / (1 + far / 4)).unsqueeze(1)
    missed = F.smooth_l1_loss(found, target, beta=0.2, reduction='none') * weight
    turned = 1 - F.cosine_similarity(found, target, dim=1, eps=0.1)
    count = max(len(found), 1)  # a crop may hold no object
    offset, direction = missed.sum() / (3 * count), turned.sum() / count
    contact = _balanced(network, votes.embedding, owner, *_contacts(owner, neighbors))
    distant = _balanced(network, votes.embedding, owner,
                        *_distant(points, owner, batch, _NEAR * network.settings.voxel_size))
    miss = (found - target).norm(dim=1).sum().detach() / count * reach
    return VoteLoss(cross, offset, direction, contact, distant, miss)


def _contacts(owner: Tensor, neighbors: list[tuple[Tensor, Tensor]]) -> tuple[Tensor, Tensor]:
    """Return neighbours: all of different objects, and some of the same."""
    first = torch.cat([pair[0] for pair in neighbors])
    second = torch.cat([pair[1] for pair in neighbors])
    inside = (owner[first] > 0) & (owner[second] > 0)
    first, second = first[inside], second[inside]
    chosen = (owner[first] != owner[second]) | (torch.rand(len(first)) < _SAME_SHARE)
    return first[chosen], second[chosen]


def _distant(
    points: Tensor, owner: Tensor, batch: Tensor, near: float
) -> tuple[Tensor, Tensor]:
    """Return random pairs of one scene: most within a distance, the others anywhere."""
    of_object = torch.nonzero(owner > 0).squeeze(1)
    if len(of_object) < 2:
        return of_object[:0], of_object[:0]
    first = of_object[torch.randint(len(of_object), (_RANDOM_PAIRS,))]
    # the rows of a scene lie together, so a partner is looked for among the rows beside it
    counts = torch.bincount(batch[of_object], minlength=int(batch[-1]) + 1)
    starts = torch.cumsum(counts, 0) - counts
    scene = batch[first]
    place = starts[scene] + (torch.rand(_RANDOM_PAIRS) * counts[scene]).long()
    second = of_object[place]
    away = (points[first] - points[second]).norm(dim=1)
    chosen = (away < near) | (torch.rand(_RANDOM_PAIRS) < 0.25)
    chosen &= first != second
    return first[chosen], second[chosen]


def _balanced(
    network: VoteNetwork, embedding: Tensor, owner: Tensor, first: Tensor, second: Tensor
) -> Tensor:
    """Return the mean cross-entropy of pairs, the same and different ones with equal weight."""
    same = (owner[first] == owner[second]).to(embedding.dtype)
    logit = network.same_object(embedding[first], embedding[second])
    loss = F.binary_cross_entropy_with_logits(logit, same, reduction='none')
    of_same = (loss * same).sum() / (same.sum() + 1)
    of_other = (loss * (1 - same)).sum() / ((1 - same).sum() + 1)
    return (of_same + of_other) / 2
