"""Voxels grouped into objects by what the vote network says of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.cluster.hierarchy import linkage
from scipy.spatial import cKDTree
from scipy.spatial.distance import pdist

from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, compiled
from omd3d_ros.settings import check_settings, setting

DROPPED = -2
_FAR = 9.0  # squared distances beyond tell nothing more
_WIDEST = 4  # times the first cell's side, to which cells grow


@dataclasses.dataclass(frozen=True)
class VoteGroupSettings:
    """How votes become groups."""

    object_probability: float = setting(
        0.5, 'from which a voxel is of an object', low=0.0, high=1.0)
    cell: int = setting(3, 'largest side of a first piece', unit='voxels', low=1, high=100)
    tight: float = setting(
        0.15, 'squared distance of embeddings within a first piece', low=0.0, high=9.0)
    vote_weight: float = setting(
        0.5, 'of the squared distance of the votes, in units of their reach', low=0.0, high=100.0)
    min_voxels: int = setting(12, 'smaller groups join what is near', low=1, high=100_000)
    join_distance: float = setting(
        4.0, 'how near that must be', unit='voxels', low=0.0, high=100.0)
    max_pieces: int = setting(
        4000, 'most first pieces; cells grow until there are no more, and the smallest beyond '
        'them join what is near', low=2, high=20_000)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True, eq=False)
class VoteTree:
    """How the first pieces of a map's voxels join, from the most alike to the least.

    member  (N,) bool   voxels of objects
    pieces  (N,) int32  the first piece of each voxel, -1 for none
    merges  as scipy.cluster.hierarchy.linkage gives them; no rows for one piece or none
    """

    grid: VoxelGrid
    member: npt.NDArray[np.bool_]
    pieces: npt.NDArray[np.int32]
    merges: npt.NDArray[np.float64]
    settings: VoteGroupSettings

    def accumulated(
        self, values: npt.NDArray[Any], join: Callable[[Any, Any], Any] = np.add
    ) -> npt.NDArray[Any]:
        """Return values (P, ...) of the first pieces and, after them, those of each merge."""
        grown = np.concatenate([values, np.zeros((len(self.merges), *values.shape[1:]),
                                                 values.dtype)])
        for row, (first, second) in enumerate(self.merges[:, :2].astype(np.int64),
                                              start=len(values)):
            grown[row] = join(grown[first], grown[second])
        return grown

    def tidied(
        self, labels: npt.NDArray[np.int32]
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Give members in small groups or none (-1) to the nearest other group, if one is near.

        What is labelled DROPPED stays out. Returns the groups (N,) in new numbers, and the old
        number of each.
        """
        tidy = _tidied(self.grid, labels, self.member, self.settings)
        numbers = np.unique(tidy[tidy >= 0])
        return np.where(tidy >= 0, np.searchsorted(numbers, tidy), -1).astype(np.int32), numbers


def vote_tree(
    grid: VoxelGrid, votes: VoxelVotes, reach: float, settings: VoteGroupSettings
) -> VoteTree:
    """Join the voxels of a grid into a tree of groups.

    Voxels near in space and alike in embedding form first pieces; these are joined by average
    linkage. reach is the length, metres, that offsets are counted in.
    """
    probability, offset, embedding = votes.probability, votes.offset, votes.embedding
    member = probability > settings.object_probability
    if not member.any():
        return VoteTree(grid, member, np.full(len(grid), -1, np.int32), np.zeros((0, 4)), settings)
    pieces = _pieces(grid, member, embedding, settings)
    inside = pieces >= 0
    numbers = pieces[inside]
    count = int(numbers.max()) + 1
    sizes = np.bincount(numbers, minlength=count)
    votes = np.sqrt(settings.vote_weight) * (grid.points + offset) / reach
    kept = np.concatenate([embedding, votes], axis=1) if settings.vote_weight else embedding
    means = np.stack([np.bincount(numbers, kept[inside, axis], minlength=count) / sizes
                      for axis in range(kept.shape[1])], axis=1)
    merges = np.zeros((0, 4))
    if count > 1:
        merges = linkage(np.minimum(pdist(means, 'sqeuclidean'), _FAR), 'average')
    return VoteTree(grid, member, pieces, merges, settings)


def _pieces(
    grid: VoxelGrid, member: npt.NDArray[np.bool_], embedding: npt.NDArray[np.float32],
    settings: VoteGroupSettings,
) -> npt.NDArray[np.int32]:
    """Return first pieces (N,), -1 outside: neighbours in one cell with like embeddings.

    Where there are too many in spite of large cells, as in a map of single voxels, the smallest
    are left out.
    """
    cell, tight = settings.cell, settings.tight
    while True:
        cells = np.floor(grid.points / (cell * grid.voxel_size)).astype(np.int64)
        cells -= cells.min(axis=0)
        wide = cells.max(axis=0) + 1
        packed = (cells[:, 0] * wide[1] + cells[:, 1]) * wide[2] + cells[:, 2]
        pieces = _join_alike(grid.neighbors, member, packed, embedding.astype(np.float32), tight)
        sizes = np.bincount(pieces[pieces >= 0])
        if len(sizes) <= settings.max_pieces:
            return pieces
        if cell >= _WIDEST * settings.cell:
            break
        cell, tight = cell + 1, 1.3 * tight
    numbers = np.full(len(sizes), -1, np.int32)
    numbers[np.argsort(-sizes, kind='stable')[:settings.max_pieces]] = range(settings.max_pieces)
    return np.where(pieces >= 0, numbers[np.maximum(pieces, 0)], -1).astype(np.int32)


@compiled
def _join_alike(
    neighbors: npt.NDArray[np.int32], member: npt.NDArray[np.bool_],
    cells: npt.NDArray[np.int64], embedding: npt.NDArray[np.float32], tight: float,
) -> npt.NDArray[np.int32]:
    parent = np.arange(len(neighbors))
    for i in range(len(neighbors)):
        if not member[i]:
            continue
        for k in range(26):
            j = neighbors[i, k]
            if j < 0 or not member[j] or cells[i] != cells[j]:
                continue
            distance = 0.0
            for m in range(embedding.shape[1]):
                distance += (embedding[i, m] - embedding[j, m]) ** 2
            if distance > tight:
                continue
            a, b = i, int(j)
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            parent[max(a, b)] = min(a, b)
    found = np.full(len(neighbors), -1, np.int32)
    count = 0
    for i in range(len(neighbors)):
        if not member[i]:
            continue
        a = i
        while parent[a] != a:
            a = parent[a]
        if found[a] < 0:
            found[a] = count
            count += 1
        found[i] = found[a]
    return found


def _tidied(
    grid: VoxelGrid, labels: npt.NDArray[np.int32], member: npt.NDArray[np.bool_],
    settings: VoteGroupSettings,
) -> npt.NDArray[np.int32]:
    sizes = np.bincount(labels[labels >= 0], minlength=1)
    kept = (labels >= 0) & (sizes[np.maximum(labels, 0)] >= settings.min_voxels)
    left = member & ~kept & (labels != DROPPED)
    tidy = np.where(kept, labels, -1).astype(np.int32)
    if kept.any() and left.any():
        distance, nearest = cKDTree(grid.points[kept]).query(
            grid.points[left], distance_upper_bound=settings.join_distance * grid.voxel_size)
        near = np.isfinite(distance)
        rows = np.flatnonzero(left)[near]
        tidy[rows] = labels[np.flatnonzero(kept)[nearest[near]]]
    return tidy
