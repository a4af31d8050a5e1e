"""The program omd3d_say, in a process of its own, against a real action server."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest
import rclpy
from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point, Vector3
from rclpy.action import ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult, SegmentedObject


def mug():
    return SegmentedObject(
        id='object-3', label='mug', score=0.875, centroid=Point(x=1.5, y=-0.25, z=0.8),
        box_size=Vector3(x=0.11, y=0.09, z=0.1))


class Server:
    """Answers every goal with the result it was given; 'wait' waits to be canceled."""

    def __init__(self):
        self.context = rclpy.Context()
        rclpy.init(context=self.context)
        self.node = Node('segmenter', context=self.context)
        self.goals = []
        self.result = SegmentationResult()
        self._action = ActionServer(
            self.node, Segment, '/other/segment', self._execute,
            callback_group=ReentrantCallbackGroup(),
            cancel_callback=lambda _: CancelResponse.ACCEPT)
        self._executor = MultiThreadedExecutor(3, context=self.context)
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def _execute(self, handle):
        self.goals.append(handle.request)
        for stage in ('queued', 'reasoning'):
            handle.publish_feedback(Segment.Feedback(stage=stage, progress=0.5))
        end = time.monotonic() + 20
        while handle.request.command == 'wait' and time.monotonic() < end:
            if handle.is_cancel_requested:
                handle.canceled()
                return Segment.Result(result=SegmentationResult(
                    status=SegmentationResult.CANCELED, answer='Canceled.'))
            time.sleep(0.02)
        handle.succeed()
        return Segment.Result(result=self.result)

    def close(self):
        self._executor.shutdown()
        self._thread.join(5)
        self._action.destroy()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)


@pytest.fixture(scope='module')
def server():
    server = Server()
    yield server
    server.close()


def start(*arguments):
    environment = {k: v for k, v in os.environ.items() if k != 'ROS_PYTHON_CHECK_FIELDS'}
    return subprocess.Popen(
        [sys.executable, '-m', 'omd3d_ros.ros.say', *arguments], stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, env=environment)


def say(*arguments):
    process = start(*arguments)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


def test_it_prints_the_answer_the_objects_and_the_timings(server):
    runner_up = mug()
    runner_up.id, runner_up.label, runner_up.score = 'object-9', 'bowl', 0.25
    server.result = SegmentationResult(
        status=SegmentationResult.OK, answer='I found a mug.', objects=[mug()],
        alternatives=[runner_up], queue_time=Duration(nanosec=2_000_000),
        reasoning_time=Duration(sec=1, nanosec=500_000_000))
    code, out, err = say('find the mug', '--node', '/other', '--deadline', '7',
                         '--viewpoint', 'base_link')
    assert code == 0, err
    lines = out.splitlines()
    assert lines[0] == 'OK: I found a mug.'
    assert lines[2].split() == [
        '*', 'mug', '0.88', '1.50', '-0.25', '0.80', '0.11', 'x', '0.09', 'x', '0.10', 'object-3']
    assert lines[3].split()[:2] == ['bowl', '0.25']
    assert lines[4] == 'queue 2 ms  perception 0 ms  reasoning 1500 ms'
    assert 'reasoning' in err
    goal = server.goals[-1]
    assert (goal.command, goal.deadline, goal.viewpoint_frame) == ('find the mug', 7.0, 'base_link')


def test_json_holds_the_whole_result_and_nothing_else_is_printed(server):
    server.result = SegmentationResult(
        status=SegmentationResult.AMBIGUOUS, answer='Which?', objects=[mug(), mug()])
    code, out, _ = say('the mug', '--node', '/other', '--json')
    record = json.loads(out)
    assert code == SegmentationResult.AMBIGUOUS
    assert record['status'] == 'AMBIGUOUS'
    assert [thing['id'] for thing in record['objects']] == ['object-3', 'object-3']
    assert record['objects'][0]['centroid'] == [1.5, -0.25, 0.8]


def test_the_exit_code_is_the_status(server):
    server.result = SegmentationResult(status=SegmentationResult.NOT_FOUND, answer='Nothing fits.')
    code, out, _ = say('a bicycle', '--node', '/other')
    assert code == SegmentationResult.NOT_FOUND
    assert out.splitlines()[0] == 'NOT_FOUND: Nothing fits.'


def test_an_answer_cannot_drive_the_terminal(server):
    server.result = SegmentationResult(answer='\x1b[2J\x07gone')
    _, out, _ = say('x', '--node', '/other')
    assert '\x1b' not in out
    assert '\x07' not in out


def test_without_a_node_it_says_so_soon():
    started = time.monotonic()
    code, out, err = say('find the mug', '--node', '/nobody', '--wait', '1')
    assert code == 64
    assert out == ''
    assert '/nobody/segment' in err
    assert time.monotonic() - started < 30


def test_interrupting_it_cancels_the_goal(server):
    process = start('wait', '--node', '/other')
    try:
        assert process.stderr.readline()   # the first stage: the goal is being served
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=30)
    finally:
        process.kill()
    assert process.returncode == SegmentationResult.CANCELED
    assert out.startswith('CANCELED')


@pytest.mark.parametrize('arguments', [[], ['x', '--deadline', '-1'], ['x', '--deadline', 'soon']])
def test_wrong_arguments_have_a_code_of_their_own(arguments):
    code, _, err = say(*arguments)
    assert code == 65
    assert 'usage' in err
