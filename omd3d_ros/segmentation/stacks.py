"""Piles parted into the things that they are made of."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.normals import Normals
from omd3d_ros.segmentation.plane import fit_plane
from omd3d_ros.segmentation.proposal_settings import StackSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, compiled

_FLAT = 0.85  # |cos| of a normal with the vertical, top faces
_SMOOTH = 0.06  # largest curvature of a top face
_IN_FACE = 0.7  # voxels off its plane up to which a voxel belongs to a face
_AS_WIDE = 0.7  # width of a panel, as a share of the width of its foot
_UPRIGHT_PANEL = 0.6  # largest cosine of a panel's normal with the vertical
_ENCLOSED = 0.9  # share of a vessel's bottom within the outline of its wall
_RIM = 3  # rings of voxels along the edge of a face whose normals the edge has bent


def part_stacks(
    grid: VoxelGrid,
    normals: Normals,
    piles: npt.NDArray[np.int32],
    settings: StackSettings,
) -> npt.NDArray[np.int32]:
    """Part piles where one thing stands on another.

    ``piles`` (N,) numbers the pile of each voxel, -1 elsewhere. The top faces of a pile are
    found; what touches a face and lies above it is another thing than what hangs below it.
    Returns (N,) int32, numbered from 0 in the order of their first voxel, -1 elsewhere; each
    part lies in one pile.
    """
    faces, planes = _top_faces(grid, normals, piles, settings)
    if not len(planes):
        return grid.components(piles >= 0, piles)
    _grow_faces(grid.neighbors, grid.points, piles, faces, planes,
                _IN_FACE * grid.voxel_size, _RIM)
    bodies = grid.components((piles >= 0) & (faces < 0), piles)
    nodes = np.where(bodies >= 0, bodies + len(planes), faces).astype(np.int32)
    pairs, contacts = _contacts(grid, piles, nodes)
    carriers = _carriers(grid, nodes, pairs, planes, settings)
    return _join(grid, nodes, pairs, contacts, carriers, settings)


def _top_faces(
    grid: VoxelGrid, normals: Normals, piles: npt.NDArray[np.int32], settings: StackSettings
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float64]]:
    """Return the face of each voxel, -1 for none, and the faces' planes (F, 4)."""
    flat = ((piles >= 0) & (np.abs(normals.vectors[:, 2]) > _FLAT)
            & (normals.curvature < _SMOOTH))
    patches = grid.components(flat, piles)
    faces = np.full(len(grid), -1, np.int32)
    planes: list[list[float]] = []
    sizes = np.bincount(patches[patches >= 0])
    for patch in np.flatnonzero(sizes * grid.voxel_size**2 >= settings.face_area):
        members = patches == patch
        if sizes[patch] < 4:
            continue
        plane = fit_plane(grid.points[members])
        faces[members] = len(planes)
        planes.append([*plane.normal, plane.offset])
    return faces, np.array(planes, np.float64).reshape(-1, 4)


@compiled
def _grow_faces(
    neighbors: npt.NDArray[np.int32],
    points: npt.NDArray[np.float32],
    piles: npt.NDArray[np.int32],
    faces: npt.NDArray[np.int32],
    planes: npt.NDArray[np.float64],
    tolerance: float,
    rings: int,
) -> None:
    """Give the voxels along a face's edge that lie in its plane to the face, in place."""
    for _ in range(rings):
        before = faces.copy()
        for i in range(len(neighbors)):
            if piles[i] < 0 or before[i] >= 0:
                continue
            least = tolerance
            for k in range(26):
                j = neighbors[i, k]
                if j < 0 or before[j] < 0 or piles[j] != piles[i]:
                    continue
                plane = planes[before[j]]
                distance = abs(points[i, 0] * plane[0] + points[i, 1] * plane[1]
                               + points[i, 2] * plane[2] - plane[3])
                if distance <= least:
                    least = distance
                    faces[i] = before[j]


