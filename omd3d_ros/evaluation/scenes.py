"""Real scenes as streams of posed depth and colour images, for fusing without ROS."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from omd3d_ros.evaluation.real_commands import RealScene
from omd3d_ros.mapping.camera import PinholeCamera

_HALF_MM = 0.0005
FRAME_NS = 100_000_000   # the recordings carry no stamps: they are played at 10 Hz


@dataclasses.dataclass(frozen=True)
class View:
    """One registered depth and colour image with its pose.

    color            (height, width, 3) uint8, RGB
    depth            (height, width) uint16, millimetres, 0 = none
    map_from_camera  (4, 4) float64, camera in the optical frame (x right, y down, z forward)
    """

    stamp_ns: int
    color: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.uint16]
    camera: PinholeCamera
    map_from_camera: npt.NDArray[np.float64]


def read_views(scene: RealScene, recordings: Path, every: int = 1) -> Iterator[View]:
    """Yield every n-th view of a scene, in the order it was recorded.

    Raises
    ------
    OSError
        When the recording cannot be read.
    ValueError
        When it is not what the scene's ``format`` says.

    """
    if every < 1:
        raise ValueError(f'every={every}: must be at least 1')
    source = recordings / scene.source
    if scene.format == 'cloud':
        color, depth = images_of_cloud_file(source, scene.camera)
        yield View(FRAME_NS, color, depth, scene.camera, scene.map_from_recording)
        return
    if scene.format == 'log_folder':
        poses, color_folder = _log_poses(source / 'trajectory.log'), 'image'
    else:
        poses, color_folder = _quaternion_poses(source / 'pose.txt'), 'color'
    colors = sorted((source / color_folder).iterdir())
    depths = sorted((source / 'depth').iterdir())
    if not len(colors) == len(depths) == len(poses):
        raise ValueError(
            f'{source}: {len(colors)} colour images, {len(depths)} depth images, '
            f'{len(poses)} poses')
    for i in range(0, len(poses), every):
        color = np.asarray(Image.open(colors[i]).convert('RGB'))
        depth = np.asarray(Image.open(depths[i])).astype(np.uint16)
        size = (scene.camera.height, scene.camera.width)
        if color.shape[:2] != size or depth.shape != size:
            raise ValueError(f'{depths[i]}: the images are not {size[1]}x{size[0]}')
        yield View(
            (i + 1) * FRAME_NS, color, depth, scene.camera, scene.map_from_recording @ poses[i])


def images_of_cloud_file(
    path: Path, camera: PinholeCamera
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16]]:
    """Put a cloud (``xyz``, metres in the camera's frame; ``rgb``) back on its pixel grid.

    ``xyz_half_mm``, in half millimetres, may stand for ``xyz``.

    Returns colour (height, width, 3) uint8 and depth (height, width) uint16 in millimetres.
    Of several points in a pixel the nearest stays.
    """
    with np.load(path, allow_pickle=False) as cloud:
        points = cloud['xyz'] if 'xyz' in cloud.files else cloud['xyz_half_mm'] * _HALF_MM
        colors = cloud['rgb']
    pixels, distance = camera.project(points)
    millimetres = np.rint(distance * 1000)
    with np.errstate(invalid='ignore'):
        inside = ((pixels > -0.5) & (pixels < [camera.width - 0.5, camera.height - 0.5])).all(1)
        inside &= (millimetres >= 1) & (millimetres < 65536)
    order = np.flatnonzero(inside)
    order = order[np.argsort(-millimetres[order], kind='stable')]
    u, v = np.rint(pixels[order]).astype(np.int64).T
    color = np.zeros((camera.height, camera.width, 3), np.uint8)
    depth = np.zeros((camera.height, camera.width), np.uint16)
    color[v, u] = colors[order]
    depth[v, u] = millimetres[order]
    return color, depth


def _log_poses(path: Path) -> list[npt.NDArray[np.float64]]:
    """Read an Open3D trajectory: per frame three integers and a 4x4 world-from-camera."""
    values = np.array(path.read_text(encoding='ascii').split(), dtype=np.float64)
    if values.size == 0 or values.size % 19:
        raise ValueError(f'{path}: {values.size} numbers are not entries of 19')
    return list(values.reshape(-1, 19)[:, 3:].reshape(-1, 4, 4))


def _quaternion_poses(path: Path) -> list[npt.NDArray[np.float64]]:
    """Read lines of x y z qx qy qz qw, world-from-camera."""
    rows = np.loadtxt(path, dtype=np.float64, ndmin=2)
    if rows.shape[1] != 7:
        raise ValueError(f'{path}: {rows.shape[1]} numbers a line, not 7')
    poses = []
    for row in rows:
        x, y, z, w = row[3:] / np.linalg.norm(row[3:])
        pose = np.eye(4)
        pose[:3, :3] = [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
        pose[:3, 3] = row[:3]
        poses.append(pose)
    return poses
