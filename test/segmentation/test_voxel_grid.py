import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of, voxel_keys


def grid_of_cells(cells, size=0.5):
    return VoxelGrid.of_points(((np.asarray(cells) + 0.5) * size).astype(np.float32), size)


volumes = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).random((6, 5, 4)) < 0.25)


@settings(max_examples=40, deadline=None)
@given(volumes)
def test_components_are_those_of_the_dense_volume(volume):
    cells = np.argwhere(volume)
    if not len(cells):
        return
    labels = grid_of_cells(cells - 3).components(np.ones(len(cells), bool))
    truth, count = ndimage.label(volume, np.ones((3, 3, 3)))
    truth = truth[volume]
    assert labels.max() + 1 == count
    assert len(np.unique(np.stack([labels, truth]), axis=1).T) == count
    assert (np.diff([np.flatnonzero(labels == k)[0] for k in range(count)]) > 0).all()


@settings(max_examples=40, deadline=None)
@given(volumes)
def test_neighbours_are_the_26_cells_around(volume):
    cells = np.argwhere(volume) - 2
    grid = grid_of_cells(cells) if len(cells) else None
    for i in range(len(cells)):
        around = np.flatnonzero(np.abs(cells - cells[i]).max(axis=1) == 1)
        found = grid.neighbors[i][grid.neighbors[i] >= 0]
        np.testing.assert_array_equal(np.sort(found), around)


def test_components_respect_members_and_labels():
    grid = grid_of_cells([[0, 0, 0], [1, 0, 0], [2, 0, 0], [3, 0, 0], [9, 0, 0]])
    members = np.array([True, True, False, True, True])
    np.testing.assert_array_equal(grid.components(members), [0, 0, -1, 1, 2])
    labels = np.array([5, 6, 6, 6, 6], np.int32)
    np.testing.assert_array_equal(grid.components(np.ones(5, bool), labels), [0, 1, 1, 1, 2])


def test_keys_name_voxels():
    points = np.array([[0.01, 0.01, 0.01], [0.09, 0.0, 0.05], [-0.01, 0.01, 0.01]])
    keys = voxel_keys(points, 0.1)
    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(('points', 'size'), [
    ([[np.nan, 0, 0]], 0.1), ([[np.inf, 0, 0]], 0.1), ([[2e6, 0, 0]], 0.1), ([[0, 0]], 0.1),
    ([[0, 0, 0]], 0.0), ([[0, 0, 0]], np.nan)])
def test_what_is_no_voxel_is_refused(points, size):
    with pytest.raises(ValueError, match=r'points|voxel_size'):
        voxel_keys(np.array(points, float), size)


def test_larger_voxels_hold_the_mean_of_their_members():
    grid = VoxelGrid.of_points(
        np.array([[0.1, 0, 0], [0.3, 0, 0], [1.2, 0, 0], [0.4, 0, 0]], np.float32), 0.1)
    coarse, owner = grid.coarsened(np.array([0, 1, 2]), 1.0)
    assert len(coarse) == 2
    assert owner[0] == owner[1] != owner[2]
    np.testing.assert_allclose(coarse.points[owner[0]], [0.2, 0, 0], atol=1e-6)


def test_groups_are_ascending_and_leave_out_what_is_negative():
    groups = groups_of(np.array([1, -1, 0, 1, 0, 3]))
    assert [g.tolist() for g in groups] == [[2, 4], [0, 3], [5]]
    assert groups_of(np.array([-1, -1])) == []


@pytest.mark.parametrize('normal', [(0, 0, 1), (1, 0, 0), (0.6, 0, 0.8), (0.36, 0.48, 0.8)])
def test_the_normals_of_a_plane(normal):
    normal = np.array(normal, float)
    side = np.cross(normal, [0.3, 0.9, -0.2])
    side /= np.linalg.norm(side)
    a, b = np.meshgrid(np.arange(-0.5, 0.5, 0.005), np.arange(-0.5, 0.5, 0.005))
    points = a.ravel()[:, None] * side + b.ravel()[:, None] * np.cross(normal, side)
    _, first = np.unique(voxel_keys(points, 0.02), return_index=True)
    found = find_normals(VoxelGrid.of_points(points[first].astype(np.float32), 0.02))
    assert (np.abs(found.vectors @ normal) > 0.999).mean() > 0.99
    np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-5)
    assert np.percentile(found.curvature, 99) < 0.01


def test_a_lone_voxel_has_no_surface():
    found = find_normals(grid_of_cells([[0, 0, 0], [5, 5, 5], [5, 5, 6]]))
    np.testing.assert_allclose(found.curvature, 1 / 3)
    np.testing.assert_allclose(found.vectors, [[0, 0, 1]] * 3)
