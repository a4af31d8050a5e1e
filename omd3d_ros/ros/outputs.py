"""Everything the node publishes."""

from __future__ import annotations

from typing import Any

from diagnostic_msgs.msg import DiagnosticArray
from geometry_msgs.msg import PointStamped, PoseArray
from rclpy.lifecycle import LifecycleNode
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import PointCloud2
from visualization_msgs.msg import MarkerArray

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.msg import SegmentationResult, SegmentedObjectArray
from omd3d_ros.ros import results
from omd3d_ros.ros.commands import Command, CommandResult
from omd3d_ros.ros.conversions import header_message, points_message
from omd3d_ros.ros.detections import detections_message, detections_type
from omd3d_ros.ros.markers import markers_message
from omd3d_ros.segmentation.scene import Scene

LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class Outputs:
    """Publishers of results, objects and the map. They publish while the node is active."""

    def __init__(self, node: LifecycleNode, map_frame: str) -> None:
        self._map_frame = map_frame
        self._selected: frozenset[str] = frozenset()
        self._scene: Scene | None = None

        def latched(kind: Any, name: str) -> Any:
            return node.create_lifecycle_publisher(kind, f'~/{name}', LATCHED)

        self._result = latched(SegmentationResult, 'result')
        self._segmented_points = latched(PointCloud2, 'segmented_points')
        self._centroids = latched(PoseArray, 'centroids')
        self._target = latched(PointStamped, 'target')
        self._objects = latched(SegmentedObjectArray, 'objects')
        self._markers = latched(MarkerArray, 'markers')
        self._map_points = latched(PointCloud2, 'map_points')
        self._diagnostics = node.create_publisher(DiagnosticArray, '/diagnostics', 10)
        kind = detections_type()
        self._detections = None if kind is None else node.create_lifecycle_publisher(
            kind, '~/detections', QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE))
        self._node = node

    def destroy(self) -> None:
        """Remove all publishers."""
        for publisher in (self._result, self._segmented_points, self._centroids, self._target,
                          self._objects, self._markers, self._map_points, self._detections):
            if publisher is not None:
                self._node.destroy_lifecycle_publisher(publisher)
        self._node.destroy_publisher(self._diagnostics)

    def result(self, command: Command, result: CommandResult) -> SegmentationResult:
        """Publish how a command ended, and return that message."""
        message = results.result_message(command, result, self._map_frame)
        if not message.header.stamp.sec:
            message.header.stamp = self._node.get_clock().now().to_msg()
        self._segmented_points.publish(results.selected_points(message, result))
        self._centroids.publish(results.centroids(message))
        target = results.target(message)
        if target is not None:
            self._target.publish(target)
        self._selected = frozenset(found.id for found in message.objects)
        if self._scene is not None:
            self._markers.publish(markers_message(self._scene, self._selected, self._map_frame))
        if self._detections is not None:
            self._detections.publish(detections_message(message))
        # last: who has the result can count on the rest being there
        self._result.publish(message)
        return message

    def scene(self, scene: Scene) -> None:
        """Publish the objects of the map, given in the map frame."""
        self._scene = scene
        self._objects.publish(results.objects_message(scene, self._map_frame))
        self._markers.publish(markers_message(scene, self._selected, self._map_frame))

    @property
    def map_wanted(self) -> bool:
        """Whether anybody listens to the map."""
        return bool(self._map_points.get_subscription_count())

    def map_points(self, snapshot: MapSnapshot) -> None:
        """Publish the voxels of the map, given in the map frame."""
        header = header_message(max(snapshot.stamp_ns, 0), self._map_frame)
        self._map_points.publish(points_message(snapshot.points, snapshot.colors, header))

    def diagnostics(self, message: DiagnosticArray) -> None:
        """Publish the node's health, in any state."""
        self._diagnostics.publish(message)
