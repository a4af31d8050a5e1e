"""Clouds, poses and a small analytic room for the tests of the map."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.map_file import MapContents, StoredObject
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

Pack = Callable[..., Cloud]


def pack_cloud(
    points: npt.NDArray[Any],
    colors: npt.NDArray[np.uint8] | None = None,
    *,
    float64: bool = False,
    big_endian: bool = False,
    start: int = 0,
    gap: int = 0,
    row_padding: int = 0,
    reverse: bool = False,
) -> Cloud:
    """Write points (H, W, 3) and colours into bytes of the layout asked for.

    start bytes before x, gap bytes between fields, row_padding bytes after a row; reverse stores
    z before y before x. Unused bytes are 0xAA.
    """
    height, width = points.shape[:2]
    size = 8 if float64 else 4
    offsets = [start + i * (size + gap) for i in range(3)]
    if reverse:
        offsets.reverse()
    color_offset = start + 3 * (size + gap)
    point_step = color_offset + 3
    row_step = width * point_step + row_padding
    layout = PointLayout(
        width, height, point_step, row_step, *offsets, float64=float64, big_endian=big_endian,
        has_color=colors is not None, r=color_offset, g=color_offset + 1, b=color_offset + 2,
    )
    data = np.full((height, row_step), 0xAA, np.uint8)
    kind = ('>' if big_endian else '<') + ('f8' if float64 else 'f4')
    cells = data[:, : width * point_step].reshape(height, width, point_step)
    with np.errstate(over='ignore'):
        encoded = np.ascontiguousarray(points.astype(kind)).view(np.uint8)
    encoded = encoded.reshape(height, width, 3, size)
    for axis, offset in enumerate(offsets):
        cells[:, :, offset : offset + size] = encoded[:, :, axis]
    if colors is not None:
        cells[:, :, color_offset : color_offset + 3] = colors
    data[:, : width * point_step] = cells.reshape(height, width * point_step)
    return Cloud(data.reshape(-1), layout)


def look_at(position: Any, target: Any) -> npt.NDArray[np.float64]:
    """Return map_from_camera of an optical frame that looks at a point, upright."""
    forward = np.asarray(target, np.float64) - position
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = position
    return pose


def render(
    camera: PinholeCamera, map_from_camera: npt.NDArray[np.float64], boxes: Any
) -> npt.NDArray[np.float32]:
    """Return depth (H, W), metres, of boxes (n, 2, 3) in a room of 6 x 6 x 3 m."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=2
    )
    directions = rays @ map_from_camera[:3, :3].T
    inverse = 1 / np.where(np.abs(directions) < 1e-12, 1e-12, directions)
    origin = map_from_camera[:3, 3]
    walls = np.maximum((np.array([-3, -3, 0]) - origin) * inverse,
                       (np.array([3, 3, 3]) - origin) * inverse)
    depth = walls.min(axis=2)
    for low, high in boxes:
        sides = np.stack([(low - origin) * inverse, (high - origin) * inverse])
        enter, leave = sides.min(axis=0).max(axis=2), sides.max(axis=0).min(axis=2)
        depth = np.where((enter < leave) & (enter > 0) & (enter < depth), enter, depth)
    return depth.astype(np.float32)


def make_contents(seed: int = 0) -> MapContents:
    """A map of 3 small views with one object."""
    rng = np.random.default_rng(seed)
    camera = PinholeCamera(32, 24, 30.0, 31.0, 15.5, 11.5)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05), map_id=f'map-{seed}')
    frames = []
    for index in range(3):
        depth = rng.uniform(1, 2, (24, 32)).astype(np.float32)
        color = rng.integers(0, 256, (24, 32, 3), np.uint8)
        pose = np.eye(4)
        pose[0, 3] = index
        voxel_map.integrate_depth(depth, color, camera, pose, 1000 + index)
        frames.append(Keyframe(index, 1000 + index, color, (depth * 1000).astype(np.uint16),
                               camera, pose))
    stored = StoredObject(
        'mug-1', rng.normal(size=(7, 3)).astype(np.float32),
        rng.integers(0, 256, (7, 3), np.uint8), {'labels': ['mug', 'Becher ☕'], 'score': 0.25},
    )
    return MapContents(voxel_map.snapshot(), tuple(frames), (stored,),
                       settings=dataclasses.asdict(voxel_map.settings))


def assert_same_contents(first: MapContents, second: MapContents) -> None:
    for name in MapSnapshot.__dataclass_fields__:
        np.testing.assert_array_equal(
            getattr(first.snapshot, name), getattr(second.snapshot, name), err_msg=name
        )
    assert first.settings == second.settings
    assert len(first.keyframes) == len(second.keyframes)
    for one, two in zip(first.keyframes, second.keyframes, strict=True):
        assert (one.key, one.stamp_ns, one.camera) == (two.key, two.stamp_ns, two.camera)
        for name in ('color', 'depth', 'map_from_camera'):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert len(first.objects) == len(second.objects)
    for before, after in zip(first.objects, second.objects, strict=True):
        assert (before.id, before.record) == (after.id, after.record)
        np.testing.assert_array_equal(before.points, after.points)
        np.testing.assert_array_equal(before.colors, after.colors)


@pytest.fixture(scope='session')
def pack() -> Pack:
    return pack_cloud


@pytest.fixture(scope='session')
def looking() -> Callable[[Any, Any], npt.NDArray[np.float64]]:
    return look_at


@pytest.fixture(scope='session')
def rendering() -> Callable[..., npt.NDArray[np.float32]]:
    return render


@pytest.fixture(scope='session')
def map_contents() -> Callable[..., MapContents]:
    return make_contents


@pytest.fixture(scope='session')
def same_contents() -> Callable[[MapContents, MapContents], None]:
    return assert_same_contents
