"""Generated tables: labels true to the render, level, alike with any number of workers."""

import dataclasses

import numpy as np
import pytest

from omd3d_ros.segmentation.voxel_grid import voxel_keys
from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.depth_camera import DepthCamera
from omd3d_ros.synthetic.generate import Task, generate, tasks
from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
from omd3d_ros.synthetic.outline import outline_of
from omd3d_ros.synthetic.scene_file import STRUCTURES
from omd3d_ros.synthetic.scene_maker import make_scene
from omd3d_ros.synthetic.sensor_faults import SensorSettings
from omd3d_ros.synthetic.shapes import box
from omd3d_ros.synthetic.soft_light import Lamp, SoftLight
from omd3d_ros.synthetic.table_stage import hiding_ways, table_stage
from omd3d_ros.synthetic.tabletop import Stood
from omd3d_ros.synthetic.voxel_labels import majority

UNKNOWN = STRUCTURES.index('unknown')
CLEAN = SensorSettings(
    noise=0.0, drift=0.0, steps=1e4, raggedness=0.0, flying=0.0, edge_loss=0.0, grazing=0.0,
    dark_loss=0.0, gloss_loss=0.0, misregistration=0.0, pose_error=0.0, level_error=0.0)
INDICES = (0, 1, 2)


@pytest.fixture(scope='module')
def shelf():
    return ModelShelf(own_entries(), 'train')


@pytest.fixture(scope='module')
def clean(shelf):
    return [make_scene(shelf, 'tables', 8, index, 'train', CLEAN) for index in INDICES]


@pytest.fixture(scope='module')
def noisy(shelf):
    return [make_scene(shelf, 'tables', 8, index, 'train') for index in INDICES]


def stage_of(shelf, index):
    return table_stage(shelf, np.random.default_rng([8, index, 1]))


def rays(models):
    import open3d
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    for model in models:
        scene.add_triangles(open3d.core.Tensor(model.vertices.astype(np.float32)),
                            open3d.core.Tensor(model.faces.astype(np.uint32)))
    return scene


def nearest(models, points):
    """Return the distance to the nearest of the models, and which one it is."""
    import open3d
    found = rays(models).compute_closest_points(
        open3d.core.Tensor(points.astype(np.float32)), nthreads=1)
    away = np.linalg.norm(found['points'].numpy() - points, axis=1)
    return away, found['geometry_ids'].numpy().astype(int)


def test_labels_agree_with_the_ideal_surfaces(shelf, clean):
    for index, scene in zip(INDICES, clean, strict=True):
        stage = stage_of(shelf, index)
        models = [*stage.shell, *(one.model for one in stage.things)]
        away, which = nearest(models, scene.points)
        truth = np.maximum(which - len(stage.shell) + 1, 0)
        # where two surfaces meet in one voxel, either is right
        assert np.mean(scene.instance == truth) > 0.97
        for one in stage.things:
            own = scene.instance == one.number
            if own.sum() > 30:
                assert np.quantile(nearest([one.model], scene.points[own])[0], 0.98) < 0.01
        assert np.quantile(away, 0.99) < 0.008
        assert (scene.structure[scene.instance > 0] == 0).all()
        assert np.mean(scene.structure == UNKNOWN) < 0.001


def test_labels_hold_with_a_real_sensors_faults(shelf, noisy):
    for index, scene in zip(INDICES, noisy, strict=True):
        stage = stage_of(shelf, index)
        for one in stage.things:
            own = scene.instance == one.number
            if own.sum() > 30:
                away = nearest([one.model], scene.points[own])[0]
                assert np.quantile(away, 0.9) < 0.016, one.name
        things = [thing for thing in scene.objects if thing.name != 'table']
        assert sum(thing.visible > 0.15 for thing in things) >= 0.5 * len(things)


def test_flying_voxels_are_unknown(shelf):
    wild = dataclasses.replace(CLEAN, flying=1.0, least=1.0)
    scene = make_scene(shelf, 'tables', 8, 1, 'train', wild)
    stage = stage_of(shelf, 1)
    away, _ = nearest([*stage.shell, *(one.model for one in stage.things)], scene.points)
    stray = away > 0.035
    assert stray.sum() > 20
    assert np.mean(scene.structure[stray] == UNKNOWN) > 0.9
    assert (scene.instance[scene.structure == UNKNOWN] == 0).all()


def test_majority_wins_and_strays_count_for_nothing(clean):
    scene = clean[0]
    class Snapshot:
        points, voxel_size = scene.points[:50], scene.voxel_size
    points = np.repeat(Snapshot.points, 3, axis=0)
    numbers = np.tile([4, 7, 7], 50)
    numbers[:3] = [-1, -1, 5]
    found = majority(Snapshot, points, numbers)
    first = voxel_keys(Snapshot.points, scene.voxel_size)
    assert len(np.unique(first)) == 50
    assert found[0] == -1
    assert (found[1:] == 7).all()


def test_support_is_level_and_where_the_scene_says(noisy):
    for scene in noisy:
        height = scene.settings['support_height']
        plane = scene.settings['table'] == 'plane'
        support = scene.structure == 1 if plane else scene.instance == 1
        points = scene.points[support & (np.abs(scene.points[:, 2] - height) < 0.02)]
        center = scene.points[scene.instance > int(not plane)].mean(axis=0)
        points = points[np.linalg.norm(points[:, :2] - center[:2], axis=1) < 0.5]
        assert len(points) > 300
        flat = np.column_stack([points[:, :2] - center[:2], np.ones(len(points))])
        slope = np.linalg.lstsq(flat, points[:, 2], rcond=None)[0]
        assert np.hypot(*slope[:2]) < 0.03
        assert abs(slope[2] - height) < 0.012


