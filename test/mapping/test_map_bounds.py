"""The cap of bytes, what is lost over it, growth, and bounded stamps."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.block_store import BLOCK_BYTES, RECORD_BYTES, BlockStore
from omd3d_ros.mapping.blocks import FREE, USED
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.frame_stamps import FrameStamps
from omd3d_ros.mapping.point_source import cloud_source
from omd3d_ros.mapping.range_image import SCRATCH_BYTES, RangeImage
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]
CAP = 16 << 20


def at(x: float) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[0, 3] = x
    return pose


def shell(rng: np.random.Generator, count: int) -> npt.NDArray[np.float64]:
    points = rng.normal(size=(1, count, 3))
    points /= np.linalg.norm(points, axis=2, keepdims=True)
    return points * rng.uniform(0.5, 5.5, (1, count, 1))


def test_a_new_map_is_small_and_grows_with_what_it_holds(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(clear_misses=0))
    assert voxel_map.nbytes < 3 << 20
    rng = np.random.default_rng(0)
    sizes = []
    for index in range(12):
        voxel_map.integrate(pack(shell(rng, 2000)), at(12.0 * index), index)
        sizes.append(voxel_map.nbytes)
    assert sizes == sorted(sizes)
    assert len(set(sizes)) > 3
    assert sizes[-1] < 1 << 30
    voxel_map.clear()
    assert voxel_map.nbytes < 3 << 20


@pytest.mark.parametrize('clear_misses', [0, 2])
def test_the_cap_is_never_exceeded_and_every_lost_voxel_is_counted(
    pack: Pack, clear_misses: int
) -> None:
    settings = MapSettings(voxel_size=0.05, max_map_bytes=CAP, clear_misses=clear_misses)
    voxel_map = VoxelMap(settings)
    rng = np.random.default_rng(1)
    new = gone = evicted = 0
    for index in range(40):
        result = voxel_map.integrate(pack(shell(rng, 1500)), at(3.0 * index), index)
        new += result.voxels_new
        gone += result.voxels_cleared + result.voxels_evicted
        evicted += result.voxels_evicted
        assert voxel_map.nbytes <= CAP
        assert voxel_map.voxel_count == new - gone == len(voxel_map.snapshot())
    assert evicted > 10000
    assert voxel_map.nbytes > 0.65 * CAP  # the rest is for images, stamps and evicting


def test_the_blocks_seen_longest_ago_go_first(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05, max_map_bytes=CAP, clear_misses=0))
    rng = np.random.default_rng(2)
    clouds = [pack(shell(rng, 300)) for _ in range(30)]
    evicted = 0
    for index, cloud in enumerate(clouds):
        evicted += voxel_map.integrate(cloud, at(20.0 * index), index + 1).voxels_evicted
    assert evicted
    seen = voxel_map.snapshot().last_seen
    oldest = int(seen.min())
    assert oldest > 1
    assert set(seen.tolist()) == set(range(oldest, 31))
    counts = np.bincount(seen)[oldest + 1 :]
    assert counts.min() > 250  # only the oldest frame left is in part


def test_one_frame_larger_than_the_map_is_survived(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.1, max_map_bytes=CAP))
    rng = np.random.default_rng(3)
    result = voxel_map.integrate(pack(shell(rng, 60000)), np.eye(4), 1)
    assert result.points_used == 60000
    assert voxel_map.nbytes <= CAP
    assert voxel_map.voxel_count == result.voxels_new - result.voxels_evicted > 0


def test_emptied_blocks_are_used_again_before_the_map_grows(pack: Pack) -> None:
    settings = MapSettings(voxel_size=0.05, clear_misses=0, map_decay_time=1.0)
    voxel_map = VoxelMap(settings)
    rng = np.random.default_rng(4)
    sizes = []
    for index in range(30):
        cloud = pack(shell(rng, 300))
        result = voxel_map.integrate(cloud, at(20.0 * index), index * 2 * 10**9)
        assert result.voxels_evicted == 0
        sizes.append(voxel_map.nbytes)
    assert sizes[-1] == sizes[5]


def test_of_a_map_that_was_larger_once_only_a_share_is_evicted(
    pack: Pack, monkeypatch: Any
) -> None:
    """Blocks that were left behind are free; they do not make the share of the others larger."""
    settings = MapSettings(
        voxel_size=0.05, max_map_bytes=CAP, clear_misses=0, max_range=6.0, map_radius=6.0
    )
    voxel_map = VoxelMap(settings)
    rng = np.random.default_rng(6)
    for index in range(20):
        voxel_map.integrate(pack(shell(rng, 300)), at(0.5 * index), index)
    voxel_map.integrate(pack(shell(rng, 300)), at(1000.0), 100)
    used = int(voxel_map._blocks.arrays.counts[USED])
    in_use = used - int(voxel_map._blocks.arrays.counts[FREE])
    assert in_use < used / 4
    monkeypatch.setattr(BlockStore, '_growth', lambda *_: 0)
    before = voxel_map.voxel_count
    assert 0 < voxel_map._blocks.make_room() < 0.2 * before


def test_block_bytes_cover_every_array_at_any_size(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05, clear_misses=0))
    rng = np.random.default_rng(5)
    for index in range(20):
        voxel_map.integrate(pack(shell(rng, 500)), at(12.0 * index), index)
        blocks = voxel_map._blocks
        records = len(blocks.arrays.records) // 4
        bound = len(blocks.arrays.keys) * BLOCK_BYTES + records * RECORD_BYTES + 64
        assert blocks.nbytes <= bound


def test_scratch_of_the_largest_images_stays_within_its_share(pack: Pack) -> None:
    ranges = RangeImage()
    source = cloud_source(pack(np.ones((1, 10, 3))))
    ranges.cube_views(source)
    assert ranges.nbytes <= SCRATCH_BYTES
    wide = source._replace(height=1)
    for width, height in ((4096, 3000), (2_000_000, 2), (3, 1_000_000)):
        # All rows are the same ten points: steps of zero, so that no memory is needed.
        image = wide._replace(width=width, height=height, row_step=0, point_step=0)
        ranges.pinhole_tiles(image, np.diag([500.0, 500.0, 1.0]), False)
        assert ranges.nbytes <= SCRATCH_BYTES


def test_stamps_stay_exact_while_they_fit_and_close_to_it_after(
    pack: Pack, monkeypatch: Any
) -> None:
    monkeypatch.setattr(FrameStamps, 'CAPACITY', 1024)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.25, clear_misses=0))
    period = 10**8
    cloud = pack(np.array([[[1.0, 1.0, 1.0]]]))
    for index in range(5000):
        voxel_map.integrate(cloud, at(float(index)), index * period)
        if index not in (1000, 1023, 1024, 2500, 4999):
            continue
        snapshot = voxel_map.snapshot()
        true = np.arange(index + 1) * period
        error = snapshot.last_seen[np.argsort(snapshot.points[:, 0])] - true
        age = index * period - true
        assert (error >= 0).all()
        assert (error <= 0.02 * age).all()
        assert (error[-100:] == 0).all()
        if index < 1024:
            assert (error == 0).all()
    assert error.max() > 0
    assert (snapshot.frames == 1).all()


def test_stamps_in_any_order_are_merged_within_the_bound(monkeypatch: Any) -> None:
    monkeypatch.setattr(FrameStamps, 'CAPACITY', 64)
    rng = np.random.default_rng(0)
    for restored in (0, 5):
        frames = FrameStamps()
        if restored:
            frames.restore(np.arange(restored))
        for stamp in rng.integers(0, 10**12, 64 - restored):
            frames.append(int(stamp))
        assert frames.full
        before = frames.table.copy()
        index = frames.merge()
        assert frames.count <= 32
        assert (np.diff(index) >= 0).all()
        assert (frames.table[index] >= before).all()
        if restored:
            assert index[restored - 1] < frames.restored == index[restored]
