import itertools

import numpy as np
import pytest
from scipy.spatial import cKDTree

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.synthetic.arrangement import Arrangement
from omd3d_ros.synthetic.clash import surface_points
from omd3d_ros.synthetic.depth_camera import DepthCamera
from omd3d_ros.synthetic.model_draw import ModelDraw
from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
from omd3d_ros.synthetic.room import furnished_room
from omd3d_ros.synthetic.room_furniture import RoomFurniture
from omd3d_ros.synthetic.room_shell import room_shell
from omd3d_ros.synthetic.room_types import ROOM_TYPES
from omd3d_ros.synthetic.room_views import RoomViews

SEATS = ('chair', 'office chair', 'stool')


@pytest.fixture(scope='module')
def shelf():
    return ModelShelf(own_entries(), 'train')


@pytest.fixture(scope='module')
def rooms(shelf):
    """One room of each type, every other one crammed."""
    return [furnished_room(shelf, np.random.default_rng(number), room, crammed=number % 2 == 0)
            for number, room in enumerate(ROOM_TYPES)]


def _ray_height(scene_model, places, above):
    import open3d
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(open3d.core.Tensor(scene_model.vertices.astype(np.float32)),
                        open3d.core.Tensor(scene_model.faces.astype(np.uint32)))
    rays = np.zeros((len(places), 6), np.float32)
    rays[:, :2], rays[:, 2], rays[:, 5] = places, above, -1
    return above - scene.cast_rays(open3d.core.Tensor(rays))['t_hit'].numpy()


def test_rooms_are_furnished_and_cluttered(rooms):
    for made in rooms:
        on_things = sum(one.supported_by > 0 for one in made.things)
        assert len(made.things) >= 12, made.kind
        assert on_things >= 4, made.kind
        names = {one.name for one in made.things}
        assert 'door' in names
        assert names & {'table', 'dining table', 'desk', 'bed', 'sofa', 'cabinet', 'shelf',
                        'dresser', 'bench', 'side table', 'coffee table', 'tv stand'}, made.kind


def test_nothing_goes_into_another_thing(rooms):
    pairs = 0
    for made in rooms:
        for one, other in itertools.combinations(made.things, 2):
            if made.flat & {one.number, other.number}:
                continue  # furniture stands on rugs
            if other.number == one.supported_by or one.number == other.supported_by:
                continue  # see the test of what things rest on
            low = np.maximum(one.low, other.low)
            high = np.minimum(one.high, other.high)
            if np.any(high - low <= 0.01) or one.outline.gap(other.outline) > -0.01:
                continue
            pairs += 1  # boxes overlap: only a chair drawn up, with its surfaces clear
            assert one.name in SEATS or other.name in SEATS, (made.kind, one.name, other.name)
            near = cKDTree(surface_points(one.model, 20_000)).query(
                surface_points(other.model, 20_000))[0]
            assert near.min() > 0.003, (made.kind, one.name, other.name)
    assert pairs > 0


def test_flat_things_lie_lower_than_a_centimetre(rooms):
    for made in rooms:
        for number in made.flat:
            assert made.things[number - 1].high[2] < 0.012


def test_everything_stands_hangs_or_rests(rooms):
    for made in rooms:
        for one in made.things:
            if one.supported_by:
                below = made.things[one.supported_by - 1]
                places = one.model.vertices[:, :2]
                near = places[one.model.vertices[:, 2] < one.low[2] + 0.02]
                middle = (near.min(axis=0) + near.max(axis=0)) / 2
                heights = _ray_height(below.model, middle + 0.9 * (near - middle),
                                      float(one.low[2]) + 0.02)
                gap = one.low[2] - heights.max()
                assert -0.001 <= gap < 0.012, (made.kind, one.name, below.name, gap)
            elif one.low[2] > 0.002:
                x, y = made.room
                walls = [y - one.high[1], one.low[0], one.low[1], x - one.high[0]]
                at_wall = min(walls[wall] for wall in made.walls)
                at_ceiling = made.height - one.high[2]
                assert min(at_wall, at_ceiling) < 0.03, (made.kind, one.name)


