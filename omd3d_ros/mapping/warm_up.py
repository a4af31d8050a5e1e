"""Compiling every kernel before the first frame comes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.block_store import MIN_BYTES, BlockStore
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout

if TYPE_CHECKING:
    from omd3d_ros.mapping.voxel_map import VoxelMap

_SIDE = 16


def exercise(scratch_map: VoxelMap) -> None:
    """Run every kernel for every kind of input on a map that is thrown away."""
    camera = PinholeCamera(_SIDE, _SIDE, 16.0, 16.0, 7.5, 7.5)
    depth = np.full((_SIDE, _SIDE), 1.5, np.float32)
    wall = camera.backproject(depth)
    pose = np.eye(4)
    for kind in ('<f4', '>f4'):
        scratch_map.integrate(_cloud(wall, kind), pose, 1)
        scratch_map.integrate(_cloud(wall.reshape(1, -1, 3), kind), pose, 1)
    scratch_map.integrate_depth(depth, None, camera, pose, 2)
    scratch_map.integrate_depth((depth * 1000).astype(np.uint16), None, camera, pose, 10**10)
    scratch_map.restore(scratch_map.snapshot())
    blocks = BlockStore(MIN_BYTES)
    blocks.renumber_frames(np.zeros(1, np.int64))
    blocks.make_room()


def _cloud(points: npt.NDArray[np.float32], kind: str) -> Cloud:
    height, width = points.shape[:2]
    layout = PointLayout(width, height, 12, 12 * width, 0, 4, 8, big_endian=kind[0] == '>')
    data = np.frombuffer(points.astype(kind).tobytes(), np.uint8)
    return Cloud(data, layout)
