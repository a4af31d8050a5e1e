"""A small map file with a floor, a wall, three keyframes and two objects."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.map_file import MapContents, StoredObject, save_map
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

VOXEL = 0.05
STAMP = 1_700_000_000_123_456_789


def cube(corner: tuple[float, float, float]) -> np.ndarray:
    """The points of a cube of 4 x 4 x 4 voxels."""
    steps = (np.mgrid[0:4, 0:4, 0:4].reshape(3, -1).T + 0.5) * VOXEL
    return (steps + corner).astype(np.float32)


def stored_cube(name: str, label: str, corner: tuple[float, float, float]) -> StoredObject:
    points = cube(corner)
    record = {
        'labels': [label, 'thing'], 'label_scores': [0.75, 0.25], 'objectness': 0.5,
        'box': {'center': points.mean(axis=0).tolist(), 'yaw': 0.25, 'size': [0.2, 0.2, 0.2]},
        'observations': 7, 'first_seen_ns': STAMP - 10**9, 'last_seen_ns': STAMP, 'state': 1,
    }
    return StoredObject(name, points, np.full((len(points), 3), [200, 10, 30], np.uint8), record)


def room() -> MapSnapshot:
    flat = (np.mgrid[-30:30, -30:30].reshape(2, -1).T + 0.5) * VOXEL
    floor = np.column_stack([flat, np.full(len(flat), 0.5 * VOXEL)])
    wall = np.column_stack([np.full(len(flat), 30.5 * VOXEL), flat + np.array([0, 1.55])])
    points = np.concatenate([floor, wall]).astype(np.float32)
    colors = np.tile(np.uint8([60, 120, 180]), (len(points), 1))
    colors[: len(floor)] = [150, 140, 130]
    count = len(points)
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL))
    voxel_map.restore(MapSnapshot(
        'feedc0de', 41, STAMP, VOXEL, points, colors, np.full(count, 9, np.uint32),
        np.full(count, 3, np.uint16), np.full(count, STAMP)))
    return voxel_map.snapshot()


def keyframe(key: int) -> Keyframe:
    rng = np.random.default_rng(key)
    pose = np.eye(4)
    pose[:3, 3] = [0.1 * key, 1 / 3, -2e-7]
    return Keyframe(
        key, STAMP + key, rng.integers(0, 256, (6, 8, 3), np.uint8),
        rng.integers(0, 65536, (6, 8)).astype(np.uint16),
        PinholeCamera(8, 6, 7.5, 7.25, 3.5, 2.5), pose)


@pytest.fixture
def contents() -> MapContents:
    objects = (stored_cube('object-1', 'mug', (0.0, 0.0, 0.05)),
               stored_cube('object-7', 'big $ bowl', (0.5, 0.25, 0.05)))
    return MapContents(
        room(), (keyframe(3), keyframe(5), keyframe(20)), objects,
        settings=dataclasses.asdict(MapSettings(voxel_size=VOXEL)))


@pytest.fixture
def map_file(tmp_path: Path, contents: MapContents) -> Path:
    path = tmp_path / 'room.omd3d'
    save_map(path, contents)
    return path
