"""Publishes a rosbag2's clouds or images to a node's inputs, with its transforms."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import PurePosixPath
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from tf2_msgs.msg import TFMessage

from omd3d_ros.ros.bag import Bag, BagMessage
from omd3d_ros.ros.conversions import time_message
from omd3d_ros.ros.frame_player import INPUTS, sensor_publishers, wait_for_subscribers

_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
_DELIVERY = Duration(seconds=5)
_DEPTH = {'16UC1', 'mono16', '32FC1'}
_COLOR = {'rgb8', 'bgr8'}


class BagPlayer:
    """Plays a bag at its own pace, stamps moved so that its beginning is now.

    mode   ``points``: every cloud goes to the node's points; ``rgbd``: the first topic of depth
           images, the first of colour images and the camera_info beside the depth images;
           None: points where the bag holds clouds
    speed  2 plays twice as fast; stamps are squeezed accordingly
    """

    def __init__(
        self, node: Node, bag: Bag, target: str = '/omd3d', *, mode: str | None = None,
        speed: float = 1.0,
    ) -> None:
        if not speed > 0:
            raise ValueError(f'speed={speed}: must be above 0')
        clouds = bag.count('sensor_msgs/msg/PointCloud2')
        self.mode = mode or ('points' if clouds else 'rgbd')
        if self.mode == 'points' and clouds == 0:
            raise ValueError(f'{bag.path}: holds no clouds')
        self._node, self._bag, self._speed = node, bag, speed
        self._publishers = sensor_publishers(node, target, self.mode)
        self._transforms = node.create_publisher(TFMessage, '/tf', QoSProfile(depth=100))
        self._static_transforms = node.create_publisher(TFMessage, '/tf_static', _LATCHED)
        self._static: dict[str, Any] = {}
        self._inputs = _choose_inputs(bag, self.mode)

    def wait(self, seconds: float) -> list[str]:
        """Wait for subscribers; return the topics that nothing listens to."""
        return wait_for_subscribers(self._publishers.values(), seconds)

    def play(self, on_sent: Callable[[int], None] | None = None) -> int:
        """Publish the whole bag once; return how many clouds or depth images were sent.

        Raises
        ------
        ValueError
            When the bag breaks off.

        """
        sent, first_ns = 0, None
        start, start_ns = time.monotonic(), int(self._node.get_clock().now().nanoseconds)
        for recorded in self._bag.messages():
            if first_ns is None:
                first_ns = recorded.time_ns
            due = start + (recorded.time_ns - first_ns) / (1e9 * self._speed)
            time.sleep(max(0.0, due - time.monotonic()))
            shift = _Shift(first_ns, start_ns, self._speed)
            if recorded.kind == 'tf2_msgs/msg/TFMessage':
                self._send_transforms(recorded, shift)
                continue
            name = self._inputs.get(recorded.topic)
            if name is None:
                continue
            shift.apply(recorded.message.header)
            self._publishers[name].publish(recorded.message)
            if name in ('points', 'depth/image'):
                sent += 1
                if on_sent is not None:
                    on_sent(sent)
        return sent

    def finish(self) -> bool:
        """Wait until subscribers have what was sent, a few seconds at most; return whether."""
        return all(p.wait_for_all_acked(_DELIVERY) for p in self._publishers.values())

    def destroy(self) -> None:
        """Leave the topics."""
        for publisher in (
                self._transforms, self._static_transforms, *self._publishers.values()):
            self._node.destroy_publisher(publisher)

    def _send_transforms(self, recorded: BagMessage, shift: _Shift) -> None:
        for transform in recorded.message.transforms:
            shift.apply(transform.header)
        if PurePosixPath(recorded.topic).name != 'tf_static':
            self._transforms.publish(recorded.message)
            return
        # only the last message is latched, so it must hold all
        self._static.update({t.child_frame_id: t for t in recorded.message.transforms})
        self._static_transforms.publish(TFMessage(transforms=list(self._static.values())))


def _choose_inputs(bag: Bag, mode: str) -> dict[str, str]:
    """Return which input each topic of a bag goes to.

    Raises
    ------
    ValueError
        When depth or colour images or the camera_info beside the depth images are missing.

    """
    kinds = bag.topics()
    if mode == 'points':
        return dict.fromkeys((t for t, k in kinds.items() if k.endswith('PointCloud2')), 'points')
    topics: dict[str, str] = {}   # input -> topic
    for topic, kind in kinds.items():
        first = next(bag.messages(topic), None) if kind.endswith('/Image') else None
        if first is not None and first.message.encoding in _DEPTH:
            topics.setdefault('depth/image', topic)
            beside = str(PurePosixPath(topic).parent / 'camera_info')
            if beside in kinds:
                topics.setdefault('depth/camera_info', beside)
        elif first is not None and first.message.encoding in _COLOR:
            topics.setdefault('color/image', topic)
    for name, _ in INPUTS['rgbd']:
        if name not in topics:
            raise ValueError(f'{bag.path}: holds nothing for {name}')
    return {topic: name for name, topic in topics.items()}


class _Shift:
    """Moves recorded stamps to now."""

    def __init__(self, first_ns: int, start_ns: int, speed: float) -> None:
        self._first_ns, self._start_ns, self._speed = first_ns, start_ns, speed

    def apply(self, header: Any) -> None:
        """Move a header's stamp; zero means "no stamp" and stays."""
        recorded_ns = header.stamp.sec * 10**9 + header.stamp.nanosec
        if recorded_ns:
            moved = self._start_ns + round((recorded_ns - self._first_ns) / self._speed)
            header.stamp = time_message(max(moved, 1))
