"""What a configured node runs: map, transforms, worker, queues and services."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.lifecycle import LifecycleNode

from omd3d_ros.mapping.keyframes import KeyframeStore
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.msg import SegmentationResult
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.answering import Answering, AnsweringSettings
from omd3d_ros.ros.commands import Command, CommandQueue, CommandResult, Status
from omd3d_ros.ros.counters import Counters
from omd3d_ros.ros.diagnostics import Health
from omd3d_ros.ros.fusion import Fusion
from omd3d_ros.ros.inputs import Inputs
from omd3d_ros.ros.map_publisher import MapPublisher
from omd3d_ros.ros.map_services import MapServices
from omd3d_ros.ros.outputs import Outputs
from omd3d_ros.ros.parameters import Settings
from omd3d_ros.ros.perception import Perception
from omd3d_ros.ros.segment_action import SegmentAction
from omd3d_ros.ros.transforms import make_transform_source
from omd3d_ros.ros.worker_client import WorkerClient
from omd3d_ros.segmentation.command import clean_command

OnResult = Callable[[SegmentationResult], None]


class Session:
    """Built when the node is configured, closed when it is cleaned up."""

    def __init__(self, node: LifecycleNode, settings: Settings) -> None:
        self._node = node
        self._settings = settings
        self._last_latency = 0.0
        self._rate: tuple[float, int, float] = (time.monotonic(), 0, 0.0)
        self.counters = Counters()
        own = settings.node
        map_frame = own.map_frame.lstrip('/')
        started = time.monotonic()
        voxel_map = VoxelMap(settings.map)
        voxel_map.warm_up()
        node.get_logger().info(f'map kernels ready after {time.monotonic() - started:.1f} s')
        self.outputs = Outputs(node, map_frame)
        self.transforms = make_transform_source(node)
        self._keyframes = KeyframeStore(settings.keyframes)
        self._anchor = MapAnchor(self.transforms, map_frame, own.odom_frame.lstrip('/'))
        self.fusion = Fusion(
            voxel_map, self._keyframes, self._anchor, self.counters, self.drop,
            queue_size=own.cloud_queue, tf_timeout=own.tf_timeout)
        self.publisher = MapPublisher(
            self.fusion, self._anchor, self.outputs, self._log_unplaced)
        self.worker = WorkerClient(settings.segmenter, hang_timeout=own.worker_hang_timeout)
        self.perception = Perception(
            self.fusion, self.worker, self.publisher.scene, period=own.perception_period)
        answering = Answering(
            self.fusion, self.perception, self.worker, self._anchor,
            AnsweringSettings(own.viewpoint_frame.lstrip('/'), own.scene_max_age,
                              own.max_map_age, own.tf_timeout),
            lambda: int(node.get_clock().now().nanoseconds))
        self.commands = CommandQueue(answering.serve, size=own.command_queue)
        self.services = MapServices(
            node, self.fusion, self.perception, self._anchor, map_frame, self.publisher.scene)
        self.inputs: Inputs | None = None
        self.action = SegmentAction(node, self.submit, lambda: self.inputs is not None)

    def activate(self) -> None:
        """Start to listen."""
        self.inputs = Inputs(
            self._node, self.fusion, self.submit, self.drop,
            source=self._settings.node.input, pairing_slack=self._settings.node.pairing_slack)

    def deactivate(self) -> None:
        """Stop to listen; what is queued is still answered."""
        if self.inputs is not None:
            self.inputs.destroy()
            self.inputs = None

    def close(self) -> None:
        """End every thread and the worker."""
        self.deactivate()
        self.commands.close()
        self.perception.close()  # before the worker: its end is no failure then
        self.worker.close()
        self.fusion.close()
        self.action.destroy()
        self.services.destroy()
        self.transforms.destroy()
        self.outputs.destroy()

    def drop(self, cause: str, text: str) -> None:
        """Count a lost input and log it, throttled."""
        if cause in ('malformed', 'failed'):
            self.counters.add('clouds_received')
        self.counters.add(f'dropped_{cause}')
        self._node.get_logger().warning(f'dropped ({cause}): {text}', throttle_duration_sec=2.0)

    def _log_unplaced(self, text: str) -> None:
        self._node.get_logger().warning(
            f'the map is not published: {text}', throttle_duration_sec=5.0)

    def submit(
        self,
        text: str,
        *,
        command_id: str = '',
        viewpoint_frame: str = '',
        deadline: float = 0.0,
        on_stage: Callable[[str, float], None] = lambda stage, progress: None,
        on_result: OnResult = lambda result: None,
        is_canceled: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take a command from the topic or the action; its result is published in any case."""
        invalid = ''
        try:
            text = clean_command(text, self._settings.segmenter.reasoner.max_command_length)
        except ValueError as error:
            invalid = str(error)
        command = Command(
            command_id or self.commands.next_id(), text, viewpoint_frame.lstrip('/'),
            deadline or self._settings.node.command_deadline,
            on_finish=lambda done, result: self._publish(done, result, on_result),
            on_stage=on_stage, is_canceled=is_canceled)
        if invalid:
            command.finish(CommandResult(Status.INVALID_COMMAND, invalid))
        else:
            self.commands.offer(command)

    def health(self, state: str) -> Health:
        """Return what /diagnostics tells."""
        counts = self.counters.read()
        then, before, _ = self._rate
        now, fused = time.monotonic(), counts.get('clouds_integrated', 0)
        rate = (fused - before) / max(now - then, 1e-3)
        self._rate = (now, fused, rate)
        known = self.perception.objects
        with self.fusion.exclusive() as voxel_map:
            size = (voxel_map.voxel_count, voxel_map.nbytes, voxel_map.revision)
            keyframes = len(self._keyframes.frames())
            if known is not None and known[0] != voxel_map.map_id:
                known = None
        return Health(
            state=state, counts=counts, map_voxels=size[0], map_bytes=size[1],
            map_revision=size[2], fusion_frame=self._anchor.odom_frame,
            map_jumps=self._anchor.jumps, keyframes=keyframes,
            objects=len(known[1]) if known is not None else 0,
            worker=self.worker.state.value, model=self.worker.model,
            last_latency_ms=1e3 * self._last_latency, cloud_rate_hz=rate)

    def _publish(self, command: Command, result: CommandResult, on_result: OnResult) -> None:
        self._last_latency = time.monotonic() - command.arrived
        self.counters.add('commands_answered')
        self.counters.add(f'answered_{result.status.name.lower()}')
        try:
            self.publisher.follow()  # so that the markers lie where the result does
        except Exception as error:  # the command is answered in any case
            self._node.get_logger().error(f'objects were not published: {error}')
        on_result(self.outputs.result(command, result))
