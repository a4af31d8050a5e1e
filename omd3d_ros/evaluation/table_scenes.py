"""The real cluttered tables of mOSD: one Kinect cloud each, with the objects' points labelled."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.scenes import FRAME_NS, images_of_cloud_file
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.voxel_grid import voxel_keys

FOLDER = Path('real') / 'mosd'
VOXEL_SIZE = 0.01
_HALF_MM = 0.0005
_CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)


@dataclasses.dataclass(frozen=True, eq=False)
class TableScene:
    """A fused table, level, with the camera in the origin.

    points     (n, 3) float64, metres, the cloud; owner (n,) int64, object of each, 0: none
    """

    name: str
    snapshot: MapSnapshot
    keyframe: Keyframe
    points: npt.NDArray[np.float64]
    owner: npt.NDArray[np.int64]


def table_files(recordings: Path) -> list[Path]:
    """Return the tables' files in the order of their numbers; ValueError when there are none."""
    files = list((recordings / FOLDER).glob('learn*.npz'))
    if not files:
        raise ValueError(f'{recordings / FOLDER}: no tables there')
    return sorted(files, key=lambda path: int(re.findall(r'\d+', path.stem)[-1]))


def load_table(path: Path) -> TableScene:
    """Load and fuse a table."""
    with np.load(path, allow_pickle=False) as stored:
        points = stored['xyz_half_mm'] * _HALF_MM
        colors, owner = stored['rgb'], stored['inst'].astype(np.int64)
    turn = leveling(points)
    pose = np.eye(4)
    pose[:3, :3] = turn
    color, depth = images_of_cloud_file(path, _CAMERA)
    level = points @ turn.T
    return TableScene(
        path.stem, _fused(level, colors, path.stem),
        Keyframe(0, FRAME_NS, color, depth, _CAMERA, pose), level, owner)


def leveling(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rotation (3, 3) that levels the table under points (n, 3), metres.

    The points are a camera's that looks at it from above; z is up afterwards.
    """
    import open3d
    open3d.utility.random.seed(0)
    _, first = np.unique(voxel_keys(points, VOXEL_SIZE), return_index=True)
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points[first]))
    plane = np.array(cloud.segment_plane(0.01, 3, 500)[0])
    up = plane[:3] * np.sign(plane[3])  # the camera is above the table
    right = np.array([1.0, 0, 0]) - up[0] * up
    right /= np.linalg.norm(right)
    return np.stack([right, np.cross(up, right), up])


def _fused(
    points: npt.NDArray[np.float64], colors: npt.NDArray[np.uint8], name: str
) -> MapSnapshot:
    table = np.zeros(len(points), [('p', '<f4', 3), ('c', 'u1', 3)])
    table['p'], table['c'] = points, colors
    layout = PointLayout(len(points), 1, 15, 15 * len(points), 0, 4, 8, has_color=True,
                         r=12, g=13, b=14)
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL_SIZE, min_range=0.0, clear_misses=0))
    voxel_map.integrate(Cloud(table.view(np.uint8), layout), np.eye(4), FRAME_NS)
    return dataclasses.replace(voxel_map.snapshot(), map_id=name)
