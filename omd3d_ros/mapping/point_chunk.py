"""Where the points of a part of a row lie in the map: the first step of inserting them.

The loop has no branches, so that the compiler turns it into vector instructions; reading,
checking and transforming a frame then costs less than looking at its points one by one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.blocks import EMPTY
from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.point_source import read_point

CHUNK = 512
UNKNOWN = np.float32(1e9)

_FIELD_21 = (1 << 21) - 1
_FRACTION = (1 << 9) - 1
# Added to a whole number from 0 to 2**51, it leaves that number in the low bits of the sum.
_WHOLE = 2.0**52


class PointChunk(NamedTuple):
    """Scratch memory for CHUNK points.

    keys       (CHUNK,) int64    key of the point's block, -1 when the point is not to be fused
    offsets    (CHUNK,) int64    the point's voxel within the block, 0 to 511
    fractions  (CHUNK,) int64    position within the voxel, packed as in a record
    depths     (CHUNK,) float32  depth along the image's axis, metres; 0 when nothing was measured
    """

    keys: npt.NDArray[np.int64]
    offsets: npt.NDArray[np.int64]
    fractions: npt.NDArray[np.int64]
    depths: npt.NDArray[np.float32]


def make_chunk() -> PointChunk:
    """Return the scratch memory."""
    keys, offsets, fractions = np.zeros((3, CHUNK), np.int64)
    return PointChunk(keys, offsets, fractions, np.zeros(CHUNK, np.float32))


@kernel
def locate_points(
    source: Any,
    row: int,
    first: int,
    count: int,
    scaled_pose: npt.NDArray[np.float64],
    low: float,
    high: float,
    forward: npt.NDArray[np.float64],
    chunk: PointChunk,
) -> None:
    """Fill the chunk from ``count`` points of a row, from column ``first`` on.

    scaled_pose  (3, 4) takes metres in the sensor's frame to biased 1/512 voxels of the map
    low, high    least and greatest squared distance from the sensor of points to be fused
    forward      (3,) gives the depth along the image's axis
    """
    m = scaled_pose
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    f0, f1, f2 = forward[0], forward[1], forward[2]
    for i in range(count):
        x, y, z = read_point(source, row, first + i)
        squared = x * x + y * y + z * z
        qx = np.float64(np.floor(m00 * x + m01 * y + m02 * z + m03) + _WHOLE).view(np.int64)
        qy = np.float64(np.floor(m10 * x + m11 * y + m12 * z + m13) + _WHOLE).view(np.int64)
        qz = np.float64(np.floor(m20 * x + m21 * y + m22 * z + m23) + _WHOLE).view(np.int64)
        key = (
            (qx >> 12 & _FIELD_21) << 42 | (qy >> 12 & _FIELD_21) << 21 | (qz >> 12 & _FIELD_21)
        )
        chunk.keys[np.uint64(i)] = key if (squared >= low) & (squared <= high) else EMPTY
        chunk.offsets[np.uint64(i)] = (qx >> 3 & 0x1C0) | (qy >> 6 & 0x38) | (qz >> 9 & 7)
        chunk.fractions[np.uint64(i)] = (
            (qx & _FRACTION) << 42 | (qy & _FRACTION) << 21 | (qz & _FRACTION)
        )
        depth = np.float32(f0 * x + f1 * y + f2 * z)
        chunk.depths[np.uint64(i)] = depth if (depth > 0) & (depth < UNKNOWN) else np.float32(0)
