"""Folders of posed RGB-D frames, read one frame at a time. Knows nothing of ROS's middleware.

Three layouts are told apart by what lies in the folder:

- ``color/ depth/ trajectory.log camera.json``: written by this package,
- ``image/ depth/ trajectory.log``: as Open3D ships its living room (PrimeSense intrinsics),
- ``color/ depth/ pose.txt``: as SLAMBench ships its dining room (lines of x y z qx qy qz qw).

Depth images are uint16 and registered to the colour images; poses are map_from_camera, the camera
in the optical frame (x right, y down, z forward). A camera.json is honoured in every layout.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.pose import check_pose
from omd3d_ros.ros.transform_buffer import matrix_from_pose

FRAME_NS = 100_000_000   # folders carry no stamps: frames are 0.1 s apart
_IMAGE_ENDINGS = {'.png', '.jpg', '.jpeg', '.pgm', '.ppm'}
_PRIMESENSE = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
_DINING_CAMERA = PinholeCamera(640, 480, 518.0, 519.0, 325.5, 253.5)
_MILLIMETRES = 1000.0


@dataclasses.dataclass(frozen=True)
class Frame:
    """One registered colour and depth image with its pose.

    color            (height, width, 3) uint8, RGB
    depth            (height, width) uint16, millimetres, 0 = none
    map_from_camera  (4, 4) float64
    """

    index: int
    stamp_ns: int
    color: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.uint16]
    camera: PinholeCamera
    map_from_camera: npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Recording:
    """The frames of a folder, in order; images are read when a frame is asked for."""

    folder: Path
    colors: tuple[Path, ...]
    depths: tuple[Path, ...]
    poses: tuple[npt.NDArray[np.float64], ...]
    camera: PinholeCamera
    depth_scale: float   # units of the depth images in a metre

    def __len__(self) -> int:
        return len(self.poses)

    def __iter__(self) -> Iterator[Frame]:
        return (self.frame(index) for index in range(len(self)))

    def frame(self, index: int) -> Frame:
        """Read one frame.

        Raises
        ------
        ValueError
            Naming the file that is not an image of the camera's size and a known kind.

        """
        size = (self.camera.height, self.camera.width)
        color = _read_color(self.colors[index], size)
        depth = _read_depth(self.depths[index], size, self.depth_scale)
        return Frame(index, (index + 1) * FRAME_NS, color, depth, self.camera, self.poses[index])


def open_recording(folder: Path) -> Recording:
    """Check a folder's names, poses and camera; images are read later, frame by frame.

    Raises
    ------
    ValueError
        Naming the file or folder that is missing, does not match or cannot be understood.

    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f'{folder}: not a folder')
    if (folder / 'trajectory.log').is_file():
        poses = _log_poses(folder / 'trajectory.log')
        color_folder = folder / ('image' if (folder / 'image').is_dir() else 'color')
        camera = _PRIMESENSE if color_folder.name == 'image' else None
    elif (folder / 'pose.txt').is_file():
        poses = _quaternion_poses(folder / 'pose.txt')
        color_folder, camera = folder / 'color', _DINING_CAMERA
    else:
        raise ValueError(f'{folder}: holds neither trajectory.log nor pose.txt')
    depth_scale = _MILLIMETRES
    if camera is None or (folder / 'camera.json').is_file():
        camera, depth_scale = _read_camera(folder / 'camera.json')
    colors, depths = _images(color_folder), _images(folder / 'depth')
    if not len(colors) == len(depths) == len(poses):
        raise ValueError(
            f'{folder}: {len(colors)} colour images, {len(depths)} depth images and '
            f'{len(poses)} poses')
    for color, depth in zip(colors, depths, strict=True):
        if color.stem != depth.stem:
            raise ValueError(f'{color}: no depth image of that name (next is {depth.name})')
    return Recording(folder, colors, depths, poses, camera, depth_scale)


def _images(folder: Path) -> tuple[Path, ...]:
    """Return the images of a folder, by number where the names are numbers."""
    if not folder.is_dir():
        raise ValueError(f'{folder}: not a folder')
    found = [path for path in folder.iterdir() if path.suffix.lower() in _IMAGE_ENDINGS]
    if not found:
        raise ValueError(f'{folder}: holds no images')
    if all(path.stem.isdecimal() for path in found):
        return tuple(sorted(found, key=lambda path: (int(path.stem), path.name)))
    return tuple(sorted(found))


