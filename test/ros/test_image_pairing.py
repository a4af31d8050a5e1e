import numpy as np
import pytest
from sensor_msgs.msg import CameraInfo

from omd3d_ros.ros.conversions import MessageError, header_message, image_message
from omd3d_ros.ros.image_pairing import ImagePairing

MS = 10**6


class Sink:
    def __init__(self):
        self.views, self.drops = [], []
        self.pairing = ImagePairing(
            lambda *view: self.views.append(view), lambda *drop: self.drops.append(drop[0]),
            slack=0.02)

    def info(self, width=4):
        info = CameraInfo(width=width, height=2)
        info.k = [5.0, 0.0, 1.5, 0.0, 5.0, 0.5, 0.0, 0.0, 1.0]
        self.pairing.camera_info(info)

    def depth(self, ms, value=1000):
        pixels = np.full((2, 4), value, np.uint16)
        self.pairing.depth(image_message(pixels, '16UC1', header_message(ms * MS, 'cam')))

    def color(self, ms, value=7):
        pixels = np.full((2, 4, 3), value, np.uint8)
        self.pairing.color(image_message(pixels, 'rgb8', header_message(ms * MS, 'color')))


@pytest.fixture
def sink():
    return Sink()


def test_images_of_one_stamp_meet_in_either_order(sink):
    sink.info()
    sink.depth(1000)
    sink.color(1000)
    sink.color(1100)
    sink.depth(1100)
    assert [(frame, stamp) for frame, stamp, _ in sink.views] == [
        ('cam', 1000 * MS), ('cam', 1100 * MS)]
    assert sink.views[0][2].depth[0, 0] == 1000
    assert sink.drops == []


def test_the_nearest_partner_is_taken_and_what_is_older_is_dropped(sink):
    sink.info()
    sink.depth(1000, 1)
    sink.depth(1033, 2)
    sink.color(1030)
    assert [view.depth[0, 0] for _, _, view in sink.views] == [2]
    assert sink.drops == ['unpaired']


def test_images_too_far_apart_never_meet_and_waiting_is_bounded(sink):
    sink.info()
    for k in range(30):
        sink.depth(1000 + 100 * k)
        sink.color(1050 + 100 * k)
    assert sink.views == []
    assert sink.drops.count('unpaired') == 40


def test_without_camera_info_views_are_dropped_and_counted(sink):
    sink.depth(1000)
    sink.color(1000)
    assert sink.views == []
    assert sink.drops == ['no_camera_info']


def test_sizes_must_agree(sink):
    sink.info(width=5)
    sink.depth(1000)
    with pytest.raises(MessageError, match='size'):
        sink.color(1000)
