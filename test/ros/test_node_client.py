"""Commands through the action, against a real action server in this process."""

import _thread
import signal
import threading
import time

import pytest
from action_msgs.msg import GoalStatus
from rclpy.action import ActionClient, ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor, SingleThreadedExecutor
from rclpy.node import Node

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.action_client import SteadyActionClient
from omd3d_ros.ros.node_client import NodeClient, NodeUnavailableError


class Server:
    """Serves /omd3d/segment: echoes the goal, or with "wait" in the command, waits for a cancel."""

    def __init__(self):
        self.node = Node('server')
        self.accept = True
        self.waiting = threading.Event()
        self.action = ActionServer(
            self.node, Segment, '/omd3d/segment', self._execute,
            callback_group=ReentrantCallbackGroup(),
            goal_callback=lambda _: GoalResponse.ACCEPT if self.accept else GoalResponse.REJECT,
            cancel_callback=lambda _: CancelResponse.ACCEPT)

    def _execute(self, goal):
        request = goal.request
        result = SegmentationResult(
            command=request.command, viewpoint_frame=request.viewpoint_frame,
            answer=f'within {request.deadline:.1f} s')
        goal.publish_feedback(Segment.Feedback(stage='reasoning', progress=0.5))
        if 'wait' in request.command:
            self.waiting.set()
            end = time.monotonic() + 20
            while not goal.is_cancel_requested and time.monotonic() < end:
                time.sleep(0.01)
            result.status = SegmentationResult.CANCELED
            goal.canceled()
        else:
            time.sleep(0.1)   # feedback may overtake the result otherwise
            goal.succeed()
        return Segment.Result(result=result)


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


def spun(executor, node):
    executor.add_node(node)
    threading.Thread(target=executor.spin, daemon=True).start()
    return executor


@pytest.fixture
def asker(context):
    """Return a client; its node is spun in another thread."""
    node = Node('asker')
    executor = spun(SingleThreadedExecutor(), node)
    client = NodeClient(node)
    yield client
    executor.shutdown()
    client.destroy()
    node.destroy_node()


@pytest.fixture
def server(context):
    server = Server()
    executor = spun(MultiThreadedExecutor(3), server.node)
    yield server
    executor.shutdown()
    server.action.destroy()
    server.node.destroy_node()


@pytest.fixture
def held_up(server):
    """Return what makes a client of a class whose caller is held up after each request."""
    clients = []

    def make(kind):
        client = kind(server.node, Segment, '/omd3d/segment',
                      callback_group=ReentrantCallbackGroup())
        clients.append(client)
        assert client.wait_for_server(20.0)
        client._client_handle = Dawdling(client._client_handle)
        return client

    yield make
    for client in clients:
        client.destroy()


@pytest.fixture
def interruptible():
    """Let Python handle SIGINT: what a shell starts with "&" is started with it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def test_a_command_comes_back_with_its_result_and_its_stages(asker, server):
    stages = []
    status, result = asker.ask(
        'find the mug', 2.5, 'base', on_stage=lambda stage, progress: stages.append(
            (stage, progress)))
    assert status == GoalStatus.STATUS_SUCCEEDED
    assert (result.command, result.viewpoint_frame) == ('find the mug', 'base')
    assert result.answer == 'within 2.5 s'
    assert stages == [('reasoning', 0.5)]


def test_many_commands_in_a_row_all_come_back(asker, server):
    assert [asker.ask(f'{k}')[1].command for k in range(20)] == [f'{k}' for k in range(20)]


def test_no_server_is_said_after_the_wait(asker):
    started = time.monotonic()
    with pytest.raises(NodeUnavailableError, match='/omd3d/segment'):
        asker.ask('find the mug', server_wait=0.3)
    assert time.monotonic() - started < 5


def test_a_refused_goal_is_said(asker, server):
    server.accept = False
    with pytest.raises(NodeUnavailableError, match='refused'):
        asker.ask('find the mug')


def test_an_interrupt_cancels_the_goal_and_returns_its_result(asker, server, interruptible):
    def interrupt():
        server.waiting.wait(20)
        _thread.interrupt_main()

    threading.Thread(target=interrupt, daemon=True).start()
    status, result = asker.ask('wait for me')
    assert status == GoalStatus.STATUS_CANCELED
    assert result.status == SegmentationResult.CANCELED


def test_a_node_that_is_not_spun_is_said(context, server):
    node = Node('idle')
    client = NodeClient(node)
    with pytest.raises(NodeUnavailableError, match='idle is not spun'):
        client.ask('find the mug')
    client.destroy()
    node.destroy_node()


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
