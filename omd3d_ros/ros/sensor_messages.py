"""What a depth camera's driver publishes: transforms, organised clouds, images, intrinsics."""

from __future__ import annotations

import array
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
from geometry_msgs.msg import TransformStamped
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.ros.conversions import header_message, image_message, time_message

_COLOR_OFFSETS = {16: 12, 32: 16}   # by bytes per point; 32 as depth_image_proc lays it out


class PosedImages(Protocol):
    """Colour (H, W, 3) uint8 and registered depth (H, W) uint16 millimetres of one camera."""

    @property
    def color(self) -> npt.NDArray[np.uint8]: ...  # noqa: D102
    @property
    def depth(self) -> npt.NDArray[np.uint16]: ...  # noqa: D102
    @property
    def camera(self) -> PinholeCamera: ...  # noqa: D102


def xyzw_from_matrix(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the unit quaternion (x, y, z, w) of a rotation, (3, 3) or the corner of (4, 4).

    By the largest component, so that nothing small is divided by (Shepperd 1978, "Quaternion
    from rotation matrix").
    """
    m = matrix[:3, :3]
    trace = float(np.trace(m))
    largest = int(np.argmax([m[0, 0], m[1, 1], m[2, 2], trace]))
    q = np.empty(4)
    if largest == 3:
        q[:] = [m[2, 1] - m[1, 2], m[0, 2] - m[2, 0], m[1, 0] - m[0, 1], 1 + trace]
    else:
        i, j, k = largest, (largest + 1) % 3, (largest + 2) % 3
        q[i] = 1 + m[i, i] - m[j, j] - m[k, k]
        q[j] = m[j, i] + m[i, j]
        q[k] = m[k, i] + m[i, k]
        q[3] = m[k, j] - m[j, k]
    return q / np.linalg.norm(q)


def transform_message(
    parent: str, child: str, stamp_ns: int, parent_from_child: npt.NDArray[np.float64]
) -> TransformStamped:
    """Return a rigid transform (4, 4), metres, as tf sends it."""
    message = TransformStamped(header=header_message(stamp_ns, parent), child_frame_id=child)
    position, rotation = message.transform.translation, message.transform.rotation
    position.x, position.y, position.z = (float(v) for v in parent_from_child[:3, 3])
    rotation.x, rotation.y, rotation.z, rotation.w = (
        float(v) for v in xyzw_from_matrix(parent_from_child))
    return message


def set_stamp(message: Any, stamp_ns: int) -> None:
    """Set the stamp in a message's header."""
    message.header.stamp = time_message(stamp_ns)


def cloud_message(
    frame: PosedImages, frame_id: str, stamp_ns: int, bytes_per_point: int = 32
) -> PointCloud2:
    """Return images as an organised cloud x y z rgb in the optical frame; no depth becomes NaN.

    Raises
    ------
    ValueError
        When ``bytes_per_point`` is neither 16 nor 32.

    """
    if bytes_per_point not in _COLOR_OFFSETS:
        raise ValueError(f'bytes_per_point={bytes_per_point}: must be 16 or 32')
    offsets = {'x': 0, 'y': 4, 'z': 8, 'rgb': _COLOR_OFFSETS[bytes_per_point]}
    table = np.zeros(frame.depth.shape, np.dtype({
        'names': list(offsets), 'formats': ['<f4', '<f4', '<f4', '<u4'],
        'offsets': list(offsets.values()), 'itemsize': bytes_per_point}))
    metres = frame.depth.astype(np.float32) / 1000
    metres[frame.depth == 0] = np.nan
    points = frame.camera.backproject(metres)
    for axis, name in enumerate('xyz'):
        table[name] = points[:, :, axis]
    wide = frame.color.astype(np.uint32)
    table['rgb'] = wide[:, :, 0] << 16 | wide[:, :, 1] << 8 | wide[:, :, 2]
    height, width = frame.depth.shape
    message = PointCloud2(
        header=header_message(stamp_ns, frame_id), height=height, width=width,
        fields=[PointField(name=name, offset=offset, datatype=PointField.FLOAT32, count=1)
                for name, offset in offsets.items()],
        is_bigendian=False, point_step=bytes_per_point, row_step=bytes_per_point * width,
        is_dense=False)
    # one pass whether or not fields are checked; bytes would be checked one by one
    message.data = array.array('B', table.tobytes())
    return message


def image_messages(
    frame: PosedImages, frame_id: str, stamp_ns: int
) -> tuple[CameraInfo, Image, Image]:
    """Return images as camera_info, depth (16UC1, millimetres) and colour (rgb8)."""
    header, camera = header_message(stamp_ns, frame_id), frame.camera
    info = CameraInfo(header=header, width=camera.width, height=camera.height,
                      distortion_model='plumb_bob', d=[0.0] * 5)
    info.k = [camera.fx, 0.0, camera.cx, 0.0, camera.fy, camera.cy, 0.0, 0.0, 1.0]
    info.r = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]
    info.p = [camera.fx, 0.0, camera.cx, 0.0, 0.0, camera.fy, camera.cy, 0.0, 0.0, 0.0, 1.0, 0.0]
    return (info, image_message(frame.depth, '16UC1', header),
            image_message(frame.color, 'rgb8', header))
