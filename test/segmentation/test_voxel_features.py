"""What the vote network is told of a room: all but its bare walls and floor."""

import numpy as np
import pytest

from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.voxel_features import COUNT, VoxelSurface, relevant, voxel_features
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

SIZE = 0.04


def sheet(x, y, z):
    axes = [np.arange(low + SIZE / 2, high, SIZE) for low, high in (x, y, z)]
    return np.stack(np.meshgrid(*axes, indexing='ij'), -1).reshape(-1, 3).astype(np.float32)


@pytest.fixture(scope='module')
def room():
    """A floor, a wall with a red picture painted on it, and a box: voxels, colours, picture."""
    floor = sheet((0, 4), (0, 4), (0, SIZE))
    wall = sheet((0, 4), (4, 4 + SIZE), (0, 2.6))
    box = sheet((1, 1.6), (1, 1.6), (SIZE, 0.6))
    points = np.concatenate([floor, wall, box])
    colors = np.full((len(points), 3), 200, np.uint8)
    picture = ((points[:, 1] > 4) & (np.abs(points[:, 0] - 2) < 0.4)
               & (np.abs(points[:, 2] - 1.5) < 0.3))
    colors[picture] = (180, 40, 40)
    return points, colors, picture


def surface_of(points, colors):
    settings = ProposalSettings()
    grid = VoxelGrid.of_points(points, SIZE)
    normals = find_normals(grid, settings.normal_rings)
    return grid, VoxelSurface.of_map(
        grid, normals, find_surfaces(grid, normals, settings.planes), colors)


def test_a_picture_that_is_flush_with_its_wall_is_told_of_and_the_bare_wall_is_not(room):
    points, colors, picture = room
    grid, surface = surface_of(points, colors)
    told = relevant(grid, surface)
    assert (surface.kind[picture] == 3).all()
    assert told[picture].all()
    bare = (points[:, 1] > 4) & (points[:, 2] > 0.5) & ~picture
    assert told[bare].mean() < 0.25


def test_without_colour_no_wall_is_told_of_for_its_colour(room):
    points, colors, picture = room
    _, surface = surface_of(points, np.zeros_like(colors))
    assert not (surface.kind == 3).any()
    assert (surface.kind[picture] == 1).all()


def test_features_are_finite_and_tell_kinds_apart(room):
    points, colors, picture = room
    _, surface = surface_of(points, colors)
    features = voxel_features(surface, SIZE)
    assert features.shape == (len(points), COUNT)
    assert np.isfinite(features).all()
    kinds = features[:, 10:13]
    assert (kinds[picture] == [0, 0, 1]).all()
    assert (kinds.sum(axis=1) <= 1).all()
