"""What is seen through goes; what is there stays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

Array = npt.NDArray[np.float64]
Pack = Callable[..., Cloud]
CAMERA = PinholeCamera(160, 120, 130.0, 130.0, 79.5, 59.5)
TABLE = [[0.5, -0.5, 0.7], [1.2, 0.5, 0.75]]
MOVED = [[0.7, -0.2, 0.75], [1.0, 0.1, 1.05]]
# 3 cm thick: about one pixel wide from 3 m with this camera.
ROD = [[0.2, 0.9, 0.0], [0.23, 0.93, 2.0]]
SHARP = PinholeCamera(400, 300, 330.0, 330.0, 199.5, 149.5)
CUBE_AXES = {
    'optical': np.eye(3),
    'body': np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
}


def noisy(depth: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Structured-light noise and 3 % dropouts."""
    noise = rng.normal(size=depth.shape) * (0.0012 + 0.0019 * (depth - 0.4) ** 2)
    result = (depth + noise).astype(np.float32)
    result[rng.random(depth.shape) < 0.03] = np.nan
    return result


def flying(depth: npt.NDArray[np.float32], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """Half of the pixels at edges lie between what is before and behind, the others are lost."""
    result = depth.copy()
    for axis in (0, 1):
        other = np.roll(depth, 1, axis=axis)
        with np.errstate(invalid='ignore'):
            edge = np.abs(depth - other) > 0.1
        share = rng.random(depth.shape).astype(np.float32)
        mixed = np.where(share < 0.5, depth + 2 * share * (other - depth), np.float32(np.nan))
        result = np.where(edge, mixed, result)
    return result


def inside(snapshot: MapSnapshot, box: Any, grow: float) -> npt.NDArray[np.bool_]:
    low, high = np.array(box)
    points = snapshot.points
    return ((points > low - grow) & (points < high + grow)).all(axis=1)


def above(snapshot: MapSnapshot, box: Any) -> int:
    """Voxels of a box standing on the table, without those of the table top."""
    return int((inside(snapshot, box, 0.03) & (snapshot.points[:, 2] > 0.81)).sum())


def camera_path(looking: Callable[..., Array]) -> list[Array]:
    angles = np.linspace(-0.9, 0.9, 12)
    eyes = [np.array([0.9 - 2.4 * np.cos(a), 2.4 * np.sin(a), 1.5]) for a in angles]
    return [looking(eye, [0.9, 0.0, 0.8]) for eye in eyes]


def feed(
    voxel_map: VoxelMap, how: str, depth: npt.NDArray[np.float32], pose: Array, stamp: int,
    pack: Pack, camera: PinholeCamera = CAMERA,
) -> None:
    """Give a depth image to the map as an image, or as a cloud in some frame and order."""
    if how == 'image':
        voxel_map.integrate_depth(depth, None, camera, pose, stamp)
        return
    axes = CUBE_AXES['body' if how.startswith('body') else 'optical']
    points = camera.backproject(depth) @ axes.T
    if how.endswith('unorganised'):
        points = points.reshape(1, -1, 3)
    turned = np.eye(4)
    turned[:3, :3] = axes.T
    voxel_map.integrate(pack(points), pose @ turned, stamp)


@pytest.mark.parametrize('voxel_size', [0.05, 0.02])
@pytest.mark.parametrize(
    'how', ['image', 'optical', 'body', 'optical unorganised', 'body unorganised']
)
def test_a_moved_box_goes_and_the_static_room_stays(
    pack: Pack, looking: Callable[..., Array], rendering: Callable[..., Any], how: str,
    voxel_size: float,
) -> None:
    rng = np.random.default_rng(3)
    voxel_map = VoxelMap(MapSettings(voxel_size=voxel_size))
    path = camera_path(looking)
    with_box, without = [TABLE, MOVED, ROD], [TABLE, ROD]
    for index, pose in enumerate(path):
        depth = noisy(rendering(CAMERA, pose, with_box), rng)
        feed(voxel_map, how, depth, pose, index, pack)
    before = voxel_map.snapshot()
    for index, pose in enumerate(path):
        depth = noisy(rendering(CAMERA, pose, without), rng)
        feed(voxel_map, how, depth, pose, 100 + index, pack)
    after = voxel_map.snapshot()
    ghosts_removed = 1 - above(after, MOVED) / above(before, MOVED)
    kept = keys_of(after, voxel_size)
    strong = (before.frames >= 3) & ~inside(before, MOVED, 0.1)
    static_kept = np.isin(keys_of(before, voxel_size)[strong], kept).mean()
    rod = strong & inside(before, ROD, 0.03)
    rod_kept = np.isin(keys_of(before, voxel_size)[rod], kept).mean()
    assert above(before, MOVED) > 40
    assert rod.sum() > 100
    assert ghosts_removed >= 0.98
    assert static_kept >= 0.999
    assert rod_kept >= 0.98


def keys_of(snapshot: MapSnapshot, voxel_size: float) -> npt.NDArray[np.int64]:
    index = np.floor(snapshot.points.astype(np.float64) / voxel_size).astype(np.int64) + 2**20
    packed: npt.NDArray[np.int64] = index[:, 0] << 42 | index[:, 1] << 21 | index[:, 2]
    return packed


def test_a_removed_rod_goes_too(
    looking: Callable[..., Array], rendering: Callable[..., Any]
) -> None:
    """So that keeping the rod above is no sign of clearing too little."""
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
    path = camera_path(looking)
    for index, pose in enumerate(path):
        voxel_map.integrate_depth(
            rendering(CAMERA, pose, [TABLE, ROD]), None, CAMERA, pose, index
        )
    before = inside(voxel_map.snapshot(), ROD, 0.02).sum()
    for index, pose in enumerate(path * 2):
        voxel_map.integrate_depth(rendering(CAMERA, pose, [TABLE]), None, CAMERA, pose, index)
    after = inside(voxel_map.snapshot(), [[*ROD[0][:2], 0.1], ROD[1]], 0.02).sum()
    assert after < 0.05 * before


def test_a_rod_that_returns_no_depth_is_not_cleared_by_the_wall_behind_it(
    looking: Callable[..., Array], rendering: Callable[..., Any]
) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
    pose = looking([-1.5, 0.9, 1.2], [0.2, 0.9, 1.0])
    seen = rendering(CAMERA, pose, [ROD])
    for index in range(3):
        voxel_map.integrate_depth(seen, None, CAMERA, pose, index)
    before = voxel_map.snapshot()
    empty = rendering(CAMERA, pose, [])
    dark = np.where(seen < empty - 0.01, np.float32(np.nan), seen)
    assert np.isnan(dark).sum() > 100
    for index in range(5):
        voxel_map.integrate_depth(dark, None, CAMERA, pose, 10 + index)
    assert inside(before, ROD, 0.02).sum() > 20
    after = voxel_map.snapshot()
    assert inside(after, ROD, 0.02).sum() >= 0.95 * inside(before, ROD, 0.02).sum()


@pytest.mark.parametrize('how', ['image', 'body unorganised'])
@pytest.mark.parametrize('seed', [0, 1])
def test_thin_things_stay_and_a_moved_box_goes_though_pixels_at_edges_fly(
    pack: Pack, looking: Callable[..., Array], rendering: Callable[..., Any], how: str, seed: int
) -> None:
    """A rod of half a voxel and legs of one voxel; half of the pixels at edges lie in mid-air."""
    rng = np.random.default_rng(seed)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.02))
    rod = [[0.3, 0.35, 0.0], [0.31, 0.36, 1.3]]
    legs = [[[x, y, 0.0], [x + 0.02, y + 0.02, 0.45]] for x in (0.1, 0.5) for y in (-0.6, 0.6)]
    box = [[0.2, -0.2, 0.0], [0.6, 0.2, 0.8]]
    angles = np.linspace(-1.0, 1.0, 10)
    path = [
        looking([0.4 - 1.6 * np.cos(a), 1.6 * np.sin(a), 1.2], [0.35, 0.0, 0.5]) for a in angles
    ]
    snapshots = []
    for start, boxes in ((0, [rod, *legs, box]), (100, [rod, *legs])):
        for index, pose in enumerate(path):
            depth = flying(noisy(rendering(SHARP, pose, boxes), rng), rng)
            feed(voxel_map, how, depth, pose, start + index, pack, SHARP)
        snapshots.append(voxel_map.snapshot())
    before, after = snapshots
    kept = np.isin(keys_of(before, 0.02), keys_of(after, 0.02))
    strong = (before.frames >= 5) & ~inside(before, box, 0.06)
    thin = np.any([inside(before, each, 0.005) for each in [rod, *legs]], axis=0)
    thin &= strong & (before.points[:, 2] > 0.03)
    # What lies on the floor under the box, and one voxel above it, is hit by the floor's noise.
    ghost = inside(before, box, 0.01) & (before.points[:, 2] > 0.04)
    assert thin.sum() > 100
    assert ghost.sum() > 2000
    assert kept[strong].mean() >= 0.999
    assert kept[thin].mean() >= 0.98
    assert kept[ghost].mean() <= 0.03


