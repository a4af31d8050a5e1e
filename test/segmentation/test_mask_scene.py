"""Masks of answers refined in the map that was perceived."""

import numpy as np
import pytest
import torch

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.mask_decoder import MaskDecoder, MaskDecoderSettings, MaskNetwork
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.scene import ObjectState, SceneObject
from omd3d_ros.segmentation.superpoints import SuperpointSettings
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

SIZE = 0.02
RED = np.arange(400)  # a red plate lies before a blue one


def block(low, shape):
    cells = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1)
    return ((np.array(low) + cells.reshape(-1, 3) + 0.5) * SIZE).astype(np.float32)


@pytest.fixture(scope='module')
def scene():
    points = np.concatenate([block((0, 0, 0), (20, 20, 1)), block((20, 0, 0), (20, 20, 1))])
    colors = np.repeat(np.uint8([[220, 20, 20], [20, 20, 220]]), 400, axis=0)
    grid = VoxelGrid.of_points(points, SIZE)
    count = len(points)
    votes = VoxelVotes(np.ones(count, np.float32), np.zeros((count, 3), np.float32),
                       np.zeros((count, 8), np.float32), np.zeros((count, 4), np.float32))
    snapshot = MapSnapshot('map', 1, 1, SIZE, points, colors, np.ones(count, np.uint16),
                           np.ones(count, np.uint16), np.ones(count, np.int64))
    return MaskScene.of_map(snapshot, grid, find_normals(grid, 1), votes, SuperpointSettings())


def an_object(points, colors):
    wide = points.astype(np.float64)
    return SceneObject('object-1', ('plate',), (0.9,), 0.9, points, colors, wide.mean(axis=0),
                       np.cov(wide.T, bias=True), fit_box(points), 1, 1, 1, ObjectState.CONFIRMED)


def unsure():
    """Return a decoder that judges every mask alike."""
    torch.manual_seed(0)
    network = MaskNetwork(MaskDecoderSettings(features=4, seg=6, width=16, heads=2, layers=1))
    torch.nn.init.zeros_(network.judge[2].weight)
    return MaskDecoder(network)


def test_colours_part_the_plates_into_superpoints(scene):
    assert len(set(scene.superpoints[RED])) == 1
    assert not set(scene.superpoints[RED]) & set(scene.superpoints[400:])


def test_voxels_are_found_again_by_their_points(scene):
    chosen = np.array([3, 77, 512])
    np.testing.assert_array_equal(scene.voxels_of(scene.snapshot.points[chosen]), chosen)
    assert len(scene.voxels_of(np.array([[9.0, 9.0, 9.0]]))) == 0


def test_an_unsure_decoder_leaves_the_object_as_it_is(scene):
    part = an_object(scene.snapshot.points[RED[:300]], scene.snapshot.colors[RED[:300]])
    points, colors = scene.refined(part, unsure(), torch.zeros(6))
    np.testing.assert_array_equal(points, part.points)
    np.testing.assert_array_equal(colors, part.colors)


def test_what_the_map_no_longer_holds_is_left_as_it_is(scene):
    away = an_object(scene.snapshot.points[RED] + np.float32(5), scene.snapshot.colors[RED])
    points, _ = scene.refined(away, unsure(), None)
    np.testing.assert_array_equal(points, away.points)


def test_a_mask_is_completed_by_superpoints_with_their_colours(scene, monkeypatch):
    part = an_object(scene.snapshot.points[RED[:300]], scene.snapshot.colors[RED[:300]])
    made = unsure()
    rows = np.unique(scene.superpoints[RED])
    monkeypatch.setattr(made, 'choose', lambda *told: (rows, 0.9))
    points, colors = scene.refined(part, made, None)
    np.testing.assert_array_equal(points, scene.snapshot.points[RED])
    assert (colors == [220, 20, 20]).all()
