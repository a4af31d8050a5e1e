"""Drawing points, and the demo's picture of what commands selected."""

import numpy as np
import pytest
from PIL import Image

from omd3d_ros.drawing.map_view import Viewpoint, draw, project
from omd3d_ros.drawing.picture import Highlight, Panel, draw_picture

FROM_SOUTH = Viewpoint(np.array([0.0, -2.0, 0.0]), np.zeros(3))


def grey(points):
    return np.full((len(points), 3), 120, np.uint8)


def test_a_point_ahead_is_in_the_middle_and_right_and_up_are_where_they_should_be():
    points = np.array([[0, 0, 0], [0.3, 0, 0], [0, 0, 0.3]], np.float32)
    pixels, depth = project(points, FROM_SOUTH, 101, 81)
    np.testing.assert_allclose(pixels[0], [50, 40], atol=1e-9)
    assert pixels[1, 0] > 50
    assert pixels[1, 1] == pytest.approx(40)
    assert pixels[2, 1] < 40
    np.testing.assert_allclose(depth, 2.0)


def test_the_nearest_point_wins_whatever_the_order():
    points = np.array([[0, 0, 0], [0, -0.5, 0]], np.float32)
    for order in ([0, 1], [1, 0]):
        view = draw(points[order], grey(points), 0.05, FROM_SOUTH, 41, 41)
        assert order[view.index[20, 20]] == 1


def test_points_behind_the_viewer_are_not_drawn():
    points = np.array([[0, -2.5, 0], [0, -2.05, 0]], np.float32)
    assert (draw(points, grey(points), 0.05, FROM_SOUTH, 41, 41).index == -1).all()


def test_a_wall_of_voxels_is_closed_and_shows_its_color():
    side = np.arange(-0.5, 0.5, 0.02)
    points = np.array([[x, 0, z] for x in side for z in side], np.float32)
    view = draw(points, grey(points), 0.02, FROM_SOUTH, 200, 200)
    assert (view.index[60:140, 60:140] >= 0).all()
    assert view.image[100, 100].tolist() == [120, 120, 120]
    assert view.image[0, 0].min() > 240   # background


def test_an_edge_in_depth_is_darkened_behind_it():
    side = np.arange(-0.5, 0.5, 0.02)
    back = np.array([[x, 0, z] for x in side for z in side], np.float32)
    front = back[back[:, 0] > 0] - [0, 0.5, 0]
    points = np.concatenate([back, front]).astype(np.float32)
    view = draw(points, grey(points), 0.02, FROM_SOUTH, 200, 200)
    row = view.index[100]
    last_behind = np.flatnonzero((row >= 0) & (row < len(back)))[-1]
    assert view.image[100, last_behind, 0] < 110


def test_the_picture_shows_each_selection_in_a_color_of_its_own(tmp_path):
    floor = np.mgrid[-1.5:1.5:0.02, -1.5:1.5:0.02].reshape(2, -1).T
    floor = np.column_stack([floor, np.zeros(len(floor))]).astype(np.float32)
    cube = np.mgrid[0:0.2:0.02, 0:0.2:0.02, 0.02:0.2:0.02].reshape(3, -1).T.astype(np.float32)
    other = cube - np.float32([0.6, 0, 0])
    points = np.concatenate([floor, cube, other])
    path = tmp_path / 'picture.png'
    draw_picture(points, grey(points), 0.02, [
        Panel('the $boxes$', 'OK', (Highlight('box', cube), Highlight('box', other))),
        Panel('the bicycle', 'NOT_FOUND', ())], path)
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(int)
    orange = (pixels[..., 0] > 200) & (np.abs(pixels[..., 1] - 115) < 25) & (pixels[..., 2] < 40)
    blue = (pixels[..., 0] < 40) & (pixels[..., 2] > 190)
    half = pixels.shape[1] // 2
    for tone in (orange, blue):
        assert tone[:, :half].sum() > 500
        assert tone[:, half:].sum() == 0


def test_nothing_to_draw_is_refused(tmp_path):
    nothing = np.zeros((0, 3), np.float32)
    with pytest.raises(ValueError, match='points=0'):
        draw_picture(nothing, grey(nothing), 0.02, [Panel('x', 'OK', ())], tmp_path / 'p.png')


def test_a_map_of_a_few_voxels_is_drawn_and_not_cut_away_as_walls(tmp_path):
    points = np.array([[0, 0, 0.02], [0.02, 0, 0.02]], np.float32)
    for count in (1, 2):
        draw_picture(points[:count], np.tile(np.uint8([[200, 0, 0]]), (count, 1)), 0.02,
                     [Panel('', '', ())], tmp_path / 'small.png')
        pixels = np.asarray(Image.open(tmp_path / 'small.png').convert('RGB')).astype(int)
        assert ((pixels[..., 0] > 150) & (pixels[..., 1] < 60)).sum() > 20
