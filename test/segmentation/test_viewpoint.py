import numpy as np
import pytest

from omd3d_ros.segmentation.viewpoint import body_viewpoint


def pose(forward, left, up, place=(1.0, 2, 3)):
    made = np.eye(4)
    made[:3, :3] = np.array([forward, left, up], float).T
    made[:3, 3] = place
    return made


BODY = pose((0, 1, 0), (-1, 0, 0), (0, 0, 1))


def test_a_body_frame_stays_as_it_is():
    np.testing.assert_array_equal(body_viewpoint(BODY), BODY)


@pytest.mark.parametrize('pitch', [-40, -20, 0, 35, 70])
def test_an_optical_frame_is_turned_into_the_body_frame_of_its_camera(pitch):
    angle = np.radians(pitch)
    tilt = np.eye(4)
    c, s = np.cos(angle), np.sin(angle)
    tilt[:3, :3] = [[c, 0, s], [0, 1, 0], [-s, 0, c]]
    body = BODY @ tilt
    optical = body.copy()
    optical[:3, :3] = np.stack([-body[:3, 1], -body[:3, 2], body[:3, 0]], axis=1)
    np.testing.assert_allclose(body_viewpoint(optical), body, atol=1e-12)
    np.testing.assert_array_equal(body_viewpoint(body), body)


def test_no_frame_and_no_heading_give_none():
    assert body_viewpoint(None) is None
    assert body_viewpoint(np.full((4, 4), np.nan)) is None
    down = pose((0, -1, 0), (0, 0, -1), (0, 0, 1))
    down[:3, :3] = np.array([[1, 0, 0], [0, -1, 0], [0, 0, -1]], float).T  # optical, looking down
    assert body_viewpoint(down) is None
