import math

import numpy as np
import pytest

from omd3d_ros.ros.approach import approach_poses
from omd3d_ros.segmentation.box import OrientedBox

BOX = OrientedBox(np.array([2.0, 0.0, 0.5]), 0.0, np.array([0.4, 0.4, 1.0]))
FLOOR = np.stack(np.meshgrid(np.arange(-2, 6, 0.05), np.arange(-4, 4, 0.05), [0.0]),
                 axis=-1).reshape(-1, 3).astype(np.float32)


def test_poses_keep_the_distance_from_the_side_and_face_the_object():
    poses = approach_poses(FLOOR, BOX, 0.5, 8, np.zeros(3))
    assert len(poses) == 8
    np.testing.assert_allclose(poses[0].position, [2 - 0.2 - 0.5, 0, 0], atol=1e-9)
    assert math.cos(poses[0].yaw) == pytest.approx(1)
    for pose in poses:
        gaze = BOX.center[:2] - pose.position[:2]
        assert math.atan2(gaze[1], gaze[0]) == pytest.approx(pose.yaw, abs=1e-6)


def test_a_wall_blocks_its_side():
    wall = np.stack(np.meshgrid([1.2], np.arange(-4, 4, 0.05), np.arange(0, 2, 0.05)),
                    axis=-1).reshape(-1, 3).astype(np.float32)
    poses = approach_poses(np.concatenate([FLOOR, wall]), BOX, 0.5, 72, np.zeros(3))
    assert poses
    assert min(pose.position[0] for pose in poses) > 1.5 - 1e-9


def test_no_free_place_gives_none():
    block = np.stack(np.meshgrid(np.arange(0, 4, 0.1), np.arange(-2, 2, 0.1), [0.5]),
                     axis=-1).reshape(-1, 3).astype(np.float32)
    assert approach_poses(np.concatenate([FLOOR, block]), BOX, 0.5, 4, None) == ()


@pytest.mark.parametrize(('distance', 'count'), [
    (0.0, 1), (-1.0, 1), (math.nan, 1), (math.inf, 1), (11.0, 1), (0.5, 0), (0.5, 1000)])
def test_unusable_requests_are_refused(distance, count):
    with pytest.raises(ValueError, match=r'distance|count'):
        approach_poses(FLOOR, BOX, distance, count, None)
