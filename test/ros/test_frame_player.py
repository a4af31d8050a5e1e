"""The pace of frames, when reading them is slow."""

import time

import numpy as np
import pytest
from rclpy.node import Node

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.ros.frame_player import FramePlayer
from omd3d_ros.ros.recording import Frame

CAMERA = PinholeCamera(8, 6, 10.0, 11.0, 3.5, 2.5)


@pytest.fixture
def player(context):
    """Return a player to nobody."""
    node = Node('frame_player')
    player = FramePlayer(node, '/absent')
    yield player
    player.destroy()
    node.destroy_node()


def slow_frames(count, slow, seconds):
    """Yield frames; those numbered in ``slow`` take long to read."""
    for index in range(count):
        if index in slow:
            time.sleep(seconds)
        yield Frame(index, index + 1, np.zeros((6, 8, 3), np.uint8),
                    np.full((6, 8), 1000, np.uint16), CAMERA, np.eye(4))


@pytest.mark.parametrize('slow', [{0}, {3}])
def test_frames_that_came_late_are_not_made_up_for_in_a_burst(player, slow):
    sent = []
    assert player.play(slow_frames(8, slow, 0.4), 20.0, lambda _: sent.append(
        time.monotonic())) == 8
    # a gap may shrink by half a period, and by what the machine delays the frame before it
    assert sent[-1] - sent[4] > 0.1
    assert np.diff(sent).max() < (0.4 if slow == {0} else 2.0)


def test_the_rate_is_kept_on_the_whole(player):
    started = time.monotonic()
    player.play(slow_frames(21, set(), 0.0), 40.0)
    assert 0.45 < time.monotonic() - started < 2.0


def test_a_rate_of_zero_is_refused(player):
    with pytest.raises(ValueError, match='rate=0'):
        player.play([], 0)
