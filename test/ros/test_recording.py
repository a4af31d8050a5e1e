"""Folders of frames: what is read, and what is refused by name."""

import json

import numpy as np
import pytest
from PIL import Image

from omd3d_ros.ros.recording import FRAME_NS, open_recording

TURNED = np.array([[0.0, -1, 0, 1], [1, 0, 0, 2], [0, 0, 1, 3], [0, 0, 0, 1]])   # 90 deg about z
CAMERA = {'width': 8, 'height': 6, 'fx': 10.0, 'fy': 11.0, 'cx': 3.5, 'cy': 2.5,
          'depth_scale': 1000.0}


def color_of(index, size=(6, 8)):
    return np.full((*size, 3), (200, 10 * index, 0), np.uint8)


def depth_of(index, size=(6, 8)):
    depth = np.full(size, 1000 + index, np.uint16)
    depth[0, 0] = 0
    return depth


def log_text(poses):
    return ''.join(f'{i} {i} {i + 1}\n' + '\n'.join(' '.join(map(str, row)) for row in pose) + '\n'
                   for i, pose in enumerate(poses))


def write_images(folder, names, color='color', depth_ending='png', size=(6, 8)):
    for kind in (color, 'depth'):
        (folder / kind).mkdir()
    for index, name in enumerate(names):
        Image.fromarray(color_of(index, size)).save(folder / color / f'{name}.png')
        Image.fromarray(depth_of(index, size)).save(folder / 'depth' / f'{name}.{depth_ending}')


@pytest.fixture
def folder(tmp_path):
    """Return a small recording of three frames in this package's own layout."""
    write_images(tmp_path, ['000000', '000001', '000002'])
    (tmp_path / 'trajectory.log').write_text(log_text([np.eye(4), TURNED, np.eye(4)]))
    (tmp_path / 'camera.json').write_text(json.dumps(CAMERA))
    return tmp_path


def test_our_own_layout_is_read_frame_by_frame(folder):
    recording = open_recording(folder)
    assert len(recording) == 3
    frames = list(recording)
    assert [f.index for f in frames] == [0, 1, 2]
    assert [f.stamp_ns for f in frames] == [FRAME_NS, 2 * FRAME_NS, 3 * FRAME_NS]
    np.testing.assert_array_equal(frames[1].map_from_camera, TURNED)
    np.testing.assert_array_equal(frames[2].color, color_of(2))
    np.testing.assert_array_equal(frames[2].depth, depth_of(2))
    assert frames[2].color.dtype == np.uint8
    assert frames[2].depth.dtype == np.uint16
    camera = frames[0].camera
    assert (camera.width, camera.height, camera.fx, camera.cy) == (8, 6, 10.0, 2.5)


def test_images_are_read_only_when_their_frame_is_asked_for(folder):
    (folder / 'color' / '000002.png').write_bytes(b'not an image')
    frames = iter(open_recording(folder))
    next(frames)
    next(frames)
    with pytest.raises(ValueError, match=r'000002\.png: not a readable image'):
        next(frames)


def test_depth_in_other_units_becomes_millimetres(folder):
    (folder / 'camera.json').write_text(json.dumps(CAMERA | {'depth_scale': 5000}))
    depth = open_recording(folder).frame(0).depth
    assert depth.dtype == np.uint16
    assert depth[0, 0] == 0
    assert depth[3, 3] == 200


def test_frames_are_ordered_by_number(tmp_path):
    write_images(tmp_path, ['1', '2', '10'])
    (tmp_path / 'trajectory.log').write_text(log_text([np.eye(4)] * 3))
    (tmp_path / 'camera.json').write_text(json.dumps(CAMERA))
    assert [f.depth[1, 1] for f in open_recording(tmp_path)] == [1000, 1001, 1002]


def test_the_layout_of_the_dining_room_is_read(tmp_path):
    write_images(tmp_path, ['1', '2'], depth_ending='pgm', size=(480, 640))
    half = np.sqrt(0.5)
    (tmp_path / 'pose.txt').write_text(f'0 0 0 0 0 0 1\n1 2 3 0 0 {half} {half}\n')
    frame = open_recording(tmp_path).frame(1)
    np.testing.assert_allclose(frame.map_from_camera, TURNED, atol=1e-12)
    assert (frame.camera.fx, frame.camera.fy) == (518.0, 519.0)
    assert frame.depth.dtype == np.uint16
    assert frame.depth[5, 5] == 1001


def test_the_layout_of_the_living_room_is_read(tmp_path):
    write_images(tmp_path, ['00000'], color='image', size=(480, 640))
    (tmp_path / 'trajectory.log').write_text(log_text([TURNED]))
    frame = open_recording(tmp_path).frame(0)
    assert (frame.camera.fx, frame.camera.cx) == (525.0, 319.5)
    np.testing.assert_array_equal(frame.map_from_camera, TURNED)


