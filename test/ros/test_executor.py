"""An executor that outlives what is destroyed while it gathers what to wait for."""

import time

import pytest
import rclpy
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.exceptions import InvalidHandle
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rclpy.waitable import NumberOfEntities, Waitable

from omd3d_ros.ros.executor import SteadyExecutor


class Vanishing(Waitable):
    """Is destroyed between being listed and being waited for, as a subscription's events may be."""

    def __init__(self, node):
        super().__init__(ReentrantCallbackGroup())
        self._node = node
        self.asked = 0

    def is_ready(self, wait_set):
        return False

    def get_num_entities(self):
        return NumberOfEntities()

    def add_to_wait_set(self, wait_set):
        self.asked += 1
        self._node.remove_waitable(self)
        raise InvalidHandle('cannot use Destroyable because destruction was requested')


@pytest.fixture
def node():
    context = rclpy.Context()
    rclpy.init(context=context)
    made = Node('steady', context=context)
    yield made
    made.destroy_node()
    rclpy.shutdown(context=context)


def spin(executor, node, seconds, *, until=lambda: False):
    """Spin until a condition holds; return whether it did in time."""
    executor.add_node(node)
    end = time.monotonic() + seconds
    try:
        while not until() and time.monotonic() < end:
            executor.spin_once(0.1)
        return until()
    finally:
        executor.remove_node(node)
        executor.shutdown()


def test_it_goes_on_when_an_entity_vanishes(node):
    ticks = []
    node.create_timer(0.01, lambda: ticks.append(1))
    vanishing = Vanishing(node)
    node.add_waitable(vanishing)
    assert spin(SteadyExecutor(2, context=node.context), node, 10, until=lambda: len(ticks) > 3)
    assert vanishing.asked == 1


def test_what_a_callback_raises_is_still_raised(node):
    def fail():
        raise RuntimeError('from a callback')
    node.create_timer(0.01, fail)
    with pytest.raises(RuntimeError, match='from a callback'):
        spin(SteadyExecutor(2, context=node.context), node, 10)


def test_rclpy_itself_still_ends(node):
    """When this fails, SteadyExecutor has become needless."""
    node.add_waitable(Vanishing(node))
    with pytest.raises(InvalidHandle):
        spin(MultiThreadedExecutor(2, context=node.context), node, 10)
