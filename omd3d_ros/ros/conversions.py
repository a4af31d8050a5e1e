"""Messages to arrays and back. Everything that comes in is checked here, before any arithmetic.

No torch, no node: pure functions over message objects. They raise ``MessageError`` naming the
field and its value.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Time
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import Header

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout

_COLOR_CODES = {PointField.INT8, PointField.UINT8}
_PACKED_CODES = {PointField.FLOAT32, PointField.UINT32, PointField.INT32}
_MAX_STAMP_SEC = 2**31 - 1
_MAX_FIELDS = 256


class MessageError(ValueError):
    """A message contradicts itself or is of a kind that is not understood."""


def nanoseconds(stamp: Any) -> int:
    """Return a builtin_interfaces/Time as nanoseconds; zero and negative stamps are refused."""
    if not (0 <= stamp.sec <= _MAX_STAMP_SEC and 0 <= stamp.nanosec < 10**9):
        raise MessageError(f'stamp={stamp.sec}.{stamp.nanosec}: not a time')
    total = int(stamp.sec) * 10**9 + int(stamp.nanosec)
    if total == 0:
        raise MessageError('stamp=0: a stamp is needed to look up the pose of the sensor')
    return total


def time_message(stamp_ns: int) -> Time:
    """Return nanoseconds as a builtin_interfaces/Time."""
    return Time(sec=int(stamp_ns // 10**9), nanosec=int(stamp_ns % 10**9))


def header_message(stamp_ns: int, frame_id: str) -> Header:
    """Return a std_msgs/Header."""
    return Header(stamp=time_message(stamp_ns), frame_id=frame_id)


def frame_name(header: Any) -> str:
    """Return a header's frame without a leading slash; empty and oversized names are refused."""
    name = str(header.frame_id).lstrip('/')
    if not name or len(name) > 255:
        raise MessageError(f'frame_id={name[:40]!r}: must have 1 to 255 characters')
    return name


def _fields_by_name(message: Any) -> dict[str, Any]:
    if len(message.fields) > _MAX_FIELDS:
        raise MessageError(f'fields: {len(message.fields)} of them, at most {_MAX_FIELDS}')
    fields: dict[str, Any] = {}
    for field in message.fields:
        if field.name in fields:
            raise MessageError(f'fields: {field.name!r} is there twice')
        fields[field.name] = field
    return fields


def _coordinate_fields(fields: dict[str, Any]) -> tuple[Any, Any, Any]:
    for name in 'xyz':
        if name not in fields:
            raise MessageError(f'fields: {name!r} is missing')
        field = fields[name]
        if field.datatype not in (PointField.FLOAT32, PointField.FLOAT64) or field.count > 1:
            raise MessageError(f'fields: {name!r} has datatype={field.datatype}, '
                               f'count={field.count}; must be one float32 or float64')
    x, y, z = (fields[name] for name in 'xyz')
    if not x.datatype == y.datatype == z.datatype:
        raise MessageError('fields: x, y and z differ in datatype')
    return x, y, z


def _color_offsets(fields: dict[str, Any], big_endian: bool) -> tuple[int, int, int] | None:
    for name in ('rgb', 'rgba'):
        if name in fields:
            field = fields[name]
            if field.datatype not in _PACKED_CODES or field.count > 1:
                raise MessageError(f'fields: {name!r} has datatype={field.datatype}, '
                                   f'count={field.count}; must be one packed 32-bit value')
            order = (1, 2, 3) if big_endian else (2, 1, 0)
            red, green, blue = (int(field.offset) + i for i in order)
            return (red, green, blue)
    if all(name in fields for name in 'rgb'):
        channels = [fields[name] for name in 'rgb']
        if any(c.datatype not in _COLOR_CODES or c.count > 1 for c in channels):
            raise MessageError('fields: r, g and b must each be one uint8')
        red, green, blue = (int(c.offset) for c in channels)
        return red, green, blue
    return None


def cloud_from_message(message: Any) -> Cloud:
    """Describe a sensor_msgs/PointCloud2 without copying it.

    Raises
    ------
    MessageError
        When fields, sizes, offsets, datatypes or the data's length contradict each other.

    """
    fields = _fields_by_name(message)
    x, y, z = _coordinate_fields(fields)
    color = _color_offsets(fields, bool(message.is_bigendian))
    red, green, blue = color or (0, 0, 0)
    for name in ('rgb', 'rgba'):
        if name in fields and int(fields[name].offset) + 4 > int(message.point_step):
            raise MessageError(f'fields: {name!r} lies outside point_step={message.point_step}')
    try:
        layout = PointLayout(
            width=int(message.width), height=int(message.height),
            point_step=int(message.point_step), row_step=int(message.row_step),
            x=int(x.offset), y=int(y.offset), z=int(z.offset),
            float64=x.datatype == PointField.FLOAT64,
            big_endian=bool(message.is_bigendian),
            has_color=color is not None, r=red, g=green, b=blue)
        if layout.count == 0:
            raise MessageError(f'width={layout.width}, height={layout.height}: no points')
        size = len(message.data)
        if size > layout.row_step * layout.height or size < layout.row_step:
            raise MessageError(f'data: {size} bytes, but row_step={layout.row_step}, '
                               f'height={layout.height}')
        return Cloud(np.frombuffer(message.data, np.uint8), layout)
    except MessageError:
        raise
    except ValueError as error:
        raise MessageError(str(error)) from error


