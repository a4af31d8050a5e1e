"""VoxelMap against its slow twin, on random frames of every layout."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.dict_voxel_map import DictVoxelMap
from omd3d_ros.mapping.integration import Integration
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]
EXAMPLES = settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)


def rotation(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    matrix, upper = np.linalg.qr(rng.normal(size=(3, 3)))
    matrix = matrix * np.sign(np.diag(upper))
    return matrix if np.linalg.det(matrix) > 0 else -matrix


def pose_near(rng: np.random.Generator, center: float) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, :3] = rotation(rng)
    pose[:3, 3] = center + rng.normal(size=3) * 0.3
    return pose


def assert_same(fast: VoxelMap, slow: DictVoxelMap) -> None:
    got, expected = fast.snapshot(), slow.snapshot()
    assert len(got) == len(expected) == fast.voxel_count
    np.testing.assert_array_equal(got.colors, expected.colors)
    np.testing.assert_array_equal(got.hits, expected.hits)
    np.testing.assert_array_equal(got.frames, expected.frames)
    np.testing.assert_array_equal(got.last_seen, expected.last_seen)
    np.testing.assert_allclose(got.points, expected.points, rtol=3e-7, atol=1e-7)
    assert (got.revision, got.stamp_ns) == (expected.revision, expected.stamp_ns)


def counts(result: Integration) -> tuple[int, ...]:
    assert result.voxels_evicted == 0
    return (
        result.points_used, result.voxels_new, result.voxels_cleared, result.voxels_decayed,
        result.voxels_left,
    )


def random_points(
    rng: np.random.Generator, height: int, width: int, organised: bool
) -> npt.NDArray[np.float64]:
    """Points of an image when organised, else anywhere; some NaN, Inf, zero, near and far."""
    if organised:
        v, u = np.mgrid[0:height, 0:width]
        depth = rng.choice([0.8, 1.5, 2.5]) + rng.normal(size=(height, width)) * 0.02
        near = slice(0, int(rng.integers(0, height)))
        depth[near, : width // 2] *= rng.uniform(0.3, 1.0)
        rays = [(u - width / 2 + 0.5) / width, (v - height / 2 + 0.5) / width, np.ones(u.shape)]
        points = np.stack(rays, axis=2) * depth[:, :, None]
    else:
        points = rng.normal(size=(height, width, 3))
        points *= rng.uniform(0.1, 4.0, (height, width, 1)) / np.linalg.norm(
            points, axis=2, keepdims=True
        )
    spoiled = rng.random((height, width))
    for low, value in ((0.02, np.nan), (0.03, np.inf), (0.04, -np.inf), (0.05, 0.0), (0.06, 1e30)):
        points[(spoiled < low) & (spoiled > low - 0.01)] = value
    return points


@EXAMPLES
@given(
    seed=st.integers(0, 2**32 - 1),
    organised=st.booleans(),
    voxel_size=st.sampled_from([0.03, 0.0625, 0.2]),
    center=st.sampled_from([0.0, -7.3, 10000.0]),
    max_weight=st.sampled_from([2, 7, 4096]),
    decay=st.sampled_from([0.0, 0.15]),
    layout=st.fixed_dictionaries({
        'float64': st.booleans(), 'big_endian': st.booleans(), 'reverse': st.booleans(),
        'start': st.integers(0, 5), 'gap': st.sampled_from([0, 0, 1, 4]),
        'row_padding': st.sampled_from([0, 0, 3, 16]),
    }),
    colored=st.booleans(),
    missing=st.booleans(),
    radius=st.sampled_from([0.0, 3.0]),
)
def test_random_clouds_of_any_layout_give_the_oracles_map(
    pack: Pack, seed: int, organised: bool, voxel_size: float, center: float, max_weight: int,
    decay: float, layout: dict[str, Any], colored: bool, missing: bool, radius: float,
) -> None:
    rng = np.random.default_rng(seed)
    options = MapSettings(
        voxel_size=voxel_size, min_range=0.2, max_range=3.0, max_weight=max_weight,
        map_decay_time=decay, clear_missing=missing, map_radius=radius,
    )
    fast, slow = VoxelMap(options), DictVoxelMap(options)
    base = pose_near(rng, center)
    for index in range(3):
        points = random_points(rng, 12, 18, organised)
        colors = rng.integers(0, 256, (12, 18, 3), np.uint8) if colored or index == 1 else None
        cloud = pack(points, colors, **layout)
        pose = base if rng.random() < 0.7 else pose_near(rng, center)
        stamp = int(rng.integers(0, 4)) * 10**8 + 7
        assert counts(fast.integrate(cloud, pose, stamp)) == slow.integrate(cloud, pose, stamp)
        assert_same(fast, slow)


@EXAMPLES
@given(
    seed=st.integers(0, 2**32 - 1),
    millimetres=st.booleans(),
    colored=st.booleans(),
    size=st.sampled_from([(24, 32), (17, 23), (6, 1100)]),
    missing=st.booleans(),
)
def test_random_depth_images_give_the_oracles_map(
    seed: int, millimetres: bool, colored: bool, size: tuple[int, int], missing: bool
) -> None:
    rng = np.random.default_rng(seed)
    options = MapSettings(
        voxel_size=0.05, min_range=0.2, max_range=3.0, clear_misses=1, clear_missing=missing
    )
    fast, slow = VoxelMap(options), DictVoxelMap(options)
    camera = PinholeCamera(size[1], size[0], 30.0, 28.0, 15.2, 11.9)
    base = pose_near(rng, 1.0)
    for index in range(4):
        meters = (rng.uniform(0.4, 2.8) + rng.normal(size=size) * 0.03).astype(np.float32)
        meters[rng.random(size) < 0.04] = 0.0 if millimetres else np.nan
        depth: npt.NDArray[Any] = meters
        if millimetres:
            depth = (meters * 1000).astype(np.uint16)
        color = rng.integers(0, 256, (*size, 3), np.uint8) if colored else None
        got = fast.integrate_depth(depth, color, camera, base, index)
        assert counts(got) == slow.integrate_depth(depth, color, camera, base, index)
        assert_same(fast, slow)


def test_the_oracle_sees_clearing_and_decay_on_these_inputs(pack: Pack) -> None:
    """The equality above would be empty if nothing were ever removed."""
    rng = np.random.default_rng(0)
    cleared = decayed = 0
    pose = pose_near(rng, 0.0)
    for organised in (True, False):
        options = MapSettings(
            voxel_size=0.0625, min_range=0.2, max_range=3.0, map_decay_time=0.15, clear_misses=1
        )
        fast, slow = VoxelMap(options), DictVoxelMap(options)
        for index in range(6):
            points = random_points(rng, 12, 18, organised) * (1.0 if index < 3 else 1.3)
            cloud = pack(points)
            got = fast.integrate(cloud, pose, index * 10**8)
            assert counts(got) == slow.integrate(cloud, pose, index * 10**8)
            cleared += got.voxels_cleared
            decayed += got.voxels_decayed
        assert_same(fast, slow)
    assert cleared > 20
    assert decayed > 20


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=20, deadline=None)
def test_the_order_of_points_and_of_frames_changes_nothing(pack: Pack, seed: int) -> None:
    rng = np.random.default_rng(seed)
    options = MapSettings(voxel_size=0.1, clear_misses=0)
    points = [random_points(rng, 1, 300, False) for _ in range(3)]
    colors = [rng.integers(0, 256, (1, 300, 3), np.uint8) for _ in range(3)]
    poses = [pose_near(rng, 0.0) for _ in range(3)]
    forward, backward = VoxelMap(options), VoxelMap(options)
    for i in range(3):
        forward.integrate(pack(points[i], colors[i]), poses[i], 5)
    for i in reversed(range(3)):
        order = rng.permutation(300)
        cloud = pack(points[i][:, order], colors[i][:, order])
        backward.integrate(cloud, poses[i], 5)
    first, second = forward.snapshot(), backward.snapshot()
    for field in dataclasses.fields(first):
        if field.name != 'map_id':
            np.testing.assert_array_equal(
                getattr(first, field.name), getattr(second, field.name), err_msg=field.name
            )


@pytest.mark.parametrize('clear_misses', [0, 1, 3])
def test_a_voxel_goes_after_as_many_misses_as_set(pack: Pack, clear_misses: int) -> None:
    options = MapSettings(voxel_size=0.1, clear_misses=clear_misses)
    voxel_map = VoxelMap(options)
    camera = PinholeCamera(64, 48, 60.0, 60.0, 31.5, 23.5)
    wall = np.full((48, 64), 2.0, np.float32)
    voxel_map.integrate_depth(np.full((48, 64), 1.0, np.float32), None, camera, np.eye(4), 0)
    near = voxel_map.voxel_count
    removed = [
        voxel_map.integrate_depth(wall, None, camera, np.eye(4), i + 1).voxels_cleared
        for i in range(4)
    ]
    assert sum(removed) <= near
    if clear_misses:
        assert np.flatnonzero(removed)[0] == clear_misses - 1
        assert removed[clear_misses - 1] > 0.7 * near
    else:
        assert removed == [0, 0, 0, 0]
