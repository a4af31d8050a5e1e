"""Sets of a snapshot's voxels, as ascending indices: where points are, and how sets overlap."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.segmentation.voxel_grid import voxel_keys

VoxelSet = npt.NDArray[np.int64]


def voxels_at(points: npt.NDArray[np.floating], snapshot: MapSnapshot) -> VoxelSet:
    """Return the voxel (n,) that each point (n, 3) lies in, -1 where there is none."""
    if not len(snapshot):
        return np.full(len(points), -1, np.int64)
    keys = voxel_keys(snapshot.points, snapshot.voxel_size)
    order = np.argsort(keys, kind='stable')
    wanted = voxel_keys(np.asarray(points, np.float32), snapshot.voxel_size)
    place = np.minimum(np.searchsorted(keys, wanted, sorter=order), len(order) - 1)
    return np.where(keys[order[place]] == wanted, order[place], -1)


def voxel_set(points: npt.NDArray[np.floating], snapshot: MapSnapshot) -> VoxelSet:
    """Return the voxels that hold any of the points (n, 3)."""
    found = np.unique(voxels_at(points, snapshot))
    return found[found >= 0]


def object_sets(objects: Sequence[SceneObject], snapshot: MapSnapshot) -> list[VoxelSet]:
    """Return the voxels of each object."""
    return [voxel_set(found.points, snapshot) for found in objects]


def set_overlaps(
    first: Sequence[VoxelSet], second: Sequence[VoxelSet], voxels: int
) -> npt.NDArray[np.float64]:
    """Return the IoU of every set with every other one, (F, S), among so many voxels.

    Sets without a voxel overlap with nothing.
    """
    rows, columns = (_indicators(sets, voxels) for sets in (first, second))
    common = rows @ columns.T
    union = rows.sum(1)[:, None] + columns.sum(1)[None] - common
    return np.asarray(common / np.maximum(union, 1), np.float64)


def joined(sets: Sequence[VoxelSet]) -> VoxelSet:
    """Return the union of sets."""
    return np.unique(np.concatenate(sets)) if len(sets) else np.empty(0, np.int64)


def labels_of(sets: Sequence[VoxelSet], voxels: int) -> npt.NDArray[np.int64]:
    """Return (voxels,) the number, from 1, of the first set that holds each voxel; 0: none."""
    labels = np.zeros(voxels, np.int64)
    for number in range(len(sets), 0, -1):
        labels[sets[number - 1]] = number
    return labels


def _indicators(sets: Sequence[VoxelSet], voxels: int) -> npt.NDArray[np.float32]:
    table = np.zeros((len(sets), voxels), np.float32)
    for row, members in zip(table, sets, strict=True):
        row[members] = 1
    return table
