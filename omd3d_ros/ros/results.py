"""Scenes, objects and answers as this package's messages."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from builtin_interfaces.msg import Duration, Time
from geometry_msgs.msg import Point, PointStamped, Pose, PoseArray, Quaternion, Vector3
from sensor_msgs.msg import PointCloud2

from omd3d_ros.msg import SegmentationResult, SegmentedObject, SegmentedObjectArray
from omd3d_ros.ros.commands import Command, CommandResult, Status
from omd3d_ros.ros.conversions import header_message, points_message, time_message
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import Scene, SceneObject, Selection


def point_message(position: npt.NDArray[np.float64]) -> Point:
    """Return a position (3,), metres."""
    return Point(x=float(position[0]), y=float(position[1]), z=float(position[2]))


def quaternion_message(xyzw: tuple[float, float, float, float]) -> Quaternion:
    """Return a unit quaternion (x, y, z, w)."""
    x, y, z, w = xyzw
    return Quaternion(x=x, y=y, z=z, w=w)


def box_pose(box: OrientedBox) -> Pose:
    """Return the centre and orientation of a box."""
    return Pose(position=point_message(box.center),
                orientation=quaternion_message(box.orientation_xyzw()))


def duration_message(seconds: float) -> Duration:
    """Return seconds (>= 0) as a builtin_interfaces/Duration."""
    total = round(max(seconds, 0.0) * 1e9)
    return Duration(sec=total // 10**9, nanosec=total % 10**9)


def _stamp(stamp_ns: int) -> Time:
    return time_message(max(stamp_ns, 0))


def object_message(
    found: SceneObject, map_frame: str, *, score: float | None = None, with_points: bool = False
) -> SegmentedObject:
    """Return one object; ``score`` defaults to its objectness."""
    header = header_message(max(found.last_seen_ns, 0), map_frame)
    told = found.told_labels
    message = SegmentedObject(
        header=header,
        id=found.id,
        label=found.labels[0] if found.labels else '',
        labels=[label for label, _ in told],
        label_scores=[score for _, score in told],
        score=float(found.objectness if score is None else score),
        centroid=point_message(found.centroid),
        centroid_covariance=np.asarray(found.covariance, dtype=np.float64).ravel(),
        box_pose=box_pose(found.box),
        box_size=Vector3(x=float(found.box.size[0]), y=float(found.box.size[1]),
                         z=float(found.box.size[2])),
        voxel_count=len(found.points),
        observations=int(found.observations),
        first_seen=_stamp(found.first_seen_ns),
        last_seen=_stamp(found.last_seen_ns),
        state=int(found.state),
    )
    message.points.header = header
    if with_points:
        message.points = points_message(found.points, found.colors, header)
    return message


def selection_message(
    selection: Selection, found: SceneObject, map_frame: str
) -> SegmentedObject:
    """Return a selected object: its mask is the selection's, whose points are filled in."""
    return object_message(found.masked(selection.points, selection.colors), map_frame,
                          score=selection.score, with_points=True)


def objects_message(
    scene: Scene, map_frame: str, *, with_points: bool = False
) -> SegmentedObjectArray:
    """Return every object of a scene."""
    return SegmentedObjectArray(
        header=header_message(scene.stamp_ns, map_frame),
        map_id=scene.map_id,
        map_revision=scene.revision,
        objects=[object_message(o, map_frame, with_points=with_points) for o in scene.objects],
    )


def result_message(command: Command, result: CommandResult, map_frame: str) -> SegmentationResult:
    """Return the outcome of a command."""
    message = SegmentationResult(
        command_id=command.command_id,
        command=command.text,
        status=int(result.status),
        answer=result.text,
        viewpoint_frame=result.viewpoint_frame,
        queue_time=duration_message(result.queue_time),
        perception_time=duration_message(result.perception_time),
        reasoning_time=duration_message(result.reasoning_time),
        model=result.model,
    )
    message.header.frame_id = map_frame
    if result.scene is None or result.answer is None:
        return message
    by_id = {found.id: found for found in result.scene.objects}
    message.header.stamp = _stamp(result.scene.stamp_ns)
    message.map_id = result.scene.map_id
    message.map_revision = result.scene.revision
    message.objects = [
        selection_message(s, by_id[s.object_id], map_frame) for s in result.answer.selections]
    message.alternatives = [
        object_message(by_id[object_id], map_frame, score=score)
        for object_id, score in result.answer.alternatives]
    return message


def selected_points(result: SegmentationResult, commanded: CommandResult) -> PointCloud2:
    """Return the masks of all selected objects in one cloud, with their ``instance`` numbers."""
    selections = commanded.answer.selections if commanded.answer is not None else ()
    counts = [len(s.points) for s in selections]
    points = np.concatenate([s.points for s in selections] or [np.empty((0, 3), np.float32)])
    colors = np.concatenate([s.colors for s in selections] or [np.empty((0, 3), np.uint8)])
    instances = np.repeat(np.arange(len(counts), dtype=np.uint32), counts)
    return points_message(points, colors, result.header, instances)


def centroids(result: SegmentationResult) -> PoseArray:
    """Return the boxes' orientations at the centroids, in the order of ``result.objects``."""
    return PoseArray(header=result.header, poses=[
        Pose(position=found.centroid, orientation=found.box_pose.orientation)
        for found in result.objects])


def target(result: SegmentationResult) -> PointStamped | None:
    """Return the centroid of the best object when the status is OK."""
    if result.status != Status.OK or not result.objects:
        return None
    return PointStamped(header=result.header, point=result.objects[0].centroid)
