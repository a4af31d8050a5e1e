"""The action client of those who ask a node."""

from __future__ import annotations

import threading
from typing import Any

from rclpy.action import ActionClient
from rclpy.task import Future


class SteadyActionClient(ActionClient):
    """An action client whose answers cannot come before it knows what it asked.

    rclpy sends a request and writes down its number after that; an answer that another thread of
    the executor takes in between is dropped ("Ignoring unexpected goal response") and its future
    never completes (ros2/rclpy issue 1123). Here nothing is taken while a request is on its way.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._asking = threading.RLock()
        super().__init__(*args, **kwargs)

    def send_goal_async(self, *args: Any, **kwargs: Any) -> Future:
        """Send a goal; return the future of its handle, as rclpy does."""
        with self._asking:
            return super().send_goal_async(*args, **kwargs)

    def _cancel_goal_async(self, goal_handle: Any) -> Future:
        with self._asking:
            return super()._cancel_goal_async(goal_handle)

    def _get_result_async(self, goal_handle: Any) -> Future:
        with self._asking:
            return super()._get_result_async(goal_handle)

    def take_data(self) -> Any:
        """Return the answers that have come, as rclpy does."""
        with self._asking:
            return super().take_data()
