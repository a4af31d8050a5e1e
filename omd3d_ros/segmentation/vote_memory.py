"""Votes for a map that changes little by little: what did not change keeps its votes."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.vote_detector import VoxelVotes, find_votes
from omd3d_ros.segmentation.vote_network import VoteNetwork
from omd3d_ros.segmentation.voxel_blocks import (
    blocks_of,
    changed_blocks,
    held_or_nearest,
    with_neighbors,
)
from omd3d_ros.segmentation.voxel_features import VoxelSurface, relevant
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys

_WORTHWHILE = 0.5  # share of the voxels that must be shown anew, above which all are


@dataclasses.dataclass(frozen=True, eq=False)
class _Remembered:
    """The votes of the M voxels that the network was told of, by ascending keys (M,).

    points (M, 3) are where they were then, metres.
    """

    map_id: str
    network: VoteNetwork
    keys: npt.NDArray[np.int64]
    points: npt.NDArray[np.float32]
    votes: VoxelVotes

    def at(self, rows: npt.NDArray[Any]) -> _Remembered:
        """Return some of the voxels, by index or mask."""
        return dataclasses.replace(self, keys=self.keys[rows], points=self.points[rows],
                                   votes=self.votes.at(rows))

    def joined(self, other: _Remembered) -> _Remembered:
        """Return the voxels of both, which have none in common."""
        keys = np.concatenate([self.keys, other.keys])
        order = np.argsort(keys, kind='stable')
        votes = (np.concatenate(both)[order] for both in zip(
            self.votes.arrays(), other.votes.arrays(), strict=True))
        return dataclasses.replace(
            self, keys=keys[order], points=np.concatenate([self.points, other.points])[order],
            votes=VoxelVotes(*votes))


class VoteMemory:
    """Finds votes and remembers them.

    The voxels of a block of 16 in which many came or went since it was voted on, and of the
    blocks beside it, are voted on anew; the network is shown one block more around them.
    Elsewhere the votes are those of that time; the few voxels that came there since get the
    votes of the nearest. Voxels that the network is not told of do not count.
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
        held = self._held
        if held is not None and held.map_id == map_id and held.network is network and len(
                held.keys):
            votes = self._renewed(held, grid, surface, keys, told)
            if votes is not None:
                return votes
        self.shown = len(grid)
        votes = find_votes(network, grid, surface, told)
        self._held = _remembered(map_id, network, grid, keys, votes, told)
        return votes

    def _renewed(
        self, held: _Remembered, grid: VoxelGrid, surface: VoxelSurface,
        keys: npt.NDArray[np.int64], told: npt.NDArray[np.bool_],
    ) -> VoxelVotes | None:
        """Return the votes where enough of the map is as it was, else None."""
        changed = changed_blocks(held.keys, keys[told])
        if not len(changed):
            self.shown = 0
            return _recalled(held, grid, keys, told)
        near = with_neighbors(changed)
        blocks = blocks_of(keys)
        redone = np.isin(blocks, near)
        shown = np.isin(blocks, with_neighbors(near))
        if shown.mean() > _WORTHWHILE:
            return None
        self.shown = int(shown.sum())
        fresh = find_votes(held.network, grid, surface, told & shown)
        kept = held.at(~np.isin(blocks_of(held.keys), near))
        self._held = kept.joined(
            _remembered(held.map_id, held.network, grid, keys, fresh, told & redone))
        old = _recalled(held, grid, keys, told & ~redone)
        return VoxelVotes(*(
            np.where(redone.reshape(-1, *[1] * (new.ndim - 1)), new, before)
            for new, before in zip(fresh.arrays(), old.arrays(), strict=True)))


def _remembered(
    map_id: str, network: VoteNetwork, grid: VoxelGrid, keys: npt.NDArray[np.int64],
    votes: VoxelVotes, told: npt.NDArray[np.bool_],
) -> _Remembered:
    """Return the votes of those told of (N,); of two voxels with one key only the first."""
    rows = np.flatnonzero(told)
    unique, first = np.unique(keys[rows], return_index=True)
    rows = rows[first]
    return _Remembered(map_id, network, unique, grid.points[rows], votes.at(rows))


def _recalled(
    held: _Remembered, grid: VoxelGrid, keys: npt.NDArray[np.int64],
    wanted: npt.NDArray[np.bool_],
) -> VoxelVotes:
    """Return the held votes of those wanted (N,), and zeros for the others."""
    rows = np.flatnonzero(wanted)
    place = held_or_nearest(held.keys, held.points, keys[rows], grid.points[rows],
                            grid.voxel_size)
    rows, place = rows[place >= 0], place[place >= 0]
    # one that came is of the same object as the nearest, whose centre is where it was
    came = held.keys[place] != keys[rows]
    offset = held.votes.offset[place]
    offset[came] += held.points[place[came]] - grid.points[rows[came]]
    votes = dataclasses.replace(held.votes.at(place), offset=offset)

    def spread(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        whole = np.zeros((len(grid), *values.shape[1:]), np.float32)
        whole[rows] = values
        return whole

    return VoxelVotes(*map(spread, votes.arrays()))
