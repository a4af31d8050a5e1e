"""An action client that is asked in one thread and answered in another."""

import threading
import time

import pytest
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient, ActionServer, CancelResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.action_client import SteadyActionClient


class Dawdling:
    """rclpy's handle of an action client whose caller is held up after each request."""

    def __init__(self, handle):
        self._handle = handle

    def __getattr__(self, name):
        call = getattr(self._handle, name)
        if not name.startswith('send_'):
            return call

        def send(request):
            number = call(request)
            time.sleep(0.5)
            return number

        return send


@pytest.fixture
def node(context):
    """Return a node that serves /segment and is spun by several threads."""
    node = Node('both')
    canceled = threading.Event()

    def execute(goal):
        if goal.request.command == 'wait':
            assert canceled.wait(20)
            goal.canceled()
        else:
            goal.succeed()
        return Segment.Result(result=SegmentationResult(command=goal.request.command))

    def on_cancel(_):
        canceled.set()
        return CancelResponse.ACCEPT

    server = ActionServer(node, Segment, 'segment', execute, cancel_callback=on_cancel,
                          callback_group=ReentrantCallbackGroup())
    executor = MultiThreadedExecutor(4)
    executor.add_node(node)
    threading.Thread(target=executor.spin, daemon=True).start()
    yield node
    executor.shutdown()
    server.destroy()
    node.destroy_node()


@pytest.fixture
def held_up(node):
    """Return what makes a client of a class whose caller is held up after each request."""
    clients = []

    def make(kind):
        client = kind(node, Segment, 'segment', callback_group=ReentrantCallbackGroup())
        clients.append(client)
        assert client.wait_for_server(20.0)
        client._client_handle = Dawdling(client._client_handle)
        return client

    yield make
    for client in clients:
        client.destroy()


def answer(future, seconds):
    """Return what a future holds, or None when nothing comes in time."""
    end = time.monotonic() + seconds
    while not future.done() and time.monotonic() < end:
        time.sleep(0.01)
    return future.result()


def test_an_answer_that_comes_before_the_caller_goes_on_is_not_lost(held_up):
    client = held_up(SteadyActionClient)
    handle = answer(client.send_goal_async(Segment.Goal(command='the mug')), 20)
    assert handle.accepted
    result = answer(handle.get_result_async(), 20)
    assert (result.status, result.result.result.command) == (
        GoalStatus.STATUS_SUCCEEDED, 'the mug')


def test_nor_is_that_to_a_cancel(held_up):
    client = held_up(SteadyActionClient)
    handle = answer(client.send_goal_async(Segment.Goal(command='wait')), 20)
    assert len(answer(handle.cancel_goal_async(), 20).goals_canceling) == 1
    assert answer(handle.get_result_async(), 20).status == GoalStatus.STATUS_CANCELED


def test_the_client_of_rclpy_loses_it(held_up):
    """When this fails, SteadyActionClient has become needless."""
    client = held_up(ActionClient)
    assert answer(client.send_goal_async(Segment.Goal(command='the mug')), 3) is None
