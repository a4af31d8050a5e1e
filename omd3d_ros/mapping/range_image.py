"""How far the sensor saw in each direction: pyramids of the least depth, for clearing.

A pinhole image has one view. Anything else is seen on the six faces of a cube around the sensor,
each a pinhole view of its own, so that one kernel projects into both.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.jit import inlined, kernel
from omd3d_ros.mapping.point_chunk import UNKNOWN
from omd3d_ros.mapping.point_source import Source, read_point
from omd3d_ros.mapping.tile_image import BLOCKED, TileImage

_TILE_SHIFT = 2
_MAX_TILES = 1 << 18
_FACE_CELLS = 256
# A face sees a little beyond its 90 degrees, so that footprints at its border are whole.
_FACE_BORDER = 8
# The tiles of six faces with their pyramids, or of an image of a single row, which has twice as
# many tiles as its finest level, and the missing pixels of a row of tiles.
SCRATCH_BYTES = 4 * _MAX_TILES + 4 * max(
    6 * (_FACE_CELLS * _FACE_CELLS * 5 // 3 + 128), 3 * _MAX_TILES + 128
)


class View(NamedTuple):
    """One pyramid of least depths and the projection into its cells.

    projection  (3, 3) from the sensor's frame: row 2 gives the depth w in metres, rows 0 and 1
                give column * w and row * w, in cells
    tiles       float32, every level from fine to coarse; UNKNOWN where nothing was measured,
                BLOCKED where too little was measured to clear anything
    most        float32, the levels from 1 on: the greatest of the finest tiles, UNKNOWN ones aside
    levels      (L, 3) int64: offset in tiles, columns, rows
    extent      (3,) float64: columns and rows of the image, in cells (fractions where the last
                cell is cut), and the cells at each border that footprints may reach into and
                centres may not
    """

    projection: npt.NDArray[np.float64]
    tiles: npt.NDArray[np.float32]
    most: npt.NDArray[np.float32]
    levels: npt.NDArray[np.int64]
    extent: npt.NDArray[np.float64]


class RangeImage:
    """Owns the scratch memory of the pyramids."""

    def __init__(self) -> None:
        self._tiles = np.zeros(0, np.float32)
        self._missing = np.zeros(0, np.int32)

    @property
    def nbytes(self) -> int:
        """Bytes of the scratch memory; at most SCRATCH_BYTES."""
        return self._tiles.nbytes + self._missing.nbytes

    def pinhole_tiles(
        self, source: Source, projection: npt.NDArray[np.float64], missing_is_free: bool
    ) -> TileImage:
        """Return the empty tiles of an organised source, to be filled while it is read.

        projection (3, 3) takes the sensor's frame to pixels, its last row of unit length.
        """
        shift = _TILE_SHIFT
        while _cells(source.width, 1 << shift) * _cells(source.height, 1 << shift) > _MAX_TILES:
            shift += 1
        columns, rows = _cells(source.width, 1 << shift), _cells(source.height, 1 << shift)
        tiles = self._scratch(_pyramid(columns, rows), 1)
        if self._missing.size < columns:
            self._missing = np.zeros(columns, np.int32)
        self._missing.fill(0)
        return TileImage(
            projection[2].copy(), tiles[: columns * rows], self._missing[:columns], columns,
            source.width, shift, int(missing_is_free),
        )

    def pinhole_views(
        self, source: Source, projection: npt.NDArray[np.float64], image: TileImage
    ) -> tuple[View, ...]:
        """Return the one view of an organised source, from its filled tiles."""
        pixels = 1 << image.shift
        levels = _pyramid(image.columns, image.tiles.size // image.columns)
        tiles, most = self._parts(levels, 0, 1)
        in_cells = projection.copy()
        in_cells[:2] = (projection[:2] + 0.5 * projection[2]) / pixels
        _fill_levels(tiles, most, levels)
        extent = np.array([source.width / pixels, source.height / pixels, 0.0])
        return (View(in_cells, tiles, most, levels, extent),)

    def cube_views(self, source: Source) -> tuple[View, ...]:
        """Return the views of any source: those faces of the cube that saw something."""
        levels = _pyramid(_FACE_CELLS, _FACE_CELLS)
        size = _size(levels)
        tiles = self._scratch(levels, 6)
        points = np.zeros(6, np.int64)
        focal = _FACE_CELLS / 2 - _FACE_BORDER
        _fill_cube(source, focal, tiles, size, points)
        extent = np.array([_FACE_CELLS, _FACE_CELLS, _FACE_BORDER], np.float64)
        views = []
        for face in np.flatnonzero(points):
            part, most = self._parts(levels, int(face), 6)
            _fill_levels(part, most, levels)
            projection = _face_projection(int(face), focal)
            views.append(View(projection, part, most, levels, extent))
        return tuple(views)

    def _scratch(self, levels: npt.NDArray[np.int64], views: int) -> npt.NDArray[np.float32]:
        """Return the tiles of so many views one after the other, all UNKNOWN."""
        size = _size(levels)
        needed = views * (size + _size_above(levels))
        if self._tiles.size < needed:
            self._tiles = np.zeros(0, np.float32)
            self._tiles = np.zeros(needed, np.float32)
        tiles = self._tiles[: views * size]
        tiles.fill(UNKNOWN)
        return tiles

    def _parts(
        self, levels: npt.NDArray[np.int64], view: int, views: int
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        """Return the tiles of one of so many views, and its greatest depths."""
        size, above = _size(levels), _size_above(levels)
        start = views * size + view * above
        return self._tiles[view * size : (view + 1) * size], self._tiles[start : start + above]


def _cells(pixels: int, per_cell: int) -> int:
    return -(-pixels // per_cell)


def _pyramid(columns: int, rows: int) -> npt.NDArray[np.int64]:
    levels = [(0, columns, rows)]
    while max(columns, rows) > 1:
        offset = levels[-1][0] + columns * rows
        columns, rows = _cells(columns, 2), _cells(rows, 2)
        levels.append((offset, columns, rows))
    return np.array(levels, np.int64)


def _size(levels: npt.NDArray[np.int64]) -> int:
    offset, columns, rows = levels[-1]
    return int(offset + columns * rows)


def _size_above(levels: npt.NDArray[np.int64]) -> int:
    """Return the tiles of the levels from 1 on."""
    return _size(levels) - int(levels[0, 1] * levels[0, 2])


def _face_projection(face: int, focal: float) -> npt.NDArray[np.float64]:
    axis, sign = face >> 1, 1.0 - 2.0 * (face & 1)
    projection = np.zeros((3, 3))
    projection[2, axis] = sign
    projection[0, (axis + 1) % 3] = projection[1, (axis + 2) % 3] = focal
    projection[:2, axis] = sign * _FACE_CELLS / 2
    return projection


@inlined
def _note_face(
    tiles: Any, points: Any, first: Any, size: Any, focal: float, depth: float, a: float, b: float
) -> None:
    """Put a point into the face before or behind the sensor along one axis, if it lies in it."""
    half = _FACE_CELLS / 2
    face = first + (1 if depth < 0.0 else 0)
    depth = abs(depth)
    u, v = half + focal * a / depth, half + focal * b / depth
    if u >= 0.0 and v >= 0.0 and u < _FACE_CELLS and v < _FACE_CELLS and depth < UNKNOWN:
        points[face] += 1
        cell = np.uint64(face * size + np.int64(v) * _FACE_CELLS + np.int64(u))
        tiles[cell] = min(tiles[cell], np.float32(depth))


@kernel
def _fill_cube(
    source: Any, focal: float, tiles: npt.NDArray[np.float32], size: int, points: Any
) -> None:
    """Put the least depth along each face's axis into each cell of the faces."""
    # A little more than the reach of a face, so that most points are looked at for one face.
    reach = 1.001 * _FACE_CELLS / 2 / focal
    for row in range(source.height):
        for column in range(source.width):
            x, y, z = read_point(source, row, column)
            rx, ry, rz = abs(x) * reach, abs(y) * reach, abs(z) * reach
            if rx > 0.0 and abs(y) <= rx and abs(z) <= rx:
                _note_face(tiles, points, 0, size, focal, x, y, z)
            if ry > 0.0 and abs(z) <= ry and abs(x) <= ry:
                _note_face(tiles, points, 2, size, focal, y, z, x)
            if rz > 0.0 and abs(x) <= rz and abs(y) <= rz:
                _note_face(tiles, points, 4, size, focal, z, x, y)


