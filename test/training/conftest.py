"""What the tests of training share: a small prepared scene, and one thread."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.training.detect_data import DetectScene

SIZE = 0.02


@pytest.fixture(scope='session', autouse=True)
def one_thread():
    """Keep torch from spinning on processors that other tests need."""
    torch.set_num_threads(1)


def table(rng):
    """Two blocks side by side on a plate."""
    parts, owner = [], []
    for number, (low, shape) in enumerate(
            (((-8, -8, 0), (24, 24, 1)), ((0, 0, 1), (5, 5, 5)), ((5, 0, 1), (5, 5, 8)))):
        cells = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1)
        parts.append((np.array(low) + cells.reshape(-1, 3) + 0.5) * SIZE)
        owner.append(np.full(len(parts[-1]), number))
    points = np.concatenate(parts).astype(np.float32)
    count = len(points)
    normals = rng.normal(0, 1, (count, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    owner = np.concatenate(owner)
    colors = np.array([[90, 90, 90], [200, 40, 40], [40, 40, 200]], np.uint8)[owner]
    surface = VoxelSurface(points, normals, np.zeros(count, np.float32), colors,
                           points[:, 2], points[:, 2], (owner == 0).astype(np.uint8))
    centers = np.array([[0, 0, 0], [2.5, 2.5, 3.5], [7.5, 2.5, 5]], np.float32) * SIZE
    return DetectScene(surface, owner.astype(np.int64), centers,
                       np.array([0, 0.1, 0.16], np.float32))


@pytest.fixture
def prepared(tmp_path):
    scene = table(np.random.default_rng(0))
    file = tmp_path / 'scene.npz'
    np.savez(file, owner=scene.owner.astype(np.int16), centers=scene.centers,
             sizes=scene.sizes, **{
        field.name: getattr(scene.surface, field.name)
        for field in dataclasses.fields(scene.surface)})
    return file
