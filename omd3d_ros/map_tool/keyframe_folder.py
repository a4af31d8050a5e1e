"""The keyframes of a map as a folder of images that omd3d_play can play."""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import json
import shutil
import uuid
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe

_MILLIMETRES = 1000.0
_SAME = 0.5   # pixel, at the corners of images of one camera


def write_keyframes(folder: Path, frames: Sequence[Keyframe]) -> None:
    """Write ``color/``, ``depth/`` (16 bit, millimetres), ``trajectory.log`` and ``camera.json``.

    Images are named by the key of their keyframe; trajectory.log holds map_from_camera.

    Raises
    ------
    ValueError
        When there are no keyframes, or their cameras differ by half a pixel and more.
    OSError
        When the folder is there already, or something cannot be written; then nothing is left.

    """
    if not frames:
        raise ValueError('the map holds no keyframes: nothing to export')
    camera = _common_camera([frame.camera for frame in frames])
    if folder.exists():
        raise FileExistsError(errno.EEXIST, 'is there already')
    temporary = folder.with_name(f'.{folder.name[:64]}.{uuid.uuid4().hex}.tmp')
    try:
        _fill(temporary, frames, camera)
        temporary.rename(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary)
        raise


def _common_camera(cameras: Sequence[PinholeCamera]) -> PinholeCamera:
    """Return the camera that took all images: the median, since clouds tell it with noise."""
    width, height = cameras[0].width, cameras[0].height
    values = np.array([[each.fx, each.fy, each.cx, each.cy] for each in cameras])
    fx, fy, cx, cy = (float(value) for value in np.median(values, axis=0))
    off = np.abs(values - [fx, fy, cx, cy])
    corners = off[:, :2] / [fx, fy] * [width / 2, height / 2] + off[:, 2:]
    if any((each.width, each.height) != (width, height) for each in cameras) or (
            corners.max() > _SAME):
        raise ValueError('the keyframes are of several cameras: one folder is of one')
    return PinholeCamera(width, height, fx, fy, cx, cy)


def _fill(folder: Path, frames: Sequence[Keyframe], camera: PinholeCamera) -> None:
    from PIL import Image
    for name in ('color', 'depth'):
        (folder / name).mkdir(parents=name == 'color')
    poses = []
    for number, frame in enumerate(frames):
        name = f'{frame.key:06d}.png'
        Image.fromarray(frame.color).save(folder / 'color' / name)
        Image.fromarray(frame.depth).save(folder / 'depth' / name)
        rows = (' '.join(f'{value:.17g}' for value in row) for row in frame.map_from_camera)
        poses.append(f'{number} {number} {number + 1}\n' + '\n'.join(rows) + '\n')
    (folder / 'trajectory.log').write_text(''.join(poses))
    values = {**dataclasses.asdict(camera), 'depth_scale': _MILLIMETRES}
    (folder / 'camera.json').write_text(json.dumps(values, indent=1) + '\n')
