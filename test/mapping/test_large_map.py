"""A map of a million voxels is back within a second."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.mapping.map_file import MapContents, load_map, save_map
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

VOXEL = 0.02
STAMP = 1_700_000_000_000_000_000


def floors(count: int) -> MapSnapshot:
    """Voxels of ten floors of 1000 x 100 and more, one above the other, as a map sorts them."""
    rng = np.random.default_rng(0)
    grid = np.mgrid[-500:500, 0:100, 0:10].reshape(3, -1).T * [1, 1, 20]
    points = (grid[:count] + rng.uniform(0.1, 0.9, (count, 3))) * VOXEL
    stamps = STAMP + np.sort(rng.integers(0, 6000, 600)) * 10**8
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL))
    voxel_map.restore(MapSnapshot(
        'large', 1, int(stamps[-1]), VOXEL, points.astype(np.float32),
        rng.integers(0, 256, (count, 3), np.uint8),
        rng.integers(1, 5000, count).astype(np.uint32),
        rng.integers(1, 300, count).astype(np.uint16), stamps[rng.integers(0, 600, count)]))
    return voxel_map.snapshot()


@pytest.fixture(scope='module')
def snapshot() -> MapSnapshot:
    return floors(1_000_000)


def test_a_million_voxels_are_loaded_within_a_second(
    snapshot: MapSnapshot, tmp_path: Path
) -> None:
    """Of the processor's time, the best of three: others use this machine, too."""
    save_map(tmp_path / 'large', MapContents(snapshot))
    spent = []
    for _ in range(3):
        begin = time.process_time()
        voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL))
        voxel_map.restore(load_map(tmp_path / 'large').snapshot)
        spent.append(time.process_time() - begin)
        assert voxel_map.voxel_count == 1_000_000
    megabytes = (tmp_path / 'large').stat().st_size / 1e6
    print(f'\n{len(snapshot)} voxels, {megabytes:.0f} MB: loaded in {min(spent):.2f} s')
    assert min(spent) < 1.0


def test_two_of_a_million_voxels_that_are_one_are_found(snapshot: MapSnapshot) -> None:
    points = snapshot.points.copy()
    points[10] = points[-10]
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL))
    with pytest.raises(ValueError, match='share a voxel'):
        voxel_map.restore(dataclasses.replace(snapshot, points=points))
    assert voxel_map.voxel_count == 0
