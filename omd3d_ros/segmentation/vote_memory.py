"""Votes for a map that changes little by little: what did not change keeps its votes."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.vote_detector import VoxelVotes, find_votes
from omd3d_ros.segmentation.vote_network import VoteNetwork
from omd3d_ros.segmentation.voxel_features import VoxelSurface, relevant
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys

_BLOCK_BITS = 4  # blocks of 16 voxels a side
_INDEX_BITS = 21  # of a voxel key for each axis
_MASK = (1 << _INDEX_BITS) - 1
_WORTHWHILE = 0.5  # share of the voxels that must be shown anew, above which all are


@dataclasses.dataclass(frozen=True, eq=False)
class _Remembered:
    """The votes of a map by ascending voxel keys; told tells which the network knew of."""

    map_id: str
    network: VoteNetwork
    keys: npt.NDArray[np.int64]
    told: npt.NDArray[np.bool_]
    votes: VoxelVotes


class VoteMemory:
    """Finds votes and remembers those of the last map.

    Voxels in a block of 16 with a voxel that is new, gone, or bare no longer, and in the blocks
    beside it, are voted on anew; the network is shown one block more around them. Elsewhere the
    votes are those of the time when something last changed near by.
    """

    def __init__(self) -> None:
        self._held: _Remembered | None = None
        self.shown = 0

    def find_votes(
        self, map_id: str, network: VoteNetwork, grid: VoxelGrid, surface: VoxelSurface
    ) -> VoxelVotes:
        """Ask the network about a map, or about what changed of it; see vote_detector.

        ``shown`` is then how many of the voxels it was shown, bare ones among them.
        """
        told = relevant(grid, surface)
        keys = voxel_keys(grid.points, grid.voxel_size)
        order = np.argsort(keys, kind='stable')
        held = self._held
        fits = held is not None and held.map_id == map_id and held.network is network
        votes = self._renewed(held, network, grid, surface, keys, told) if (
            held is not None and fits) else None
        if votes is None:
            self.shown = len(grid)
            votes = find_votes(network, grid, surface, told)
        self._held = _Remembered(map_id, network, keys[order], told[order], votes.at(order))
        return votes

    def _renewed(
        self, held: _Remembered, network: VoteNetwork, grid: VoxelGrid, surface: VoxelSurface,
        keys: npt.NDArray[np.int64], told: npt.NDArray[np.bool_],
    ) -> VoxelVotes | None:
        """Return the votes where enough of the map is as it was, else None."""
        place = np.minimum(np.searchsorted(held.keys, keys), len(held.keys) - 1)
        known = held.keys[place] == keys
        known &= held.told[place] == told
        changed = np.union1d(keys[~known], np.setdiff1d(held.keys, keys, assume_unique=False))
        if not len(changed):
            self.shown = 0
            return held.votes.at(place)
        blocks = _blocks(keys)
        near = _with_neighbors(np.unique(_blocks(changed)))
        redone = np.isin(blocks, near)
        shown = np.isin(blocks, _with_neighbors(near))
        if shown.mean() > _WORTHWHILE:
            return None
        self.shown = int(shown.sum())
        fresh = find_votes(network, grid, surface, told & shown)
        return VoxelVotes(*(
            np.where(redone.reshape(-1, *[1] * (new.ndim - 1)), new, old)
            for new, old in zip(fresh.arrays(), held.votes.at(place).arrays(), strict=True)))


def _blocks(keys: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one number per voxel key that names its block."""
    parts = [(keys >> (_INDEX_BITS * axis) & _MASK) >> _BLOCK_BITS for axis in (2, 1, 0)]
    return (parts[0] << 2 * _INDEX_BITS) | (parts[1] << _INDEX_BITS) | parts[2]


def _with_neighbors(blocks: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the blocks and the 26 beside each."""
    steps = (-1, 0, 1)
    return np.unique(np.concatenate([
        blocks + (x << 2 * _INDEX_BITS) + (y << _INDEX_BITS) + z
        for x in steps for y in steps for z in steps]))