def _contacts(
    grid: VoxelGrid, piles: npt.NDArray[np.int32], nodes: npt.NDArray[np.int32]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return the pairs of nodes (P, 2) that touch, lower first, and their contacts (P,)."""
    voxel, side = np.nonzero((grid.neighbors >= 0) & (piles >= 0)[:, None])
    other = grid.neighbors[voxel, side]
    touching = (piles[other] == piles[voxel]) & (nodes[other] > nodes[voxel])
    packed = nodes[voxel[touching]].astype(np.int64) << 32 | nodes[other[touching]]
    found, counts = np.unique(packed, return_counts=True)
    return np.stack([found >> 32, found & 0xFFFFFFFF], axis=1), counts


def _carriers(
    grid: VoxelGrid,
    nodes: npt.NDArray[np.int32],
    pairs: npt.NDArray[np.int64],
    planes: npt.NDArray[np.float64],
    settings: StackSettings,
) -> npt.NDArray[np.int64]:
    """Return (P,) which node of a pair is a face that the other one stands on, or -1."""
    carriers = np.full(len(pairs), -1)
    for index, pair in enumerate(pairs):
        for face, other in (pair, pair[::-1]):
            if face < len(planes):
                heights = grid.points[nodes == other] @ planes[face, :3] - planes[face, 3]
                if np.mean(heights > 0.5 * grid.voxel_size) >= settings.above_share:
                    carriers[index] = face
    return carriers


def _join(
    grid: VoxelGrid,
    nodes: npt.NDArray[np.int32],
    pairs: npt.NDArray[np.int64],
    contacts: npt.NDArray[np.int64],
    carriers: npt.NDArray[np.int64],
    settings: StackSettings,
) -> npt.NDArray[np.int32]:
    """Join the nodes of a thing: those that none carries, crumbs, panels and vessels."""
    sizes = np.bincount(nodes[nodes >= 0])
    group = np.arange(len(sizes))
    for first, second in pairs[carriers < 0]:
        _unite(group, first, second)
    cut = np.flatnonzero(carriers >= 0)
    for first, second in pairs[cut[np.argsort(-contacts[cut], kind='stable')]]:
        voxels = [int(sizes[group == group[node]].sum()) for node in (first, second)]
        if min(voxels) < settings.min_part_voxels:
            _unite(group, first, second)
    for face, (first, second) in zip(carriers[cut], pairs[cut], strict=True):
        if group[first] == group[second]:
            continue
        other = second if face == first else first
        upper, lower = (grid.points[np.isin(nodes, np.flatnonzero(group == group[node]))]
                        for node in (other, face))
        if _is_panel(upper, lower, settings) or _encloses(upper, lower):
            _unite(group, first, second)
    joined = np.where(nodes >= 0, group[nodes], -1).astype(np.int32)
    return grid.components(nodes >= 0, joined)


def _unite(group: npt.NDArray[np.int64], first: int, second: int) -> None:
    a, b = sorted((int(group[first]), int(group[second])))
    group[group == b] = a


def _is_panel(
    upper: npt.NDArray[np.float32], lower: npt.NDArray[np.float32], settings: StackSettings
) -> bool:
    """Whether the upper part is a screen or back rest: flat, and as wide as what carries it."""
    plane = fit_plane(upper)
    thickness = float(np.ptp(np.quantile(plane.distances(upper), (0.05, 0.95))))
    wide = fit_box(upper).size[0] >= _AS_WIDE * fit_box(lower).size[0]
    return bool(wide and thickness <= settings.panel_thickness
                and plane.normal[2] < _UPRIGHT_PANEL)


def _encloses(upper: npt.NDArray[np.float32], lower: npt.NDArray[np.float32]) -> bool:
    """Whether the lower part is the bottom of a vessel whose wall is the upper part."""
    return bool(fit_box(upper).covers(lower).mean() >= _ENCLOSED)
