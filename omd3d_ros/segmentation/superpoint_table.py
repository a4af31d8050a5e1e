"""What is kept of each superpoint for refining masks, and how it looks from a seed."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

GEOMETRY = 17  # columns of a token beside the pooled features
_MOST_FAR = 9.0  # squared distances of embeddings beyond tell nothing more


@dataclasses.dataclass(frozen=True, eq=False)
class SuperpointTable:
    """Means over the voxels of S superpoints.

    features (S, F); embedding (S, E); vote (S, 3) for the object's centre and center (S, 3),
    metres; color (S, 3) in [0, 1]; probability (S,) of being of an object; count (S,) of voxels
    """

    features: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32]
    vote: npt.NDArray[np.float32]
    center: npt.NDArray[np.float32]
    color: npt.NDArray[np.float32]
    probability: npt.NDArray[np.float32]
    count: npt.NDArray[np.float32]

    @staticmethod
    def of_map(votes: VoxelVotes, grid: VoxelGrid, superpoints: npt.NDArray[np.int32],
               colors: npt.NDArray[np.uint8]) -> SuperpointTable:
        """Pool N voxels: superpoints (N,) numbered from 0, colors (N, 3)."""
        for name, rows in (('superpoints', superpoints), ('colors', colors),
                           ('votes', votes.probability)):
            if len(rows) != len(grid):
                raise ValueError(f'{name}: {len(rows)} rows, must be {len(grid)}')
        count = np.bincount(superpoints)
        if not count.all():
            raise ValueError('superpoints: some numbers have no voxel')

        def mean(values: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
            sums = [np.bincount(superpoints, column, minlength=len(count))
                    for column in values.T]
            return (np.stack(sums, axis=1) / count[:, None]).astype(np.float32)

        return SuperpointTable(
            mean(votes.features), mean(votes.embedding), mean(grid.points + votes.offset),
            mean(grid.points), mean(colors / 255.0), mean(votes.probability[:, None])[:, 0],
            count.astype(np.float32))


@dataclasses.dataclass(frozen=True, eq=False)
class SeedView:
    """The K superpoints within reach of a seed.

    rows    (K,) int64 of the table
    tokens  (K, F + GEOMETRY) float32
    share   (K,) float32, the part of each that is in the seed
    count   (K,) float32 voxels
    """

    rows: npt.NDArray[np.int64]
    tokens: npt.NDArray[np.float32]
    share: npt.NDArray[np.float32]
    count: npt.NDArray[np.float32]


def view_from_seed(
    table: SuperpointTable, points: npt.NDArray[np.float32], seed: npt.NDArray[np.int32],
    growth: float, margin: float,
) -> SeedView:
    """Look at a table from a seed: points (n, 3), metres, and superpoints (n,) of its voxels.

    Within reach is what the seed touches, and what has its centre in the seed's box grown by
    growth (a share of its size) and margin (metres).
    """
    if not len(seed):
        raise ValueError('seed: has no voxels')
    share = np.bincount(seed, minlength=len(table.count)).astype(np.float32) / table.count
    low, high = points.min(axis=0), points.max(axis=0)
    middle, size = (low + high) / 2, np.maximum(high - low, 0.02)
    away = np.abs(table.center - middle)
    near = (away <= size * (1 + growth) / 2 + margin).all(axis=1)
    rows = np.flatnonzero(near | (share > 0))
    weight = (share * table.count / len(seed))[:, None]
    alike = table.embedding[rows] - (weight * table.embedding).sum(axis=0)
    distance = np.minimum(np.square(alike).sum(axis=1, keepdims=True), _MOST_FAR)
    reach = float(np.linalg.norm(size))
    vote = (table.vote[rows] - (weight * table.vote).sum(axis=0)) / reach
    place = (table.center[rows] - middle) / size
    tint = table.color[rows] - (weight * table.color).sum(axis=0)
    tokens = np.concatenate([
        table.features[rows], np.exp(-distance), distance / _MOST_FAR, np.clip(vote, -2, 2),
        np.linalg.norm(vote, axis=1, keepdims=True).clip(0, 2), np.clip(place, -3, 3), tint,
        np.abs(tint).mean(axis=1, keepdims=True), share[rows, None],
        table.probability[rows, None], np.log1p(table.count[rows, None]) / 6,
        np.full((len(rows), 1), np.log(reach))], axis=1)
    return SeedView(rows, tokens.astype(np.float32), share[rows], table.count[rows])
