import copy
import json
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.evaluation.real_commands import KINDS, load_real_commands
from omd3d_ros.evaluation.scenes import read_views

FILE = Path(__file__).with_name('real_commands.json')
BENCHMARK = load_real_commands(FILE)

SMALL = {
    'scenes': [{
        'name': 'kitchen', 'source': 'rgbd/kitchen', 'format': 'log_folder', 'voxel_size': 0.02,
        'camera': {'width': 640, 'height': 480, 'fx': 525, 'fy': 525.5, 'cx': 319.5, 'cy': 239.5},
        'map_from_recording': [[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 1.2], [0, 0, 0, 1]],
        'objects': [
            {'name': 'mug', 'synonyms': ['cup'], 'center': [1, 0, 0.8], 'yaw': 0.5,
             'size': [0.1, 0.08, 0.1]},
            {'name': 'plate', 'synonyms': [], 'center': [1, 0.4, 0.8], 'yaw': 0,
             'size': [0.2, 0.2, 0.02]},
        ]}],
    'commands': [
        {'scene': 'kitchen', 'kind': 'explicit', 'text': 'Bring the mug.', 'targets': ['mug']},
        {'scene': 'kitchen', 'kind': 'plural', 'text': 'Clear it.', 'targets': ['plate', 'mug']},
        {'scene': 'kitchen', 'kind': 'not_there', 'text': 'Bring the axe.', 'targets': []},
    ],
}


def load(folder, tree):
    path = folder / 'commands.json'
    path.write_text(json.dumps(tree), encoding='utf-8')
    return load_real_commands(path)


def test_a_file_is_read_with_its_numbers_and_targets(tmp_path):
    read = load(tmp_path, SMALL)
    scene = read.scenes[0]
    assert (scene.camera.fy, scene.camera.cx, scene.voxel_size) == (525.5, 319.5, 0.02)
    assert scene.map_from_recording[2].tolist() == [0, -1, 0, 1.2]
    assert scene.find('mug').synonyms == ('cup',)
    explicit, plural, absent = read.on(scene)
    assert explicit.boxes[0].yaw == 0.5
    assert explicit.boxes[0].size.tolist() == [0.1, 0.08, 0.1]
    assert [target.name for target in plural.targets] == ['plate', 'mug']
    assert absent.boxes == ()


@pytest.mark.parametrize(('path', 'value', 'message'), [
    (('scenes', 0, 'name'), ' ', r'scenes\[0\]: name'),
    (('scenes', 0, 'source'), '/data/kitchen', 'source'),
    (('scenes', 0, 'source'), '../kitchen', 'source'),
    (('scenes', 0, 'format'), 'rosbag', r"format='rosbag': must be one of log_folder"),
    (('scenes', 0, 'voxel_size'), 0, 'voxel_size'),
    (('scenes', 0, 'voxel_size'), True, 'voxel_size'),
    (('scenes', 0, 'camera', 'fx'), -1, 'fx'),
    (('scenes', 0, 'camera', 'width'), 640.5, 'width'),
    (('scenes', 0, 'map_from_recording', 0), [0, 0, 2, 0], 'rigid'),
    (('scenes', 0, 'map_from_recording', 0), [0, 0, -1, 0], 'rigid'),
    (('scenes', 0, 'map_from_recording', 3), [0, 0, 0, 2], 'rigid'),
    (('scenes', 0, 'map_from_recording'), [[1, 0], [0, 1]], 'map_from_recording'),
    (('scenes', 0, 'objects', 1, 'name'), 'mug', "objects: 'mug' is there more than once"),
    (('scenes', 0, 'objects', 0, 'size'), [0.1, 0, 0.1], r'objects\[0\]: size'),
    (('scenes', 0, 'objects', 0, 'center'), [1, 2], 'center'),
    (('scenes', 0, 'objects', 0, 'center'), [1, 2, float('nan')], 'center'),
    (('scenes', 0, 'objects', 0, 'center'), [1, 2, 'up'], 'center'),
    (('scenes', 0, 'objects', 0, 'yaw'), 1.6, 'yaw'),
    (('scenes', 0, 'objects', 0, 'synonyms'), [3], 'synonyms'),
    (('commands', 0, 'scene'), 'garden', r"commands\[0\]: scene='garden'"),
    (('commands', 0, 'kind'), 'rude', "kind='rude'"),
    (('commands', 0, 'text'), '', 'text'),
    (('commands', 0, 'targets'), ['fork'], "'fork': scene 'kitchen' has no such object"),
    (('commands', 0, 'targets'), [], 'none if and only if'),
    (('commands', 2, 'targets'), ['mug'], 'none if and only if'),
    (('commands', 1, 'targets'), ['mug'], 'two or more'),
    (('commands', 1, 'targets'), ['mug', 'mug'], 'more than once'),
    (('commands',), {}, 'commands={}: must be a list'),
])
def test_a_wrong_file_is_refused_by_file_entry_and_value(tmp_path, path, value, message):
    tree = copy.deepcopy(SMALL)
    part = tree
    for key in path[:-1]:
        part = part[key]
    part[path[-1]] = value
    with pytest.raises(ValueError, match=message) as error:
        load(tmp_path, tree)
    assert 'commands.json' in str(error.value)


