"""The node's executor."""

from __future__ import annotations

from typing import Any

from rclpy.exceptions import InvalidHandle
from rclpy.executors import MultiThreadedExecutor


class SteadyExecutor(MultiThreadedExecutor):
    """A multi-threaded executor that goes on when an entity is destroyed under its hands.

    rclpy lists what it is to wait for in one thread while a callback may destroy it in another,
    and of waitables (the events of publishers and subscriptions among them) an InvalidHandle then
    leaves ``spin`` (ros2/rclpy issues 1206 and 1284): a node that subscribes anew would end now
    and then. What was destroyed is not in the next list.
    """

    def wait_for_ready_callbacks(self, *args: Any, **kwargs: Any) -> Any:
        """Return the next handler, its entity and its node, as rclpy does."""
        while True:
            try:
                return super().wait_for_ready_callbacks(*args, **kwargs)
            except InvalidHandle:
                continue
