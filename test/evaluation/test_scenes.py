import dataclasses

import numpy as np
import pytest
from PIL import Image

from omd3d_ros.evaluation.real_commands import RealScene
from omd3d_ros.evaluation.scenes import FRAME_NS, images_of_cloud_file, read_views
from omd3d_ros.mapping.camera import PinholeCamera

CAMERA = PinholeCamera(8, 6, 10.0, 10.0, 4.0, 3.0)
MAP_FROM_RECORDING = np.array([[0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 1.5], [0, 0, 0, 1.0]])
SCENE = RealScene('room', 'room', 'pose_folder', CAMERA, 0.02, MAP_FROM_RECORDING, ())


@pytest.fixture
def images(tmp_path):
    """Three frames; in frame i the colour is 10 i and the depth 1000 + i."""
    for name in ('color', 'image', 'depth'):
        (tmp_path / 'room' / name).mkdir(parents=True)
    for i in range(3):
        color = Image.fromarray(np.full((6, 8, 3), 10 * i, np.uint8))
        for name in ('color', 'image'):
            color.save(tmp_path / 'room' / name / f'{i}.png')
        depth = Image.fromarray(np.full((6, 8), 1000 + i, np.uint16))
        depth.save(tmp_path / 'room' / 'depth' / f'{i}.png')
    return tmp_path


def test_quaternion_poses_turn_the_camera_as_their_axes_say(images):
    # The second camera is turned a quarter about its x axis, so that its z looks along the old -y.
    half = np.sqrt(0.5)
    (images / 'room' / 'pose.txt').write_text(
        f'0 0 0 0 0 0 1\n1 2 3 {half} 0 0 {half}\n0 0 0 0 0 0 2\n')
    views = list(read_views(SCENE, images))
    assert [view.stamp_ns for view in views] == [FRAME_NS, 2 * FRAME_NS, 3 * FRAME_NS]
    assert [int(view.depth[0, 0]) for view in views] == [1000, 1001, 1002]
    assert [int(view.color[0, 0, 0]) for view in views] == [0, 10, 20]
    np.testing.assert_allclose(views[0].map_from_camera, MAP_FROM_RECORDING)
    recording_from_camera = [[1, 0, 0, 1], [0, 0, -1, 2], [0, 1, 0, 3], [0, 0, 0, 1]]
    np.testing.assert_allclose(
        views[1].map_from_camera, MAP_FROM_RECORDING @ recording_from_camera, atol=1e-12)
    np.testing.assert_allclose(views[2].map_from_camera, MAP_FROM_RECORDING)   # normalised


def test_log_poses_are_read_as_matrices_and_views_can_be_skipped(images):
    poses = [np.eye(4) for _ in range(3)]
    poses[2][:3, 3] = [0.1, 0.2, 0.3]
    rows = [
        f'{i} {i} {i + 1}\n' + '\n'.join(' '.join(map(str, row)) for row in pose) + '\n'
        for i, pose in enumerate(poses)]
    (images / 'room' / 'trajectory.log').write_text(''.join(rows))
    views = list(read_views(dataclasses.replace(SCENE, format='log_folder'), images, every=2))
    assert [view.stamp_ns for view in views] == [FRAME_NS, 3 * FRAME_NS]
    # Recording z is map x, recording -x is map y, recording -y is map z.
    np.testing.assert_allclose(views[1].map_from_camera[:3, 3], [0.3, -0.1, 1.3])


def test_a_folder_with_a_pose_too_few_is_refused(images):
    (images / 'room' / 'pose.txt').write_text('0 0 0 0 0 0 1\n')
    with pytest.raises(ValueError, match='3 colour images, 3 depth images, 1 poses'):
        next(read_views(SCENE, images))


def test_images_of_another_size_are_refused(images):
    (images / 'room' / 'pose.txt').write_text('0 0 0 0 0 0 1\n' * 3)
    camera = PinholeCamera(6, 8, 10.0, 10.0, 4.0, 3.0)
    with pytest.raises(ValueError, match='not 6x8'):
        next(read_views(dataclasses.replace(SCENE, camera=camera), images))


def test_a_missing_recording_is_an_oserror(tmp_path):
    with pytest.raises(FileNotFoundError, match='room'):
        next(read_views(SCENE, tmp_path))


def test_a_cloud_goes_back_to_its_pixels_with_the_nearest_point_in_front(tmp_path):
    points = np.array([
        [0, 0, 2],          # centre: column 4, row 3
        [0, 0, 1.5],        # the same pixel, nearer
        [0.3, -0.2, 1],     # column 4 + 3, row 3 - 2
        [1, 0, 1],          # column 14: outside
        [0, 0, -1],         # behind the camera
        [0, 0, 70],         # farther than 65.535 m
    ], np.float32)
    colors = np.arange(18, dtype=np.uint8).reshape(6, 3)
    np.savez(tmp_path / 'cloud.npz', xyz=points, rgb=colors)
    color, depth = images_of_cloud_file(tmp_path / 'cloud.npz', CAMERA)
    assert depth.dtype == np.uint16
    assert {(int(v), int(u)): int(depth[v, u]) for v, u in np.argwhere(depth)} == {
        (3, 4): 1500, (1, 7): 1000}
    assert color[3, 4].tolist() == [3, 4, 5]
    assert color[1, 7].tolist() == [6, 7, 8]


def test_the_clouds_of_the_benchmark_lose_no_point_on_their_pixel_grid(shared):
    path = shared / 'data' / 'real' / 'pcl_office1.npz'
    camera = PinholeCamera(640, 480, 525, 525, 320, 240)
    _, depth = images_of_cloud_file(path, camera)
    with np.load(path) as cloud:
        points = cloud['xyz']
    assert np.count_nonzero(depth) == len(points)
    again = camera.backproject(depth / np.float32(1000))[depth > 0]
    in_rows = points[np.lexsort((np.rint(points[:, 0] / points[:, 2] * 525),
                                 np.rint(points[:, 1] / points[:, 2] * 525)))]
    np.testing.assert_allclose(again, in_rows, atol=0.001)
