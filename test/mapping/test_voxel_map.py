"""Fusing: indices, means, stamps, revisions, decay, refusals, and kernels on disk."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]
ROOT = Path(__file__).resolve().parents[2]
QUARTER = MapSettings(voxel_size=0.25, min_range=0.0, clear_misses=0)


def row(*points: Any) -> npt.NDArray[np.float64]:
    return np.array([points], np.float64)


def translation(*offset: float) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, 3] = offset
    return pose


def test_a_point_on_a_face_belongs_to_the_voxel_above_it(pack: Pack) -> None:
    below = -1e-6
    for value, low in ((-0.25, -0.25), (below, -0.25), (0.0, 0.0), (0.25, 0.25), (-0.5, -0.5)):
        for axis in range(3):
            voxel_map = VoxelMap(QUARTER)
            point = np.full(3, 0.1)
            point[axis] = value
            voxel_map.integrate(pack(row(point)), np.eye(4), 0)
            mean = voxel_map.snapshot().points[0, axis]
            assert low <= mean < low + 0.25, (value, mean)


def test_two_points_of_a_voxel_become_their_mean(pack: Pack) -> None:
    voxel_map = VoxelMap(QUARTER)
    colors = np.array([[[10, 20, 30], [20, 41, 250]]], np.uint8)
    cloud = pack(row([0.55, -0.05, 1.05], [0.65, -0.15, 1.15]), colors)
    result = voxel_map.integrate(cloud, np.eye(4), 123)
    assert (result.points_used, result.voxels_new) == (2, 1)
    snapshot = voxel_map.snapshot()
    np.testing.assert_allclose(snapshot.points, [[0.6, -0.1, 1.1]], atol=0.25 / 512)
    assert snapshot.colors.tolist() == [[15, 31, 140]]
    assert (snapshot.hits[0], snapshot.frames[0], snapshot.last_seen[0]) == (2, 1, 123)


def test_points_without_colour_do_not_dilute_colour(pack: Pack) -> None:
    voxel_map = VoxelMap(QUARTER)
    point = row([0.6, 0.1, 1.1])
    voxel_map.integrate(pack(point), np.eye(4), 0)
    assert voxel_map.snapshot().colors.tolist() == [[128, 128, 128]]
    voxel_map.integrate(pack(point, np.array([[[200, 100, 50]]], np.uint8)), np.eye(4), 1)
    voxel_map.integrate(pack(point), np.eye(4), 2)
    assert voxel_map.snapshot().colors.tolist() == [[200, 100, 50]]
    assert voxel_map.snapshot().frames.tolist() == [3]


def test_the_mean_follows_change_once_the_weight_is_full(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.25, max_weight=8))
    for index in range(100):
        voxel_map.integrate(pack(row([0.51, 0.1, 1.1])), np.eye(4), index)
    for index in range(40):
        voxel_map.integrate(pack(row([0.74, 0.1, 1.1])), np.eye(4), index)
    snapshot = voxel_map.snapshot()
    assert abs(snapshot.points[0, 0] - 0.74) < 0.01
    assert (snapshot.hits[0], snapshot.frames[0]) == (140, 140)


@pytest.mark.parametrize('float64', [False, True])
def test_ten_kilometres_from_the_origin_means_are_as_good_as_near_it(
    pack: Pack, float64: bool
) -> None:
    rng = np.random.default_rng(0)
    points = rng.uniform(-2, 2, (40, 40, 3))
    near, far = VoxelMap(MapSettings()), VoxelMap(MapSettings())
    offset = np.array([10000.0, -10000.0, 10000.0])
    for voxel_map, at in ((near, np.zeros(3)), (far, offset)):
        voxel_map.integrate(pack(points, float64=float64), translation(*at), 0)
    assert near.voxel_count == far.voxel_count
    first, second = near.snapshot(), far.snapshot()
    # float32 steps by 1 mm at 10 km; the rest is the map's.
    np.testing.assert_allclose(second.points - offset, first.points, atol=0.001)
    cells = np.floor(second.points.astype(np.float64) / 0.02)
    assert len(np.unique(cells, axis=0)) == len(second)


def test_range_is_the_distance_from_the_sensor_both_ends_included(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.25, min_range=0.5, max_range=4.0))
    inside = [[0.5, 0, 0], [0, -4.0, 0], [2.0, 2.0, 2.0]]
    outside = [[0.499, 0, 0], [0, 0, 4.001], [2.9, 2.9, 0], [0, 0, 0]]
    result = voxel_map.integrate(pack(row(*inside, *outside)), translation(9, 9, 9), 0)
    assert result.points_used == 3


def test_frames_revision_and_stamp_change_only_when_the_map_does(pack: Pack) -> None:
    voxel_map = VoxelMap(QUARTER, map_id='kitchen')
    assert (voxel_map.map_id, voxel_map.revision, voxel_map.stamp_ns) == ('kitchen', 0, 0)
    voxel_map.integrate(pack(row([1, 1, 1])), np.eye(4), 50)
    assert (voxel_map.revision, voxel_map.stamp_ns) == (1, 50)
    voxel_map.integrate(pack(row([np.nan, 1, 1])), np.eye(4), 60)
    assert (voxel_map.revision, voxel_map.stamp_ns) == (1, 50)
    voxel_map.integrate(pack(row([1, 1, 1])), np.eye(4), 40)
    assert (voxel_map.revision, voxel_map.stamp_ns) == (2, 50)
    assert voxel_map.snapshot().last_seen.tolist() == [40]
    voxel_map.clear()
    assert (voxel_map.revision, voxel_map.stamp_ns, voxel_map.voxel_count) == (3, 0, 0)
    assert voxel_map.map_id != 'kitchen'
    assert len(voxel_map.snapshot()) == 0


def test_an_empty_cloud_is_fused_without_effect(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings())
    result = voxel_map.integrate(pack(np.zeros((0, 7, 3))), np.eye(4), 1)
    assert (result.points_used, voxel_map.revision) == (0, 0)


def test_voxels_decay_when_unseen_for_longer_than_set(pack: Pack) -> None:
    voxel_map = VoxelMap(
        MapSettings(voxel_size=0.25, min_range=0.0, clear_misses=0, map_decay_time=1.0)
    )
    second = 10**9
    voxel_map.integrate(pack(row([1, 1, 1], [1.3, 1, 1])), np.eye(4), 0)
    voxel_map.integrate(pack(row([1.3, 1, 1])), np.eye(4), second)
    assert voxel_map.voxel_count == 2  # exactly decay_time old is not older
    result = voxel_map.integrate(pack(row([5, 1, 1])), np.eye(4), second + 1)
    assert (result.voxels_decayed, voxel_map.voxel_count) == (1, 2)
    result = voxel_map.integrate(pack(np.full((1, 1, 3), np.nan)), np.eye(4), 3 * second)
    assert (result.voxels_decayed, voxel_map.voxel_count) == (2, 0)


def test_a_clock_that_was_set_back_decays_nothing_new(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.1, map_decay_time=1.0))
    one, other = pack(np.array([[[1.05, 0.05, 0.05]]])), pack(np.array([[[2.05, 0.05, 0.05]]]))
    second = 10**9
    voxel_map.integrate(one, np.eye(4), 1000 * second)
    assert voxel_map.integrate(other, np.eye(4), 5 * second).voxels_decayed == 0
    assert voxel_map.voxel_count == 2
    assert voxel_map.stamp_ns == 5 * second
    assert voxel_map.integrate(one, np.eye(4), 7 * second).voxels_decayed == 1
    assert voxel_map.voxel_count == 1


@pytest.mark.parametrize(
    ('pose', 'stamp', 'named'),
    [
        (np.eye(3), 0, 'map_from_sensor'),
        (np.full((4, 4), np.nan), 0, 'map_from_sensor'),
        (np.diag([2.0, 1, 1, 1]), 0, 'map_from_sensor'),
        (np.diag([-1.0, 1, 1, 1]), 0, 'map_from_sensor'),
        (np.eye(4) + np.eye(4)[[3, 0, 1, 2]], 0, 'map_from_sensor'),
        (translation(1e6, 0, 0), 0, 'farther than'),
        (np.eye(4), -1, 'stamp_ns=-1'),
        (np.eye(4), 2**63, 'stamp_ns=9223372036854775808'),
        (np.eye(4), 0.5, 'stamp_ns=0.5'),
    ],
)
def test_bad_poses_and_stamps_are_refused_by_name(
    pack: Pack, pose: npt.NDArray[np.float64], stamp: Any, named: str
) -> None:
    voxel_map = VoxelMap(MapSettings())
    with pytest.raises(ValueError, match=named):
        voxel_map.integrate(pack(row([1, 1, 1])), pose, stamp)
    assert (voxel_map.voxel_count, voxel_map.revision) == (0, 0)


def test_images_that_do_not_fit_the_camera_are_refused_by_name() -> None:
    voxel_map = VoxelMap(MapSettings())
    camera = PinholeCamera(4, 3, 4.0, 4.0, 1.5, 1.0)
    depth = np.ones((3, 4), np.float32)
    with pytest.raises(ValueError, match='depth: float64'):
        voxel_map.integrate_depth(depth.astype(np.float64), None, camera, np.eye(4), 0)
    with pytest.raises(ValueError, match=r'depth: float32 \(4, 3\)'):
        voxel_map.integrate_depth(depth.T, None, camera, np.eye(4), 0)
    with pytest.raises(ValueError, match=r'color: uint8 \(3, 4\)'):
        voxel_map.integrate_depth(depth, np.ones((3, 4), np.uint8), camera, np.eye(4), 0)
    with pytest.raises(ValueError, match='map_from_camera'):
        voxel_map.integrate_depth(depth, None, camera, np.zeros((4, 4)), 0)


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'voxel_size': 0.0}, 'voxel_size=0.0'),
        ({'voxel_size': float('nan')}, 'voxel_size=nan'),
        ({'min_range': 7.0}, 'min_range=7.0'),
        ({'max_map_bytes': 1000}, 'max_map_bytes=1000'),
        ({'clear_misses': 256}, 'clear_misses=256'),
        ({'max_weight': 5000}, 'max_weight=5000'),
        ({'map_decay_time': -1.0}, 'map_decay_time=-1.0'),
    ],
)
def test_settings_out_of_range_are_refused_by_name(change: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        MapSettings(**change)


def test_a_cloud_is_never_written_to_and_read_only_bytes_will_do(pack: Pack) -> None:
    cloud = pack(np.random.default_rng(0).normal(size=(20, 20, 3)))
    before = cloud.data.copy()
    frozen = Cloud(np.frombuffer(before.tobytes(), np.uint8), cloud.layout)
    first, second = VoxelMap(MapSettings()), VoxelMap(MapSettings())
    first.integrate(cloud, np.eye(4), 0)
    second.integrate(frozen, np.eye(4), 0)
    assert first.voxel_count == second.voxel_count > 0
    np.testing.assert_array_equal(cloud.data, before)


def test_after_warming_up_no_input_compiles_anything(pack: Pack) -> None:
    code = """