def remove_depth(folder):
    (folder / 'depth' / '000001.png').unlink()


def rename_depth(folder):
    (folder / 'depth' / '000001.png').rename(folder / 'depth' / '000007.png')


def remove_trajectory(folder):
    (folder / 'trajectory.log').unlink()


def break_rotation(folder):
    (folder / 'trajectory.log').write_text(log_text([np.eye(4), 2 * TURNED, np.eye(4)]))


def cut_trajectory(folder):
    text = (folder / 'trajectory.log').read_text()
    (folder / 'trajectory.log').write_text(text[:-12])


def garble_trajectory(folder):
    (folder / 'trajectory.log').write_text('this is no trajectory')


def remove_camera(folder):
    (folder / 'camera.json').unlink()


def forget_fx(folder):
    (folder / 'camera.json').write_text(
        json.dumps({k: v for k, v in CAMERA.items() if k != 'fx'}))


def negate_fx(folder):
    (folder / 'camera.json').write_text(json.dumps(CAMERA | {'fx': -1}))


def list_camera(folder):
    (folder / 'camera.json').write_text('[1, 2]')


def zero_scale(folder):
    (folder / 'camera.json').write_text(json.dumps(CAMERA | {'depth_scale': 0}))


@pytest.mark.parametrize(('damage', 'message'), [
    (remove_depth, '3 colour images, 2 depth images and 3 poses'),
    (rename_depth, r'000001\.png: no depth image of that name'),
    (remove_trajectory, r'neither trajectory\.log nor pose\.txt'),
    (break_rotation, r'trajectory\.log: pose 1'),
    (cut_trajectory, r'trajectory\.log: \d+ numbers'),
    (garble_trajectory, r'trajectory\.log: not numbers'),
    (remove_camera, r'camera\.json: cannot be read'),
    (forget_fx, r"camera\.json: 'fx' is missing"),
    (negate_fx, r'camera\.json: not a camera \(fx=-1'),
    (list_camera, r'camera\.json: not a camera'),
    (zero_scale, r'depth_scale=0'),
])
def test_a_folder_that_does_not_fit_together_is_refused_by_name(folder, damage, message):
    damage(folder)
    with pytest.raises(ValueError, match=message):
        open_recording(folder)


def test_images_of_the_wrong_size_or_kind_are_refused_by_name(folder):
    recording = open_recording(folder)
    Image.fromarray(color_of(0, (5, 8))).save(folder / 'color' / '000000.png')
    with pytest.raises(ValueError, match=r'color.000000\.png: 8x5 pixels'):
        recording.frame(0)
    Image.fromarray(np.zeros((6, 8), np.uint8)).save(folder / 'depth' / '000001.png')
    with pytest.raises(ValueError, match=r'depth.000001\.png: uint8 pixels'):
        recording.frame(1)
    Image.fromarray(color_of(0)).save(folder / 'depth' / '000002.png')
    with pytest.raises(ValueError, match=r'depth.000002\.png: shape'):
        recording.frame(2)


def test_a_pose_file_with_a_long_quaternion_is_refused(tmp_path):
    write_images(tmp_path, ['1'], size=(480, 640))
    (tmp_path / 'pose.txt').write_text('0 0 0 0 0 0 2\n')
    with pytest.raises(ValueError, match=r'pose\.txt: pose 0: quaternion'):
        open_recording(tmp_path)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match='nowhere: not a folder'):
        open_recording(tmp_path / 'nowhere')


@pytest.mark.parametrize(('name', 'count'), [('icl_livingroom', 211), ('slambook2_dining', 5)])
def test_a_real_recording_is_consistent_from_frame_to_frame(shared, name, count):
    """Points of one frame, seen from the next, must lie at the depth that frame measured."""
    recording = open_recording(shared / 'data' / 'rgbd' / name)
    assert len(recording) == count
    first, second = recording.frame(count - 2), recording.frame(count - 1)
    points = first.camera.backproject(first.depth / np.float32(1000))[first.depth > 0][::50]
    second_from_first = np.linalg.inv(second.map_from_camera) @ first.map_from_camera
    moved = points @ second_from_first[:3, :3].T + second_from_first[:3, 3]
    pixels, depth = second.camera.project(moved)
    inside = ((pixels >= 0) & (pixels < [639, 479])).all(axis=1)
    u, v = np.rint(pixels[inside]).astype(int).T
    measured = second.depth[v, u] / 1000
    seen = measured > 0
    error = np.abs(measured - depth[inside])[seen]
    assert seen.sum() > 1000
    assert np.median(error) < 0.04
