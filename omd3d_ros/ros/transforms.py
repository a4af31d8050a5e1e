"""Where sensor poses come from: tf2_ros where it is installed, our own buffer elsewhere."""

from __future__ import annotations

import logging
from typing import Protocol

from geometry_msgs.msg import TransformStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.clock import ClockType, JumpThreshold
from rclpy.duration import Duration
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.time import Time

from omd3d_ros.ros.transform_buffer import (
    ConnectivityError,
    ExtrapolationError,
    FrameLookupError,
    Matrix,
    TransformBuffer,
    matrix_from_pose,
)

_log = logging.getLogger('omd3d.transforms')


class TransformSource(Protocol):
    """Poses at a stamp. Errors are those of ``transform_buffer``, whatever is behind it."""

    def lookup(self, target: str, source: str, stamp_ns: int) -> Matrix:
        """Return ``target_from_source``, 4x4, at a stamp in ns."""

    def newest(self, target: str, source: str) -> Matrix:
        """Return ``target_from_source``, 4x4, at the newest stamp there is; not for sensors."""

    def destroy(self) -> None:
        """Stop listening."""


def _pose(message: TransformStamped) -> tuple[tuple[float, ...], tuple[float, ...]]:
    p, q = message.transform.translation, message.transform.rotation
    return (p.x, p.y, p.z), (q.x, q.y, q.z, q.w)


class TopicTransforms:
    """Listens to /tf and /tf_static into a ``TransformBuffer``."""

    def __init__(self, node: Node) -> None:
        from tf2_msgs.msg import TFMessage
        self._node = node
        self._buffer = TransformBuffer()
        # a group of its own: transforms must not wait for anything else
        group = MutuallyExclusiveCallbackGroup()
        static = QoSProfile(depth=100, durability=DurabilityPolicy.TRANSIENT_LOCAL)
        self._subscriptions = [
            node.create_subscription(
                TFMessage, '/tf', lambda m: self._insert(m, False), QoSProfile(depth=100),
                callback_group=group),
            node.create_subscription(
                TFMessage, '/tf_static', lambda m: self._insert(m, True), static,
                callback_group=group),
        ]
        clock = node.get_clock()
        self._jump = None
        if clock.clock_type == ClockType.ROS_TIME:
            backwards = JumpThreshold(
                min_forward=None, min_backward=Duration(nanoseconds=-1), on_clock_change=True)
            self._jump = clock.create_jump_callback(
                backwards, post_callback=lambda _: self._buffer.clear())

    def lookup(self, target: str, source: str, stamp_ns: int) -> Matrix:
        """Return ``target_from_source``, 4x4, at a stamp in ns."""
        return self._buffer.lookup(target, source, stamp_ns)

    def newest(self, target: str, source: str) -> Matrix:
        """Return ``target_from_source``, 4x4, at the newest stamp there is; not for sensors."""
        return self._buffer.newest(target, source)

    def destroy(self) -> None:
        """Stop listening."""
        for subscription in self._subscriptions:
            self._node.destroy_subscription(subscription)
        if self._jump is not None:
            self._jump.unregister()

    def _insert(self, message: object, static: bool) -> None:
        for transform in message.transforms:  # type: ignore[attr-defined]
            header = transform.header
            position, xyzw = _pose(transform)
            stamp_ns = header.stamp.sec * 10**9 + header.stamp.nanosec
            try:
                self._buffer.insert(header.frame_id, transform.child_frame_id, stamp_ns,
                                    position, xyzw, static=static)
            except ValueError as error:
                self._node.get_logger().warning(
                    f'transform refused: {error}', throttle_duration_sec=5.0)


class Tf2Transforms:
    """Asks tf2_ros."""

    def __init__(self, node: Node) -> None:
        import tf2_ros
        self._tf2 = tf2_ros
        self._buffer = tf2_ros.Buffer(node=node)
        self._listener = tf2_ros.TransformListener(self._buffer, node)

    def lookup(self, target: str, source: str, stamp_ns: int) -> Matrix:
        """Return ``target_from_source``, 4x4, at a stamp in ns."""
        # to tf2 a stamp of zero means "latest", which a sensor without a clock must not get
        return self._ask(target, source, Time(nanoseconds=max(stamp_ns, 1)))

    def newest(self, target: str, source: str) -> Matrix:
        """Return ``target_from_source``, 4x4, at the newest stamp there is; not for sensors."""
        return self._ask(target, source, Time())

    def destroy(self) -> None:
        """Stop listening."""
        self._listener.unregister()

    def _ask(self, target: str, source: str, time: Time) -> Matrix:
        try:
            found = self._buffer.lookup_transform(target.lstrip('/'), source.lstrip('/'), time)
        except self._tf2.LookupException as error:
            raise FrameLookupError(str(error)) from error
        except self._tf2.ConnectivityException as error:
            raise ConnectivityError(str(error)) from error
        except self._tf2.ExtrapolationException as error:
            raise ExtrapolationError(str(error), may_come='past' not in str(error)) from error
        return matrix_from_pose(*_pose(found))


def make_transform_source(node: Node) -> TransformSource:
    """Return tf2_ros's buffer where it is installed, and our own elsewhere."""
    try:
        return Tf2Transforms(node)
    except ImportError:
        _log.info('tf2_ros is not installed: using the built-in transform buffer')
        return TopicTransforms(node)
