"""Everything the node listens to."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.qos_overriding_options import QoSOverridingOptions
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from std_msgs.msg import String

from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.depth_view import DepthView
from omd3d_ros.ros.conversions import MessageError, cloud_from_message, frame_name, nanoseconds
from omd3d_ros.ros.fusion import Fusion, Measurement
from omd3d_ros.ros.image_pairing import ImagePairing

_DEPTH = 10
_COMMAND_DEPTH = 500  # a flood of commands is answered BUSY, one by one, not lost
_RELIABILITY_PERIOD = 1.0

OnDrop = Callable[[str, str], None]


class AdaptiveSubscription:
    """A subscription that takes the reliability its publishers offer.

    It starts reliable (large clouds get lost otherwise), and asks again once a second: a best
    effort publisher makes it best effort. With a QoS override parameter it keeps to that.
    """

    def __init__(
        self, node: LifecycleNode, kind: Any, name: str, callback: Callable[[Any], None],
        group: MutuallyExclusiveCallbackGroup,
    ) -> None:
        self._node = node
        self._kind = kind
        self._name = name
        self._callback = callback
        self._group = group
        topic = node.resolve_topic_name(name)
        prefix = f'qos_overrides.{topic}.subscription.'
        self._overridden = any(key.startswith(prefix) for key in node._parameter_overrides)
        self._reliability = ReliabilityPolicy.RELIABLE
        self._subscription = self._subscribe()

    @property
    def topic(self) -> str:
        """The topic's full name."""
        return str(self._subscription.topic_name)

    def adapt(self) -> None:
        """Subscribe anew when the publishers offer something else than before."""
        if self._overridden:
            return
        offers = {info.qos_profile.reliability
                  for info in self._node.get_publishers_info_by_topic(self.topic)}
        if not offers:
            return
        wanted = (ReliabilityPolicy.BEST_EFFORT if ReliabilityPolicy.BEST_EFFORT in offers
                  else ReliabilityPolicy.RELIABLE)
        if wanted != self._reliability:
            self._reliability = wanted
            self.destroy()
            self._subscription = self._subscribe()
            self._node.get_logger().info(f'{self.topic}: subscribed as {wanted.name}')

    def destroy(self) -> None:
        """Unsubscribe."""
        self._node.destroy_subscription(self._subscription)

    def _subscribe(self) -> Any:
        options = QoSOverridingOptions.with_default_policies() if self._overridden else None
        return self._node.create_subscription(
            self._kind, self._name, self._callback,
            QoSProfile(depth=_DEPTH, reliability=self._reliability),
            callback_group=self._group, qos_overriding_options=options)


class Inputs:
    """Subscriptions of the active node: clouds or images, and commands."""

    def __init__(
        self,
        node: LifecycleNode,
        fusion: Fusion,
        on_command: Callable[[str], None],
        on_drop: OnDrop,
        *,
        source: str,
        pairing_slack: float,
    ) -> None:
        self._node = node
        self._fusion = fusion
        self._on_drop = on_drop
        group = MutuallyExclusiveCallbackGroup()
        self._adaptive = []
        if source == 'points':
            self._adaptive.append(
                AdaptiveSubscription(node, PointCloud2, '~/points', self._on_points, group))
        else:
            pairing = ImagePairing(self._on_view, on_drop, slack=pairing_slack)
            for kind, name, take in (
                (CameraInfo, '~/depth/camera_info', pairing.camera_info),
                (Image, '~/depth/image', pairing.depth),
                (Image, '~/color/image', pairing.color),
            ):
                self._adaptive.append(
                    AdaptiveSubscription(node, kind, name, self._guarded(take), group))
        def take_command(message: Any) -> None:
            on_command(message.data)

        self._commands = node.create_subscription(
            String, '~/command', take_command,
            QoSProfile(depth=_COMMAND_DEPTH), callback_group=MutuallyExclusiveCallbackGroup())
        self._timer = node.create_timer(
            _RELIABILITY_PERIOD, self._adapt, callback_group=group)

    def destroy(self) -> None:
        """Unsubscribe from everything."""
        self._node.destroy_timer(self._timer)
        self._node.destroy_subscription(self._commands)
        for subscription in self._adaptive:
            subscription.destroy()

    def _adapt(self) -> None:
        for subscription in self._adaptive:
            subscription.adapt()

    def _guarded(self, take: Callable[[Any], None]) -> Callable[[Any], None]:
        def callback(message: Any) -> None:
            try:
                take(message)
            except MessageError as error:
                self._on_drop('malformed', str(error))
            except Exception as error:  # a callback that raises would end the node
                self._on_drop('failed', f'{type(error).__name__}: {error}')
        return callback

    def _on_points(self, message: PointCloud2) -> None:
        def take(message: Any) -> None:
            self._offer(frame_name(message.header), nanoseconds(message.header.stamp),
                        cloud_from_message(message))
        self._guarded(take)(message)

    def _on_view(self, frame: str, stamp_ns: int, view: DepthView) -> None:
        self._offer(frame, stamp_ns, view)

    def _offer(self, frame: str, stamp_ns: int, content: Cloud | DepthView) -> None:
        self._fusion.offer(Measurement(frame, stamp_ns, content, time.monotonic()))
