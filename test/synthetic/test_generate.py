import dataclasses
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.voxel_grid import voxel_keys
from omd3d_ros.synthetic.catalogue import CatalogueEntry
from omd3d_ros.synthetic.generate import tasks
from omd3d_ros.synthetic.household_names import household_name
from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry, own_entries, split_models
from omd3d_ros.synthetic.scene_file import load_scene, save_scene
from omd3d_ros.synthetic.scene_maker import make_scene
from omd3d_ros.synthetic.vessels import MAKERS


@pytest.fixture(scope='module')
def scene():
    return make_scene(ModelShelf(own_entries(), 'train'), 'tables', 3, 1, 'train')


def test_names_are_household_words_or_none():
    assert household_name('Boiler') == 'kettle'
    assert household_name('Oak table') == 'table'
    assert household_name('Wall type G plug') is None
    assert set(MAKERS) <= set(household_vocabulary().words)


def test_splits_share_no_model_and_hold_out_a_tenth_of_every_name():
    parts = split_models(own_entries())
    ids = {split: {one.id for one in found} for split, found in parts.items()}
    assert not ids['train'] & ids['test']
    assert not ids['train'] & ids['dev']
    assert not ids['dev'] & ids['test']
    assert set.union(*ids.values()) == {one.id for one in own_entries()}
    for name in MAKERS:
        for split in ('dev', 'test'):
            assert sum(one.name == name for one in parts[split]) >= 4


def test_scene_is_the_same_whatever_was_made_before(scene):
    shelf = ModelShelf(own_entries(), 'train', cached=2)
    make_scene(shelf, 'tables', 3, 0, 'train')
    again = make_scene(shelf, 'tables', 3, 1, 'train')
    np.testing.assert_array_equal(again.points, scene.points)
    np.testing.assert_array_equal(again.instance, scene.instance)
    np.testing.assert_array_equal(again.keyframes[0].depth, scene.keyframes[0].depth)


def test_labelled_voxels_lie_in_the_box_of_their_object(scene):
    for one in scene.objects:
        own = scene.points[scene.instance == one.id]
        if len(own) < 20:
            continue
        turn = np.array([[np.cos(one.yaw), -np.sin(one.yaw)], [np.sin(one.yaw), np.cos(one.yaw)]])
        local = own - np.array(one.center)
        local[:, :2] = local[:, :2] @ turn
        inside = (np.abs(local) < np.array(one.size) / 2 + 0.03).all(axis=1)
        assert inside.mean() > 0.8, one.name


def test_scene_comes_back_from_disk(scene, tmp_path):
    save_scene(scene, tmp_path / 'one')
    back = load_scene(tmp_path / 'one')
    np.testing.assert_allclose(back.points, scene.points, rtol=0, atol=6e-4)  # half a mm
    np.testing.assert_array_equal(voxel_keys(back.points, scene.voxel_size),
                                  voxel_keys(scene.points, scene.voxel_size))
    np.testing.assert_array_equal(back.instance, scene.instance)
    np.testing.assert_array_equal(back.keyframes[0].depth, scene.keyframes[0].depth)
    assert back.objects == scene.objects or [o.name for o in back.objects] == [
        o.name for o in scene.objects]


def test_damaged_scene_is_refused(scene, tmp_path):
    save_scene(scene, tmp_path / 'one')
    data = bytearray((tmp_path / 'one.npz').read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / 'one.npz').write_bytes(data)
    with pytest.raises(ValueError, match='one: no usable scene'):
        load_scene(tmp_path / 'one')


def test_resume_makes_only_what_is_missing_damaged_or_of_other_settings(scene, tmp_path):
    shelf = ModelShelf(own_entries(), 'train')
    for index in range(4):
        path = tmp_path / f'train_tables_3_{index:06d}'
        settings = {**scene.settings, 'index': index}
        if index == 3:
            settings['version'] -= 1
        save_scene(dataclasses.replace(scene, settings=settings), path)
    (tmp_path / 'train_tables_3_000001.npz').write_bytes(b'')
    todo = tasks(5, shelf, 'train', 'tables', 3, tmp_path, None, resume=True)
    assert [task.index for task in todo] == [1, 3, 4]
    fewer = ModelShelf(own_entries()[:-40], 'train')
    todo = tasks(1, fewer, 'train', 'tables', 3, tmp_path, None, resume=True)
    assert [task.index for task in todo] == [0]


def test_names_follow_the_file_where_the_catalogue_misleads():
    assert household_name('Chair', 'office-chair') == 'office chair'
    assert household_name('Chair with cushion') == 'chair'
    assert household_name('Toy train') == 'toy train'
    assert household_name('Basketball net', 'basketball_net_and_board') is None


def _bought(name, count):
    size = (0.1, 0.1, 0.1)
    return [ShelfEntry(f'library/{name}{number}', name, CatalogueEntry(name, Path(), size, None))
            for number in range(count)]


def test_a_single_model_is_trained_on_and_three_are_in_every_split():
    entries = [*_bought('anvil', 1), *_bought('pair', 2), *_bought('trio', 3), *_bought('many', 17)]
    parts = split_models(entries)
    counts = {(split, name): sum(one.name == name for one in found)
              for split, found in parts.items() for name in ('anvil', 'pair', 'trio', 'many')}
    assert (counts['train', 'anvil'], counts['dev', 'anvil'], counts['test', 'anvil']) == (1, 0, 0)
    assert counts['train', 'pair'] == 1
    assert counts['dev', 'pair'] + counts['test', 'pair'] == 1
    assert [counts[split, 'trio'] for split in ('train', 'dev', 'test')] == [1, 1, 1]
    assert [counts[split, 'many'] for split in ('train', 'dev', 'test')] == [11, 3, 3]
