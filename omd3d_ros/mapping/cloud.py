"""A point cloud as raw bytes with a description of where each value lies."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

MAX_POINTS = 2**31 - 1


@dataclasses.dataclass(frozen=True)
class PointLayout:
    """Where the values of a cloud lie in its bytes, as in sensor_msgs/PointCloud2.

    width, height   points in a row, rows; height 1 means unorganised
    point_step      bytes from a point to the next in its row
    row_step        bytes from a row to the next, at least width * point_step
    x, y, z         byte offsets of the coordinates (metres) in a point; any alignment
    float64         coordinates are float64, else float32
    big_endian      byte order of the coordinates
    has_color       r, g, b are offsets of uint8 channels; else they are ignored

    A packed little-endian ``rgb`` field at offset o is r=o+2, g=o+1, b=o; a big-endian one is
    r=o+1, g=o+2, b=o+3.

    Raises
    ------
    ValueError
        Naming the field and the value that contradict each other. Checked with Python
        integers: nothing overflows, nothing is allocated.

    """

    width: int
    height: int
    point_step: int
    row_step: int
    x: int
    y: int
    z: int
    float64: bool = False
    big_endian: bool = False
    has_color: bool = False
    r: int = 0
    g: int = 0
    b: int = 0

    def __post_init__(self) -> None:
        for name in ('float64', 'big_endian', 'has_color'):
            if type(getattr(self, name)) is not bool:
                raise ValueError(f'{name}={getattr(self, name)!r}: must be a bool')
        for name in ('width', 'height', 'point_step', 'row_step', 'x', 'y', 'z', 'r', 'g', 'b'):
            value = getattr(self, name)
            if type(value) is not int or value < 0:
                raise ValueError(f'{name}={value!r}: must be an int of at least 0')
        if self.width * self.height > MAX_POINTS:
            raise ValueError(
                f'width={self.width}, height={self.height}: more than {MAX_POINTS} points'
            )
        size = 8 if self.float64 else 4
        ends = {'x': size, 'y': size, 'z': size}
        if self.has_color:
            ends.update(r=1, g=1, b=1)
        for name, length in ends.items():
            offset = getattr(self, name)
            if offset + length > self.point_step:
                raise ValueError(
                    f'{name}={offset}: {length} bytes do not fit in point_step={self.point_step}'
                )
        if self.row_step < self.width * self.point_step:
            raise ValueError(
                f'row_step={self.row_step}: less than width={self.width} x '
                f'point_step={self.point_step}'
            )

    @property
    def count(self) -> int:
        """Points in the cloud, invalid ones included."""
        return self.width * self.height

    @property
    def nbytes(self) -> int:
        """Bytes from the first point to the end of the last one."""
        if not self.count:
            return 0
        return (self.height - 1) * self.row_step + self.width * self.point_step


@dataclasses.dataclass(frozen=True, eq=False)
class Cloud:
    """The bytes of a cloud and their layout; the bytes are read, never written.

    data    (n,) uint8, C-contiguous, n >= layout.nbytes

    Raises
    ------
    ValueError
        When data has another type or shape, or is shorter than the layout needs.

    """

    data: npt.NDArray[np.uint8]
    layout: PointLayout

    def __post_init__(self) -> None:
        if not isinstance(self.data, np.ndarray) or self.data.dtype != np.uint8:
            raise ValueError(f'data={type(self.data).__name__}: must be a numpy array of uint8')
        if self.data.ndim != 1 or not self.data.flags.c_contiguous:
            raise ValueError(f'data.shape={self.data.shape}: must be one C-contiguous dimension')
        if self.data.size < self.layout.nbytes:
            raise ValueError(
                f'data.size={self.data.size}: the layout needs {self.layout.nbytes} bytes'
            )

    def coordinates(self, rows: int = 1, columns: int = 1) -> npt.NDArray[np.float64]:
        """Return a copy of the coordinates: (height, width, 3) float64, NaN and Inf kept.

        With ``rows`` or ``columns`` n, of every n-th row or column only.
        """
        order = '>' if self.layout.big_endian else '<'
        kind = f'{order}f{8 if self.layout.float64 else 4}'
        axes = (self.layout.x, self.layout.y, self.layout.z)
        fields = [self._field(kind, offset)[::rows, ::columns] for offset in axes]
        with np.errstate(invalid='ignore'):
            return np.stack(fields, axis=2).astype(np.float64)

    def points(self) -> npt.NDArray[np.float32]:
        """Return a copy of the coordinates: (height, width, 3) float32, NaN and Inf kept."""
        with np.errstate(over='ignore', invalid='ignore'):
            return self.coordinates().astype(np.float32)

    def colors(self) -> npt.NDArray[np.uint8]:
        """Return a copy of the colours: (height, width, 3) uint8 RGB; grey 128 without any."""
        result = np.full((self.layout.height, self.layout.width, 3), 128, np.uint8)
        if self.layout.has_color:
            for axis, offset in enumerate((self.layout.r, self.layout.g, self.layout.b)):
                result[:, :, axis] = self._field('u1', offset)
        return result

    def _field(self, kind: str, offset: int) -> npt.NDArray[np.generic]:
        layout = self.layout
        shape = (layout.height, layout.width)
        if not layout.count:
            return np.empty(shape, kind)
        strides = (layout.row_step, layout.point_step)
        return np.ndarray(shape, np.dtype(kind), self.data.data, offset, strides)
