"""What one frame did to the map."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Integration:
    """Counts of one call of ``integrate``.

    points_used       points within range that were fused
    voxels_new        voxels that were not there before
    voxels_cleared    voxels removed because they were seen through
    voxels_evicted    voxels lost because the map reached its cap of bytes
    voxels_decayed    voxels removed because they were not seen for map_decay_time
    voxels_left       voxels removed because the sensor moved farther than map_radius from them
    """

    points_used: int
    voxels_new: int
    voxels_cleared: int
    voxels_evicted: int
    voxels_decayed: int = 0
    voxels_left: int = 0
