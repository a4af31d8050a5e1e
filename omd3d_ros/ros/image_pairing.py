"""Puts depth and colour images of one stamp together."""

from __future__ import annotations

import collections
from collections.abc import Callable
from typing import Any

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.depth_view import DepthView
from omd3d_ros.ros.conversions import (
    MessageError,
    camera_from_message,
    color_from_message,
    depth_from_message,
    frame_name,
    nanoseconds,
)

_WAITING = 10  # images of one kind that may wait for their partner

OnView = Callable[[str, int, DepthView], None]
OnDrop = Callable[[str, str], None]


class ImagePairing:
    """Takes depth, colour and camera_info messages; calls ``on_view(frame, stamp_ns, view)``.

    Depth and colour belong together when their stamps differ by at most ``slack`` s. Intrinsics
    are those of the newest camera_info. What finds no partner is dropped as 'unpaired'.
    Not thread-safe: call it from one callback group.
    """

    def __init__(self, on_view: OnView, on_drop: OnDrop, *, slack: float) -> None:
        self._on_view = on_view
        self._on_drop = on_drop
        self._slack_ns = round(slack * 1e9)
        self._depth: collections.OrderedDict[int, Any] = collections.OrderedDict()
        self._color: collections.OrderedDict[int, Any] = collections.OrderedDict()
        self._camera: PinholeCamera | None = None

    def camera_info(self, message: Any) -> None:
        """Take the intrinsics of the depth image; MessageError when they are unusable."""
        self._camera = camera_from_message(message)

    def depth(self, message: Any) -> None:
        """Take a registered depth image; MessageError when it is malformed."""
        self._add(self._depth, self._color, message)

    def color(self, message: Any) -> None:
        """Take a colour image; MessageError when it is malformed."""
        self._add(self._color, self._depth, message)

    def _add(
        self,
        mine: collections.OrderedDict[int, Any],
        others: collections.OrderedDict[int, Any],
        message: Any,
    ) -> None:
        stamp_ns = nanoseconds(message.header.stamp)
        mine[stamp_ns] = message
        partner = min(others, key=lambda other: abs(other - stamp_ns), default=None)
        if partner is not None and abs(partner - stamp_ns) <= self._slack_ns:
            self._forget_before(self._depth, partner if others is self._depth else stamp_ns)
            self._forget_before(self._color, partner if others is self._color else stamp_ns)
            _, depth = self._depth.popitem(last=False)
            _, color = self._color.popitem(last=False)
            self._emit(depth, color)
        elif len(mine) > _WAITING:
            mine.popitem(last=False)
            self._on_drop('unpaired', 'an image without a partner of its stamp')

    def _forget_before(self, waiting: collections.OrderedDict[int, Any], stamp_ns: int) -> None:
        for old in [key for key in waiting if key < stamp_ns]:
            del waiting[old]
            self._on_drop('unpaired', 'an image without a partner of its stamp')
        for key in sorted(waiting):
            waiting.move_to_end(key)

    def _emit(self, depth_message: Any, color_message: Any) -> None:
        if self._camera is None:
            self._on_drop('no_camera_info', 'images came, but no camera_info yet')
            return
        depth = depth_from_message(depth_message)
        color = color_from_message(color_message)
        size = (self._camera.height, self._camera.width)
        if depth.shape != size or color.shape[:2] != size:
            raise MessageError(f'depth {depth.shape}, colour {color.shape[:2]} and camera_info '
                               f'{size} differ in size; depth must be registered to colour')
        header = depth_message.header
        self._on_view(frame_name(header), nanoseconds(header.stamp),
                      DepthView(depth, color, self._camera))
