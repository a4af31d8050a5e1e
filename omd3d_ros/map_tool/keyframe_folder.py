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

from omd3d_ros.mapping.keyframes import Keyframe

_MILLIMETRES = 1000.0


def write_keyframes(folder: Path, frames: Sequence[Keyframe]) -> None:
    """Write ``color/``, ``depth/`` (16 bit, millimetres), ``trajectory.log`` and ``camera.json``.

    Images are named by the key of their keyframe; trajectory.log holds map_from_camera.

    Raises
    ------
    ValueError
        When there are no keyframes, or several cameras took them.
    OSError
        When the folder is there already, or something cannot be written; then nothing is left.

    """
    if not frames:
        raise ValueError('the map holds no keyframes: nothing to export')
    if any(frame.camera != frames[0].camera for frame in frames):
        raise ValueError('the keyframes are of several cameras: one folder is of one')
    if folder.exists():
        raise FileExistsError(errno.EEXIST, 'is there already')
    temporary = folder.with_name(f'.{folder.name[:64]}.{uuid.uuid4().hex}.tmp')
    try:
        _fill(temporary, frames)
        temporary.rename(folder)
    except BaseException:
        with contextlib.suppress(OSError):
            shutil.rmtree(temporary)
        raise


def _fill(folder: Path, frames: Sequence[Keyframe]) -> None:
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
    camera = {**dataclasses.asdict(frames[0].camera), 'depth_scale': _MILLIMETRES}
    (folder / 'camera.json').write_text(json.dumps(camera, indent=1) + '\n')
