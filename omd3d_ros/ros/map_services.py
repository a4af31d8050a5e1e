"""Services that save, load and clear the map, and tell of its objects."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from typing import Any

from geometry_msgs.msg import Point, Pose, PoseStamped
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.lifecycle import LifecycleNode
from std_srvs.srv import Trigger

from omd3d_ros.mapping.map_file import MapContents, load_map, save_map
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.approach import approach_poses
from omd3d_ros.ros.conversions import header_message
from omd3d_ros.ros.fusion import FusedMap, Fusion
from omd3d_ros.ros.perception import Perception
from omd3d_ros.ros.results import objects_message, quaternion_message
from omd3d_ros.ros.transform_buffer import Matrix, TransformError
from omd3d_ros.segmentation.placement import placed_points, placed_scene
from omd3d_ros.segmentation.scene import Scene
from omd3d_ros.segmentation.stored_objects import objects_of_map, stored_objects
from omd3d_ros.srv import GetApproachPoses, GetObjects, LoadMap, SaveMap


class MapServices:
    """~/save_map, ~/load_map, ~/clear_map, ~/get_objects and ~/get_approach_poses."""

    def __init__(
        self, node: LifecycleNode, fusion: Fusion, perception: Perception, anchor: MapAnchor,
        map_frame: str, on_scene: Callable[[Scene, Matrix], None],
    ) -> None:
        self._node = node
        self._fusion = fusion
        self._perception = perception
        self._anchor = anchor
        self._map_frame = map_frame
        self._on_scene = on_scene
        group = MutuallyExclusiveCallbackGroup()
        self._services = [
            node.create_service(kind, f'~/{name}', self._guarded(serve), callback_group=group)
            for kind, name, serve in (
                (SaveMap, 'save_map', self._save),
                (LoadMap, 'load_map', self._load),
                (Trigger, 'clear_map', self._clear),
                (GetObjects, 'get_objects', self._get_objects),
                (GetApproachPoses, 'get_approach_poses', self._get_approach_poses),
            )
        ]

    def destroy(self) -> None:
        """Remove the services."""
        for service in self._services:
            self._node.destroy_service(service)

    def _guarded(self, serve: Callable[[Any, Any], None]) -> Callable[[Any, Any], Any]:
        def callback(request: Any, response: Any) -> Any:
            try:
                serve(request, response)
            except Exception as error:  # a callback that raises would end the node
                text = str(error) if isinstance(
                    error, ValueError | OSError | TransformError) else (
                    f'{type(error).__name__}: {error}')
                self._node.get_logger().error(f'service failed: {text}')
                if hasattr(response, 'success'):
                    response.success = False
                    response.message = text
            return response
        return callback

    def _scene(self) -> Scene:
        """Return the newest scene of the current map, in the fusion frame.

        It has no objects when there is none.
        """
        with self._fusion.exclusive() as voxel_map:
            scene = Scene(voxel_map.map_id, voxel_map.revision, voxel_map.stamp_ns, ())
        latest, known = self._perception.latest, self._perception.objects
        if latest is not None and latest.scene.map_id == scene.map_id:
            return latest.scene
        if known is not None and known[0] == scene.map_id:
            return dataclasses.replace(scene, objects=known[1])  # loaded, not yet seen again
        return scene

    def _placed_scene(self) -> tuple[Scene, Matrix]:
        """Return the scene in the map frame, and the map_from_fusion that put it there."""
        map_from_fusion = self._anchor.map_from_fusion()
        return placed_scene(self._scene(), map_from_fusion), map_from_fusion

    def _save(self, request: SaveMap.Request, response: SaveMap.Response) -> None:
        fused = self._fusion.snapshot()
        snapshot, objects = fused.snapshot, stored_objects(self._scene())
        with self._fusion.exclusive() as voxel_map:
            settings = dataclasses.asdict(voxel_map.settings)
        save_map(request.path, MapContents(
            snapshot, fused.keyframes, objects, settings,
            self._anchor.map_from_fusion(fused.odom_from_fusion)))
        response.success = True
        response.map_id = snapshot.map_id
        response.voxels = len(snapshot)
        response.message = f'{len(snapshot)} voxels and {len(objects)} objects saved'

    def _load(self, request: LoadMap.Request, response: LoadMap.Response) -> None:
        contents = load_map(request.path)
        objects = objects_of_map(contents.objects)
        odom_from_fusion = self._anchor.anchor_at(contents.map_from_fusion)
        snapshot = contents.snapshot
        self._fusion.restore(FusedMap(snapshot, contents.keyframes, odom_from_fusion))
        self._perception.restore(snapshot.map_id, objects)
        self._on_scene(self._scene(), self._anchor.odom_from_fusion)
        response.success = True
        response.map_id = snapshot.map_id
        response.voxels = len(snapshot)
        response.message = f'{len(snapshot)} voxels and {len(objects)} objects loaded'

    def _clear(self, request: Trigger.Request, response: Trigger.Response) -> None:
        self._fusion.clear()
        self._on_scene(self._scene(), self._anchor.odom_from_fusion)
        response.success = True
        response.message = 'the map is empty'

    def _get_objects(self, request: GetObjects.Request, response: GetObjects.Response) -> None:
        scene, _ = self._placed_scene()
        ids, labels = set(request.ids), {label.lower() for label in request.labels}
        chosen = tuple(
            found for found in scene.objects
            if (not ids or found.id in ids)
            and (not labels or labels & {label.lower() for label, _ in found.told_labels}))
        response.objects = objects_message(
            dataclasses.replace(scene, objects=chosen), self._map_frame,
            with_points=request.include_points)

    def _get_approach_poses(
        self, request: GetApproachPoses.Request, response: GetApproachPoses.Response
    ) -> None:
        scene, map_from_fusion = self._placed_scene()
        found = next((o for o in scene.objects if o.id == request.object_id), None)
        if found is None:
            raise ValueError(f'object_id={request.object_id!r}: no such object')
        points = placed_points(self._fusion.snapshot().snapshot.points, map_from_fusion)
        pose = self._fusion.last_odom_from_sensor
        poses = approach_poses(
            points, found.box, float(request.distance), int(request.count),
            None if pose is None else (map_from_fusion @ self._anchor.fusion_from(pose))[:3, 3])
        header = header_message(max(scene.stamp_ns, 0), self._map_frame)
        response.poses = [
            PoseStamped(header=header, pose=Pose(
                position=Point(x=float(p.position[0]), y=float(p.position[1]),
                               z=float(p.position[2])),
                orientation=quaternion_message(
                    (0.0, 0.0, math.sin(p.yaw / 2), math.cos(p.yaw / 2)))))
            for p in poses]
        response.success = bool(poses)
        response.message = f'{len(poses)} free poses around {found.id}'
