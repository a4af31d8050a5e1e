"""A robot that roams keeps what is around it and forgets the rest."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]
ROAMING = MapSettings(voxel_size=0.05, max_range=3.0, map_radius=5.0, clear_misses=0)
# A block is 8 voxels; the window follows when the sensor has moved by a fiftieth of its radius.
SLACK = 8 * 0.05 * np.sqrt(3) + 0.02 * ROAMING.map_radius


def at(x: float) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[0, 3] = x
    return pose


def shell(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    points = rng.normal(size=(1, 800, 3))
    points /= np.linalg.norm(points, axis=2, keepdims=True)
    return points * rng.uniform(0.5, 2.9, (1, 800, 1))


def test_everything_within_the_radius_stays_and_nothing_far_beyond_it(pack: Pack) -> None:
    rng = np.random.default_rng(0)
    roaming = VoxelMap(ROAMING)
    unbounded = VoxelMap(MapSettings(voxel_size=0.05, max_range=3.0, clear_misses=0))
    left = 0
    for index in range(120):
        cloud, x = pack(shell(rng)), 0.25 * index
        left += roaming.integrate(cloud, at(x), index).voxels_left
        unbounded.integrate(cloud, at(x), index)
        kept = roaming.snapshot().points
        assert np.linalg.norm(kept - [x, 0, 0], axis=1).max() <= ROAMING.map_radius + SLACK
        everything = unbounded.snapshot().points
        near = np.linalg.norm(everything - [x, 0, 0], axis=1) <= ROAMING.map_radius - SLACK
        assert len(kept) >= near.sum()
        nearest = np.linalg.norm(kept - [x, 0, 0], axis=1) <= ROAMING.map_radius - SLACK
        assert nearest.sum() == near.sum()
    assert left > 10000
    assert left + roaming.voxel_count >= unbounded.voxel_count


def test_the_memory_of_what_was_left_is_used_again(pack: Pack) -> None:
    rng = np.random.default_rng(1)
    roaming = VoxelMap(ROAMING)
    sizes = []
    for index in range(300):
        roaming.integrate(pack(shell(rng)), at(0.25 * index), index)
        sizes.append(roaming.nbytes)
    assert sizes[-1] == sizes[150]


def test_a_sensor_that_stands_still_loses_nothing(pack: Pack) -> None:
    rng = np.random.default_rng(2)
    roaming = VoxelMap(ROAMING)
    for index in range(20):
        result = roaming.integrate(pack(shell(rng)), at(0.001 * index), index)
        assert result.voxels_left == 0


def test_leaving_changes_the_revision_even_when_nothing_is_seen(pack: Pack) -> None:
    roaming = VoxelMap(ROAMING)
    roaming.integrate(pack(shell(np.random.default_rng(3))), at(0.0), 1)
    before = (roaming.revision, roaming.voxel_count)
    result = roaming.integrate(pack(np.full((1, 4, 3), np.nan)), at(100.0), 2)
    assert result.voxels_left == before[1] > 0
    assert roaming.voxel_count == 0
    assert roaming.revision == before[0] + 1


def test_a_window_smaller_than_the_range_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match='map_radius'):
        MapSettings(max_range=6.0, map_radius=5.0)
