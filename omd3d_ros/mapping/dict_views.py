"""Least depths seen by a frame, in obvious code: the oracle of range_image.py."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.settings import MapSettings

UNKNOWN = 1e9
BLOCKED = 0.0
FAR = 5e8
TILE_PIXELS = 4
MAX_TILES = 1 << 18
FACE_CELLS = 256
FACE_BORDER = 8


@dataclasses.dataclass
class DictView:
    """A pinhole view: projection to cells, and the least depth of every cell that has one."""

    projection: npt.NDArray[np.float64]
    columns: float
    rows: float
    border: float
    cells: dict[tuple[int, int, int], float]
    default: float

    def least(self, level: int, row: int, column: int) -> float:
        """Return the least depth of a tile of 2**level cells, as the pyramid defines it."""
        if level == 0 or (level, row, column) in self.cells:
            return self.cells.get((level, row, column), self.default)
        side = 2 ** (level - 1)
        children = [
            self.least(level - 1, i, j)
            for i in (2 * row, 2 * row + 1)
            for j in (2 * column, 2 * column + 1)
            if i * side < math.ceil(self.rows) and j * side < math.ceil(self.columns)
        ]
        known = [depth for depth in children if depth != BLOCKED]
        value = min([UNKNOWN, *known]) if 2 * len(known) > len(children) else BLOCKED
        self.cells[level, row, column] = value
        return value

    def sees_through(self, center: npt.NDArray[np.float64], settings: MapSettings) -> bool:
        """Tell whether rays pass well behind a voxel (centre in the sensor's frame, metres)."""
        u, v, depth = self.projection @ center
        if not 0 < depth <= settings.max_range:
            return False
        u, v = u / depth, v / depth
        forward = self.projection[2]
        across = [row - (row @ forward) * forward for row in self.projection[:2]]
        half = 0.5 * settings.voxel_size * max(float(np.linalg.norm(row)) for row in across) / depth
        margin = self.border
        if not (margin < u < self.columns - margin and margin < v < self.rows - margin):
            return False
        if u < half or v < half or u + half >= self.columns or v + half >= self.rows:
            return False
        coarsest = math.ceil(math.log2(max(math.ceil(self.columns), math.ceil(self.rows))))
        level = min(max(0, math.ceil(math.log2(half / 2))), coarsest)
        tiles = [
            self.least(level, row, column)
            for row in range(int(v - half) >> level, (int(v + half) >> level) + 1)
            for column in range(int(u - half) >> level, (int(u + half) >> level) + 1)
        ]
        coarser = max(level, min(math.ceil(math.log2(half)), coarsest - 1))
        middle = self.least(coarser, int(v) >> coarser, int(u) >> coarser)
        limit = depth + settings.voxel_size + settings.clear_noise * depth * depth
        return middle < UNKNOWN and min(tiles) > limit


def pinhole_view(
    points: npt.NDArray[np.float64], projection: npt.NDArray[np.float64], missing_is_free: bool
) -> DictView:
    """Return the view of an organised cloud (H, W, 3) through its (3, 3) pixel projection."""
    height, width = points.shape[:2]
    pixels = TILE_PIXELS
    while math.ceil(width / pixels) * math.ceil(height / pixels) > MAX_TILES:
        pixels *= 2
    with np.errstate(invalid='ignore'):
        depth = points @ projection[2]
    cells = {}
    for row in range(math.ceil(height / pixels)):
        for column in range(math.ceil(width / pixels)):
            first, left = row * pixels, column * pixels
            tile = depth[first : first + pixels, left : left + pixels].ravel()
            good = tile[(tile > 0) & (tile < UNKNOWN)]
            least = float(np.float32(good.min(initial=FAR)))
            enough = missing_is_free or 4 * len(good) > 3 * len(tile)
            cells[0, row, column] = least if enough else BLOCKED
    in_cells = np.array(projection)
    in_cells[:2] = (projection[:2] + 0.5 * projection[2]) / pixels
    return DictView(in_cells, width / pixels, height / pixels, 0, cells, BLOCKED)


def cube_views(points: npt.NDArray[np.float64]) -> list[DictView]:
    """Return the six faces of the cube around the sensor, for points (N, 3)."""
    focal = FACE_CELLS / 2 - FACE_BORDER
    views = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            cells: dict[tuple[int, int, int], float] = {}
            for point in points:
                depth = sign * point[axis]
                if not 0 < depth < UNKNOWN:
                    continue
                u = FACE_CELLS / 2 + focal * point[(axis + 1) % 3] / depth
                v = FACE_CELLS / 2 + focal * point[(axis + 2) % 3] / depth
                if 0 <= u < FACE_CELLS and 0 <= v < FACE_CELLS:
                    cell = (0, int(v), int(u))
                    cells[cell] = min(cells.get(cell, UNKNOWN), float(np.float32(depth)))
            projection = np.zeros((3, 3))
            projection[2, axis] = sign
            projection[0, (axis + 1) % 3] = projection[1, (axis + 2) % 3] = focal
            projection[:2, axis] = sign * FACE_CELLS / 2
            views.append(
                DictView(projection, FACE_CELLS, FACE_CELLS, FACE_BORDER, cells, UNKNOWN)
            )
    return views