@pytest.mark.parametrize('nothing', [np.nan, np.inf, -np.inf, 0.0])
@pytest.mark.parametrize('how', ['image', 'optical', 'optical unorganised'])
def test_pixels_without_depth_clear_nothing(pack: Pack, how: str, nothing: float) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05, clear_misses=1))
    feed(voxel_map, how, np.full((120, 160), 1.5, np.float32), np.eye(4), 0, pack)
    before = voxel_map.voxel_count
    with np.errstate(invalid='ignore'):
        feed(voxel_map, how, np.full((120, 160), nothing, np.float32), np.eye(4), 1, pack)
    assert voxel_map.voxel_count == before > 100


@pytest.mark.parametrize('how', ['image', 'optical', 'body', 'body unorganised'])
def test_depth_beyond_the_range_still_clears_and_depth_below_it_still_hides(
    pack: Pack, how: str
) -> None:
    settings = MapSettings(voxel_size=0.05, min_range=0.5, max_range=3.0, clear_misses=1)
    voxel_map = VoxelMap(settings)
    feed(voxel_map, how, np.full((120, 160), 1.5, np.float32), np.eye(4), 0, pack)
    before = voxel_map.voxel_count
    feed(voxel_map, how, np.full((120, 160), 0.3, np.float32), np.eye(4), 1, pack)
    assert voxel_map.voxel_count == before
    feed(voxel_map, how, np.full((120, 160), 8.0, np.float32), np.eye(4), 2, pack)
    assert voxel_map.voxel_count < 0.35 * before


