"""The least depth of every small tile of an image, gathered while its points are inserted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.point_chunk import UNKNOWN

BLOCKED = np.float32(0.0)
FAR = np.float32(5e8)


class TileImage(NamedTuple):
    """Tiles of 2**shift pixels a side.

    forward   (3,) float64    gives a point's depth along the image's axis
    tiles     (rows * columns,) float32  UNKNOWN at first
    missing   (columns,) int32  pixels without depth in the row of tiles that is being read
    columns   tiles in a row; 0 when no tiles are wanted
    width     pixels in a row
    shift     binary logarithm of the side of a tile, pixels
    free      whether pixels without depth count as seeing farther than anything
    """

    forward: npt.NDArray[np.float64]
    tiles: npt.NDArray[np.float32]
    missing: npt.NDArray[np.int32]
    columns: int
    width: int
    shift: int
    free: int


NO_TILES = TileImage(
    np.zeros(3), np.zeros(0, np.float32), np.zeros(0, np.int32), 0, 0, 0, 0
)


@kernel
def note_depths(
    image: TileImage, row: int, first: int, count: int, depths: npt.NDArray[np.float32]
) -> None:
    """Take the depths of ``count`` pixels of a row, from column ``first`` on; 0 is none."""
    if image.columns == 0:
        return
    start = (row >> image.shift) * image.columns
    side = 1 << image.shift
    for column in range(first >> image.shift, (first + count - 1 >> image.shift) + 1):
        left = max((column << image.shift) - first, 0)
        right = min((column << image.shift) - first + side, count)
        least, missing = UNKNOWN, 0
        for i in range(left, right):
            depth = depths[np.uint64(i)]
            least = min(least, depth if depth > 0 else UNKNOWN)
            missing += not depth > 0
        tile = np.uint64(start + column)
        image.tiles[tile] = min(image.tiles[tile], least)
        image.missing[np.uint64(column)] += missing


@kernel
def end_row(image: TileImage, row: int, height: int) -> None:
    """End a row of tiles after its last row of pixels: a quarter missing makes a tile BLOCKED.

    So a hole in the image, as dark or shiny things leave it, clears nothing, and single dropped
    pixels do not stop clearing.
    """
    side = 1 << image.shift
    if image.columns == 0 or ((row + 1) % side and row + 1 < height):
        return
    start = (row >> image.shift) * image.columns
    rows = row % side + 1
    for column in range(image.columns):
        tile = start + column
        missing = image.missing[column]
        image.missing[column] = 0
        if image.free:
            if missing and image.tiles[tile] > FAR:
                image.tiles[tile] = FAR
        else:
            pixels = rows * min(side, image.width - column * side)
            if 4 * missing >= pixels:
                image.tiles[tile] = BLOCKED