def _pixels(path: Path, mode: str | None) -> npt.NDArray[np.generic]:
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert(mode) if mode else image)
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError(f'{path}: not a readable image ({error})') from error


def _read_color(path: Path, size: tuple[int, int]) -> npt.NDArray[np.uint8]:
    pixels = _pixels(path, 'RGB').astype(np.uint8, copy=False)
    if pixels.shape[:2] != size:
        raise ValueError(f'{path}: {pixels.shape[1]}x{pixels.shape[0]} pixels, the camera has '
                         f'{size[1]}x{size[0]}')
    return pixels


def _read_depth(path: Path, size: tuple[int, int], scale: float) -> npt.NDArray[np.uint16]:
    """Return millimetres; what 16 bits cannot hold becomes 0, none."""
    pixels = _pixels(path, None)
    if pixels.shape != size:
        raise ValueError(f'{path}: shape {pixels.shape}, the camera has {size}')
    if pixels.dtype not in (np.uint16, np.int32):   # Pillow reads 16-bit PGM as int32
        raise ValueError(f'{path}: {pixels.dtype} pixels, depth must have 16 bits')
    if scale == _MILLIMETRES and pixels.dtype == np.uint16:
        return pixels.astype(np.uint16)
    millimetres = np.rint(pixels.astype(np.float64) * (_MILLIMETRES / scale))
    return np.where((millimetres > 0) & (millimetres < 2**16), millimetres, 0).astype(np.uint16)


def _read_camera(path: Path) -> tuple[PinholeCamera, float]:
    try:
        values = json.loads(path.read_text(encoding='utf-8'))
        camera = PinholeCamera(
            int(values['width']), int(values['height']),
            *(float(values[name]) for name in ('fx', 'fy', 'cx', 'cy')))
        scale = float(values.get('depth_scale', _MILLIMETRES))
    except OSError as error:
        raise ValueError(f'{path}: cannot be read ({error.strerror})') from error
    except KeyError as error:
        raise ValueError(f'{path}: {error} is missing') from error
    except (ValueError, TypeError, AttributeError) as error:
        raise ValueError(f'{path}: not a camera ({error})') from error
    if not (np.isfinite(scale) and scale > 0):
        raise ValueError(f'{path}: depth_scale={scale} must be above 0')
    return camera, scale


def _numbers(path: Path, per_pose: int) -> npt.NDArray[np.float64]:
    """Return (poses, per_pose) float64."""
    try:
        values = np.array(path.read_text(encoding='ascii').split(), dtype=np.float64)
    except ValueError as error:   # of the encoding too
        raise ValueError(f'{path}: not numbers ({error})') from error
    if values.size == 0 or values.size % per_pose:
        raise ValueError(f'{path}: {values.size} numbers are not poses of {per_pose}')
    return values.reshape(-1, per_pose)


def _checked(
    path: Path, poses: list[npt.NDArray[np.float64]]
) -> tuple[npt.NDArray[np.float64], ...]:
    try:
        return tuple(check_pose(pose, f'pose {i}') for i, pose in enumerate(poses))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error


def _log_poses(path: Path) -> tuple[npt.NDArray[np.float64], ...]:
    """Read an Open3D trajectory: per frame three integers and a 4x4 map_from_camera."""
    return _checked(path, list(_numbers(path, 19)[:, 3:].reshape(-1, 4, 4)))


def _quaternion_poses(path: Path) -> tuple[npt.NDArray[np.float64], ...]:
    """Read lines of x y z qx qy qz qw, map_from_camera."""
    poses = []
    for i, row in enumerate(_numbers(path, 7)):
        norm = float(np.linalg.norm(row[3:]))
        if not abs(norm - 1) < 0.01:
            raise ValueError(f'{path}: pose {i}: quaternion {row[3:].tolist()} has length {norm}')
        poses.append(matrix_from_pose(row[:3], row[3:] / norm))
    return _checked(path, poses)
