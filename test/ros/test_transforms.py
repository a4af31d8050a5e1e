"""What tf2_ros is asked, where it is installed; a stand-in here, as the wheels have none."""

import sys
import types

import numpy as np
import pytest
from geometry_msgs.msg import TransformStamped

from omd3d_ros.ros.transform_buffer import ConnectivityError, ExtrapolationError, FrameLookupError
from omd3d_ros.ros.transforms import Tf2Transforms


class StandIn:
    """Remembers the question, gives the answer that was set."""

    def __init__(self, **_):
        self.asked, self.answer = None, TransformStamped()
        self.answer.transform.translation.x = 3.0

    def lookup_transform(self, target, source, time):
        self.asked = (target, source, time.nanoseconds)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def tf2(monkeypatch):
    module = types.ModuleType('tf2_ros')
    module.Buffer = StandIn
    module.TransformListener = lambda buffer, node: None
    for name in ('Lookup', 'Connectivity', 'Extrapolation'):
        setattr(module, f'{name}Exception', type(f'{name}Exception', (Exception,), {}))
    monkeypatch.setitem(sys.modules, 'tf2_ros', module)
    return Tf2Transforms(None), module


def test_a_stamp_is_asked_as_it_is_and_zero_never_becomes_the_newest(tf2):
    transforms, _ = tf2
    assert transforms.lookup('/map', '/camera', 77)[0, 3] == 3
    assert transforms._buffer.asked == ('map', 'camera', 77)
    transforms.lookup('map', 'camera', 0)
    assert transforms._buffer.asked[2] != 0


def test_the_newest_is_tf2s_time_of_zero(tf2):
    transforms, _ = tf2
    np.testing.assert_array_equal(transforms.newest('/map', 'odom')[:3, :3], np.eye(3))
    assert transforms._buffer.asked == ('map', 'odom', 0)


@pytest.mark.parametrize(('theirs', 'ours'), [
    ('Lookup', FrameLookupError), ('Connectivity', ConnectivityError),
    ('Extrapolation', ExtrapolationError)])
@pytest.mark.parametrize('ask', ['lookup', 'newest'])
def test_tf2s_errors_become_ours(tf2, theirs, ours, ask):
    transforms, module = tf2
    transforms._buffer.answer = getattr(module, f'{theirs}Exception')('into the past')
    with pytest.raises(ours, match='into the past'):
        getattr(transforms, ask)('map', 'camera', *([5] if ask == 'lookup' else []))
