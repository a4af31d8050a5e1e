"""The action ~/segment: goals become commands, and every goal gets one result."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from typing import Any

from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.lifecycle import LifecycleNode

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.commands import Status

_ANSWERED = {Status.OK, Status.NOT_FOUND, Status.AMBIGUOUS, Status.LOW_CONFIDENCE}
Submit = Callable[..., None]


class SegmentAction:
    """Serves ~/segment through ``submit`` (see ``Omd3dNode.submit``).

    A goal that waits stays ACCEPTED; it is executed when its result is there, so that waiting
    goals hold no thread. Answers succeed, CANCELED cancels, every other status aborts; the
    result is always filled.
    """

    def __init__(self, node: LifecycleNode, submit: Submit, is_active: Callable[[], bool]) -> None:
        self._submit = submit
        self._is_active = is_active
        self._results: dict[bytes, SegmentationResult] = {}
        self._lock = threading.Lock()
        self._logger = node.get_logger()
        self._server = ActionServer(
            node, Segment, '~/segment', self._execute,
            callback_group=ReentrantCallbackGroup(),
            goal_callback=self._on_goal,
            handle_accepted_callback=self._on_accepted,
            cancel_callback=lambda _: CancelResponse.ACCEPT,
        )

    def destroy(self) -> None:
        """End the server."""
        self._server.destroy()

    def _on_goal(self, request: Segment.Goal) -> GoalResponse:
        usable = math.isfinite(request.deadline) and request.deadline >= 0
        return GoalResponse.ACCEPT if usable and self._is_active() else GoalResponse.REJECT

    def _on_accepted(self, goal: Any) -> None:
        request = goal.request

        def on_stage(stage: str, progress: float) -> None:
            if goal.is_active:
                goal.publish_feedback(Segment.Feedback(stage=stage, progress=progress))

        def on_result(result: SegmentationResult) -> None:
            with self._lock:
                self._results[bytes(goal.goal_id.uuid)] = result
            goal.execute()

        self._submit(
            request.command, command_id=request.command_id,
            viewpoint_frame=request.viewpoint_frame, deadline=request.deadline,
            on_stage=on_stage, on_result=on_result,
            is_canceled=lambda: bool(goal.is_cancel_requested))

    def _execute(self, goal: Any) -> Segment.Result:
        with self._lock:
            result = self._results.pop(bytes(goal.goal_id.uuid))
        if goal.is_cancel_requested and result.status == Status.CANCELED:
            goal.canceled()
        elif result.status in _ANSWERED and not goal.is_cancel_requested:
            goal.succeed()
        elif goal.is_cancel_requested:
            # the answer was ready before the cancellation was seen
            goal.canceled()
        else:
            goal.abort()
        return Segment.Result(result=result)
