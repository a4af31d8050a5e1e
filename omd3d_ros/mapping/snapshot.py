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