def test_views_are_those_of_a_camera_before_a_table(shelf):
    stages = [stage_of(shelf, index) for index in range(24)]
    counts = [len(stage.poses) for stage in stages if not stage.settings['hiding']]
    for stage in stages:
        for pose in stage.poses:
            away = stage.pivot - pose[:3, 3]
            assert 0.5 < np.linalg.norm(away) < 1.55
            assert 20 < np.degrees(np.arcsin(-pose[2, 2])) < 70
            assert pose[:3, 2] @ away / np.linalg.norm(away) > 0.95
            assert abs(pose[2, 0]) < 0.2  # hardly rolled
    assert 0.25 < np.mean(np.array(counts) == 1) < 0.75
    assert max(len(stage.poses) for stage in stages) <= 5
    assert {stage.settings['table'] for stage in stages} == {
        'legs', 'top', 'plane'}


def stood(shape, x, y, number):
    model = box(shape, (90, 90, 90)).placed(x, y, 0, 0)
    thing = PlacedModel(number, 'box', 'own/box', model, 0.0)
    return Stood(thing, 'free', 0, outline_of(model.vertices), None, shape[2])


def test_a_narrow_thing_hides_the_middle_of_a_broad_one_that_is_not_higher():
    broad = stood((0.06, 0.3, 0.1), 0, 0, 1)
    narrow = stood((0.05, 0.05, 0.15), 0.1, 0, 2)
    assert hiding_ways([broad, narrow]) == pytest.approx([0.0])
    assert hiding_ways([broad, stood((0.05, 0.05, 0.15), -0.1, 0, 2)]) == pytest.approx([np.pi])
    for other in (stood((0.05, 0.28, 0.15), 0.1, 0, 2),   # as broad
                  stood((0.05, 0.05, 0.04), 0.1, 0, 2),   # much lower
                  stood((0.05, 0.05, 0.15), 0.6, 0, 2)):  # far before it
        assert hiding_ways([broad, other]) == []


def test_some_tables_are_seen_from_where_one_thing_hides_another(shelf):
    stages = [stage_of(shelf, index) for index in range(24)]
    hiding = [stage for stage in stages if stage.settings['hiding']]
    assert 4 <= len(hiding) <= 14
    assert all(len(stage.poses) == 1 for stage in hiding)
    assert {len(stage.poses) for stage in stages} > {1}


def test_pictures_are_neither_black_nor_white(noisy):
    for scene in noisy:
        for frame in scene.keyframes:
            assert frame.color.shape == (480, 640, 3)
            assert 35 < np.median(frame.color) < 225
            assert frame.color.std() > 8


def test_light_is_soft_and_corners_are_darker():
    floor = box((2, 2, 0.1), (200, 200, 200)).placed(0, 0, -0.1, 0)
    block = box((0.2, 0.2, 0.2), (200, 200, 200))
    light = SoftLight((0.6, 0.6, 0.6), (Lamp((0.6, 0.0, 0.8), 0.3, (0.4, 0.4, 0.4)),))
    from omd3d_ros.mapping.camera import PinholeCamera
    camera = PinholeCamera(160, 120, 130, 130, 79.5, 59.5)
    view = DepthCamera([floor, block], camera, np.random.default_rng(0))
    pose = np.diag([1.0, -1, -1, 1])
    pose[:3, 3] = 0, 0, 1.2
    seen = view.ideal(pose, light)

    def at(x, y):
        u, v = int(79.5 + 130 * x / 1.2), int(59.5 - 130 * y / 1.2)
        return seen.color[v - 1:v + 2, u - 1:u + 2].mean()

    lit, shaded = at(0.45, 0.0), at(-0.13, 0.0)
    assert shaded < 0.8 * lit
    assert shaded > 0.2 * lit  # no black shadow
    row = [at(x, 0.0) for x in np.arange(-0.45, -0.12, 0.03)]
    assert np.abs(np.diff(row)).max() < 0.35 * (max(row) - min(row)) + 5  # no hard border
    assert at(0.12, 0.0) < at(0.4, 0.0)  # the corner on the lit side


def test_scenes_are_the_same_with_one_and_two_workers(shelf, tmp_path):
    for workers in (1, 2):
        (tmp_path / str(workers)).mkdir()
        todo = tasks(2, shelf, 'train', 'tables', 8, tmp_path / str(workers), None, resume=False)
        assert generate(todo, tmp_path / str(workers), workers, None, None) == 0
    one, two = (sorted((tmp_path / str(workers)).iterdir()) for workers in (1, 2))
    assert len(one) == 4
    assert [path.name for path in one] == [path.name for path in two]
    for first, second in zip(one, two, strict=True):
        assert first.read_bytes() == second.read_bytes(), first.name


def test_a_failing_scene_is_listed_and_the_run_goes_on(tmp_path):
    good = Task('tables', 8, 0, 'train', tmp_path / 'good', None)
    bad = Task('kitchens', 8, 1, 'train', tmp_path / 'bad', None)
    assert generate([bad, good], tmp_path, 1, None, None) == 1
    assert (tmp_path / 'good.json').exists()
    assert 'bad ValueError: kind=' in (tmp_path / 'failures.txt').read_text()
