"""Votes that are kept where a map did not change, with a small network of random weights."""

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.vote_detector import find_votes
from omd3d_ros.segmentation.vote_memory import VoteMemory
from omd3d_ros.segmentation.vote_network import VoteNetwork, VoteNetworkSettings
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

SIZE = 0.02


@pytest.fixture(scope='module')
def network():
    torch.manual_seed(0)
    return VoteNetwork(VoteNetworkSettings(channels=(8, 12), blocks=(1, 1), hidden=8)).eval()


def shell_of_a_box(center, side=0.3):
    """Return the voxel centres of a hollow cube."""
    cells = np.stack(np.meshgrid(*[np.arange(round(side / SIZE))] * 3, indexing='ij'), -1)
    cells = cells.reshape(-1, 3)
    hollow = ((cells == 0) | (cells == cells.max())).any(1)
    return ((cells[hollow] + 0.5) * SIZE + np.round(np.array(center) / SIZE) * SIZE).astype('f4')


def surface_of(boxes):
    grid = VoxelGrid.of_points(np.concatenate([shell_of_a_box(center) for center in boxes]), SIZE)
    settings = ProposalSettings()
    normals = find_normals(grid, settings.normal_rings)
    surface = VoxelSurface.of_map(
        grid, normals, find_surfaces(grid, normals, settings.planes),
        np.full((len(grid), 3), 120, np.uint8))
    # what is told of a voxel must not depend on things far away here
    return grid, VoxelSurface(surface.points, surface.normals, surface.curvature, surface.colors,
                              surface.points[:, 2].copy(), surface.points[:, 2].copy(),
                              np.zeros(len(grid), np.uint8))


ROW = [(x, 0.0, 1.0) for x in np.arange(0, 12, 1.2)]


def assert_close(one, other):
    for first, second in zip(one.arrays(), other.arrays(), strict=True):
        np.testing.assert_allclose(first, second, atol=2e-4)


def test_a_map_that_did_not_change_is_not_shown_again(network):
    memory = VoteMemory()
    grid, surface = surface_of(ROW)
    first = memory.find_votes('map', network, grid, surface)
    assert memory.shown == len(grid)
    again = memory.find_votes('map', network, grid, surface)
    assert memory.shown == 0
    for one, other in zip(first.arrays(), again.arrays(), strict=True):
        np.testing.assert_array_equal(one, other)


MORE = [*ROW, (2.4, 0.4, 1.0)]


@pytest.mark.parametrize(('before', 'after'), [
    (ROW, MORE), (MORE, ROW), (MORE, [(-3.0, 2.0, 1.0), *ROW])],
    ids=['a new one', 'one gone', 'both'])
def test_what_changed_is_voted_on_as_if_all_were(network, before, after):
    memory = VoteMemory()
    memory.find_votes('map', network, *surface_of(before))
    grid, surface = surface_of(after)
    found = memory.find_votes('map', network, grid, surface)
    assert 0 < memory.shown < 0.5 * len(grid)
    assert_close(found, find_votes(network, grid, surface))
    again = memory.find_votes('map', network, grid, surface)
    assert memory.shown == 0
    assert_close(again, found)


def test_another_map_or_network_or_a_large_change_is_voted_on_anew(network):
    grid, surface = surface_of(ROW)
    other = VoteNetwork(network.settings).eval()
    for name, asked, (there, seen) in (
            ('another', network, (grid, surface)), ('map', other, (grid, surface)),
            ('map', network, surface_of([(x, 5.0, 1.0) for x, _, _ in ROW]))):
        memory = VoteMemory()
        memory.find_votes('map', network, grid, surface)
        found = memory.find_votes(name, asked, there, seen)
        assert memory.shown == len(there)
        assert_close(found, find_votes(asked, there, seen))
