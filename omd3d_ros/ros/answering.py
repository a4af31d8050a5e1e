"""Answers one command: checks the map, waits for its objects, lets the worker choose."""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Callable

from omd3d_ros.ros.anchor import AnchorError, MapAnchor
from omd3d_ros.ros.commands import Command, CommandResult, Status
from omd3d_ros.ros.fusion import Fusion
from omd3d_ros.ros.perception import PerceivedScene, Perception
from omd3d_ros.ros.transform_buffer import Matrix, TransformError
from omd3d_ros.ros.worker_client import (
    WorkerClient,
    WorkerLostError,
    WorkerRequestError,
    WorkerState,
)
from omd3d_ros.ros.worker_messages import Reason, Reply
from omd3d_ros.segmentation.placement import placed_answer, placed_scene
from omd3d_ros.segmentation.scene import Answer

_log = logging.getLogger('omd3d.answering')
_POLL = 0.05


class _RefusalError(Exception):
    """The command ends here, with this status and text."""

    def __init__(self, status: Status, text: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text


@dataclasses.dataclass(frozen=True)
class AnsweringSettings:
    """The node's settings that matter here; see NodeSettings."""

    viewpoint_frame: str
    scene_max_age: float
    max_map_age: float
    tf_timeout: float


class Answering:
    """Serves commands on the newest objects. ``clock_ns`` is the node's clock."""

    def __init__(
        self,
        fusion: Fusion,
        perception: Perception,
        worker: WorkerClient,
        anchor: MapAnchor,
        settings: AnsweringSettings,
        clock_ns: Callable[[], int],
    ) -> None:
        self._fusion = fusion
        self._perception = perception
        self._worker = worker
        self._anchor = anchor
        self._settings = settings
        self._clock_ns = clock_ns

    def serve(self, command: Command) -> CommandResult:
        """Answer a command; gives up when it has been answered otherwise (deadline, cancel)."""
        frame = (command.viewpoint_frame or self._settings.viewpoint_frame
                 or self._fusion.last_frame)
        try:
            self._check_map()
            self._map_from_fusion()
            viewpoint = self._viewpoint(command, frame)
            command.on_stage('perceiving', 0.2)
            perceived, waited = self._scene(command)
            command.on_stage('reasoning', 0.7)
            reply, perceived = self._reason(command, perceived, viewpoint)
            place = self._map_from_fusion(perceived.odom_from_fusion)
        except _RefusalError as refusal:
            return CommandResult(
                refusal.status, refusal.text, viewpoint_frame=frame, model=self._worker.model)
        answer = reply.body
        if not isinstance(answer, Answer):
            raise TypeError(f'the worker replied {type(answer).__name__} to a command')
        command.on_stage('done', 1.0)
        return CommandResult(
            Status(int(answer.outcome)), answer.text, placed_answer(answer, place),
            placed_scene(perceived.scene, place), frame,
            perception_time=waited, reasoning_time=reply.seconds, model=self._worker.model)

    def _check_map(self) -> None:
        with self._fusion.exclusive() as voxel_map:
            empty = voxel_map.voxel_count == 0
        if empty and self._fusion.transform_missing:
            raise _RefusalError(Status.TF_UNAVAILABLE, 'Clouds arrive, but their transform to the '
                           f'frame {self._anchor.odom_frame!r} is missing.')
        if empty:
            raise _RefusalError(Status.MAP_EMPTY, 'I have not seen anything yet.')
        age = time.monotonic() - self._fusion.last_fused
        if 0 < self._settings.max_map_age < age:
            raise _RefusalError(Status.MAP_STALE, f'Nothing was fused for {age:.1f} s.')

    def _map_from_fusion(self, odom_from_fusion: Matrix | None = None) -> Matrix:
        try:
            return self._anchor.map_from_fusion(odom_from_fusion)
        except AnchorError as error:
            raise _RefusalError(
                Status.TF_UNAVAILABLE, f'I cannot tell where things are: {error}') from error

    def _viewpoint(self, command: Command, frame: str) -> Matrix | None:
        """Return odom_from_viewpoint, (4, 4)."""
        if not command.viewpoint_frame and not self._settings.viewpoint_frame:
            return self._fusion.last_odom_from_sensor
        stamp_ns = self._clock_ns()
        deadline = time.monotonic() + min(self._settings.tf_timeout, command.remaining)
        while True:
            try:
                return self._anchor.odom_from_viewpoint(frame, stamp_ns)
            except TransformError as error:
                if not error.may_come or time.monotonic() >= deadline:
                    raise _RefusalError(
                        Status.TF_UNAVAILABLE,
                        f'The viewpoint {frame!r} is not known: {error}') from error
            time.sleep(_POLL / 5)

    def _scene(self, command: Command) -> tuple[PerceivedScene, float]:
        """Return a scene, and the seconds that were spent waiting for it (0: it was cached)."""
        begun = time.monotonic()
        failures = self._perception.failures
        max_age = self._settings.scene_max_age
        scene = self._perception.usable(max_age)
        if scene is not None:
            return scene, 0.0
        while not command.finished:
            self._refuse_without_model()
            self._perception.wait(min(command.remaining, 4 * _POLL))
            # what was asked for after the command came is as new as it can be
            waited = time.monotonic() - begun
            scene = self._perception.usable(max_age + waited)
            if scene is not None:
                return scene, waited
            lost = self._worker.state in (WorkerState.STARTING, WorkerState.RESTARTING)
            if self._perception.failures >= failures + 3 and not lost:
                raise _RefusalError(Status.MODEL_UNAVAILABLE, 'The objects of the map could not be '
                               f'found: {self._perception.last_failure}')
        raise _RefusalError(Status.TIMEOUT, 'The deadline passed.')

    def _reason(
        self, command: Command, perceived: PerceivedScene, odom_from_viewpoint: Matrix | None
    ) -> tuple[Reply, PerceivedScene]:
        """Return the worker's reply, and the scene it is about: a newer one after a restart."""
        while not command.finished:
            scene = perceived.scene
            viewpoint = None if odom_from_viewpoint is None else self._anchor.fusion_from(
                odom_from_viewpoint, perceived.odom_from_fusion)
            future = self._worker.request(
                Reason(scene.map_id, scene.revision, command.text, viewpoint))
            try:
                while not command.finished:
                    try:
                        return future.result(timeout=_POLL), perceived
                    except TimeoutError:
                        continue
            except WorkerLostError as error:
                _log.warning('the worker was lost while reasoning: %s', error)
                self._wait_for_worker(command)
            except WorkerRequestError as error:
                if 'was not perceived here' not in str(error):
                    raise _RefusalError(
                        Status.MODEL_UNAVAILABLE, f'Reasoning failed: {error}') from error
            perceived, _ = self._scene(command)  # the worker has gone on or is a new one
        raise _RefusalError(Status.TIMEOUT, 'The deadline passed.')

    def _wait_for_worker(self, command: Command) -> None:
        """Wait until a worker is ready, or the command is finished.

        To ask again and again instead would keep the thread that starts it from its lock.
        """
        while not command.finished and not self._worker.wait_ready(min(command.remaining, _POLL)):
            self._refuse_without_model()

    def _refuse_without_model(self) -> None:
        if self._worker.state is WorkerState.FAILED:
            raise _RefusalError(
                Status.MODEL_UNAVAILABLE, f'The model failed: {self._worker.failure}')