def test_pictures_hang_on_walls_that_are_there(rooms):
    for made in rooms:
        for one in made.things:
            if one.name in ('picture', 'mirror', 'window', 'door') and not one.supported_by:
                assert round(one.yaw / (np.pi / 2)) % 4 in made.walls


def test_nothing_stands_in_the_wall(rooms):
    for made in rooms:
        for one in made.things:
            assert (one.low[:2] > -0.01).all(), (made.kind, one.name)
            assert (one.high[:2] < np.array(made.room) + 0.01).all(), (made.kind, one.name)


def test_doors_can_be_walked_through(rooms):
    for made in rooms:
        for door in (one for one in made.things if one.name == 'door'):
            ahead = door.outline.center + 0.45 * door.front
            for other in made.things:
                if other is door or other.number in made.flat or other.low[2] > 2 or (
                        other.supported_by):
                    continue
                assert not other.outline.holds(ahead[None])[0], (made.kind, other.name)


def test_chairs_face_their_table_and_some_stand_under_it(shelf):
    facing, under, count = [], 0, 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        made = Arrangement((5.0, 4.5), rng)
        RoomFurniture(made, ModelDraw(shelf, rng), close=False).group('dining')
        table = made.things[0]
        for chair in made.things[1:]:
            away = table.outline.center - chair.outline.center
            local = table.outline.axes @ away
            nearest = np.clip(-local, -table.outline.half, table.outline.half)
            way = (local + nearest) @ table.outline.axes
            count += 1
            under += chair.outline.gap(table.outline) < 0
            if np.hypot(*way) > 0.05:
                facing.append(chair.front @ way / np.hypot(*way))
    assert len(facing) > 15
    assert np.mean(np.array(facing) > 0.85) > 0.75
    assert 3 <= under < count


def test_views_see_floor_and_some_metres_from_a_free_place(rooms, shelf):
    camera = PinholeCamera(80, 60, 65.6, 65.6, 39.5, 29.5)
    counts = []
    for number, made in enumerate(rooms):
        rng = np.random.default_rng(number)
        poses = RoomViews(made, camera, rng).poses()
        counts.append(len(poses))
        eyes = DepthCamera([*room_shell(made, rng), *(one.model for one in made.things)], camera,
                           rng)
        for pose in poses:
            eye = pose[:3, 3]
            assert 0.5 <= eye[2] <= 1.5
            for one in made.things:
                assert np.any(eye < one.low) or np.any(eye > one.high), one.name
            picture = eyes.render(pose)
            assert (picture.instance == 0).mean() > 0.03, made.kind
            assert np.median(picture.depth[picture.depth > 0]) > 1000, made.kind
    assert len(set(counts)) > 2


def test_same_seed_makes_the_same_room(shelf):
    first = furnished_room(shelf, np.random.default_rng(5))
    furnished_room(shelf, np.random.default_rng(6))
    fresh = furnished_room(ModelShelf(own_entries(), 'train', cached=3), np.random.default_rng(5))
    assert [one.model_id for one in first.things] == [one.model_id for one in fresh.things]
    for one, other in zip(first.things, fresh.things, strict=True):
        np.testing.assert_array_equal(one.model.vertices, other.model.vertices)


def test_crammed_rooms_hold_more_things_that_touch(shelf):
    def touching(made):
        return sum(one.outline.overlaps(other.outline, 0.006)
                   for one, other in itertools.combinations(made.things, 2)
                   if one.number not in made.flat and other.number not in made.flat)
    room = ROOM_TYPES[0]
    counts = {}
    for crammed in (False, True):
        made = [furnished_room(shelf, np.random.default_rng(seed), room, crammed)
                for seed in range(3)]
        counts[crammed] = sum(touching(one) for one in made)
    assert counts[True] > 1.5 * counts[False]
