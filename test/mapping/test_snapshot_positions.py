"""Which snapshots can become a map: checked quickly, as a slow twin would."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.snapshot_positions import distinct_blocks, snapshot_positions
from omd3d_ros.mapping.voxel_map import VoxelMap

VOXEL = 0.05
FARTHEST = (1 << 23) - 2   # voxels


def snapshot_of(points: Any, voxel_size: float = VOXEL) -> MapSnapshot:
    points = np.asarray(points, np.float32).reshape(-1, 3)
    count = len(points)
    return MapSnapshot(
        'x', 1, 1, voxel_size, points, np.zeros((count, 3), np.uint8), np.ones(count, np.uint32),
        np.ones(count, np.uint16), np.ones(count, np.int64))


def voxels_of(positions: npt.NDArray[np.float64]) -> list[tuple[int, ...]]:
    """The slow twin: the voxel of each position as three numbers."""
    return [tuple(int(value // 512) for value in row) for row in positions.tolist()]


def as_a_map_sorts(points: npt.NDArray[Any]) -> npt.NDArray[Any]:
    cells = np.floor(points.astype(np.float64) / VOXEL).astype(int) + (1 << 23)
    return points[sorted(range(len(points)), key=lambda row: (*(cells[row] >> 3), *cells[row]))]


@given(cells=arrays(np.int8, st.tuples(st.integers(0, 40), st.just(3)),
                    elements=st.integers(-12, 12)), ordered=st.booleans(),
       far=st.sampled_from([0, 1_000_000]))
@settings(max_examples=200, deadline=None)
def test_two_points_in_a_voxel_are_found_in_any_order(
    cells: npt.NDArray[np.int8], ordered: bool, far: int
) -> None:
    points = ((cells.astype(np.float64) + far + 0.5) * VOXEL).astype(np.float32)
    if ordered and len(points):
        points = as_a_map_sorts(points)
    expected = len({tuple(cell) for cell in cells.tolist()})
    if expected < len(points):
        with pytest.raises(ValueError, match=f'{len(points)} points, but two share a voxel'):
            snapshot_positions(snapshot_of(points), VOXEL)
        return
    positions = snapshot_positions(snapshot_of(points), VOXEL)
    voxels = voxels_of(positions)
    assert len(set(voxels)) == len(points)
    blocks = {tuple(index // 8 for index in voxel) for voxel in voxels}
    assert distinct_blocks(positions) == len(blocks)


def test_two_points_far_apart_whose_keys_agree_in_their_last_bits_are_two_voxels() -> None:
    far = [[0, 0, 0], [-FARTHEST, FARTHEST, 0], [FARTHEST, -FARTHEST, 0], [0, 0, FARTHEST]]
    points = (np.array(far) + 0.25).astype(np.float32)
    positions = snapshot_positions(snapshot_of(points, 1.0), 1.0)
    assert distinct_blocks(positions) == 4


def test_a_point_that_rounding_takes_into_its_neighbours_voxel_is_one_too_many() -> None:
    """-1e-20 m lies in the voxel below 0, but in biased 1/512 voxels it is 0."""
    points = np.array([[-1e-20, 0, 0], [0.02, 0.02, 0.02]], np.float32)
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL))
    with pytest.raises(ValueError, match='two share a voxel'):
        voxel_map.restore(snapshot_of(points))
    voxel_map.restore(snapshot_of(points[:1]))
    assert voxel_map.voxel_count == len(voxel_map.snapshot()) == 1


@pytest.mark.parametrize('bad', [np.nan, np.inf, -np.inf, FARTHEST * VOXEL * 1.01, 3e38])
def test_a_point_out_of_bounds_is_named(bad: float) -> None:
    points = np.zeros((4, 3), np.float32)
    points[:, 0] = [0, 1, 2, 3]
    points[2, 1] = bad
    with pytest.raises(ValueError, match=r'snapshot.points\[2\]=.*out of bounds'):
        snapshot_positions(snapshot_of(points), VOXEL)


def test_stamps_that_do_not_fit_are_named() -> None:
    for change in ({'stamp_ns': 1 << 62}, {'last_seen': np.array([5, 1 << 62])}):
        snapshot = dataclasses.replace(snapshot_of([[0, 0, 0], [1, 1, 1]]), **change)
        with pytest.raises(ValueError, match='last_seen: must be in'):
            snapshot_positions(snapshot, VOXEL)


def test_positions_are_biased_512ths_of_a_voxel() -> None:
    positions = snapshot_positions(snapshot_of([[0.025, -0.05, 1.0]]), VOXEL)
    np.testing.assert_allclose(
        positions[0] / 512 - (1 << 23), [0.5, -1.0, 20.0], atol=1e-6)
