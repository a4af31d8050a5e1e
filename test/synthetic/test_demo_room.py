"""The shipped recording: complete, small, and true to its own list of objects."""

import json
from pathlib import Path

import numpy as np
import pytest

import omd3d_ros
from omd3d_ros.ros.recording import open_recording

ROOM = Path(omd3d_ros.__file__).parent / 'data' / 'demo_room'
MOST_BYTES = 8_000_000


@pytest.fixture(scope='module')
def points():
    """Every fourth measured point of all frames, in the map frame, metres."""
    clouds = []
    for frame in open_recording(ROOM):
        seen = frame.camera.backproject(frame.depth / np.float32(1000))[::4, ::4].reshape(-1, 3)
        seen = seen[seen[:, 2] > 0]
        clouds.append(seen @ frame.map_from_camera[:3, :3].T + frame.map_from_camera[:3, 3])
    return np.concatenate(clouds)


def objects():
    return json.loads((ROOM / 'objects.json').read_text())['objects']


def in_box(points, thing, margin):
    """Return which points lie in a thing's box, grown by a margin, metres."""
    yaw, offset = thing['yaw'], points - thing['center']
    along = offset[:, 0] * np.cos(yaw) + offset[:, 1] * np.sin(yaw)
    across = offset[:, 1] * np.cos(yaw) - offset[:, 0] * np.sin(yaw)
    local = np.stack([along, across, offset[:, 2]], axis=1)
    return (np.abs(local) <= np.asarray(thing['size']) / 2 + margin).all(axis=1)


def test_it_is_small_enough_to_ship():
    assert sum(path.stat().st_size for path in ROOM.rglob('*')) < MOST_BYTES


def test_it_has_frames_of_a_moving_camera():
    poses = np.array([frame.map_from_camera for frame in open_recording(ROOM)])
    assert 24 <= len(poses) <= 40
    assert np.ptp(poses[:, :2, 3], axis=0).min() > 1.0   # m, in both directions


def test_depth_has_faults_but_not_too_many():
    for frame in open_recording(ROOM):
        holes = np.mean(frame.depth == 0)
        assert 0 < holes < 0.35


def test_its_floor_is_at_height_zero(points):
    low = points[np.abs(points[:, 2]) < 0.06, 2]
    assert len(low) > 10_000
    assert abs(np.median(low)) < 0.01
    assert np.mean(points[:, 2] < -0.06) < 0.001


@pytest.mark.parametrize('thing', objects(), ids=lambda thing: thing['name'])
def test_every_object_was_measured_where_the_list_says(points, thing):
    inside = points[in_box(points, thing, 0.015)]
    assert len(inside) >= 150
    top = thing['center'][2] + thing['size'][2] / 2
    if top < 1.2:   # the camera, at 1.3 m, looks down on it
        assert abs(np.quantile(inside[:, 2], 0.995) - top) < 0.04


def test_small_things_stand_free(points):
    """Round a mug there is only the table: nothing else within two centimetres above it."""
    for thing in objects():
        if thing['name'] != 'mug':
            continue
        near = points[in_box(points, thing, 0.02)]
        above = near[near[:, 2] > thing['center'][2] - thing['size'][2] / 2 + 0.02]
        assert np.mean(in_box(above, thing, 0.012)) > 0.9


def test_its_commands_name_objects_that_are_listed():
    content = json.loads((ROOM / 'objects.json').read_text())
    names = [thing['name'] for thing in content['objects']]
    kinds = {command['kind'] for command in content['commands']}
    assert kinds == {'explicit', 'implicit', 'plural', 'not_there'}
    for command in content['commands']:
        assert (command['expect'] == 'OK') == bool(command['targets'])
        for name in command['targets']:
            assert names.count(name) >= command['targets'].count(name)