def _rows(message: Any, bytes_per_pixel: int) -> npt.NDArray[np.uint8]:
    """Return an image's bytes as (height, width * bytes_per_pixel), padding cut off."""
    width, height, step = int(message.width), int(message.height), int(message.step)
    if width < 1 or height < 1 or width * height > 2**27:
        raise MessageError(f'width={width}, height={height}: not an image size')
    if step < width * bytes_per_pixel or len(message.data) != step * height:
        raise MessageError(f'step={step}, data of {len(message.data)} bytes: do not fit '
                           f'{width}x{height} pixels of {bytes_per_pixel} bytes')
    data = np.frombuffer(message.data, np.uint8).reshape(height, step)
    return data[:, :width * bytes_per_pixel]


def depth_from_message(message: Any) -> npt.NDArray[np.uint16] | npt.NDArray[np.float32]:
    """Return a registered depth image (height, width): uint16 millimetres or float32 metres."""
    order = '>' if message.is_bigendian else '<'
    if message.encoding in ('16UC1', 'mono16'):
        raw = np.ascontiguousarray(_rows(message, 2)).view(f'{order}u2')
        return raw.astype(np.uint16, copy=False)
    if message.encoding == '32FC1':
        metres = np.ascontiguousarray(_rows(message, 4)).view(f'{order}f4')
        return metres.astype(np.float32, copy=False)
    raise MessageError(f'encoding={message.encoding[:40]!r}: depth must be 16UC1 or 32FC1')


def color_from_message(message: Any) -> npt.NDArray[np.uint8]:
    """Return an rgb8 or bgr8 image as RGB, (height, width, 3) uint8."""
    if message.encoding not in ('rgb8', 'bgr8'):
        raise MessageError(f'encoding={message.encoding[:40]!r}: colour must be rgb8 or bgr8')
    pixels = _rows(message, 3).reshape(int(message.height), int(message.width), 3)
    if message.encoding == 'bgr8':
        pixels = pixels[:, :, ::-1]
    return np.ascontiguousarray(pixels)


def camera_from_message(message: CameraInfo) -> PinholeCamera:
    """Return the intrinsics K of a rectified camera."""
    k = [float(value) for value in message.k]
    if not all(math.isfinite(value) for value in k):
        raise MessageError('k: not finite')
    try:
        return PinholeCamera(int(message.width), int(message.height), k[0], k[4], k[2], k[5])
    except ValueError as error:
        raise MessageError(str(error)) from error


def image_message(pixels: npt.NDArray[Any], encoding: str, header: Header) -> Image:
    """Return an image (height, width) or (height, width, channels) as sensor_msgs/Image."""
    pixels = np.ascontiguousarray(pixels)
    return Image(
        header=header, height=pixels.shape[0], width=pixels.shape[1], encoding=encoding,
        is_bigendian=0, step=pixels.strides[0], data=pixels.tobytes())


def points_message(
    points: npt.NDArray[np.float32],
    colors: npt.NDArray[np.uint8],
    header: Header,
    instances: npt.NDArray[np.uint32] | None = None,
) -> PointCloud2:
    """Return N points (N, 3), metres, RGB (N, 3) and instance numbers (N,) as a cloud.

    Fields x y z rgb (packed in a float32, as PCL and RViz read it) and, where given, instance.
    """
    names = ['x', 'y', 'z', 'rgb', *([] if instances is None else ['instance'])]
    formats = ['<f4', '<f4', '<f4', '<u4', *([] if instances is None else ['<u4'])]
    table = np.zeros(len(points), np.dtype(list(zip(names, formats, strict=True))))
    for axis, name in enumerate('xyz'):
        table[name] = points[:, axis]
    wide = colors.astype(np.uint32)
    table['rgb'] = wide[:, 0] << 16 | wide[:, 1] << 8 | wide[:, 2]
    if instances is not None:
        table['instance'] = instances
    codes = {'rgb': PointField.FLOAT32, 'instance': PointField.UINT32}
    fields = [
        PointField(name=name, offset=4 * i, count=1, datatype=codes.get(name, PointField.FLOAT32))
        for i, name in enumerate(names)
    ]
    step = table.dtype.itemsize
    # the generated setter takes an array of bytes as it is when fields are checked,
    # and bytes fastest when they are not
    return PointCloud2(
        header=header, height=1, width=len(table), fields=fields, is_bigendian=False,
        point_step=step, row_step=step * len(table), data=table.tobytes(), is_dense=True)
