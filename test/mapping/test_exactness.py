"""Where exactly a point goes: translation, faces, negative coordinates, and far from the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]
# A power of two: moving by whole voxels is exact in float64.
SIZE = 0.0625
ONE_PLACE = MapSettings(voxel_size=SIZE, min_range=0.0, max_range=4.0, clear_misses=0)


def moved(shift: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, 3] = shift * SIZE
    return pose


def indices(snapshot: MapSnapshot) -> npt.NDArray[np.int64]:
    return np.floor(snapshot.points.astype(np.float64) / SIZE).astype(np.int64)


def in_order(rows: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    order: npt.NDArray[np.int64] = np.lexsort(rows.T)
    return order


@given(
    seed=st.integers(0, 2**32 - 1),
    shift=st.tuples(*[st.integers(-(10**5), 10**5)] * 3),
)
@settings(max_examples=40, deadline=None)
def test_moving_the_sensor_by_whole_voxels_moves_every_voxel_by_as_many(
    pack: Pack, seed: int, shift: tuple[int, int, int]
) -> None:
    rng = np.random.default_rng(seed)
    points = rng.normal(size=(1, 500, 3)).astype(np.float32)
    colors = rng.integers(0, 256, (1, 500, 3), np.uint8)
    here, there = VoxelMap(ONE_PLACE), VoxelMap(ONE_PLACE)
    offset = np.array(shift)
    here.integrate(pack(points, colors), np.eye(4), 1)
    there.integrate(pack(points, colors), moved(offset), 1)
    first, second = here.snapshot(), there.snapshot()
    one, two = in_order(indices(first) + offset), in_order(indices(second))
    np.testing.assert_array_equal((indices(first) + offset)[one], indices(second)[two])
    for name in ('colors', 'hits', 'frames'):
        np.testing.assert_array_equal(getattr(first, name)[one], getattr(second, name)[two])
    inside = first.points[one].astype(np.float64) + offset * SIZE
    # One step of float32 below 8 km.
    assert np.abs(inside - second.points[two]).max() <= 2**-11


@given(st.lists(st.tuples(*[st.integers(-40, 40)] * 3), min_size=1, max_size=60, unique=True))
@settings(max_examples=60, deadline=None)
def test_points_exactly_on_corners_belong_to_the_voxel_above_them(
    pack: Pack, corners: list[tuple[int, int, int]]
) -> None:
    rows = np.array(corners, np.int64)
    voxel_map = VoxelMap(ONE_PLACE)
    within = (np.linalg.norm(rows * SIZE, axis=1) <= 4.0)
    voxel_map.integrate(pack((rows * SIZE)[None]), np.eye(4), 1)
    got = indices(voxel_map.snapshot())
    expected = rows[within]
    np.testing.assert_array_equal(got[in_order(got)], expected[in_order(expected)])


@pytest.mark.parametrize('base', [0.0, -10000.0, 10000.0])
@pytest.mark.parametrize('below', [False, True])
def test_the_neighbours_of_a_face_are_half_open_on_either_side_of_the_origin(
    pack: Pack, base: float, below: bool
) -> None:
    voxel_map = VoxelMap(ONE_PLACE)
    pose = np.eye(4)
    pose[:3, 3] = base
    faces = np.arange(-8, 9) * SIZE
    points = np.stack([np.nextafter(faces, -np.inf) if below else faces] * 3, axis=1)
    if below:
        points -= 1e-6  # more than what float64 rounds off at 10 km
    voxel_map.integrate(pack(points[None], float64=True), pose, 1)
    got = np.sort(indices(voxel_map.snapshot())[:, 0])
    expected = np.arange(-8, 9) - below + round(base / SIZE)
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize(('size', 'index'), [(0.07, 124525), (0.017, 113000), (0.035, 126000)])
def test_a_snapshot_from_far_away_can_become_the_map_again(
    pack: Pack, size: float, index: int
) -> None:
    """float32 means next to a face, where dividing by an odd voxel size rounds over it."""
    options = MapSettings(voxel_size=size, min_range=0.0, max_range=4.0, clear_misses=0)
    for number in range(index, index + 40):
        voxel_map = VoxelMap(options)
        pose = np.eye(4)
        pose[0, 3] = number * size
        points = np.array([[[-0.0005 * size, 1.0, 1.0], [0.4 * size, 1.0, 1.0]]])
        voxel_map.integrate(pack(points), pose, 1)
        before = voxel_map.snapshot()
        voxel_map.restore(before)
        assert voxel_map.voxel_count == len(before)


def test_a_point_on_a_face_of_any_voxel_size_is_above_it_to_within_a_millionth(
    pack: Pack,
) -> None:
    for size in (0.05, 0.02, 0.01, 0.003):
        options = MapSettings(voxel_size=size, min_range=0.0, max_range=4.0, clear_misses=0)
        voxel_map = VoxelMap(options)
        counts = np.arange(-150, 150)
        points = np.zeros((1, len(counts), 3))
        points[0, :, 0] = counts * size + 1e-6 * size
        points = points[:, np.abs(points[0, :, 0]) <= 4.0]
        voxel_map.integrate(pack(points, float64=True), np.eye(4), 1)
        assert voxel_map.voxel_count == points.shape[1]
