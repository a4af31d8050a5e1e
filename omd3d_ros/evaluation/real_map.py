"""Real recordings fused as the node fuses them, without ROS."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.real_commands import RealScene
from omd3d_ros.evaluation.scenes import read_views
from omd3d_ros.evaluation.voxel_sets import VoxelSet
from omd3d_ros.mapping.keyframes import Keyframe, KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

_BASE_FROM_OPTICAL = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])  # x forward, y left, z up
_MARGIN = 0.5       # voxels around a box that still belong to it
_FLOOR_LAYER = 1.5  # voxels over a box's base that are floor where the floor's plane passes


@dataclasses.dataclass(frozen=True, eq=False)
class RealMap:
    """A fused recording.

    map_from_viewpoint  (4, 4) the last camera, with x forward, y left, z up (REP 103)
    views, seconds      how many images were fused, and how long that took
    """

    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    map_from_viewpoint: npt.NDArray[np.float64]
    views: int
    seconds: float


def fuse(scene: RealScene, recordings: Path, every: int = 1) -> RealMap:
    """Fuse every n-th view of a scene; errors as read_views."""
    voxel_map = VoxelMap(MapSettings(voxel_size=scene.voxel_size))
    store = KeyframeStore(KeyframeSettings())
    seconds, views, pose = 0.0, 0, np.eye(4)
    for view in read_views(scene, recordings, every):
        start = time.perf_counter()
        voxel_map.integrate_depth(
            view.depth, view.color, view.camera, view.map_from_camera, view.stamp_ns)
        store.offer(view.stamp_ns, view.color, view.depth, view.camera, view.map_from_camera)
        seconds += time.perf_counter() - start
        views += 1
        pose = view.map_from_camera
    viewpoint = np.eye(4)
    viewpoint[:3, :3] = pose[:3, :3] @ _BASE_FROM_OPTICAL.T
    viewpoint[:3, 3] = pose[:3, 3]
    return RealMap(voxel_map.snapshot(), store.frames(), viewpoint, views, seconds)


def box_masks(boxes: list[OrientedBox], snapshot: MapSnapshot) -> list[VoxelSet]:
    """Return the voxels in each box less the floor it stands on.

    Where boxes overlap, a voxel belongs to the smallest of them.
    """
    grid = VoxelGrid.of_points(snapshot.points, snapshot.voxel_size)
    settings = ProposalSettings()
    floor = find_surfaces(grid, find_normals(grid, settings.normal_rings), settings.planes).floor
    on_floor = np.zeros(len(snapshot), bool) if floor is None else (
        np.abs(floor.distances(snapshot.points)) < max(
            settings.planes.thickness, _FLOOR_LAYER * snapshot.voxel_size))
    free = ~on_floor
    masks: dict[int, VoxelSet] = {}
    for number in sorted(range(len(boxes)), key=lambda n: float(np.prod(boxes[n].size))):
        masks[number] = np.flatnonzero(free & _inside(boxes[number], snapshot))
        free[masks[number]] = False
    return [masks[number] for number in range(len(boxes))]


def _inside(box: OrientedBox, snapshot: MapSnapshot) -> npt.NDArray[np.bool_]:
    local = snapshot.points - np.asarray(box.center)
    cosine, sine = np.cos(box.yaw), np.sin(box.yaw)
    across = np.stack([
        cosine * local[:, 0] + sine * local[:, 1], cosine * local[:, 1] - sine * local[:, 0],
        local[:, 2]], axis=1)
    half = np.asarray(box.size) / 2 + _MARGIN * snapshot.voxel_size
    inside: npt.NDArray[np.bool_] = (np.abs(across) <= half).all(axis=1)
    return inside
