"""The coloured points that are exported from a map."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.map_tool.placed_map import PlacedMap


@dataclasses.dataclass(frozen=True)
class PointTable:
    """Points (n, 3) float32, metres, map frame; colors (n, 3) uint8 RGB.

    instances  (n,) int32, the number of each point's object; None for points of the whole map
    """

    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    instances: npt.NDArray[np.int32] | None = None


def map_points(placed: PlacedMap) -> PointTable:
    """Return every voxel's mean point; raise ValueError when there is none."""
    if not len(placed.snapshot):
        raise ValueError('the map is empty: nothing to export')
    return PointTable(placed.snapshot.points, placed.snapshot.colors)


def object_points(placed: PlacedMap) -> PointTable:
    """Return the points of the objects, numbered as they stand in the file.

    Raises ValueError when there are none.
    """
    counts = [len(thing.points) for thing in placed.objects]
    if not counts:
        raise ValueError('the map holds no objects: nothing to export')
    return PointTable(
        np.concatenate([thing.points for thing in placed.objects]),
        np.concatenate([thing.colors for thing in placed.objects]),
        np.repeat(np.arange(len(counts), dtype=np.int32), counts))