import sys
import numba.core.dispatcher as dispatcher
import numpy as np
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
VoxelMap(MapSettings()).warm_up()
compiled = []
original = dispatcher.Dispatcher.compile
def compile(self, sig):
    compiled.append((self, sig))
    return original(self, sig)
dispatcher.Dispatcher.compile = compile
voxel_map = VoxelMap(MapSettings(map_decay_time=5.0, max_map_bytes=16 << 20))
rng = np.random.default_rng(0)
points = rng.uniform(-2, 2, (300, 80, 3))
for kind in ('<f4', '>f4', '<f8'):
    data = np.frombuffer(points.astype(kind).tobytes(), np.uint8)
    size = int(kind[2])
    for width, height in ((80, 300), (24000, 1)):
        layout = PointLayout(width, height, 3 * size, 3 * size * width, 0, size, 2 * size,
                             float64=size == 8, big_endian=kind[0] == '>', has_color=True)
        voxel_map.integrate(Cloud(data, layout), np.eye(4), 1)
camera = PinholeCamera(80, 60, 60.0, 60.0, 39.5, 29.5)
for depth in (np.ones((60, 80), np.float32), np.full((60, 80), 900, np.uint16)):
    voxel_map.integrate_depth(depth, np.zeros((60, 80, 3), np.uint8), camera, np.eye(4), 2)
voxel_map.restore(voxel_map.snapshot())
assert not compiled, compiled
"""
    environment = dict(os.environ, PYTHONPATH=str(ROOT))
    done = subprocess.run(
        [sys.executable, '-c', code], env=environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
