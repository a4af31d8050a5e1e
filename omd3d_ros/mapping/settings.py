"""Settings of the voxel map and of the keyframes."""

from __future__ import annotations

import dataclasses

from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class MapSettings:
    """How clouds are fused; raises ValueError naming the field that is out of range."""

    voxel_size: float = setting(0.02, 'edge of a voxel', unit='m', low=0.002, high=1.0)
    min_range: float = setting(
        0.3, 'points nearer to the sensor than this are ignored', unit='m', low=0.0, high=1000.0
    )
    max_range: float = setting(
        6.0, 'points farther from the sensor than this are ignored', unit='m', low=0.01, high=1000.0
    )
    max_map_bytes: int = setting(
        1 << 30,
        'hard cap on the memory of the map; over it, the blocks seen longest ago are evicted',
        unit='bytes',
        low=16 << 20,
        high=1 << 36,
    )
    map_decay_time: float = setting(
        0.0, 'voxels not seen for this long are removed; 0 = never', unit='s', low=0.0, high=1e8
    )
    map_radius: float = setting(
        0.0,
        'rolling window: what is farther than this from the sensor is forgotten; 0 = never',
        unit='m',
        low=0.0,
        high=1e6,
    )
    clear_misses: int = setting(
        2,
        'a voxel seen through in this many frames since it was last hit is removed; 0 = never',
        unit='frames',
        low=0,
        high=255,
    )
    clear_noise: float = setting(
        0.0045,
        'depth noise times this distance squared that a ray must pass behind a voxel to clear it',
        unit='1/m',
        low=0.0,
        high=1.0,
    )
    clear_missing: bool = setting(
        False,
        'pixels without depth count as free space up to max_range (where a missing return means '
        'that nothing is there, not that a surface is dark, shiny or too near); clouds that are '
        'no images have no such pixels',
    )
    max_weight: int = setting(
        4096,
        'points that a voxel averages over; beyond it, newer points replace older ones',
        unit='points',
        low=2,
        high=4096,
    )

    def __post_init__(self) -> None:
        check_settings(self)
        if self.min_range >= self.max_range:
            raise ValueError(
                f'min_range={self.min_range}: must be less than max_range={self.max_range}'
            )
        if 0 < self.map_radius < self.max_range:
            raise ValueError(
                f'map_radius={self.map_radius}: must be 0 or at least max_range={self.max_range}'
            )


@dataclasses.dataclass(frozen=True)
class KeyframeSettings:
    """Which views are kept; raises ValueError naming the field that is out of range."""

    max_keyframes: int = setting(
        48, 'views kept besides the newest; over it, the most redundant one goes', low=1, high=10000
    )
    max_keyframe_bytes: int = setting(
        256 << 20,
        'hard cap on the memory of the kept views, the newest included',
        unit='bytes',
        low=16 << 20,
        high=1 << 40,
    )
    min_translation: float = setting(
        0.25, 'a view this far from every kept one is new', unit='m', low=0.0, high=100.0
    )
    min_rotation: float = setting(
        0.35, 'a view turned this far from every kept one is new', unit='rad', low=0.0, high=3.2
    )
    refresh_period: float = setting(
        5.0,
        'a kept view older than this is replaced by a new one from the same place',
        unit='s',
        low=0.0,
        high=1e6,
    )
    newest_period: float = setting(
        0.5, 'the newest view is replaced at least this often', unit='s', low=0.0, high=3600.0
    )

    def __post_init__(self) -> None:
        check_settings(self)