def test_what_is_behind_the_sensor_or_beside_the_image_stays(pack: Pack) -> None:
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05, clear_misses=1))
    behind, beside = np.diag([-1.0, 1.0, -1.0, 1.0]), np.eye(4)
    beside[:3, :3] = np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    near = np.full((120, 160), 1.5, np.float32)
    for how in ('optical', 'optical unorganised'):
        for pose in (behind, beside):
            voxel_map.clear()
            feed(voxel_map, how, near, pose, 0, pack)
            before = voxel_map.voxel_count
            feed(voxel_map, how, np.full((120, 160), 5.0, np.float32), np.eye(4), 1, pack)
            assert inside(voxel_map.snapshot(), [[-1.6] * 3, [1.6] * 3], 0).sum() == before


@pytest.mark.parametrize('how', ['image', 'optical'])
def test_pixels_without_depth_clear_when_missing_means_free(pack: Pack, how: str) -> None:
    settings = MapSettings(
        voxel_size=0.05, max_range=3.0, clear_misses=1, clear_missing=True
    )
    voxel_map = VoxelMap(settings)
    feed(voxel_map, how, np.full((120, 160), 1.5, np.float32), np.eye(4), 0, pack)
    before = voxel_map.voxel_count
    half = np.full((120, 160), np.nan, np.float32)
    half[:, :80] = 1.5
    feed(voxel_map, how, half, np.eye(4), 1, pack)
    kept = voxel_map.snapshot().points
    assert (kept[:, 0] < 0).sum() > 0.45 * before
    assert (kept[:, 0] > 0.1).sum() < 0.1 * before
