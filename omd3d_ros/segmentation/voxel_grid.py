"""The 26-neighbourhoods of a map's voxels, and connected components on them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np
import numpy.typing as npt

_REACH = 1 << 20
_Function = TypeVar('_Function', bound=Callable[..., Any])


def compiled(function: _Function) -> _Function:
    """Compile a kernel with numba: cached on disk, without Python's lock while it runs."""
    return cast(_Function, numba.njit(cache=True, nogil=True)(function))


@dataclasses.dataclass(frozen=True)
class VoxelGrid:
    """Voxels and who is next to whom.

    points      (N, 3) float32, metres
    voxel_size  metres
    neighbors   (N, 26) int32  indices of the voxels in the 26 cells around, -1 where empty
    """

    points: npt.NDArray[np.float32]
    voxel_size: float
    neighbors: npt.NDArray[np.int32]

    @staticmethod
    def of_points(points: npt.NDArray[np.float32], voxel_size: float) -> VoxelGrid:
        """Build the grid of points (N, 3), one a voxel, metres.

        Two points that rounding put into one cell are both kept; the cell's neighbours then
        know only the first of them.

        Raises
        ------
        ValueError
            When a point is not finite or lies more than 2**20 voxels from the origin.

        """
        keys = voxel_keys(points, voxel_size)
        size = 1 << max(4, math.ceil(math.log2(2 * len(keys) + 1)))
        neighbors = _find_neighbors(keys, size)
        return VoxelGrid(np.ascontiguousarray(points, np.float32), float(voxel_size), neighbors)

    def __len__(self) -> int:
        return len(self.points)

    @functools.cached_property
    def columns(self) -> npt.NDArray[np.int64]:
        """The upright column of each voxel (N,), numbered from 0; columns are two voxels wide."""
        cells = np.floor(self.points[:, :2] / (2 * self.voxel_size)).astype(np.int64)
        numbers = np.unique((cells[:, 0] << 32) + cells[:, 1], return_inverse=True)[1]
        return np.asarray(numbers.reshape(-1), np.int64)

    def columns_of(self, voxels: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Tell for each column whether any of some voxels (n,) lies in it."""
        held = np.zeros(int(self.columns.max(initial=-1)) + 1, bool)
        held[self.columns[voxels]] = True
        return held

    def components(
        self, members: npt.NDArray[np.bool_], labels: npt.NDArray[np.int32] | None = None
    ) -> npt.NDArray[np.int32]:
        """Label the 26-connected components of the members (N,).

        Where labels (N,) is given, only neighbours of equal label are connected. Returns
        (N,) int32: components are numbered from 0 in the order of their first voxel; -1
        outside.
        """
        same = np.zeros(len(self), np.int32) if labels is None else labels
        return _components(self.neighbors, members, same.astype(np.int32, copy=False))

    def coarsened(
        self, members: npt.NDArray[np.int64], size: float
    ) -> tuple[VoxelGrid, npt.NDArray[np.int64]]:
        """Return a grid of larger voxels (``size``, metres) made of the members (n,).

        The second result (n,) is the index of each member's larger voxel.
        """
        keys = voxel_keys(self.points[members], size)
        _, owner, counts = np.unique(keys, return_inverse=True, return_counts=True)
        means = [np.bincount(owner, self.points[members, axis]) / counts for axis in range(3)]
        return VoxelGrid.of_points(np.stack(means, axis=1).astype(np.float32), size), owner


def groups_of(labels: npt.NDArray[np.integer[Any]]) -> list[npt.NDArray[np.int64]]:
    """Return the ascending indices of each label >= 0 of labels (N,), by ascending label."""
    members = np.flatnonzero(labels >= 0)
    order = members[np.argsort(labels[members], kind='stable')]
    return np.split(order, np.flatnonzero(np.diff(labels[order])) + 1) if len(order) else []


def voxel_keys(
    points: npt.NDArray[np.floating[Any]], voxel_size: float
) -> npt.NDArray[np.int64]:
    """Return one int64 per point (N, 3) that names its voxel; equal voxels, equal keys.

    Raises
    ------
    ValueError
        When the voxel size is not positive, or a point is not finite or lies more than
        2**20 voxels from the origin.

    """
    if not voxel_size > 0:
        raise ValueError(f'voxel_size={voxel_size}: must be positive')
    if points.ndim != 2 or points.shape[1] != 3:
        raise ValueError(f'points.shape={points.shape}: must be (N, 3)')
    cells = np.floor(points.astype(np.float64) / voxel_size)
    if not np.all(np.abs(cells) < _REACH - 1):
        raise ValueError('points: some are not finite or too far from the origin')
    cells = cells.astype(np.int64) + _REACH
    keys: npt.NDArray[np.int64] = (cells[:, 0] << 42) | (cells[:, 1] << 21) | cells[:, 2]
    return keys


@compiled
def _slot(key: int, mask: int) -> int:
    mixed = (np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(34)
    return int(np.int64(mixed) & mask)


@compiled
def _find_neighbors(keys: npt.NDArray[np.int64], size: int) -> npt.NDArray[np.int32]:
    mask = size - 1
    held = np.full(size, -1, np.int64)
    owner = np.full(size, -1, np.int32)
    for i in range(len(keys)):
        slot = _slot(keys[i], mask)
        while held[slot] != -1 and held[slot] != keys[i]:
            slot = (slot + 1) & mask
        if held[slot] == -1:
            held[slot] = keys[i]
            owner[slot] = i
    steps = np.empty(26, np.int64)
    count = 0
    for x in range(-1, 2):
        for y in range(-1, 2):
            for z in range(-1, 2):
                if x != 0 or y != 0 or z != 0:
                    steps[count] = x * (1 << 42) + y * (1 << 21) + z
                    count += 1
    neighbors = np.full((len(keys), 26), -1, np.int32)
    for i in range(len(keys)):
        for k in range(26):
            key = keys[i] + steps[k]
            slot = _slot(key, mask)
            while held[slot] != -1 and held[slot] != key:
                slot = (slot + 1) & mask
            if held[slot] == key:
                neighbors[i, k] = owner[slot]
    return neighbors


@compiled
def _components(
    neighbors: npt.NDArray[np.int32],
    members: npt.NDArray[np.bool_],
    same: npt.NDArray[np.int32],
) -> npt.NDArray[np.int32]:
    found = np.full(len(neighbors), -1, np.int32)
    parent = np.arange(len(neighbors))
    for i in range(len(neighbors)):
        if not members[i]:
            continue
        for k in range(26):
            j = neighbors[i, k]
            if j >= 0 and members[j] and same[i] == same[j]:
                a = i
                while parent[a] != a:
                    parent[a] = parent[parent[a]]
                    a = parent[a]
                b = int(j)
                while parent[b] != b:
                    parent[b] = parent[parent[b]]
                    b = parent[b]
                if a < b:
                    parent[b] = a
                else:
                    parent[a] = b
    count = 0
    for i in range(len(neighbors)):
        if not members[i]:
            continue
        a = i
        while parent[a] != a:
            a = parent[a]
        if found[a] < 0:
            found[a] = count
            count += 1
        found[i] = found[a]
    return found
