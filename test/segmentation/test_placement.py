"""Scenes, answers and voxels in the map frame."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.ros.transform_buffer import matrix_from_pose
from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.placement import (
    placed_answer,
    placed_points,
    placed_scene,
    placed_snapshot,
)
from omd3d_ros.segmentation.scene import (
    Answer,
    ObjectState,
    Outcome,
    Scene,
    SceneObject,
    Selection,
)

# a quarter turn to the left, then 10 m along x
TURNED = matrix_from_pose((10, 0, 0), (0, 0, np.sqrt(0.5), np.sqrt(0.5)))


def thing(points, name='cup-1'):
    points = np.asarray(points, np.float32)
    wide = points.astype(np.float64)
    return SceneObject(
        id=name, labels=('cup', 'mug'), label_scores=(0.6, 0.4), objectness=0.5, points=points,
        colors=np.full((len(points), 3), 7, np.uint8), centroid=wide.mean(axis=0),
        covariance=np.cov(wide.T, bias=True).reshape(3, 3), box=fit_box(points),
        observations=3, first_seen_ns=1, last_seen_ns=2, state=ObjectState.CONFIRMED)


BAR = thing([[0, 0, 0], [2, 0, 0], [0, 1, 0], [2, 1, 0], [1, 0.5, 1]])


def snapshot():
    points = np.float32([[1, 0, 0], [0, 2, 3]])
    return MapSnapshot('m', 4, 5, 0.02, points, np.zeros((2, 3), np.uint8), np.ones(2, np.uint32),
                       np.ones(2, np.uint16), np.zeros(2, np.int64))


def answer():
    return Answer(Outcome.OK, 'the cup', (Selection('cup-1', 0.9, BAR.points, BAR.colors),),
                  (('cup-2', 0.1),))


def test_the_identity_copies_nothing():
    scene, voxels, said = Scene('m', 1, 2, (BAR,)), snapshot(), answer()
    assert placed_scene(scene, np.eye(4)) is scene
    assert placed_snapshot(voxels, np.eye(4)) is voxels
    assert placed_answer(said, np.eye(4)) is said
    assert placed_points(voxels.points, np.eye(4)) is voxels.points


def test_an_object_worked_by_hand():
    scene = placed_scene(Scene('m', 1, 2, (BAR,)), TURNED)
    found = scene.objects[0]
    assert (scene.map_id, scene.revision, scene.stamp_ns) == ('m', 1, 2)
    np.testing.assert_allclose(found.points[1], [10, 2, 0], atol=1e-6)
    np.testing.assert_allclose(found.points[2], [9, 0, 0], atol=1e-6)
    np.testing.assert_allclose(found.centroid, [9.5, 1, 0.2], atol=1e-6)
    np.testing.assert_allclose(found.box.center, [9.5, 1, 0.5], atol=1e-6)
    np.testing.assert_allclose(found.box.size, [2, 1, 1], atol=1e-6)
    assert abs(found.box.yaw) == pytest.approx(np.pi / 2)
    # what is x before is y now
    assert found.covariance[1, 1] == pytest.approx(BAR.covariance[0, 0])
    assert found.covariance[0, 0] == pytest.approx(BAR.covariance[1, 1])
    unmoved = ('id', 'labels', 'label_scores', 'objectness', 'observations', 'first_seen_ns',
               'last_seen_ns', 'state', 'colors')
    assert all(getattr(found, name) is getattr(BAR, name) for name in unmoved)


def test_voxels_and_selections_go_along():
    voxels = placed_snapshot(snapshot(), TURNED)
    np.testing.assert_allclose(voxels.points, [[10, 1, 0], [8, 0, 3]], atol=1e-6)
    assert voxels.points.dtype == np.float32
    said = placed_answer(answer(), TURNED)
    np.testing.assert_allclose(said.selections[0].points[1], [10, 2, 0], atol=1e-6)
    assert dataclasses.replace(said, selections=()) == dataclasses.replace(answer(), selections=())


def test_an_empty_map_can_be_placed():
    empty = placed_points(np.empty((0, 3), np.float32), TURNED)
    assert (empty.shape, empty.dtype) == ((0, 3), np.float32)
    assert placed_scene(Scene('m', 1, 2, ()), TURNED) == Scene('m', 1, 2, ())


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_what_describes_the_points_fits_the_placed_points(seed):
    rng = np.random.default_rng(seed)
    before = thing(rng.uniform(-3, 3, (20, 3)))
    turn = rng.normal(size=4)
    pose = matrix_from_pose(rng.uniform(-50, 50, 3), turn / np.linalg.norm(turn))
    found = placed_scene(Scene('m', 1, 2, (before,)), pose).objects[0]
    wide = found.points.astype(np.float64)
    np.testing.assert_allclose(found.centroid, wide.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(found.covariance, np.cov(wide.T, bias=True), atol=1e-4)
    assert found.box.covers(wide, 1e-4).all()
    assert (np.abs(wide[:, 2] - found.box.center[2]) <= found.box.size[2] / 2 + 1e-4).all()
