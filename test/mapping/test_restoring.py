"""A map that is taken out and put back is the same map."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.frame_stamps import FrameStamps
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]


def at(*offset: float) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, 3] = offset
    return pose


def filled(pack: Pack, settings: MapSettings, x: float = 0.0, frames: int = 5) -> VoxelMap:
    rng = np.random.default_rng(0)
    voxel_map = VoxelMap(settings)
    for index in range(frames):
        colors = rng.integers(0, 256, (20, 30, 3), np.uint8) if index % 2 else None
        cloud = pack(rng.uniform(-2, 2, (20, 30, 3)), colors)
        voxel_map.integrate(cloud, at(x, -x, 0.3 * index), 10 + index)
    return voxel_map


def assert_same_voxels(first: MapSnapshot, second: MapSnapshot, position: float) -> None:
    for name in ('colors', 'hits', 'frames', 'last_seen'):
        np.testing.assert_array_equal(getattr(first, name), getattr(second, name), err_msg=name)
    np.testing.assert_allclose(first.points, second.points, atol=position)


@pytest.mark.parametrize('x', [0.0, 10000.0])
def test_restoring_a_snapshot_gives_the_same_snapshot(pack: Pack, x: float) -> None:
    original = filled(pack, MapSettings(voxel_size=0.05), x)
    snapshot = original.snapshot()
    other = filled(pack, MapSettings(voxel_size=0.05), 55.0, frames=9)
    revision = other.revision
    other.restore(snapshot)
    assert other.map_id == original.map_id
    assert other.revision > max(revision, snapshot.revision)
    assert other.stamp_ns == snapshot.stamp_ns
    again = other.snapshot()
    assert_same_voxels(snapshot, again, 1e-6 if x == 0 else 0.001)
    other.restore(again)
    assert_same_voxels(again, other.snapshot(), 1e-6 if x == 0 else 0.001)


def test_a_snapshot_is_a_copy(pack: Pack) -> None:
    voxel_map = filled(pack, MapSettings(voxel_size=0.05))
    snapshot = voxel_map.snapshot()
    before = snapshot.points.copy()
    voxel_map.clear()
    np.testing.assert_array_equal(snapshot.points, before)


def test_restored_voxels_go_on_being_fused_and_cleared(pack: Pack) -> None:
    settings = MapSettings(voxel_size=0.05, clear_misses=2)
    voxel_map = VoxelMap(settings)
    v, u = np.mgrid[0:48, 0:64]
    rays = np.stack([(u - 31.5) / 50, (v - 23.5) / 50, np.ones(u.shape)], axis=2)
    voxel_map.integrate(pack(rays * 1.5), np.eye(4), 5)
    restored = VoxelMap(settings)
    restored.restore(voxel_map.snapshot())
    result = restored.integrate(pack(rays * 1.5), np.eye(4), 6)
    assert result.voxels_new == 0
    assert set(restored.snapshot().frames.tolist()) == {2}
    for index in range(2):
        result = restored.integrate(pack(rays * 3.0), np.eye(4), 7 + index)
    assert result.voxels_cleared > 0.7 * len(voxel_map.snapshot())


def test_restored_voxels_do_not_decay_before_they_are_seen_again(pack: Pack) -> None:
    settings = MapSettings(voxel_size=0.25, clear_misses=0, map_decay_time=1.0)
    first, second = np.array([[[1.0, 1.0, 1.0]]]), np.array([[[2.0, 1.0, 1.0]]])
    voxel_map = VoxelMap(settings)
    voxel_map.integrate(pack(np.concatenate([first, second], axis=1)), np.eye(4), 0)
    voxel_map.restore(voxel_map.snapshot())
    hour = 3600 * 10**9
    assert voxel_map.integrate(pack(first), np.eye(4), hour).voxels_decayed == 0
    result = voxel_map.integrate(pack(first + np.array([3.0, 0.0, 0.0])), np.eye(4), 2 * hour)
    assert result.voxels_decayed == 1
    xs = voxel_map.snapshot().points[:, 0]
    np.testing.assert_allclose(sorted(xs), [2.0, 4.0], atol=0.001)


def test_more_stamps_than_the_table_holds_are_rounded_up_to_a_neighbour(
    pack: Pack, monkeypatch: Any
) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.25, clear_misses=0))
    for index in range(40):
        voxel_map.integrate(pack(np.ones((1, 1, 3))), at(float(index), 0, 0), index)
    snapshot = voxel_map.snapshot()
    monkeypatch.setattr(FrameStamps, 'CAPACITY', 32)
    small = VoxelMap(MapSettings(voxel_size=0.25, clear_misses=0))
    small.restore(snapshot)
    error = small.snapshot().last_seen - snapshot.last_seen
    assert error.min() >= 0
    assert 0 < error.max() <= 2
    assert small.snapshot().last_seen.max() == 39


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'voxel_size': 0.1}, 'voxel_size=0.1'),
        ({'points': np.zeros((3, 3))}, 'points: float64'),
        ({'colors': np.zeros((3, 3), np.uint8)}, 'colors'),
        ({'hits': np.zeros(0, np.uint32)}, 'hits'),
        ({'frames': np.zeros((4, 1), np.uint16)}, 'frames'),
        ({'last_seen': np.full(4, -1)}, 'last_seen'),
        ({'stamp_ns': -5}, 'stamp_ns=-5'),
        ({'hits': np.array([1, 0, 1, 1], np.uint32)}, 'hits'),
        ({'points': np.full((4, 3), np.nan, np.float32)}, r'points\[0\]'),
        ({'points': np.array([[0, 0, 0], [1, 1, 1], [1e9, 0, 0], [2, 2, 2]], np.float32)},
         r'points\[2\]'),
        ({'points': np.ones((4, 3), np.float32)}, 'share a voxel'),
    ],
)
def test_a_snapshot_that_cannot_be_the_map_is_refused_and_nothing_changes(
    pack: Pack, change: dict[str, Any], named: str
) -> None:
    good = MapSnapshot(
        'x', 1, 1, 0.05, np.eye(4, 3, dtype=np.float32), np.zeros((4, 3), np.uint8),
        np.ones(4, np.uint32), np.ones(4, np.uint16), np.ones(4, np.int64),
    )
    voxel_map = filled(pack, MapSettings(voxel_size=0.05))
    before = voxel_map.snapshot()
    with pytest.raises(ValueError, match=named):
        voxel_map.restore(dataclasses.replace(good, **change))
    after = voxel_map.snapshot()
    assert (after.map_id, after.revision) == (before.map_id, before.revision)
    assert_same_voxels(before, after, 0)
    voxel_map.restore(good)
    assert voxel_map.voxel_count == 4


def test_a_snapshot_that_does_not_fit_under_the_cap_is_refused_whole(pack: Pack) -> None:
    big = filled(pack, MapSettings(voxel_size=0.05), frames=30)
    rng = np.random.default_rng(1)
    for x in range(5):
        big.integrate(pack(rng.uniform(-3, 3, (30, 40, 3))), at(9.0 * x, 0, 0), 1)
    small = VoxelMap(MapSettings(voxel_size=0.05, max_map_bytes=16 << 20))
    small.integrate(pack(np.ones((1, 1, 3))), np.eye(4), 1)
    with pytest.raises(ValueError, match='max_map_bytes=16777216'):
        small.restore(big.snapshot())
    assert small.voxel_count == 1
    assert small.nbytes <= 16 << 20


def test_an_empty_map_can_be_restored() -> None:
    empty, other = VoxelMap(MapSettings()), VoxelMap(MapSettings())
    other.restore(empty.snapshot())
    assert other.voxel_count == 0
    assert other.map_id == empty.map_id


def blocks_of(voxel_map: VoxelMap) -> dict[int, tuple[int, int]]:
    """The newest frame and the oldest stamp of every block."""
    arrays = voxel_map._blocks.arrays
    return {int(arrays.keys[block]): (int(arrays.frames[block]), int(arrays.oldest[block]))
            for block in voxel_map._blocks.sorted_blocks()}


def test_the_order_of_the_voxels_changes_nothing(pack: Pack) -> None:
    snapshot = filled(pack, MapSettings(voxel_size=0.05)).snapshot()
    rng = np.random.default_rng(0)
    snapshot = dataclasses.replace(snapshot, last_seen=rng.integers(0, 9, len(snapshot)))
    order = rng.permutation(len(snapshot))
    shuffled = dataclasses.replace(snapshot, **{
        name: getattr(snapshot, name)[order]
        for name in ('points', 'colors', 'hits', 'frames', 'last_seen')})
    maps = [VoxelMap(MapSettings(voxel_size=0.05)) for _ in range(2)]
    maps[0].restore(snapshot)
    maps[1].restore(shuffled)
    assert_same_voxels(snapshot, maps[0].snapshot(), 1e-6)
    assert_same_voxels(maps[0].snapshot(), maps[1].snapshot(), 0)
    assert blocks_of(maps[0]) == blocks_of(maps[1])
    cells = np.floor(snapshot.points.astype(np.float64) / 0.05).astype(np.int64) + (1 << 23)
    keys = (cells[:, 0] >> 3) << 42 | (cells[:, 1] >> 3) << 21 | cells[:, 2] >> 3
    for key, (newest, oldest) in blocks_of(maps[0]).items():
        seen = snapshot.last_seen[keys == key]
        assert maps[0]._frames.table[newest] == seen.max()
        assert oldest == seen.min()
