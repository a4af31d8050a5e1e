"""Samples for the object encoder: made as at run time, the same again, stored and read back."""

import dataclasses

import numpy as np
import pytest

from omd3d_ros.segmentation.image_network import FEATURES, load_image_network
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
from omd3d_ros.synthetic.object_studio import photograph
from omd3d_ros.synthetic.scene_file import GeneratedScene, SceneObject
from omd3d_ros.synthetic.studio_set import build_set
from omd3d_ros.training.encode_data import load_folder, load_samples, save_samples
from omd3d_ros.training.encode_masks import imperfect, scrap
from omd3d_ros.training.encode_scenes import scene_samples
from omd3d_ros.training.encode_studio import SampleStudio
from omd3d_ros.training.encode_table import make_table

SETTINGS = AppearanceSettings(views_per_object=2)


@pytest.fixture(scope='module')
def network():
    return load_image_network()


@pytest.fixture(scope='module')
def shelf():
    return ModelShelf([one for one in own_entries() if one.number < 8], 'train')


@pytest.fixture(scope='module')
def samples(network, shelf):
    studio = SampleStudio(shelf, (), network, SETTINGS, 5, even=False)
    return [one for one in map(studio.make, range(6)) if one is not None]


def test_a_photographed_mug_is_where_it_stands(shelf):
    rng = np.random.default_rng(3)
    mug = shelf.load(shelf.entries('mug')[0])
    size = np.ptp(mug.vertices, axis=0)
    shot = photograph(build_set(mug, (), rng, fixed=True), rng, views=3)
    own = shot.points[shot.owner == 0]
    assert own[:, 2].min() > shot.support - 0.03
    assert own[:, 2].max() == pytest.approx(shot.support + size[2], abs=0.03)
    assert np.abs(own[:, :2]).max() < size[:2].max() + 0.03
    assert (shot.owner == -1).sum() > 50  # what it stands on is seen, too


def test_samples_are_as_at_run_time_and_mostly_seen(samples):
    assert len(samples) >= 4
    for one in samples:
        assert one.features.shape == (len(one.crops), FEATURES)
        assert one.quality.shape == (len(one.crops),)
        assert len(one.points) == len(one.colors) >= 8
    assert sum(len(one.crops) > 0 for one in samples) >= len(samples) - 1


def test_the_same_number_makes_the_same_sample(samples, network, shelf):
    studio = SampleStudio(shelf, (), network, SETTINGS, 5, even=False)
    again = [one for one in (studio.make(index) for index in (5, 0)) if one is not None]
    assert again[-1].name == samples[0].name
    np.testing.assert_array_equal(again[-1].points, samples[0].points)
    np.testing.assert_array_equal(again[-1].features, samples[0].features)


def test_samples_come_back_from_their_file(samples, tmp_path):
    save_samples(samples, tmp_path / 'a' / 'one.npz')
    for before, after in zip(samples, load_samples(tmp_path / 'a' / 'one.npz', crops=True),
                             strict=True):
        assert (after.name, after.model, after.whole) == (before.name, before.model, before.whole)
        np.testing.assert_allclose(after.points, before.points, atol=0.0003)
        np.testing.assert_array_equal(after.colors, before.colors)
        np.testing.assert_allclose(after.features, before.features, rtol=1e-3, atol=1e-3)
        for crop, stored in zip(before.crops, after.crops, strict=True):
            assert np.abs(crop.astype(int) - stored).mean() < 4


def test_no_samples_make_a_file_too(tmp_path):
    save_samples([], tmp_path / 'none.npz')
    assert load_folder(tmp_path) == []


def test_files_that_hold_no_samples_are_refused_by_name(samples, tmp_path):
    path = tmp_path / 'one.npz'
    with pytest.raises(ValueError, match='no files of samples'):
        load_folder(tmp_path)
    save_samples(samples, path)
    path.write_bytes(path.read_bytes()[:2000])
    with pytest.raises(ValueError, match=r'one\.npz: no usable samples'):
        load_samples(path)


def test_a_table_holds_views_names_and_opinions(samples, network):
    names = sorted({one.name for one in samples if one.name} | {'clock'})
    table = make_table(samples, names, network)
    for row, one in enumerate(samples):
        place = int(table.target[row])
        assert (names[place] if place < len(names) else '') == one.name
        assert (table.inputs.quality[row] > 0).sum() == len(one.crops)
    assert table.inputs.opinions.sum(2).max() <= 1.0
    with pytest.raises(ValueError, match='is none of the 1 names'):
        make_table(samples, ['clock'], network)


def grid(low, high, step=0.02):
    axes = [np.arange(a, b, step) for a, b in zip(low, high, strict=True)]
    return np.stack(np.meshgrid(*axes), -1).reshape(-1, 3)


@pytest.fixture
def scene_points():
    """Return a block on a support with another block beside it, and whose each point is."""
    parts = [grid((0, 0, 0), (0.2, 0.2, 0.3)), grid((0.22, 0, 0), (0.4, 0.2, 0.3)),
             grid((-0.5, -0.5, -0.02), (0.7, 0.7, 0.0))]
    owner = np.repeat([0, 1, -1], [len(part) for part in parts])
    return np.concatenate(parts), owner


def test_imperfect_masks_are_parts_of_the_object_or_it_with_neighbours(scene_points):
    points, owner = scene_points
    own = owner == 0
    kinds = set()
    for seed in range(40):
        chosen = imperfect(points, owner, np.random.default_rng(seed))
        kept, extra = (chosen & own).sum() / own.sum(), (chosen & ~own).sum()
        assert kept >= 0.35
        assert kept == 1 or extra == 0
        kinds.add((kept == 1, (chosen & (owner == 1)).any(), (chosen & (owner < 0)).any()))
    assert {(False, False, False), (True, True, False), (True, False, True)} <= kinds


def test_scraps_are_mostly_no_single_thing(scene_points):
    points, owner = scene_points
    for seed in range(40):
        chosen = scrap(points, owner, np.random.default_rng(seed))
        for thing in (0, 1):
            assert (chosen & (owner == thing)).sum() <= 0.6 * max(chosen.sum(), 1)


def generated(shelf, name='bottle'):
    """Return a generated scene of one model, with its images."""
    rng = np.random.default_rng(0)
    shot = photograph(build_set(shelf.load(shelf.entries(name)[0]), (), rng, fixed=True), rng, 2)
    count = len(shot.points)
    thing = SceneObject(1, name, 'own/x', (0, 0, 0), 0.0, (0.1, 0.1, 0.3), (9, 9, 9), 0, 0, 0.5)
    unseen = dataclasses.replace(thing, id=2, visible=0.0)
    instance = np.where(shot.owner == 0, 1, 0).astype(np.int32)
    return shot, GeneratedScene(
        0.01, shot.points, shot.colors, np.ones(count, np.uint32), np.ones(count, np.uint16),
        instance, np.where(instance > 0, 0, 1).astype(np.uint8), (thing, unseen), shot.keyframes,
        np.eye(4), {})


def test_a_scene_s_objects_become_samples_above_its_floor(shelf, network):
    shot, scene = generated(shelf)
    (one,) = scene_samples(scene, network, SETTINGS, np.random.default_rng(1), most=5, exact=True)
    assert (one.name, one.whole) == ('bottle', True)
    assert len(one.points) == (shot.owner == 0).sum()
    assert len(one.crops) == len(one.features) >= 1
    floor = np.percentile(shot.points[:, 2], 1)
    low = shot.points[shot.owner == 0, 2].min()
    assert one.points[:, 2].min() == pytest.approx(low - floor, abs=1e-4)
