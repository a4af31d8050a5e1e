import numpy as np
import pytest

from omd3d_ros.segmentation.proposal_settings import PlaneSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys
from omd3d_ros.segmentation.walls import Wall, find_walls

SIZE = 0.02


def panel(start, end, low, high, rng):
    """Points of an upright rectangle between two places on the ground."""
    length = np.hypot(*np.subtract(end, start))
    u, z = np.meshgrid(np.arange(0, length, 0.012) / length, np.arange(low, high, 0.012))
    flat = np.array(start) + u.ravel()[:, None] * np.subtract(end, start)
    points = np.column_stack([flat, z.ravel()])
    return points + rng.normal(0, 0.004, points.shape)


def walls_of(*panels, floor_z=0.0):
    points = np.concatenate(panels)
    _, first = np.unique(voxel_keys(points, SIZE), return_index=True)
    grid = VoxelGrid.of_points(points[first].astype(np.float32), SIZE)
    return grid, find_walls(grid, np.arange(len(grid)), floor_z, PlaneSettings())


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize('turn', [0.0, 0.4, 1.3])
def test_two_walls_are_found_however_the_room_is_turned(rng, turn):
    c, s = np.cos(turn), np.sin(turn)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    crate = panel((1, 1), (1.5, 1), 0, 0.5, rng)
    parts = [panel((0, 0), (3, 0), 0, 2.4, rng), panel((0, 0), (0, 3), 0, 2.4, rng), crate]
    grid, walls = walls_of(*(part @ rotation.T for part in parts))
    assert len(walls) == 2
    inside = (np.array([[1.0, 1.5, 1.0]]) @ rotation.T).astype(np.float32)
    for wall in walls:
        assert wall.plane.distances(inside)[0] > 0  # their normals point into the room
        assert wall.high - wall.low == pytest.approx(3.0, abs=0.15)
    held = np.any([wall.holds(grid.points, wall.thickness) for wall in walls], axis=0)
    away = np.abs(grid.points @ rotation)[:, :2].min(axis=1) > 0.2
    assert held[~away].mean() > 0.95
    assert not held[away].any()


def test_the_front_of_a_wardrobe_before_a_wall_is_none(rng):
    back = panel((0, 0), (3, 0), 0, 2.4, rng)
    front = panel((1, 0.6), (2.2, 0.6), 0, 2.0, rng)
    room = panel((0, 3), (1, 3), 0, 0.5, rng)
    _, walls = walls_of(back, front, room)
    assert len(walls) == 1
    assert abs(walls[0].plane.offset) < 0.02


def test_a_wardrobe_that_hides_the_wall_behind_it_but_is_lower_is_none(rng):
    beside = [panel(ends[0], ends[1], 0, 2.5, rng) for ends in (((0, 0), (1, 0)), ((2, 0), (3, 0)))]
    above = panel((1, 0), (2, 0), 2.0, 2.5, rng)
    _, walls = walls_of(*beside, above, panel((1, 0.6), (2, 0.6), 0, 2.0, rng))
    assert len(walls) == 1
    assert abs(walls[0].plane.offset) < 0.02


def test_low_furniture_is_no_wall(rng):
    _, walls = walls_of(panel((0, 0), (3, 0), 0, 2.4, rng),
                        panel((0, 2), (2, 2), 0, 1.1, rng))
    assert len(walls) == 1


def test_an_empty_map_has_no_walls():
    grid = VoxelGrid.of_points(np.empty((0, 3), np.float32), SIZE)
    assert find_walls(grid, np.empty(0, np.int64), None, PlaneSettings()) == []


def test_a_wall_holds_what_is_in_its_plane_between_its_ends(rng):
    _, (wall,) = walls_of(panel((0, 0), (3, 0), 0, 2.4, rng), panel((1, 1), (1.3, 1), 0, 0.3, rng))
    assert isinstance(wall, Wall)
    points = np.array([[1, 0.01, 1], [1, 0.3, 1], [4, 0, 1], [1, -0.01, 5]], np.float32)
    np.testing.assert_array_equal(wall.holds(points, 0.05), [True, False, False, True])
    np.testing.assert_array_equal(wall.beside(points), [True, True, False, True])
