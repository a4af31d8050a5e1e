"""Publishes the frames of a recording as a depth camera's driver would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import Any

from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

from omd3d_ros.ros.recording import Frame
from omd3d_ros.ros.sensor_messages import (
    cloud_message,
    image_messages,
    set_stamp,
    transform_message,
)

INPUTS: dict[str, tuple[tuple[str, Any], ...]] = {
    'points': (('points', PointCloud2),),
    'rgbd': (('depth/camera_info', CameraInfo), ('depth/image', Image), ('color/image', Image)),
}
RELIABLE = QoSProfile(depth=5)
_TRANSFORMS = QoSProfile(depth=100)
_POLL = 0.05
_LATE = 0.5   # of a period: what is later moves the schedule
_DELIVERY = Duration(seconds=5)


def sensor_publishers(node: Node, target: str, mode: str) -> dict[str, Publisher]:
    """Return a reliable publisher for each input of a node, by the input's private name."""
    if mode not in INPUTS:
        raise ValueError(f'mode={mode!r}: must be points or rgbd')
    return {name: node.create_publisher(kind, f'{target.rstrip("/")}/{name}', RELIABLE)
            for name, kind in INPUTS[mode]}


def wait_for_subscribers(publishers: Iterable[Publisher], seconds: float) -> list[str]:
    """Wait until something listens to each; return the topics that nothing listens to."""
    end = time.monotonic() + seconds
    while True:
        alone = [p.topic_name for p in publishers if p.get_subscription_count() == 0]
        if not alone or time.monotonic() >= end:
            return alone
        time.sleep(_POLL)


class FramePlayer:
    """Publishes frames to a node's inputs, each with its transform ahead of it.

    mode  ``points``: organised clouds of 16 or 32 bytes a point; ``rgbd``: images
    Stamps are the node's clock when the frame is published.
    """

    def __init__(
        self, node: Node, target: str = '/omd3d', *, mode: str = 'points', frame: str = 'camera',
        map_frame: str = 'map', bytes_per_point: int = 32,
    ) -> None:
        self._node = node
        self.mode, self._frame, self._map_frame = mode, frame, map_frame
        self._bytes_per_point = bytes_per_point
        self._transforms = node.create_publisher(TFMessage, '/tf', _TRANSFORMS)
        self._publishers = sensor_publishers(node, target, mode)

    def wait(self, seconds: float) -> list[str]:
        """Wait for subscribers; return the topics that nothing listens to."""
        return wait_for_subscribers(self._publishers.values(), seconds)

    def play(
        self, frames: Iterable[Frame], rate: float, on_sent: Callable[[int], None] | None = None
    ) -> int:
        """Publish frames at a rate, Hz, and return how many.

        Time that was lost is not made up for: a burst would overrun the queues.

        on_sent  called after each frame with the number sent so far
        """
        if not rate > 0:
            raise ValueError(f'rate={rate}: must be above 0')
        due, sent = 0.0, 0
        for frame in frames:
            messages = self._messages(frame)
            time.sleep(max(0.0, due - time.monotonic()))
            now = time.monotonic()
            late = now - due > _LATE / rate
            due = (now if late else due) + 1 / rate
            self._publish(frame, messages)
            sent += 1
            if on_sent is not None:
                on_sent(sent)
        return sent

    def send(self, frame: Frame) -> int:
        """Publish one frame now; return its stamp, ns."""
        return self._publish(frame, self._messages(frame))

    def finish(self) -> bool:
        """Wait until subscribers have what was sent, a few seconds at most; return whether."""
        return all(p.wait_for_all_acked(_DELIVERY) for p in self._publishers.values())

    def destroy(self) -> None:
        """Leave the topics."""
        for publisher in (self._transforms, *self._publishers.values()):
            self._node.destroy_publisher(publisher)

    def _messages(self, frame: Frame) -> tuple[Any, ...]:
        """Return messages in the order of ``INPUTS``; they are stamped when published."""
        if self.mode == 'points':
            return (cloud_message(frame, self._frame, 0, self._bytes_per_point),)
        return image_messages(frame, self._frame, 0)

    def _publish(self, frame: Frame, messages: tuple[Any, ...]) -> int:
        stamp_ns = int(self._node.get_clock().now().nanoseconds)
        self._transforms.publish(TFMessage(transforms=[transform_message(
            self._map_frame, self._frame, stamp_ns, frame.map_from_camera)]))
        for publisher, message in zip(self._publishers.values(), messages, strict=True):
            set_stamp(message, stamp_ns)
            publisher.publish(message)
        return stamp_ns