@pytest.mark.parametrize('path', [
    ('scenes',), ('scenes', 0, 'camera'), ('scenes', 0, 'camera', 'cy'),
    ('scenes', 0, 'objects', 1, 'yaw'), ('commands', 1, 'targets')])
def test_a_missing_field_is_named(tmp_path, path):
    tree = copy.deepcopy(SMALL)
    part = tree
    for key in path[:-1]:
        part = part[key]
    del part[path[-1]]
    with pytest.raises(ValueError, match=f'{path[-1]} is missing'):
        load(tmp_path, tree)


def test_a_file_that_is_not_json_is_refused_by_name(tmp_path):
    path = tmp_path / 'broken.json'
    path.write_text('{"scenes": [', encoding='utf-8')
    with pytest.raises(ValueError, match=r'broken\.json'):
        load_real_commands(path)


def test_the_annotations_cover_every_kind_and_scene():
    kinds = Counter(command.kind for command in BENCHMARK.commands)
    assert len(BENCHMARK.commands) >= 36
    assert set(kinds) == set(KINDS)
    assert 0.2 <= kinds['not_there'] / len(BENCHMARK.commands) <= 0.25
    for scene in BENCHMARK.scenes:
        assert {'explicit', 'not_there'} <= {command.kind for command in BENCHMARK.on(scene)}
    said = [(command.scene, command.text) for command in BENCHMARK.commands]
    assert len(set(said)) == len(said)


def scene_points(scene, shared):
    """The points of a scene in the map frame, of every tenth view of the long one."""
    clouds = []
    every = 10 if scene.format == 'log_folder' else 1
    for view in read_views(scene, shared / 'data', every):
        points = view.camera.backproject(view.depth / np.float32(1000))[view.depth > 0]
        clouds.append(points @ view.map_from_camera[:3, :3].T + view.map_from_camera[:3, 3])
    return np.concatenate(clouds)


@pytest.mark.parametrize('scene', BENCHMARK.scenes, ids=lambda scene: scene.name)
def test_every_box_holds_points_of_its_scene_on_every_side(scene, shared):
    points = scene_points(scene, shared)
    for known in scene.objects:
        box = known.box
        cos, sin = np.cos(box.yaw), np.sin(box.yaw)
        own = (points - box.center) @ np.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1]])
        inside = own[(np.abs(own) <= box.size / 2).all(axis=1)]
        assert len(inside) >= 30, known.name
        # It is a tight box: the points in it reach near each of its ends, but for the one it
        # stands on, where the seen surface may end above the floor.
        reach = np.stack([-inside.min(axis=0), inside.max(axis=0)]) / box.size
        reach[0, 2] = 0.5
        assert reach.min() > 0.3, (known.name, reach)


@pytest.mark.parametrize('scene', BENCHMARK.scenes, ids=lambda scene: scene.name)
def test_z_is_up_and_the_floor_or_table_lies_at_zero(scene, shared):
    heights = scene_points(scene, shared)[:, 2]
    near = heights[np.abs(heights) < 0.1]
    assert len(near) > 0.02 * len(heights)
    assert abs(np.median(near)) < 0.025
    assert np.mean(heights < -0.15) < 0.01
