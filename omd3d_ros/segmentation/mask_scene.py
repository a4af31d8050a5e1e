"""A perceived map in superpoints, in which the masks of answers are refined."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from torch import Tensor

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.mask_decoder import MaskDecoder
from omd3d_ros.segmentation.normals import Normals
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.segmentation.superpoint_table import SuperpointTable
from omd3d_ros.segmentation.superpoints import SuperpointSettings, find_superpoints
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys

_STILL_THERE = 0.5  # share of an object's voxels that the map must still hold


@dataclasses.dataclass(frozen=True, eq=False)
class MaskScene:
    """The N voxels of a map and their superpoints; nothing else of a perception pass is kept.

    superpoints  (N,) int32
    keys         (N,) int64, ascending, of the voxels in ``order``
    """

    snapshot: MapSnapshot
    superpoints: npt.NDArray[np.int32]
    table: SuperpointTable
    keys: npt.NDArray[np.int64]
    order: npt.NDArray[np.int64]

    @staticmethod
    def of_map(
        snapshot: MapSnapshot, grid: VoxelGrid, normals: Normals, votes: VoxelVotes,
        settings: SuperpointSettings,
    ) -> MaskScene:
        """Part a map into superpoints, and pool what the vote network says of them."""
        superpoints = find_superpoints(grid, normals, snapshot.colors, settings)
        table = SuperpointTable.of_map(votes, grid, superpoints, snapshot.colors)
        keys = voxel_keys(snapshot.points, snapshot.voxel_size)
        order = np.argsort(keys, kind='stable')
        return MaskScene(snapshot, superpoints, table, keys[order], order)

    def voxels_of(self, points: npt.NDArray[np.floating]) -> npt.NDArray[np.int64]:
        """Return the voxels, ascending, in which some points (n, 3) lie; others are left out."""
        wanted = np.unique(voxel_keys(points, self.snapshot.voxel_size))
        place = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.sort(self.order[place[self.keys[place] == wanted]])

    def refined(
        self, found: SceneObject, decoder: MaskDecoder, seg: Tensor | None
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        """Return points (n, 3) and colours (n, 3) of an object as the decoder sees it.

        They are the object's own where the decoder knows nothing better, or where the map no
        longer holds the object. seg is the hidden state of [SEG].
        """
        seed = self.voxels_of(found.points)
        if len(seed) < max(1.0, _STILL_THERE * len(found.points)):
            return found.points, found.colors
        rows, _ = decoder.choose(
            self.table, self.snapshot.points[seed], self.superpoints[seed], seg)
        if rows is None:
            return found.points, found.colors
        voxels = np.flatnonzero(np.isin(self.superpoints, rows))
        return self.snapshot.points[voxels], self.snapshot.colors[voxels]
