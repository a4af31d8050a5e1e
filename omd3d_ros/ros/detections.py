"""Results as vision_msgs, where that package is installed."""

from __future__ import annotations

from typing import Any

from omd3d_ros.msg import SegmentationResult


def detections_type() -> Any | None:
    """Return vision_msgs/Detection3DArray, or None without vision_msgs."""
    try:
        from vision_msgs.msg import Detection3DArray
    except ImportError:
        return None
    return Detection3DArray


def detections_message(result: SegmentationResult) -> Any:
    """Return the selected objects as a vision_msgs/Detection3DArray."""
    from vision_msgs.msg import Detection3D, Detection3DArray, ObjectHypothesisWithPose
    message = Detection3DArray(header=result.header)
    for found in result.objects:
        detection = Detection3D(header=result.header, id=found.id)
        detection.bbox.center = found.box_pose
        detection.bbox.size = found.box_size
        hypothesis = ObjectHypothesisWithPose()
        hypothesis.hypothesis.class_id = found.label
        hypothesis.hypothesis.score = float(found.score)
        hypothesis.pose.pose = found.box_pose
        detection.results.append(hypothesis)
        message.detections.append(detection)
    return message
