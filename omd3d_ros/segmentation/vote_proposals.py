"""Proposals from the vote network: groups of voxels that it takes for one object each."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.group_judge import PART as JUDGE
from omd3d_ros.segmentation.group_judge import (
    GroupJudge,
    GroupJudgeSettings,
    describe_groups,
    judged_groups,
)
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.model_settings import DetectorSettings
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_memory import ProposalMemory
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings, vote_tree
from omd3d_ros.segmentation.vote_memory import VoteMemory
from omd3d_ros.segmentation.vote_network import VoteNetwork, VoteNetworkSettings
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of
from omd3d_ros.segmentation.weights_file import SHIPPED, read_weights

PART = 'vote network'
_ANY_SIZE = 100.0  # m
_MOST_LEFT = 0.5  # share of a piece of furniture that things may not have taken
_SCALES = ('things', 'rooms')


@dataclasses.dataclass(frozen=True, eq=False)
class _Scale:
    """The networks for maps of one voxel size; things larger than ``largest`` they do not know."""

    network: VoteNetwork
    judge: GroupJudge
    groups: VoteGroupSettings
    largest: float

    @staticmethod
    def load(folder: Path, device: torch.device) -> tuple[_Scale, str]:
        """Return the networks of a folder, and the hash of the votes' weights."""
        network, largest, digest = load_votes(folder)
        stored = read_weights(folder / 'judge', JUDGE)
        judge = GroupJudge(stored.build(GroupJudgeSettings))
        groups = stored.build(VoteGroupSettings, stored.facts.get('groups', {}))
        stored.load_into(judge)
        if stored.facts.get('votes') != digest:
            raise ValueError(f'{stored.folder}: this judge was trained for other weights')
        return _Scale(network.to(device), judge.eval().to(device), groups, largest), digest


def load_votes(folder: Path) -> tuple[VoteNetwork, float, str]:
    """Load a vote network: it, the size (m) of the largest things it knows, and its hash.

    Raises ValueError naming the folder where the weights are not usable.
    """
    stored = read_weights(folder, PART)
    network = VoteNetwork(stored.build(VoteNetworkSettings))
    stored.load_into(network)
    return network.eval(), float(stored.facts.get('largest', _ANY_SIZE)), stored.sha256


class VoteDetector:
    """Proposes objects with the network whose voxels are nearest in size to the map's.

    model  the names and hashes of the weights, for reports
    """

    def __init__(self, settings: DetectorSettings, device: torch.device) -> None:
        """Load the networks; ValueError naming the folder where the weights are not usable."""
        self._settings = settings
        self._memory, self._found = VoteMemory(), ProposalMemory()
        self._scales, names = [], []
        for name in _SCALES:
            scale, digest = _Scale.load(
                Path(getattr(settings, name) or SHIPPED / f'votes_{name}'), device)
            self._scales.append(scale)
            names.append(f'votes_{name} sha256:{digest[:12]}')
        self.model = ' + '.join(names)

    def detect(
        self, snapshot: MapSnapshot, settings: ProposalSettings, *, masks: bool = False
    ) -> tuple[tuple[Proposal, ...], MaskScene | None]:
        """Group the voxels of a map (z up) into proposals that share none, best first.

        Beside them, where masks are wanted, what they are refined in; None for a map of next to
        nothing.

        Where the network knows small things only, furniture comes from the rules
        (proposals.find_proposals), without the voxels of the things. A map that hardly changed
        keeps its proposals.
        """
        recalled = self._found.recall(snapshot, masks=masks)
        if recalled is not None:
            return recalled
        found, refinable = self._detected(snapshot, settings, masks=masks)
        self._found.keep(snapshot, found, refinable)
        return found, refinable

    def _detected(
        self, snapshot: MapSnapshot, settings: ProposalSettings, *, masks: bool
    ) -> tuple[tuple[Proposal, ...], MaskScene | None]:
        if len(snapshot) < settings.min_thing_voxels:
            return (), None
        scale = min(self._scales, key=lambda one: abs(
            np.log(one.network.settings.voxel_size / snapshot.voxel_size)))
        grid = VoxelGrid.of_points(snapshot.points, snapshot.voxel_size)
        normals = find_normals(grid, settings.normal_rings)
        surfaces = find_surfaces(grid, normals, settings.planes)
        surface = VoxelSurface.of_map(grid, normals, surfaces, snapshot.colors)
        votes = self._memory.find_votes(snapshot.map_id, scale.network, grid, surface)
        tree = vote_tree(grid, votes, scale.network.settings.reach, scale.groups)
        labels, judged = judged_groups(
            tree, scale.judge.judge(describe_groups(tree, votes, surface)),
            scale.judge.settings.bar)
        found = [
            Proposal(voxels, float(score))
            for voxels, score in zip(groups_of(labels), judged, strict=True)
            if np.ptp(grid.points[voxels], axis=0).max() >= self._settings.min_size]
        if scale.largest < _ANY_SIZE:
            found += _furniture(
                snapshot, find_proposals(snapshot, settings), found, scale.largest)
        found.sort(key=lambda one: (-one.objectness, int(one.voxels[0])))
        refinable = (MaskScene.of_map(snapshot, grid, normals, votes, settings.superpoints)
                     if masks else None)
        return tuple(found[:self._settings.max_proposals]), refinable


def _furniture(
    snapshot: MapSnapshot, proposals: Sequence[Proposal], things: Sequence[Proposal],
    largest: float,
) -> list[Proposal]:
    """Return the proposals that are larger than any thing, without the voxels of things."""
    taken = np.zeros(len(snapshot), bool)
    for thing in things:
        taken[thing.voxels] = True
    found = []
    for one in proposals:
        left = one.voxels[~taken[one.voxels]]
        large = float(np.ptp(snapshot.points[one.voxels], axis=0).max()) > largest
        if large and len(left) >= _MOST_LEFT * len(one.voxels):
            found.append(Proposal(left, one.objectness))
    return found
