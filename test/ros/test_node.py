"""The real node over real DDS: what goes in, what comes out, and every way a command can end."""

import contextlib
import os
import signal
import time
from pathlib import Path

import numpy as np
import pytest
from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState, GetState

from omd3d_ros.msg import SegmentationResult

KEYS = {
    'state', 'clouds_received', 'clouds_integrated', 'clouds_dropped', 'map_voxels', 'map_bytes',
    'map_revision', 'keyframes', 'objects', 'worker', 'commands_answered', 'last_latency_ms',
}
R = SegmentationResult


def in_use(names):
    """Which files of /dev/shm some process has mapped (other nodes may run on this machine)."""
    found = set()
    for maps in Path('/proc').glob('[0-9]*/maps'):
        with contextlib.suppress(OSError):
            text = maps.read_text()
            found |= {name for name in names if name in text}
    # port files are shared by all participants of a machine, and their locks come with them
    return found | {name for name in names if 'fastrtps_port' in name}


def test_a_command_before_anything_was_seen_ends_as_map_empty(start_node, client):
    start_node()
    client.wait_ready()
    assert client.diagnostics.keys() >= KEYS
    result = client.command('find the mug')
    assert result.status == R.MAP_EMPTY
    assert result.objects == []
    assert result.answer


def test_a_missing_transform_ends_as_tf_unavailable_and_clouds_are_counted(
        start_node, client, frames):
    start_node({'tf_timeout': 0.2})
    client.wait_ready()
    for frame in frames[:3]:
        client.send_frame(frame, with_transform=False)
        time.sleep(0.3)
    client.wait(lambda: client.diagnostics.get('dropped_no_transform') == '3', 10,
                'three drops')
    assert client.diagnostics['clouds_integrated'] == '0'
    assert client.command('find the mug').status == R.TF_UNAVAILABLE


def test_a_late_transform_is_waited_for(start_node, client, frames):
    start_node({'tf_timeout': 2.0})
    client.wait_ready()
    frame, stamp_ns = frames[0], client.now()
    client.publish(client.cloud(frame, stamp_ns))
    time.sleep(0.7)
    client.send_transform('camera', stamp_ns, frame.map_from_camera)
    client.wait(lambda: client.diagnostics.get('clouds_integrated') == '1', 5, 'the cloud')


def test_a_worker_that_hangs_is_replaced(start_node, client, frames):
    node = start_node({'worker_hang_timeout': 3.0})
    client.wait_ready()
    worker = node.worker()
    os.kill(worker, signal.SIGSTOP)
    client.play(frames[:2])
    client.wait(lambda: node.worker() not in (None, worker), 30, 'a new worker')
    assert client.command('find the mug', deadline=60).status != R.TIMEOUT


def test_an_old_map_ends_as_map_stale(start_node, client, frames):
    start_node({'max_map_age': 1.0})
    client.wait_ready()
    client.play(frames[:2])
    time.sleep(1.5)
    assert client.command('find the mug').status == R.MAP_STALE


def test_a_model_that_cannot_be_loaded_ends_as_model_unavailable(
        start_node, client, frames, tmp_path):
    (tmp_path / 'config.json').write_text('{}')
    node = start_node({'model.language.path': str(tmp_path)})
    client.wait(lambda: client.diagnostics.get('worker') == 'failed', 60, 'failed')
    client.play(frames[:2])
    result = client.command('find the mug')
    assert result.status == R.MODEL_UNAVAILABLE
    assert result.answer
    assert node.process.poll() is None


def test_a_low_confidence_is_told(start_node, client, frames):
    start_node({'model.reasoner.found': 0.0, 'model.reasoner.confidence': 1.0})
    client.wait_ready()
    client.play(frames)
    result = client.command('find the mug', deadline=30)
    assert result.status == R.LOW_CONFIDENCE
    assert result.objects


def test_several_that_fit_equally_are_told_and_all_are_given(start_node, client, frames):
    start_node({'model.reasoner.ambiguity': 3.0, 'model.reasoner.found': 0.2, 'tf_timeout': 5.0})
    client.wait_ready()
    client.play(frames)
    client.settle()
    result = client.command('find the chair', deadline=60)
    assert result.status == R.AMBIGUOUS, result.answer
    assert len(result.objects) >= 2


def test_the_lifecycle_can_be_driven_by_hand(start_node, client, frames):
    start_node({'autostart': 'false'})

    def state():
        return client.ask(GetState, 'get_state').current_state.label

    def change(transition):
        return client.call(ChangeState, 'change_state',
                           transition=Transition(id=transition)).success

    assert state() == 'unconfigured'
    assert change(Transition.TRANSITION_CONFIGURE)
    assert state() == 'inactive'
    assert change(Transition.TRANSITION_ACTIVATE)
    client.play(frames[:2])
    assert change(Transition.TRANSITION_DEACTIVATE)
    assert change(Transition.TRANSITION_ACTIVATE)
    assert int(client.diagnostics['map_voxels']) > 0
    assert change(Transition.TRANSITION_DEACTIVATE)
    assert change(Transition.TRANSITION_CLEANUP)
    assert state() == 'unconfigured'
    assert change(Transition.TRANSITION_UNCONFIGURED_SHUTDOWN)


@pytest.mark.parametrize(('name', 'value'), [
    ('voxel_size', 7.0), ('voxel_sise', 0.05), ('input', 'smell'), ('max_map_bytes', 'many')])
def test_a_wrong_parameter_is_refused_by_name_at_start(start_node, name, value):
    node = start_node({name: value})
    node.asked_to_end = True
    assert node.process.wait(20) != 0
    assert name in node.text()


def test_depth_and_color_images_do_as_well_as_clouds(start_node, client, frames):
    start_node({'input': 'rgbd'})
    client.wait_ready()
    for frame in frames[:5]:
        client.send_images(frame)
        time.sleep(0.2)
    client.wait(lambda: client.diagnostics.get('clouds_integrated') == '5', 10, 'five views')
    assert int(client.diagnostics['map_voxels']) > 1000
    assert int(client.diagnostics['keyframes']) >= 1


def test_a_best_effort_publisher_is_heard(start_node, client, frames):
    start_node()
    client.wait_ready()
    publisher = client.best_effort_points()
    small = client.small_cloud()
    for _ in range(60):
        stamp_ns = client.now()
        client.send_transform('camera', stamp_ns, np.eye(4))
        small.header.stamp.sec, small.header.stamp.nanosec = divmod(stamp_ns, 10**9)
        publisher.publish(small)
        time.sleep(0.1)
        if int(client.diagnostics.get('clouds_integrated', 0)) > 0:
            break
    client.wait(lambda: int(client.diagnostics['clouds_integrated']) > 0, 3, 'a cloud')


@pytest.mark.alone
def test_sigterm_ends_everything_within_three_seconds(start_node, client):
    shared_before = set(Path('/dev/shm').iterdir())
    node = start_node()
    client.wait_ready()
    worker = node.worker()
    code, seconds = node.stop(signal.SIGTERM)
    assert code == 0, node.text()[-2000:]
    assert seconds < 3
    assert not Path(f'/proc/{worker}').exists()
    new = {path.name for path in set(Path('/dev/shm').iterdir()) - shared_before}
    assert new - in_use(new) == set()