@kernel
def _fill_levels(
    tiles: npt.NDArray[np.float32],
    most: npt.NDArray[np.float32],
    levels: npt.NDArray[np.int64],
) -> None:
    """Fill the coarser levels: the least of four, BLOCKED when half of them or more are.

    ``most`` takes the greatest of the finest tiles that are known (0 where none is).
    """
    finest = levels[0, 1] * levels[0, 2]
    for level in range(1, levels.shape[0]):
        below, below_columns, below_rows = levels[level - 1]
        offset, columns, rows = levels[level]
        for row in range(rows):
            for column in range(columns):
                least, greatest, blocked, total = UNKNOWN, BLOCKED, 0, 0
                for i in range(2 * row, min(2 * row + 2, below_rows)):
                    for j in range(2 * column, min(2 * column + 2, below_columns)):
                        source = np.uint64(below + i * below_columns + j)
                        value = tiles[source]
                        total += 1
                        blocked += value == BLOCKED
                        least = min(least, UNKNOWN if value == BLOCKED else value)
                        if level > 1:
                            value = most[source - np.uint64(finest)]
                        greatest = max(greatest, value if value < UNKNOWN else BLOCKED)
                target = np.uint64(offset + row * columns + column)
                tiles[target] = BLOCKED if 2 * blocked >= total else least
                most[target - np.uint64(finest)] = greatest
