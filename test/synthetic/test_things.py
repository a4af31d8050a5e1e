"""Household things that are only learned from, and the solids that they are put together from."""

import numpy as np
import pytest
import trimesh

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.model_draw import ModelDraw
from omd3d_ros.synthetic.model_shelf import (
    ModelShelf,
    own_entries,
    split_models,
    studied_entries,
)
from omd3d_ros.synthetic.scene_maker import make_scene
from omd3d_ros.synthetic.solids import egg, rotated, settled, slab, tube
from omd3d_ros.synthetic.things.makers import STUDIED_MAKERS

RED = (200, 30, 30)


def solid(model):
    return trimesh.Trimesh(model.vertices, model.faces)  # merges what lies at one place


def ring(points):
    turn = np.linspace(0, 2 * np.pi, points, endpoint=False)
    return np.stack([np.cos(turn), np.sin(turn)], axis=1)


@pytest.mark.parametrize(('made', 'volume'), [
    (tube([(0, 0, 0), (0, 0, 1), (0, 0, 2)], 0.1, RED), 2 * np.pi * 0.01),
    (tube([(0, 0, 0), (1, 0, 1)], 0.1, RED), np.sqrt(2) * np.pi * 0.01),
    (tube([(0, 0, 0), (0, 0, 1)], [0.1, 0.0001], RED), np.pi * 0.01 / 3),
    (slab(ring(60), 0.5, RED), np.pi * 0.5),
])
def test_solids_are_closed_face_outwards_and_have_their_volume(made, volume):
    assert solid(made).is_watertight
    assert solid(made).volume == pytest.approx(volume, rel=0.06)
    np.testing.assert_allclose(np.linalg.norm(made.normals, axis=1), 1, atol=1e-6)


def test_an_egg_has_the_volume_of_an_ellipsoid_and_stands():
    made = egg((0.2, 0.4, 0.6), RED)
    assert solid(made).volume == pytest.approx(4 / 3 * np.pi * 0.1 * 0.2 * 0.3, rel=0.02)
    np.testing.assert_allclose(made.vertices.min(axis=0), (-0.1, -0.2, 0), atol=1e-3)
    outward = np.sum(made.normals * (made.vertices - [0, 0, 0.3]), axis=1)
    assert outward.min() > 0


def test_a_bent_tube_keeps_its_width():
    turn = np.linspace(0, np.pi, 30)
    arch = tube(np.stack([np.cos(turn), 0 * turn, np.sin(turn)], axis=1), 0.05, RED)
    assert np.ptp(arch.vertices[:, 1]) == pytest.approx(0.1, rel=0.03)
    assert solid(arch).volume == pytest.approx(np.pi * np.pi * 0.05 ** 2, rel=0.06)


def test_a_part_turns_about_the_origin_and_settles_on_the_floor():
    turned = rotated(slab([(0, 0), (2, 0), (2, 1), (0, 1)], 0.5, RED), 'x', np.pi / 2)
    np.testing.assert_allclose(np.ptp(turned.vertices, axis=0), (2, 0.5, 1), atol=1e-9)
    rested = settled(turned)
    np.testing.assert_allclose(rested.vertices.min(axis=0), (-1, -0.25, 0), atol=1e-9)


@pytest.mark.parametrize('name', STUDIED_MAKERS)
def test_things_are_of_their_size_stand_on_the_floor_and_are_the_same_again(name):
    known = household_vocabulary()
    low, high = known.sizes[known.index(name)]
    for state in range(3):
        made, again = (STUDIED_MAKERS[name](np.random.default_rng(state)) for _ in range(2))
        np.testing.assert_array_equal(made.vertices, again.vertices)
        np.testing.assert_array_equal(made.colors, again.colors)
        bottom, top = made.vertices.min(axis=0), made.vertices.max(axis=0)
        assert low <= (top - bottom).max() <= high
        np.testing.assert_allclose([*(bottom + top)[:2], bottom[2]], 0, atol=1e-6)
        np.testing.assert_allclose(np.linalg.norm(made.normals, axis=1), 1, atol=1e-3)
        assert made.colors.min() >= 0
        assert made.colors.max() <= 255
        assert len(made.faces) < 8000


@pytest.mark.parametrize('name', STUDIED_MAKERS)
def test_things_of_a_name_differ_in_shape_or_color(name):
    made = [STUDIED_MAKERS[name](np.random.default_rng(state)) for state in range(8)]
    assert len({one.vertices.tobytes() + one.colors.tobytes() for one in made}) > 4


def test_they_are_learned_from_only_and_change_no_other_split():
    parts = split_models((*own_entries(), *studied_entries()))
    before = split_models(own_entries())
    assert parts['dev'] == before['dev']
    assert parts['test'] == before['test']
    assert {one.id for one in parts['train']} == {
        one.id for one in (*before['train'], *studied_entries())}


def test_rooms_and_tables_of_the_training_split_have_them():
    shelf = ModelShelf((*own_entries(), *studied_entries()), 'train')
    drawn = ModelDraw(shelf, np.random.default_rng(0)).draw('kettle')
    assert drawn.entry.id.startswith('studied/kettle/')
    for kind in ('tables', 'rooms'):
        models = [one.model for index in range(3)
                  for one in make_scene(shelf, kind, 5, index, 'train').objects]
        assert any(model.startswith('studied/') for model in models), kind
