"""The robot of a soak: walks along a corridor for ever, and talks to the node."""

from __future__ import annotations

import threading
import time
from typing import Any

from corridor import PERIOD, Frame, render_period
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.ros.node_client import NodeClient
from omd3d_ros.ros.node_process import NodeProcess
from omd3d_ros.ros.outputs import LATCHED
from omd3d_ros.ros.sensor_messages import cloud_message, set_stamp, transform_message

_READY_WAIT = 180.0   # s
_SETTLING = 3.0       # s, in which both sides of every topic find each other


class Walk:
    """Frames of one period each way, told one after the other, with the place of their period."""

    def __init__(self, camera: PinholeCamera, frames: int, periods: int) -> None:
        self._ways = [render_period(camera, frames, backwards) for backwards in (False, True)]
        self._periods = periods

    def frame(self, index: int) -> tuple[int, int, Frame, float]:
        """Return (way, number in its period, frame, x of the period in the map, metres)."""
        count = len(self._ways[0])
        period, step = divmod(index, count)
        _, place = divmod(period, 2 * self._periods)
        if place < self._periods:
            return 0, step, self._ways[0][step], PERIOD * place
        # the first frame on the way back stands where the last period ended
        back = 2 * self._periods - 1 - place + (step == 0)
        return 1, step, self._ways[1][step], PERIOD * back


class Robot:
    """Publishes clouds and transforms, listens to /diagnostics and sends commands."""

    def __init__(self, walk: Walk) -> None:

        self._walk = walk
        self._messages: dict[tuple[int, int], Any] = {}
        self.node = Node('soak')
        self._points = self.node.create_publisher(PointCloud2, '/omd3d/points', 5)
        self._tf = self.node.create_publisher(TFMessage, '/tf', 100)
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.client = NodeClient(self.node)
        self.counts: dict[str, str] = {}
        self.heard = time.monotonic()
        self.longest_gap = 0.0
        self.map_points = 0
        self.most_map_bytes = 0
        self.sent = self.late = 0
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()

    def watch_map(self) -> None:
        """Listen to ~/map_points too, as RViz would."""
        def count(message: Any) -> None:
            self.map_points = message.width
        self.node.create_subscription(PointCloud2, '/omd3d/map_points', count, LATCHED)

    def close(self) -> None:
        self._executor.shutdown()
        self._thread.join(5)
        self.client.destroy()
        self.node.destroy_node()

    def wait_ready(self, process: NodeProcess, stopped: threading.Event) -> None:
        """Wait for an active node with a ready worker that listens to clouds."""
        end = time.monotonic() + _READY_WAIT
        while (self.counts.get('worker') != 'ready' or self.counts.get('state') != 'active'
               or not self._points.get_subscription_count()):
            if not process.running() or time.monotonic() > end:
                raise RuntimeError(f'the node is not ready:\n{process.last_lines()}')
            if stopped.wait(0.2):
                return
        stopped.wait(_SETTLING)
        self.longest_gap, self.heard = 0.0, time.monotonic()

    def send(self) -> None:
        """Send the next cloud and its transforms."""
        way, step, frame, place = self._walk.frame(self.sent)
        message = self._messages.get((way, step))
        if message is None:
            message = self._messages[way, step] = cloud_message(frame, 'camera', 1, 16)
        stamp_ns = self.node.get_clock().now().nanoseconds
        map_from_base = frame.map_from_base.copy()
        map_from_base[0, 3] += place
        self._tf.publish(TFMessage(transforms=[
            transform_message('map', 'base_link', stamp_ns, map_from_base),
            transform_message('base_link', 'camera', stamp_ns, frame.base_from_camera)]))
        set_stamp(message, stamp_ns)
        self._points.publish(message)
        self.sent += 1

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            if status.name.endswith('omd3d'):
                self.counts = {value.key: value.value for value in status.values}
                self.most_map_bytes = max(
                    self.most_map_bytes, int(self.counts.get('map_bytes', 0)))
                now = time.monotonic()
                self.longest_gap = max(self.longest_gap, now - self.heard)
                self.heard = now
