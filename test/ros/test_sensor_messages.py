"""Rotations as quaternions, and the sizes of a point that are known."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omd3d_ros.ros.sensor_messages import cloud_message, xyzw_from_matrix
from omd3d_ros.ros.transform_buffer import matrix_from_pose


@pytest.mark.parametrize('turn', [
    np.diag([1.0, 1, 1]), np.diag([1.0, -1, -1]), np.diag([-1.0, 1, -1]), np.diag([-1.0, -1, 1]),
    np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]]),
])
def test_quaternions_of_half_turns_give_the_rotation_back(turn):
    np.testing.assert_allclose(
        matrix_from_pose(np.zeros(3), xyzw_from_matrix(turn))[:3, :3], turn, atol=1e-12)


@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4).filter(
    lambda q: np.linalg.norm(q) > 0.1))
def test_every_unit_quaternion_comes_back_up_to_its_sign(parts):
    xyzw = np.array(parts) / np.linalg.norm(parts)
    found = xyzw_from_matrix(matrix_from_pose(np.zeros(3), xyzw))
    assert abs(np.dot(found, xyzw)) == pytest.approx(1, abs=1e-9)


def test_a_size_of_points_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match='bytes_per_point=20'):
        cloud_message(None, 'camera', 1, 20)
