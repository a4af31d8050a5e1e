"""The sensor messages of a rosbag2 (mcap or sqlite3), without rosbag2 itself."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rclpy.serialization import deserialize_message
from rosbags.highlevel import AnyReader
from rosbags.typesys import Stores, get_typestore
from sensor_msgs.msg import CameraInfo, Image, PointCloud2
from tf2_msgs.msg import TFMessage

KINDS: dict[str, Any] = {
    'sensor_msgs/msg/PointCloud2': PointCloud2,
    'sensor_msgs/msg/Image': Image,
    'sensor_msgs/msg/CameraInfo': CameraInfo,
    'tf2_msgs/msg/TFMessage': TFMessage,
}


@dataclasses.dataclass(frozen=True)
class BagMessage:
    """One recorded message; ``time_ns`` is when it was written."""

    topic: str
    time_ns: int
    kind: str
    message: Any


class Bag:
    """A rosbag2, its messages read one at a time.

    Raises
    ------
    ValueError
        When the path is not a rosbag2 that can be read, naming it.

    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        try:
            self._reader = AnyReader([self.path], default_typestore=get_typestore(
                Stores.ROS2_JAZZY))
            self._reader.open()
        except Exception as error:   # rosbags lets errors of its parsers and of sqlite3 through
            raise ValueError(f'{path}: not a readable rosbag2 ({error})') from error
        self._connections = [c for c in self._reader.connections if c.msgtype in KINDS]

    def topics(self) -> dict[str, str]:
        """Return the kind of each topic that can be played."""
        return {c.topic: c.msgtype for c in self._connections}

    def count(self, kind: str) -> int:
        """Return how many messages of a kind it holds."""
        return sum(c.msgcount for c in self._connections if c.msgtype == kind)

    def messages(self, topic: str | None = None) -> Iterator[BagMessage]:
        """Yield the messages of known kinds, or of one topic, in the order they were written.

        Raises
        ------
        ValueError
            When the bag breaks off or a message does not decode.

        """
        wanted = [c for c in self._connections if topic in (None, c.topic)]
        if not wanted:   # rosbags would take it for "all"
            return
        try:
            for connection, time_ns, raw in self._reader.messages(wanted):
                message = deserialize_message(bytes(raw), KINDS[connection.msgtype])
                yield BagMessage(connection.topic, time_ns, connection.msgtype, message)
        except Exception as error:   # as above, and what rclpy raises on bad data
            raise ValueError(f'{self.path}: breaks off ({error})') from error

    def close(self) -> None:
        """Close the files."""
        self._reader.close()
