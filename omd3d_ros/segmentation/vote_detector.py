"""The vote network applied to a map."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.segmentation.sparse_grid import SparseGrid
from omd3d_ros.segmentation.vote_network import VoteNetwork
from omd3d_ros.segmentation.voxel_features import (
    VoxelSurface,
    relevant,
    voxel_cells,
    voxel_features,
)
from omd3d_ros.segmentation.voxel_grid import VoxelGrid


@dataclasses.dataclass(frozen=True, eq=False)
class VoxelVotes:
    """The votes for all N voxels of a map; bare floor and walls have probability 0.

    probability (N,) of being of an object; offset (N, 3) to its centre, metres; embedding
    (N, E), scaled so that two voxels nearer than 1 are rather of one object; features (N, F)
    """

    probability: npt.NDArray[np.float32]
    offset: npt.NDArray[np.float32]
    embedding: npt.NDArray[np.float32]
    features: npt.NDArray[np.float32]

    def arrays(self) -> tuple[npt.NDArray[np.float32], ...]:
        """Return the arrays in their order."""
        return self.probability, self.offset, self.embedding, self.features

    def at(self, rows: npt.NDArray[Any]) -> VoxelVotes:
        """Return some voxels, by index or mask."""
        return VoxelVotes(*(values[rows] for values in self.arrays()))


def find_votes(
    network: VoteNetwork, grid: VoxelGrid, surface: VoxelSurface,
    told: npt.NDArray[np.bool_] | None = None,
) -> VoxelVotes:
    """Ask the network about a map whose voxels are about as large as those it was trained on.

    told (N,) are the voxels that it is told of; without it, all that are not bare (relevant).
    """
    told = (relevant(grid, surface) if told is None else told).copy()
    shown = surface.at(told)
    cells, first = np.unique(
        voxel_cells(shown.points, grid.voxel_size), axis=0, return_index=True)
    if len(cells) < len(shown):  # rounding put two points into one voxel
        told[np.setdiff1d(np.flatnonzero(told), np.flatnonzero(told)[first])] = False
        shown = surface.at(told)
    device = next(network.parameters()).device
    coordinates = torch.from_numpy(voxel_cells(shown.points, grid.voxel_size))
    batch = torch.zeros(len(coordinates), 1, dtype=torch.int64)
    with torch.inference_mode():
        votes = network(
            torch.from_numpy(voxel_features(shown, grid.voxel_size)).to(device),
            torch.from_numpy(shown.points).to(device),
            SparseGrid(torch.cat([batch, coordinates], 1).to(device),
                       len(network.settings.channels) - 1))

    def spread(values: Any) -> npt.NDArray[np.float32]:
        whole = np.zeros((len(grid), *values.shape[1:]), np.float32)
        whole[told] = values.float().cpu().numpy()
        return whole

    return VoxelVotes(spread(votes.object.sigmoid()), spread(votes.offset),
                      spread(votes.embedding), spread(votes.features))
