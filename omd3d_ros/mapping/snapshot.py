"""A copy of the voxel map at one revision."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class MapSnapshot:
    """The N live voxels of a map, in the map frame (metres, z up).

    points      (N, 3) float32  mean of the points that fell into each voxel
    colors      (N, 3) uint8    mean RGB; grey 128 where the sensor gave no colour
    hits        (N,)   uint32   points that fell into each voxel (saturating)
    frames      (N,)   uint16   fused frames that hit each voxel (saturating)
    last_seen   (N,)   int64    stamp of the newest frame that hit it, ns
    """

    map_id: str
    revision: int
    stamp_ns: int
    voxel_size: float
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    hits: npt.NDArray[np.uint32]
    frames: npt.NDArray[np.uint16]
    last_seen: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.points)


def empty_snapshot(
    count: int, map_id: str, revision: int, stamp_ns: int, voxel_size: float
) -> MapSnapshot:
    """Return a snapshot of ``count`` voxels to be filled in.

    Its arrays are parts of one piece of memory: fresh memory in large pieces comes in large
    pages, and a fault for every 4 KiB would take longer than filling them.
    """
    columns = ((np.int64, 1), (np.float32, 3), (np.uint32, 1), (np.uint16, 1), (np.uint8, 3))
    widths = [np.dtype(kind).itemsize * items for kind, items in columns]
    memory = np.empty(count * sum(widths), np.uint8)
    arrays = []
    start = 0
    for (kind, items), width in zip(columns, widths, strict=True):
        end = start + count * width
        array = memory[start:end].view(kind)
        arrays.append(array if items == 1 else array.reshape(count, items))
        start = end
    last_seen, points, hits, frames, colors = arrays
    return MapSnapshot(
        map_id, revision, stamp_ns, voxel_size, points, colors, hits, frames, last_seen
    )
