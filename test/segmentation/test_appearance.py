import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.appearance import Appearance
from omd3d_ros.segmentation.crops import crop, find_views
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.word_namer import carries_things

CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
WALL = 2.0  # metres in front of the camera
# The camera looks along the map's x axis from 1 m above the floor.
MAP_FROM_CAMERA = np.array(
    [[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 1], [0, 0, 0, 1]])
SETTINGS = AppearanceSettings(namer='words')


def draw_clock(image, middle, radius):
    """Draw a wall clock: a dark rim, a white face, twelve dots and two hands."""
    v, u = np.mgrid[0:image.shape[0], 0:image.shape[1]]
    x, y = u - middle[0], v - middle[1]
    distance = np.hypot(x, y)
    image[distance < radius] = 30
    image[distance < 0.9 * radius] = (250, 250, 245)
    for angle in np.arange(12) * np.pi / 6:
        dot = np.hypot(x - np.cos(angle) * 0.75 * radius, y - np.sin(angle) * 0.75 * radius)
        image[dot < 0.05 * radius] = 0
    for angle, length in ((-1.2, 0.52), (0.4, 0.7)):
        along = np.cos(angle) * x + np.sin(angle) * y
        across = np.abs(-np.sin(angle) * x + np.cos(angle) * y)
        image[(across < 0.03 * radius) & (along > 0) & (along < length * radius)] = 0


def keyframe(key=1, depth=WALL, middle=(320, 240), pose=MAP_FROM_CAMERA):
    color = np.full((480, 640, 3), 190, np.uint8)
    draw_clock(color, middle, 40)
    depths = np.full((480, 640), round(depth * 1000), np.uint16)
    return Keyframe(key, 1000, color, depths, CAMERA, pose)


def disc(middle=(320, 240), pixels=40, depth=WALL):
    """Return map points on the wall where the clock is drawn."""
    v, u = np.mgrid[0:480, 0:640]
    inside = np.hypot(u - middle[0], v - middle[1]) < pixels
    points = CAMERA.backproject(np.full((480, 640), depth))[inside]
    return (points @ MAP_FROM_CAMERA[:3, :3].T + MAP_FROM_CAMERA[:3, 3]).astype(np.float32)


def snapshot_of(*clouds):
    points = np.concatenate(clouds)
    n = len(points)
    ends = np.cumsum([len(cloud) for cloud in clouds])
    proposals = [Proposal(np.arange(end - len(cloud), end), 0.8)
                 for cloud, end in zip(clouds, ends, strict=True)]
    snapshot = MapSnapshot('m', 1, 0, 0.02, points, np.full((n, 3), 128, np.uint8),
                           np.ones(n, np.uint32), np.ones(n, np.uint16), np.ones(n, np.int64))
    return snapshot, proposals


def block(size, bottom=0.0, spacing=0.02):
    axes = [np.arange(0, extent + spacing / 2, spacing) for extent in size]
    points = np.stack(np.meshgrid(*axes), -1).reshape(-1, 3)
    return (points + np.array([0, 0, bottom])).astype(np.float32)


@pytest.fixture
def appearance():
    return Appearance(SETTINGS, torch.device('cpu'))


def test_an_object_is_found_where_it_is_in_the_image():
    (views,) = find_views([disc()], [keyframe()], SETTINGS)
    assert np.abs(np.subtract(views[0].box, (281, 201, 360, 280))).max() <= 4
    assert 0 < views[0].quality <= 1


@pytest.mark.parametrize(('frame', 'middle'), [
    (keyframe(depth=1.0), (320, 240)),  # something nearer hides it
    (keyframe(depth=3.0), (320, 240)),  # it is gone: the camera sees through it
    (keyframe(), (1, 240)),  # half of it lies outside the image
], ids=['hidden', 'seen through', 'cut'])
def test_an_object_that_the_image_does_not_show_has_no_view(frame, middle):
    points = disc() if middle == (320, 240) else disc((40, 240)) + np.float32([0, 0.16, 0])
    assert find_views([points], [frame], SETTINGS) == [[]]


def test_an_object_behind_the_camera_has_no_view():
    turned = MAP_FROM_CAMERA @ np.diag([-1.0, 1, -1, 1])
    assert find_views([disc()], [keyframe(pose=turned)], SETTINGS) == [[]]


def test_an_object_of_few_pixels_has_no_view():
    assert find_views([disc(pixels=8)], [keyframe()], SETTINGS) == [[]]


