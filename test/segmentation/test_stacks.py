import numpy as np
import pytest

from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.proposal_settings import StackSettings
from omd3d_ros.segmentation.stacks import part_stacks
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys

SIZE = 0.01


def skin(low, high, skip=()):
    """Points on the faces of a box seen from above: no bottom, and not the faces in ``skip``."""
    low, high = np.array(low, float), np.array(high, float)
    faces = []
    for axis in range(3):
        for side, value in (('low', low[axis]), ('high', high[axis])):
            if (axis, side) == (2, 'low') or (axis, side) in skip:
                continue
            spans = [np.arange(low[k], high[k] + 1e-9, SIZE / 3) if k != axis
                     else np.array([value]) for k in range(3)]
            faces.append(np.stack([g.ravel() for g in np.meshgrid(*spans)], axis=1))
    return np.concatenate(faces)


def parts_of(things, seed=0, **settings):
    """Part one pile made of the things; returns labels and each voxel's thing."""
    points = np.concatenate(things)
    points = points + np.random.default_rng(seed).normal(0, 0.001, points.shape)
    owner = np.repeat(np.arange(len(things)), [len(t) for t in things])
    _, first, inverse, count = np.unique(
        voxel_keys(points, SIZE), return_index=True, return_inverse=True, return_counts=True)
    means = np.stack([np.bincount(inverse.ravel(), points[:, k]) / count for k in range(3)], 1)
    grid = VoxelGrid.of_points(means.astype(np.float32), SIZE)
    labels = part_stacks(grid, find_normals(grid), np.zeros(len(grid), np.int32),
                         StackSettings(**settings))
    return labels, owner[first]


def agreement(labels, owner, thing):
    """IoU of the best part with a thing."""
    return max(np.count_nonzero((labels == k) & (owner == thing))
               / np.count_nonzero((labels == k) | (owner == thing))
               for k in range(labels.max() + 1))


LOWER = skin((0, 0, 0), (0.3, 0.25, 0.1))
UPPER = skin((0.05, 0.06, 0.1), (0.2, 0.18, 0.2))


@pytest.mark.parametrize('seed', range(3))
def test_a_box_on_a_box_is_two_things(seed):
    labels, owner = parts_of([LOWER, UPPER], seed)
    assert labels.max() == 1
    assert agreement(labels, owner, 0) > 0.9
    assert agreement(labels, owner, 1) > 0.9


def test_three_in_a_pile_are_three_things():
    top = skin((0.12, 0.11, 0.2), (0.19, 0.18, 0.27))
    labels, owner = parts_of([LOWER, skin((0.05, 0.06, 0.1), (0.25, 0.22, 0.2)), top])
    assert labels.max() == 2
    assert min(agreement(labels, owner, thing) for thing in range(3)) > 0.85


def test_a_box_alone_stays_whole():
    labels, _ = parts_of([LOWER])
    assert (labels == 0).all()


def test_a_hollow_vessel_stays_whole():
    wall = [np.stack([0.06 * np.cos(a), 0.06 * np.sin(a), z], 1)
            for z in np.arange(0, 0.1, SIZE / 3)
            for a in [np.linspace(0, 2 * np.pi, 120)] for z in [np.full(120, z)]]
    r, a = np.meshgrid(np.arange(0, 0.058, 0.003), np.linspace(0, 2 * np.pi, 120))
    bottom = np.stack([r.ravel() * np.cos(a.ravel()), r.ravel() * np.sin(a.ravel()),
                       np.full(r.size, 0.015)], 1)
    labels, _ = parts_of([np.concatenate([*wall, bottom])])
    assert (labels == 0).all()


def test_a_laptop_keeps_its_screen():
    base = skin((0, 0, 0), (0.33, 0.23, 0.03))
    screen = skin((0, 0.22, 0.03), (0.33, 0.23, 0.25))
    screen[:, 1] += 0.3 * (screen[:, 2] - 0.03)  # leaning back
    labels, _ = parts_of([base, screen])
    assert (labels == 0).all()


def test_what_is_too_small_to_be_a_thing_stays_with_what_it_lies_on():
    crumb = skin((0.1, 0.1, 0.1), (0.12, 0.12, 0.12))
    labels, _ = parts_of([LOWER, crumb])
    assert (labels == 0).all()


def test_voxels_outside_the_piles_and_piles_that_touch_stay_apart():
    points = np.concatenate([LOWER, LOWER + np.array([0.3, 0, 0])])
    _, first = np.unique(voxel_keys(points, SIZE), return_index=True)
    grid = VoxelGrid.of_points(points[first].astype(np.float32), SIZE)
    piles = np.where(grid.points[:, 0] < 0.3, 7, 3).astype(np.int32)
    piles[grid.points[:, 2] < 0.02] = -1
    labels = part_stacks(grid, find_normals(grid), piles, StackSettings())
    assert (labels[piles < 0] == -1).all()
    assert (labels[piles >= 0] >= 0).all()
    for label in range(labels.max() + 1):
        assert len(np.unique(piles[labels == label])) == 1
