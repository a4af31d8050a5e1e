"""Which views are kept, how many, and which clouds are images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.keyframes import KeyframeStore, images_of_cloud, millimetres, view_change
from omd3d_ros.mapping.settings import KeyframeSettings

Pack = Callable[..., Cloud]
CAMERA = PinholeCamera(64, 48, 55.0, 57.0, 30.5, 24.25)
COLOR = np.full((48, 64, 3), 7, np.uint8)
DEPTH = np.full((48, 64), 1500, np.uint16)
SECOND = 10**9


def pose(x: float = 0.0, yaw: float = 0.0) -> npt.NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
    matrix[0, 3] = x
    return matrix


def offer(store: KeyframeStore, stamp_ns: int, at: npt.NDArray[np.float64]) -> bool:
    return store.offer(stamp_ns, COLOR, DEPTH, CAMERA, at)


def test_view_change_of_hand_worked_poses() -> None:
    assert view_change(pose(1.0), pose(-2.0)) == (3.0, 0.0)
    moved, turned = view_change(pose(0, 0.2), pose(0, -1.0))
    assert (moved, turned) == pytest.approx((0.0, 1.2))


def test_a_view_is_kept_when_it_is_far_or_turned_from_every_kept_one() -> None:
    store = KeyframeStore(KeyframeSettings(min_translation=0.25, min_rotation=0.35))
    assert offer(store, 0, pose(0.0))
    assert not offer(store, 1, pose(0.24))
    assert offer(store, 2, pose(0.26))
    assert not offer(store, 3, pose(0.02))  # far from the last, near the first
    assert not offer(store, 4, pose(0.0, 0.34))
    assert offer(store, 5, pose(0.0, 0.36))
    assert [frame.stamp_ns for frame in store.frames()] == [0, 2, 5]


def test_the_newest_view_is_always_there_and_is_replaced_by_the_next() -> None:
    store = KeyframeStore(KeyframeSettings())
    for index in range(5):
        offer(store, index, pose(0.01 * index))
    assert [frame.stamp_ns for frame in store.frames()] == [0, 4]
    assert [frame.key for frame in store.frames()] == [0, 4]


def test_an_old_view_of_the_same_place_is_replaced() -> None:
    store = KeyframeStore(KeyframeSettings(refresh_period=5.0))
    assert offer(store, 0, pose())
    assert not offer(store, int(4.9 * SECOND), pose())
    assert offer(store, int(5.1 * SECOND), pose())
    assert [frame.stamp_ns for frame in store.frames()] == [int(5.1 * SECOND)]


def test_wants_tells_which_views_are_worth_their_images() -> None:
    store = KeyframeStore(KeyframeSettings(newest_period=0.5))
    assert store.wants(0, pose())
    offer(store, 0, pose())
    assert not store.wants(SECOND // 10, pose())
    assert store.wants(SECOND // 10, pose(2.0))
    assert store.wants(SECOND // 2, pose())


@given(
    steps=st.lists(st.tuples(st.floats(-3, 3), st.floats(-3, 3)), min_size=1, max_size=60),
    limit=st.integers(1, 6),
)
@settings(max_examples=40, deadline=None)
def test_the_bounds_hold_and_keys_are_never_used_twice(
    steps: list[tuple[float, float]], limit: int
) -> None:
    size = COLOR.nbytes + DEPTH.nbytes
    store = KeyframeStore(KeyframeSettings(max_keyframes=limit, max_keyframe_bytes=16 << 20))
    stamps: dict[int, int] = {}
    for index, (x, yaw) in enumerate(steps):
        kept = offer(store, index * SECOND, pose(x, yaw))
        frames = store.frames()
        assert len(frames) <= limit + 1
        assert store.nbytes == len(frames) * size
        assert frames[-1].stamp_ns == index * SECOND
        assert not kept or frames[-1].key == index
        for frame in frames:
            assert stamps.setdefault(frame.key, frame.stamp_ns) == frame.stamp_ns
        if index == 20:
            store.clear()
            assert store.frames() == ()


def test_bytes_are_bounded_and_a_view_over_the_bound_is_not_taken() -> None:
    camera = PinholeCamera(1000, 1000, 900.0, 900.0, 500.0, 500.0)
    color, depth = np.zeros((1000, 1000, 3), np.uint8), np.zeros((1000, 1000), np.uint16)
    store = KeyframeStore(KeyframeSettings(max_keyframe_bytes=16 << 20))
    for index in range(6):
        store.offer(index, color, depth, camera, pose(float(index)))
        assert store.nbytes <= 16 << 20
    assert len(store.frames()) == 3
    large = PinholeCamera(2000, 2000, 900.0, 900.0, 500.0, 500.0)
    color, depth = np.zeros((2000, 2000, 3), np.uint8), np.zeros((2000, 2000), np.uint16)
    assert not store.offer(9, color, depth, large, pose(50.0))
    assert len(store.frames()) == 3


def test_of_the_two_most_similar_views_the_older_goes() -> None:
    store = KeyframeStore(KeyframeSettings(max_keyframes=3))
    for stamp, x in enumerate((0.0, 5.0, 5.3, 9.0)):
        offer(store, stamp, pose(x))
    assert [frame.stamp_ns for frame in store.frames()] == [0, 2, 3]


def test_kept_images_are_read_only_copies() -> None:
    store = KeyframeStore(KeyframeSettings())
    color, depth, at = COLOR.copy(), np.full((48, 64), 1.5, np.float32), pose()
    store.offer(0, color, depth, CAMERA, at)
    color[:], depth[:], at[:] = 0, 0, 0
    (frame,) = store.frames()
    np.testing.assert_array_equal(frame.color, COLOR)
    np.testing.assert_array_equal(frame.depth, DEPTH)
    np.testing.assert_array_equal(frame.map_from_camera, pose())
    with pytest.raises(ValueError, match='read-only'):
        frame.color[0, 0] = 1


def test_restored_views_get_new_keys() -> None:
    store = KeyframeStore(KeyframeSettings())
    for index in range(3):
        offer(store, index, pose(float(index)))
    frames = store.frames()
    store.restore(frames)
    assert [frame.key for frame in store.frames()] == [3, 4, 5]
    assert [frame.stamp_ns for frame in store.frames()] == [0, 1, 2]
    offer(store, 9, pose(9.0))
    assert [frame.key for frame in store.frames()] == [3, 4, 5, 6]


@pytest.mark.parametrize(
    ('color', 'depth', 'at', 'named'),
    [
        (COLOR[:, :, 0], DEPTH, pose(), 'color'),
        (COLOR.astype(np.float32), DEPTH, pose(), 'color'),
        (COLOR, DEPTH[1:], pose(), 'depth'),
        (COLOR, DEPTH.astype(np.int32), pose(), 'depth'),
        (COLOR, DEPTH, np.zeros((4, 4)), 'map_from_camera'),
    ],
)
def test_images_that_do_not_fit_are_refused_by_name(
    color: Any, depth: Any, at: Any, named: str
) -> None:
    store = KeyframeStore(KeyframeSettings())
    with pytest.raises(ValueError, match=named):
        store.offer(0, color, depth, CAMERA, at)
    assert store.frames() == ()


def test_millimetres_of_unusable_depth_are_zero() -> None:
    depth = np.array([np.nan, np.inf, -1.0, 0.0, 0.0004, 1.2346, 65.535, 65.54], np.float32)
    assert millimetres(depth).tolist() == [0, 0, 0, 0, 0, 1235, 65535, 0]


def scene_depth(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    depth = rng.uniform(0.5, 4.0) + rng.normal(size=(48, 64)) * 0.2
    depth[10:30, 20:40] = 0.7
    depth[rng.random((48, 64)) < 0.1] = np.nan
    return depth.astype(np.float32)


@given(
    seed=st.integers(0, 2**32 - 1),
    fx=st.floats(30, 200), fy=st.floats(30, 200), cx=st.floats(20, 44), cy=st.floats(14, 34),
    flat=st.booleans(),
)
@settings(max_examples=40, deadline=None)
def test_the_camera_of_an_image_cloud_is_found(
    pack: Pack, seed: int, fx: float, fy: float, cx: float, cy: float, flat: bool
) -> None:
    rng = np.random.default_rng(seed)
    camera = PinholeCamera(64, 48, fx, fy, cx, cy)
    depth = np.full((48, 64), 1.25, np.float32) if flat else scene_depth(rng)
    colors = rng.integers(0, 256, (48, 64, 3), np.uint8)
    found = images_of_cloud(pack(camera.backproject(depth), colors, start=3))
    assert found is not None
    color, millimetre, fitted = found
    np.testing.assert_array_equal(color, colors)
    np.testing.assert_array_equal(millimetre, millimetres(depth))
    for name in ('fx', 'fy', 'cx', 'cy'):
        assert getattr(fitted, name) == pytest.approx(getattr(camera, name), abs=0.05), name


def test_clouds_that_are_no_images_give_none(pack: Pack) -> None:
    rng = np.random.default_rng(0)
    points = CAMERA.backproject(scene_depth(rng))
    body = points @ np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]).T
    shuffled = rng.permutation(points.reshape(-1, 3)).reshape(points.shape)
    assert images_of_cloud(pack(points, COLOR)) is not None
    assert images_of_cloud(pack(points)) is None
    assert images_of_cloud(pack(points.reshape(1, -1, 3), COLOR.reshape(1, -1, 3))) is None
    assert images_of_cloud(pack(body, COLOR)) is None
    assert images_of_cloud(pack(points * [-1, 1, 1], COLOR)) is None
    assert images_of_cloud(pack(shuffled, COLOR)) is None
    assert images_of_cloud(pack(points + np.array([0.5, 0, 0]), COLOR)) is None
    assert images_of_cloud(pack(np.full_like(points, np.nan), COLOR)) is None
