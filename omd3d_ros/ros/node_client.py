"""Asks a running node through its action."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.task import Future

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.action_client import SteadyActionClient

OnStage = Callable[[str, float], None]
_POLL = 0.2
_GONE_AFTER = 3.0        # s without the action server: the node has ended
_ACCEPT_WAIT = 10.0
_CANCEL_WAIT = 5.0
_DEADLINE_MARGIN = 10.0
_LONGEST_WAIT = 600.0    # s for a command with the node's own deadline


class NodeUnavailableError(Exception):
    """No node serves the action, or it has ended while a command was waiting."""


class NodeClient:
    """Sends commands to a node from ``node``, which must be spun in another thread."""

    def __init__(self, node: Node, target: str = '/omd3d') -> None:
        self._name = f'{target.rstrip("/")}/segment'
        self._node = node
        self._client = SteadyActionClient(node, Segment, self._name)

    def wait(self, seconds: float) -> None:
        """Wait for the action server; raise NodeUnavailableError when it does not come."""
        if not self._client.wait_for_server(timeout_sec=seconds):
            raise NodeUnavailableError(f'nothing serves the action {self._name}')

    def ask(
        self, command: str, deadline: float = 0.0, viewpoint: str = '',
        on_stage: OnStage | None = None, *, server_wait: float = 10.0,
    ) -> tuple[int, SegmentationResult]:
        """Send a command and wait for its result.

        deadline   s; 0: the node's parameter
        viewpoint  frame that "left of" is read in; empty: the node's parameter
        on_stage   called with (stage, progress in [0, 1]) from the thread that spins
        Returns (action_msgs/GoalStatus, SegmentationResult). KeyboardInterrupt while waiting
        cancels the goal; its result is returned when it comes soon, else the interrupt goes on.

        Raises
        ------
        NodeUnavailableError
            When there is no node, or it refuses the goal or ends.
        TimeoutError
            When the node serves the action but does not answer in time.

        """
        self.wait(server_wait)
        goal = Segment.Goal(
            command=command, deadline=float(deadline), viewpoint_frame=viewpoint)

        def on_feedback(message: Any) -> None:
            if on_stage is not None:
                on_stage(message.feedback.stage, message.feedback.progress)

        if self._node.executor is None:
            raise NodeUnavailableError(f'{self._node.get_name()} is not spun')
        exchange = _Exchange(self._client, goal, on_feedback, self._node.executor.create_task)
        try:
            exchange.start()
            self._wait_for(exchange.accepted, _ACCEPT_WAIT, 'accept the command')
            longest = deadline + _DEADLINE_MARGIN if deadline > 0 else _LONGEST_WAIT
            self._wait_for(exchange.answered, longest, 'answer')
        except KeyboardInterrupt:
            exchange.cancel()
            try:
                self._wait_for(exchange.answered, _CANCEL_WAIT, 'cancel')
            except (TimeoutError, NodeUnavailableError):
                raise KeyboardInterrupt from None
        except TimeoutError:
            exchange.cancel()
            raise
        if exchange.answer is None:
            raise NodeUnavailableError(
                f'{self._name} refused the command: the node is not active, or '
                f'deadline={deadline} is not usable')
        return int(exchange.answer.status), exchange.answer.result.result

    def destroy(self) -> None:
        """Leave the action."""
        self._client.destroy()

    def _wait_for(self, event: threading.Event, seconds: float, what: str) -> None:
        end = last_seen = time.monotonic()
        end += seconds
        while not event.wait(_POLL):
            now = time.monotonic()
            if self._client.server_is_ready():
                last_seen = now
            elif now - last_seen > _GONE_AFTER:
                raise NodeUnavailableError(f'{self._name} is gone: the node has ended')
            if now > end:
                raise TimeoutError(f'{self._name} did not {what} within {seconds:.0f} s')


class _Exchange:
    """One goal on its way. All but waiting happens where the node is spun.

    So an interrupt of the thread that waits cannot lose a goal that was sent.
    """

    def __init__(
        self, client: SteadyActionClient, goal: Segment.Goal, on_feedback: Callable[[Any], None],
        run: Callable[[Callable[[], None]], Any],
    ) -> None:
        self._client, self._goal, self._on_feedback, self._run = client, goal, on_feedback, run
        self._handle: Any = None
        self._cancel_wanted = False
        self.accepted = threading.Event()   # or refused
        self.answered = threading.Event()
        self.answer: Any = None             # None: refused

    def start(self) -> None:
        self._run(lambda: self._client.send_goal_async(
            self._goal, self._on_feedback).add_done_callback(self._on_handle))

    def cancel(self) -> None:
        """Cancel the goal now, or as soon as it is accepted."""
        self._run(self._cancel)

    def _cancel(self) -> None:
        self._cancel_wanted = True
        if self._handle is not None:
            self._handle.cancel_goal_async()

    def _on_handle(self, sent: Future) -> None:
        handle = sent.result()
        if not handle.accepted:
            self.answered.set()
            self.accepted.set()
            return
        self._handle = handle
        handle.get_result_async().add_done_callback(self._on_answer)
        self.accepted.set()
        if self._cancel_wanted:
            handle.cancel_goal_async()

    def _on_answer(self, answered: Future) -> None:
        self.answer = answered.result()
        self.answered.set()
