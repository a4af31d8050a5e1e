"""Superpoints: small patches of like normal and colour, from the voxel grid alone."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.normals import Normals
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, compiled
from omd3d_ros.settings import check_settings, setting

_LEVELS = 65535


@dataclasses.dataclass(frozen=True)
class SuperpointSettings:
    """How alike two neighbouring voxels must be to share a superpoint."""

    coherence: float = setting(
        0.2, 'how readily patches grow: the k of Felzenszwalb and Huttenlocher', low=0.0)
    min_voxels: int = setting(
        12, 'smaller patches join the neighbour most like them', unit='voxels', low=1)
    normal_weight: float = setting(1.0, 'weight of 1 - |cos| between two normals', low=0.0)
    color_weight: float = setting(
        0.3, 'weight of the RGB distance, where black to white is 1', low=0.0)
    distance_weight: float = setting(
        0.2, 'weight of the step off the tangent plane, in voxels', low=0.0)

    def __post_init__(self) -> None:
        check_settings(self)


def find_superpoints(
    grid: VoxelGrid,
    normals: Normals,
    colors: npt.NDArray[np.uint8],
    settings: SuperpointSettings,
) -> npt.NDArray[np.int32]:
    """Part the voxels into superpoints; a superpoint is 26-connected.

    The method is Felzenszwalb and Huttenlocher, Efficient Graph-Based Image Segmentation
    (IJCV 2004), on the graph of the voxels' 26-neighbourhoods.

    Returns (N,) int32 labels, numbered from 0 in the order of their first voxel. The same
    map gives the same superpoints.
    """
    if colors.shape != (len(grid), 3):
        raise ValueError(f'colors.shape={colors.shape}: must be ({len(grid)}, 3)')
    first, second, weights = _edges(
        grid.neighbors, grid.points, normals.vectors, colors, grid.voxel_size,
        settings.normal_weight, settings.color_weight, settings.distance_weight)
    order = np.argsort((np.minimum(weights, 1.0) * _LEVELS).astype(np.uint16), kind='stable')
    return _merge(
        len(grid), first[order], second[order], np.minimum(weights[order], 1.0),
        settings.coherence, settings.min_voxels)


@compiled
def _edges(
    neighbors: npt.NDArray[np.int32],
    points: npt.NDArray[np.float32],
    normals: npt.NDArray[np.float32],
    colors: npt.NDArray[np.uint8],
    voxel_size: float,
    normal_weight: float,
    color_weight: float,
    distance_weight: float,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32], npt.NDArray[np.float32]]:
    count = 0
    for i in range(len(neighbors)):
        for k in range(26):
            if neighbors[i, k] > i:
                count += 1
    first = np.empty(count, np.int32)
    second = np.empty(count, np.int32)
    weights = np.empty(count, np.float32)
    count = 0
    for i in range(len(neighbors)):
        for k in range(26):
            j = neighbors[i, k]
            if j <= i:
                continue
            cosine, along_i, along_j, shade = 0.0, 0.0, 0.0, 0.0
            for axis in range(3):
                step = points[j, axis] - points[i, axis]
                cosine += normals[i, axis] * normals[j, axis]
                along_i += step * normals[i, axis]
                along_j += step * normals[j, axis]
                tint = (float(colors[i, axis]) - float(colors[j, axis])) / 255.0
                shade += tint * tint
            first[count] = i
            second[count] = j
            weights[count] = (normal_weight * max(0.0, 1.0 - abs(cosine))
                              + color_weight * np.sqrt(shade / 3.0)
                              + distance_weight * min(abs(along_i), abs(along_j)) / voxel_size)
            count += 1
    return first, second, weights


@compiled
def _merge(
    count: int,
    first: npt.NDArray[np.int32],
    second: npt.NDArray[np.int32],
    weights: npt.NDArray[np.float32],
    coherence: float,
    min_voxels: int,
) -> npt.NDArray[np.int32]:
    parent = np.arange(count)
    size = np.ones(count, np.int64)
    limit = np.full(count, coherence)
    for small_only in (False, True):
        for e in range(len(weights)):
            a = int(first[e])
            while parent[a] != a:
                parent[a] = parent[parent[a]]
                a = parent[a]
            b = int(second[e])
            while parent[b] != b:
                parent[b] = parent[parent[b]]
                b = parent[b]
            if a == b:
                continue
            if small_only:
                join = size[a] < min_voxels or size[b] < min_voxels
            else:
                join = weights[e] <= limit[a] and weights[e] <= limit[b]
            if join:
                if b < a:
                    a, b = b, a
                parent[b] = a
                size[a] += size[b]
                limit[a] = weights[e] + coherence / size[a]
    labels = np.full(count, -1, np.int32)
    found = 0
    for i in range(count):
        a = i
        while parent[a] != a:
            a = parent[a]
        if labels[a] < 0:
            labels[a] = found
            found += 1
        labels[i] = labels[a]
    return labels
