"""Which of all groups that a tree of merges holds are objects, judged by a small network.

No single place to cut a tree is right for a cup and for a sofa. So each group of the tree is
described by a row of numbers, a network tells how far it is one whole object, and of each branch
the groups are taken that are judged best together.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.vote_groups import DROPPED, VoteTree
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.settings import check_settings, setting

PART = 'judge of groups'
OWN = 20  # numbers of a group itself; beside them are those of the group it merges into
_LEAST = 1e-3  # metres
_HIGH = 2.5  # m, heights beyond are told as this


@dataclasses.dataclass(frozen=True)
class GroupJudgeSettings:
    """The judge's size, and what it takes for an object."""

    features: int = setting(32, 'channels of the U-Net', low=0, high=1024)
    width: int = setting(128, 'of the hidden layers', low=1, high=4096)
    bar: float = setting(
        0.3, 'judged IoU from which a group is worth taking', low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)


class GroupJudge(nn.Module):
    """Tells for groups (M, 2 * OWN + 1 + features) the logit (M,) of their IoU with an object."""

    mean: Tensor
    deviation: Tensor

    def __init__(self, settings: GroupJudgeSettings) -> None:
        super().__init__()
        self.settings = settings
        count = 2 * OWN + 1 + settings.features
        self.register_buffer('mean', torch.zeros(count))
        self.register_buffer('deviation', torch.ones(count))
        self.layers = nn.Sequential(
            nn.Linear(count, settings.width), nn.GELU(),
            nn.Linear(settings.width, settings.width), nn.GELU(), nn.Linear(settings.width, 1))

    def forward(self, groups: Tensor) -> Tensor:
        """Take rows of describe_groups."""
        level = ((groups - self.mean) / self.deviation).clamp(-4, 4)
        logits: Tensor = self.layers(level)[:, 0]
        return logits

    def judge(self, groups: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Return the IoU (M,) that each group is judged to have with an object."""
        with torch.inference_mode():
            logits = self(torch.from_numpy(groups).to(self.mean.device))
        return np.asarray(logits.double().sigmoid().cpu().numpy(), np.float64)


@dataclasses.dataclass(frozen=True, eq=False)
class _Sums:
    """What adds up when groups merge: sums over voxels (M, ...), and bounds of heights (M, 2)."""

    count: npt.NDArray[np.float64]
    places: npt.NDArray[np.float64]
    products: npt.NDArray[np.float64]
    votes: npt.NDArray[np.float64]
    vote_squares: npt.NDArray[np.float64]
    embeddings: npt.NDArray[np.float64]
    embedding_squares: npt.NDArray[np.float64]
    shares: npt.NDArray[np.float64]
    features: npt.NDArray[np.float64]
    low: npt.NDArray[np.float64]
    high: npt.NDArray[np.float64]

    def merged(self, tree: VoteTree) -> _Sums:
        """Append a row for each merge of the tree."""
        joins = {'low': np.minimum, 'high': np.maximum}
        return _Sums(**{
            field.name: tree.accumulated(getattr(self, field.name), joins.get(field.name, np.add))
            for field in dataclasses.fields(self)})


def describe_groups(
    tree: VoteTree, votes: VoxelVotes, surface: VoxelSurface
) -> npt.NDArray[np.float32]:
    """Return a row of numbers for each of the M groups of a tree, first pieces first.

    Rows are those that GroupJudge takes; M is 0 for a tree without pieces, else twice the number
    of pieces less one. surface and votes are of the tree's voxels.
    """
    if not (tree.pieces >= 0).any():
        return np.zeros((0, 2 * OWN + 1 + votes.features.shape[1]), np.float32)
    sums = _gathered(tree, votes, surface)
    count = len(sums.count)
    joined = tree.merges[:, :2].astype(np.int64)
    sums = sums.merged(tree)
    parent = np.arange(2 * count - 1)  # the whole tree is its own
    for row, pair in enumerate(joined, start=count):
        parent[pair] = row
    merged = np.concatenate([np.zeros(count), tree.merges[:, 2]])
    own = _own(sums, merged, tree.grid.voxel_size)
    share = sums.count / sums.count[parent]
    return np.concatenate([own, own[parent], share[:, None],
                           sums.features / sums.count[:, None]], axis=1).astype(np.float32)


def _gathered(tree: VoteTree, votes: VoxelVotes, surface: VoxelSurface) -> _Sums:
    """Add up the voxels of each first piece."""
    inside = np.flatnonzero(tree.pieces >= 0)
    inside = inside[np.argsort(tree.pieces[inside], kind='stable')]
    pieces = tree.pieces[inside]
    starts = np.searchsorted(pieces, np.arange(pieces[-1] + 1))
    points = surface.points[inside].astype(np.float64)
    points -= points.mean(axis=0)
    vote, embedding = points + votes.offset[inside], votes.embedding[inside]
    kind = surface.kind[inside, None]
    heights = np.stack([surface.height[inside], surface.standing[inside]], axis=1)

    def total(values: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        return np.asarray(np.add.reduceat(values.astype(np.float64), starts))

    return _Sums(
        total(np.ones(len(inside))), total(points),
        total(points[:, [0, 1, 2, 0]] * points[:, [0, 1, 2, 1]]), total(vote),
        total(np.square(vote).sum(1)), total(embedding), total(np.square(embedding).sum(1)),
        total(np.concatenate([votes.probability[inside, None], kind == 1, kind == 2, kind == 3],
                             axis=1)),
        total(votes.features[inside]), np.minimum.reduceat(heights, starts),
        np.maximum.reduceat(heights, starts))


def _own(
    sums: _Sums, merged: npt.NDArray[np.float64], voxel_size: float
) -> npt.NDArray[np.float64]:
    """Return the numbers (M, OWN) of the groups themselves; merged is how far apart parts are."""
    count = sums.count[:, None]
    middle, vote, embedding = (values / count for values in (
        sums.places, sums.votes, sums.embeddings))
    xx, yy, zz, xy = (sums.products / count - middle[:, [0, 1, 2, 0]] * middle[:, [0, 1, 2, 1]]).T
    half, turn = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    length, width, tall = (np.sqrt(np.maximum(value, 0)) + _LEAST
                           for value in (half + turn, half - turn, zz))
    size = np.sqrt(length**2 + width**2 + tall**2)
    spread = np.maximum(sums.embedding_squares / sums.count - np.square(embedding).sum(1), 0)
    scatter = np.sqrt(np.maximum(
        sums.vote_squares / sums.count - np.square(vote).sum(1), 0)) + _LEAST
    area = length * width + length * tall + width * tall
    heights = np.clip(np.concatenate([sums.low, sums.high], axis=1), -0.2, _HIGH)
    return np.column_stack([
        np.log(sums.count), np.log(length), np.log(width), np.log(tall), np.log(size),
        np.log(sums.count * voxel_size**2 / area), spread, np.sqrt(spread), np.log(scatter),
        np.log(scatter / size), np.linalg.norm(vote - middle, axis=1) / size, merged,
        np.sqrt(merged), sums.shares / count, heights[:, :3]])


def judged_groups(
    tree: VoteTree, judged: npt.NDArray[np.floating], bar: float
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Choose the groups of a tree that are best together; each voxel is in one at most.

    judged (M,) are IoUs. Returns the group (N,) of each voxel, -1 for none, and the IoUs of the
    groups, by their numbers. Crumbs join a group near by, larger pieces without a group do not.
    """
    if not len(judged):
        return np.full(len(tree.grid), -1, np.int32), np.zeros(0)
    sizes = tree.accumulated(np.bincount(tree.pieces[tree.pieces >= 0]))
    best = np.maximum(np.asarray(judged, np.float64) - bar, 0.0).tolist()
    whole = [value > 0 for value in best]
    joined = tree.merges[:, :2].astype(np.int64).tolist()
    count = len(joined) + 1
    for row, (first, second) in enumerate(joined, start=count):
        parts = best[first] + best[second]
        whole[row] = whole[row] and best[row] >= parts
        best[row] = max(best[row], parts)
    of_group = [-1] * len(best)
    chosen: list[float] = []
    for row in range(len(best) - 1, -1, -1):
        if of_group[row] == -1 and whole[row]:
            of_group[row] = len(chosen)
            chosen.append(float(judged[row]))
        elif of_group[row] == -1 and best[row] == 0 and sizes[row] >= tree.settings.min_voxels:
            of_group[row] = DROPPED
        if row >= count:
            for part in joined[row - count]:
                of_group[part] = of_group[row]
    labels, kept = tree.tidied(np.where(
        tree.pieces >= 0, np.array(of_group, np.int32)[tree.pieces], -1).astype(np.int32))
    return labels, np.array(chosen)[kept]
