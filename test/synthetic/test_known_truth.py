import numpy as np
import pytest

from omd3d_ros.synthetic.known_truth import known_scene
from omd3d_ros.synthetic.language.truth import is_in, is_on
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
from omd3d_ros.synthetic.scene_file import GeneratedScene, SceneObject
from omd3d_ros.synthetic.scene_maker import make_scene


def _object(number, name, center, size, supported_by=0, inside_of=0, visible=0.5):
    return SceneObject(number, name, f'own/{name}/0', center, 0.0, size, (200, 30, 30),
                       supported_by, inside_of, visible)


def _scene(objects, counts):
    """A scene with so many voxels of each object; the camera at (0, -2, 1) looks at +y."""
    instance = np.repeat(np.arange(len(counts) + 1), [3, *counts]).astype(np.int32)
    count = len(instance)
    colors = np.full((count, 3), 128, np.uint8)
    colors[instance == 2] = (200, 20, 25)
    colors[instance == 3] = (30, 60, 200)
    pose = np.eye(4)
    pose[:3, :3] = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # right, down, forward
    pose[:3, 3] = [0, -2, 1]
    return GeneratedScene(
        0.02, np.zeros((count, 3), np.float32), colors, np.ones(count, np.uint32),
        np.ones(count, np.uint16), instance, np.zeros(count, np.uint8), tuple(objects), (), pose,
        {})


@pytest.fixture
def objects():
    return [_object(1, 'bookcase', (0, 1, 0.9), (1, 0.3, 1.8)),
            _object(2, 'mug', (0, 1, 0.6), (0.1, 0.1, 0.1), supported_by=1, inside_of=1),
            _object(3, 'vase', (0.3, 1, 1.9), (0.1, 0.1, 0.2), supported_by=1),
            _object(4, 'book', (0.3, 1, 2.1), (0.2, 0.1, 0.03), supported_by=3, visible=0.9)]


def test_what_is_in_a_case_is_not_on_it(objects):
    known = known_scene(_scene(objects, [50, 20, 20, 20]))
    case, mug, vase, book = known.objects
    assert (mug.inside_of, mug.supported_by) == (1, None)
    assert (vase.inside_of, vase.supported_by) == (None, 1)
    assert (case.inside_of, case.supported_by, book.supported_by) == (None, None, 3)
    assert is_in(known, mug, case)
    assert is_on(known, vase, case)
    assert not is_on(known, book, mug)


def test_colours_are_those_of_an_objects_own_voxels(objects):
    known = known_scene(_scene(objects, [50, 20, 20, 20]))
    assert [one.colors for one in known.objects] == [(), ('red',), ('blue',), ()]


def test_hardly_seen_objects_and_references_to_them_are_left_out(objects):
    known = known_scene(_scene(objects, [50, 20, 9, 20]))  # the vase: 9 voxels
    assert [one.id for one in known.objects] == [1, 2, 4]
    assert known.find(4).supported_by is None
    objects[0] = _object(1, 'bookcase', (0, 1, 0.9), (1, 0.3, 1.8), visible=0.04)
    known = known_scene(_scene(objects, [50, 20, 20, 20]))
    assert [one.id for one in known.objects] == [2, 3, 4]
    assert known.find(2).inside_of is None
    assert known.find(2).supported_by is None


def test_viewpoint_looks_along_x_with_z_up(objects):
    pose = known_scene(_scene(objects, [50, 20, 20, 20])).map_from_viewpoint
    np.testing.assert_allclose(pose[:3, 0], [0, 1, 0])  # forward
    np.testing.assert_allclose(pose[:3, 1], [-1, 0, 0])  # left
    np.testing.assert_allclose(pose[:3, 2], [0, 0, 1])
    np.testing.assert_allclose(pose[:3, 3], [0, -2, 1])


@pytest.mark.parametrize('kind', ['rooms', 'tables'])
def test_commands_can_be_written_for_generated_scenes(kind):
    scene = make_scene(ModelShelf(own_entries(), 'train'), kind, 11, 0, 'train')
    known = known_scene(scene)
    samples = write_commands(known, 'train', 20, np.random.default_rng(0))
    assert len(samples) == 20
    ids = {one.id for one in known.objects}
    assert all(set(sample.targets) <= ids for sample in samples)
