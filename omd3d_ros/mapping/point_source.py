"""Where the kernels read points from: the bytes of a cloud, or a depth image.

A kernel that calls ``read_point`` and ``read_color`` is compiled once for each kind of source, so
it reads the message itself and needs no decoded copy.
"""

from __future__ import annotations

import sys
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba.extending import overload

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.jit import kernel


class WordSource(NamedTuple):
    """A cloud of aligned float32 in the machine's byte order; offsets in 4-byte words."""

    words: npt.NDArray[np.float32]
    data: npt.NDArray[np.uint8]
    height: int
    width: int
    row_step: int
    point_step: int
    x: int
    y: int
    z: int
    has_color: int
    r: int
    g: int
    b: int


class ByteSource(NamedTuple):
    """A cloud of any other layout; coordinates are assembled byte by byte."""

    data: npt.NDArray[np.uint8]
    height: int
    width: int
    row_step: int
    point_step: int
    x: int
    y: int
    z: int
    float64: int
    big_endian: int
    has_color: int
    r: int
    g: int
    b: int


class DepthSource(NamedTuple):
    """A depth image with its camera; ``scale`` turns its values into metres."""

    depth: npt.NDArray[Any]
    color: npt.NDArray[np.uint8]
    height: int
    width: int
    scale: float
    fx: float
    fy: float
    cx: float
    cy: float
    has_color: int


Source = WordSource | ByteSource | DepthSource


def cloud_source(cloud: Cloud) -> WordSource | ByteSource:
    """Return the fastest source that reads this cloud."""
    lay = cloud.layout
    data = cloud.data.view()
    data.flags.writeable = False
    color = (int(lay.has_color), lay.r, lay.g, lay.b)
    shape = (lay.height, lay.width)
    steps = (lay.row_step, lay.point_step, lay.x, lay.y, lay.z)
    swapped = lay.big_endian != (sys.byteorder == 'big')
    if not (lay.float64 or swapped or data.ctypes.data % 4 or any(n % 4 for n in steps)):
        words = data[: data.size // 4 * 4].view(np.float32)
        row, point, x, y, z = (n // 4 for n in steps)
        return WordSource(words, data, *shape, row, point, x, y, z, *color)
    return ByteSource(data, *shape, *steps, int(lay.float64), int(lay.big_endian), *color)


def check_images(
    depth: npt.NDArray[Any], color: npt.NDArray[np.uint8] | None, camera: PinholeCamera
) -> None:
    """Raise ValueError when depth or colour do not have the camera's shape or a known type."""
    shape = (camera.height, camera.width)
    if depth.dtype not in (np.uint16, np.float32) or depth.shape != shape:
        raise ValueError(
            f'depth: {depth.dtype} {depth.shape}, must be uint16 or float32 of the camera {shape}'
        )
    if color is not None and (color.dtype != np.uint8 or color.shape != (*shape, 3)):
        raise ValueError(f'color: {color.dtype} {color.shape}, must be uint8 {(*shape, 3)}')


def depth_source(
    depth: npt.NDArray[Any], color: npt.NDArray[np.uint8] | None, camera: PinholeCamera
) -> DepthSource:
    """Return a source over a depth image; shapes and types are checked by the caller."""
    depth = np.ascontiguousarray(depth).view()
    pixels = np.ascontiguousarray(np.empty((0, 0, 3), np.uint8) if color is None else color).view()
    depth.flags.writeable = pixels.flags.writeable = False
    scale = 0.001 if depth.dtype == np.uint16 else 1.0
    intrinsics = (float(camera.fx), float(camera.fy), float(camera.cx), float(camera.cy))
    return DepthSource(
        depth, pixels, camera.height, camera.width, scale, *intrinsics, int(color is not None)
    )


def read_point(source: Source, row: int, column: int) -> tuple[float, float, float]:
    """Return x, y, z in the source's frame, metres. Only kernels can call it."""
    raise TypeError('read_point can only be called from a compiled kernel')


def read_color(source: Source, row: int, column: int) -> tuple[int, int, int]:
    """Return r, g, b of a source that has colour. Only kernels can call it."""
    raise TypeError('read_color can only be called from a compiled kernel')


@kernel
def _float32_at(data: Any, start: Any, big_endian: Any) -> Any:
    a = np.uint32(data[np.uint64(start)])
    b = np.uint32(data[np.uint64(start + 1)])
    c = np.uint32(data[np.uint64(start + 2)])
    d = np.uint32(data[np.uint64(start + 3)])
    if big_endian:
        a, b, c, d = d, c, b, a
    bits = a | (b << np.uint32(8)) | (c << np.uint32(16)) | (d << np.uint32(24))
    return np.float64(np.uint32(bits).view(np.float32))


@kernel
def _float64_at(data: Any, start: Any, big_endian: Any) -> Any:
    bits = np.uint64(0)
    for i in range(8):
        byte = data[np.uint64(start + (i if big_endian else 7 - i))]
        bits = (bits << np.uint64(8)) | np.uint64(byte)
    return np.uint64(bits).view(np.float64)


@kernel
def _float_at(data: Any, start: Any, float64: Any, big_endian: Any) -> Any:
    if float64:
        return _float64_at(data, start, big_endian)
    return _float32_at(data, start, big_endian)


def _word_point(source: Any, row: Any, column: Any) -> Any:
    start = row * source.row_step + column * source.point_step
    x = source.words[np.uint64(start + source.x)]
    y = source.words[np.uint64(start + source.y)]
    z = source.words[np.uint64(start + source.z)]
    return np.float64(x), np.float64(y), np.float64(z)


def _byte_point(source: Any, row: Any, column: Any) -> Any:
    start = row * source.row_step + column * source.point_step
    x = _float_at(source.data, start + source.x, source.float64, source.big_endian)
    y = _float_at(source.data, start + source.y, source.float64, source.big_endian)
    z = _float_at(source.data, start + source.z, source.float64, source.big_endian)
    return x, y, z


def _depth_point(source: Any, row: Any, column: Any) -> Any:
    z = np.float64(source.depth[np.uint64(row), np.uint64(column)]) * source.scale
    if not z > 0.0:
        z = np.nan
    x = (column - source.cx) / source.fx * z
    y = (row - source.cy) / source.fy * z
    return x, y, z


def _word_color(source: Any, row: Any, column: Any) -> Any:
    start = 4 * (row * source.row_step + column * source.point_step)
    r = source.data[np.uint64(start + source.r)]
    g = source.data[np.uint64(start + source.g)]
    b = source.data[np.uint64(start + source.b)]
    return np.int64(r), np.int64(g), np.int64(b)


def _byte_color(source: Any, row: Any, column: Any) -> Any:
    start = row * source.row_step + column * source.point_step
    r = source.data[np.uint64(start + source.r)]
    g = source.data[np.uint64(start + source.g)]
    b = source.data[np.uint64(start + source.b)]
    return np.int64(r), np.int64(g), np.int64(b)


def _depth_color(source: Any, row: Any, column: Any) -> Any:
    pixel = source.color[np.uint64(row), np.uint64(column)]
    return np.int64(pixel[0]), np.int64(pixel[1]), np.int64(pixel[2])


@overload(read_point)
def _choose_point_reader(source: Any, row: Any, column: Any) -> Any:
    readers = {WordSource: _word_point, ByteSource: _byte_point, DepthSource: _depth_point}
    return readers[source.instance_class]


@overload(read_color)
def _choose_color_reader(source: Any, row: Any, column: Any) -> Any:
    readers = {WordSource: _word_color, ByteSource: _byte_color, DepthSource: _depth_color}
    return readers[source.instance_class]
