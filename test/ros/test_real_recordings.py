"""The whole node over real DDS on real and rendered recordings; skips without the shared data."""

import time

import numpy as np
import pytest

from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.recording import open_recording

pytestmark = pytest.mark.alone
R = SegmentationResult
ANSWERED = (R.OK, R.AMBIGUOUS, R.NOT_FOUND, R.LOW_CONFIDENCE)
UPRIGHT = np.array([[1.0, 0, 0, 0], [0, 0, 1, 0], [0, -1, 0, 1.2], [0, 0, 0, 1]])  # y down to z up


def integrated(client):
    return int(client.diagnostics.get('clouds_integrated', 0))


def test_the_living_room_at_10_hz_loses_no_cloud(start_node, client, shared):
    frames = list(open_recording(shared / 'data' / 'rgbd' / 'icl_livingroom'))
    assert len(frames) == 211
    messages = [client.cloud(frame, 1) for frame in frames]
    node = start_node()
    client.wait_ready()
    start = time.monotonic()
    for k, (frame, message) in enumerate(zip(frames, messages, strict=True)):
        stamp_ns = client.now()
        message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        client.send_transform('camera', stamp_ns, UPRIGHT @ frame.map_from_camera)
        client.publish(message)
        time.sleep(max(0.0, start + 0.1 * (k + 1) - time.monotonic()))
    client.wait(lambda: integrated(client) == 211, 10, f'211 clouds: {client.diagnostics}')
    assert client.diagnostics['clouds_dropped'] == '0'
    assert int(client.diagnostics['map_voxels']) > 20_000
    assert client.command('find the chair', deadline=60).status in ANSWERED
    assert len(client.objects[-1].objects) >= 3
    assert node.process.poll() is None


def test_the_dining_room_is_fused_and_answers(start_node, client, shared):
    frames = list(open_recording(shared / 'data' / 'rgbd' / 'slambook2_dining'))
    assert len(frames) == 5
    start_node()
    client.wait_ready()
    for frame in frames:
        client.send_frame(frame)
        time.sleep(0.2)
    client.wait(lambda: integrated(client) == 5, 10, 'five clouds')
    assert client.command('find the table', deadline=60).status in ANSWERED


@pytest.mark.parametrize(
    'name', ['pcl_milk_detergents', 'pcl_office1', 'pcl_sixpack_chair', 'pcl_laptop_box'])
def test_a_single_unorganised_cloud_is_fused_and_answers(start_node, client, shared, name):
    from omd3d_ros.ros.conversions import header_message, points_message
    with np.load(shared / 'data' / 'real' / f'{name}.npz') as stored:
        points, colors = stored['xyz'].astype(np.float32), stored['rgb'].astype(np.uint8)
    start_node({'voxel_size': 0.01})
    client.wait_ready()
    for _ in range(3):
        stamp_ns = client.now()
        client.send_transform('camera', stamp_ns, UPRIGHT)
        client.publish(points_message(points, colors, header_message(stamp_ns, 'camera')))
        time.sleep(0.3)
    client.wait(lambda: integrated(client) == 3, 10, 'three clouds')
    result = client.command('find the bottle', deadline=60)
    assert result.status in ANSWERED
    client.wait(lambda: client.objects and client.objects[-1].objects, 30, 'objects')
