"""Proposals for a map that hardly changed: those of the pass before."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.voxel_blocks import changed_blocks, held_or_nearest
from omd3d_ros.segmentation.voxel_grid import groups_of, voxel_keys


@dataclasses.dataclass(frozen=True, eq=False)
class _Kept:
    """A pass over a map: its voxels' ascending keys (M,), and the proposal of each or -1."""

    map_id: str
    keys: npt.NDArray[np.int64]
    points: npt.NDArray[np.float32]
    labels: npt.NDArray[np.int32]
    objectness: tuple[float, ...]
    masks: MaskScene | None


class ProposalMemory:
    """Remembers the last map that was segmented."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def keep(
        self, snapshot: MapSnapshot, proposals: Sequence[Proposal], masks: MaskScene | None
    ) -> None:
        """Remember the proposals of a map, which share no voxel, and what masks are refined in."""
        labels = np.full(len(snapshot), -1, np.int32)
        for number, one in enumerate(proposals):
            labels[one.voxels] = number
        keys, first = np.unique(
            voxel_keys(snapshot.points, snapshot.voxel_size), return_index=True)
        self._kept = _Kept(snapshot.map_id, keys, snapshot.points[first], labels[first],
                           tuple(one.objectness for one in proposals), masks)

    def recall(
        self, snapshot: MapSnapshot, *, masks: bool
    ) -> tuple[tuple[Proposal, ...], MaskScene | None] | None:
        """Return the proposals in the voxels that a map has now.

        None where it is another map, or one in which more changed than noise accounts for since
        it was segmented, or where masks are wanted that were not.
        """
        kept = self._kept
        if kept is None or kept.map_id != snapshot.map_id or (masks and kept.masks is None):
            return None
        keys = voxel_keys(snapshot.points, snapshot.voxel_size)
        if not len(kept.keys) or len(changed_blocks(kept.keys, keys)):
            return None
        place = held_or_nearest(
            kept.keys, kept.points, keys, snapshot.points, snapshot.voxel_size)
        labels = np.where(place >= 0, kept.labels[place], -1)
        there = np.unique(labels[labels >= 0])
        return tuple(Proposal(voxels, kept.objectness[number]) for number, voxels in zip(
            there.tolist(), groups_of(labels), strict=True)), kept.masks if masks else None