def test_better_views_come_first_and_only_so_many():
    back = MAP_FROM_CAMERA.copy()
    back[0, 3] = -1.0
    frames = [keyframe(1, depth=3.0, pose=back), *(keyframe(key) for key in (5, 4, 3, 2))]
    (views,) = find_views([disc()], frames, SETTINGS)
    assert [view.keyframe.key for view in views] == [2, 3, 4]


def test_a_crop_fills_what_has_no_colour_from_around_it():
    frame = keyframe()
    holes = np.random.default_rng(0).random((480, 640)) < 0.5
    color, depth = frame.color.copy(), frame.depth.copy()
    color[holes], depth[holes] = 0, 0
    spotty = Keyframe(1, 1000, color, depth, CAMERA, MAP_FROM_CAMERA)
    view = find_views([disc()], [frame], SETTINGS)[0][0]
    whole = crop(view, 0.05, 64)
    filled = crop(dataclasses.replace(view, keyframe=spotty), 0.05, 64)
    assert filled.shape == (64, 64, 3)
    assert np.abs(whole.astype(int) - filled).mean() < 20


def test_a_crop_at_the_image_border_continues_its_colours():
    view = find_views([disc((42, 240))], [keyframe(middle=(42, 240))], SETTINGS)[0][0]
    picture = crop(view, 0.5, 64)
    assert np.abs(picture[:, :3].astype(int) - 150).max() < 60  # the wall, faded; no black


def test_a_drawn_clock_on_the_wall_is_a_clock(appearance):
    snapshot, proposals = snapshot_of(disc())
    ((labels, scores, feature),) = appearance.name(proposals, snapshot, [keyframe()])
    assert labels[0] == 'clock'
    assert scores[0] > 0.5
    assert list(scores) == sorted(scores, reverse=True)
    assert 0 < sum(scores) <= 1
    assert feature == ()  # the image network's classes have none


def test_the_same_picture_far_too_large_is_no_clock(appearance):
    snapshot, proposals = snapshot_of(disc(depth=20.0))
    ((labels, scores, _),) = appearance.name(proposals, snapshot, [keyframe(depth=20.0)])
    assert labels[0] != 'clock'
    assert dict(zip(labels, scores, strict=True)).get('clock', 0.0) < 0.1


@pytest.mark.parametrize(('size', 'bottom', 'word'), [
    ((0.1, 0.1, 0.1), 0.0, 'object'),
    ((1.0, 0.4, 1.5), 0.0, 'furniture'),
    ((1.2, 0.8, 0.04), 0.7, 'table'),
])
def test_what_no_image_shows_is_named_by_its_shape(appearance, size, bottom, word):
    floor = block((3.0, 3.0, 0.0), spacing=0.05) - np.float32([1, 1, 0])
    snapshot, proposals = snapshot_of(floor, block(size, bottom))
    assert appearance.name(proposals[1:], snapshot, [])[0][0][0] == word


@pytest.mark.parametrize(('size', 'bottom', 'carries'), [
    ((1.2, 0.8, 0.04), 0.7, True), ((0.3, 0.2, 0.04), 0.7, False),
    ((1.2, 0.8, 0.04), 0.0, False), ((1.2, 0.8, 0.04), 1.8, False)])
def test_a_table_is_wide_flat_and_of_a_table_s_height(size, bottom, carries):
    assert carries_things(block(size, bottom), 0.0) == carries


def test_an_unchanged_object_is_not_looked_at_again(appearance, monkeypatch):
    from omd3d_ros.segmentation import appearance as module
    counts = []
    look = module.crop_features

    def counting(network, crops, batch):
        counts.append(len(crops))
        return look(network, crops, batch)

    monkeypatch.setattr(module, 'crop_features', counting)
    snapshot, proposals = snapshot_of(disc())
    first = appearance.name(proposals, snapshot, [keyframe(1)])
    assert appearance.name(proposals, snapshot, [keyframe(1)]) == first
    appearance.name(proposals, snapshot, [keyframe(1), keyframe(2)])
    assert counts == [1, 0, 1]


def test_crops_of_one_pass_are_capped_and_every_object_comes_first():
    capped = Appearance(AppearanceSettings(namer='words', max_crops=2), torch.device('cpu'))
    clouds = [disc(), disc((200, 240)), disc((450, 240))]
    snapshot, proposals = snapshot_of(*clouds)
    frames = [keyframe(1), keyframe(2), keyframe(3)]
    capped.name(proposals, snapshot, frames)
    assert len(capped._known) == 2
    for _ in range(4):
        names = capped.name(proposals, snapshot, frames)
    assert len(capped._known) == 9
    assert names[0][0][0] == 'clock'


def test_no_proposals_have_no_names(appearance):
    snapshot, _ = snapshot_of(disc())
    assert appearance.name([], snapshot, [keyframe()]) == []
