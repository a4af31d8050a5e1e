"""A result as a table for people and as a record for programs."""

from __future__ import annotations

from typing import Any

from omd3d_ros.msg import SegmentationResult, SegmentedObject
from omd3d_ros.ros.commands import Status
from omd3d_ros.text_table import aligned, printable

_HEADINGS = ('', 'label', 'score', 'centroid (m)', 'size (m)', 'id')
_RIGHT = {2, 3, 4}   # columns of numbers


def status_name(status: int) -> str:
    """Return a status of SegmentationResult as INTERFACE writes it."""
    try:
        return Status(status).name
    except ValueError:
        return f'STATUS_{status}'


def result_table(result: SegmentationResult) -> str:
    """Return the answer, the objects with runners-up below them, and the timings."""
    lines = [f'{status_name(result.status)}: {printable(result.answer)}']
    rows = [_row('*', thing) for thing in result.objects]
    rows += [_row('', thing) for thing in result.alternatives]
    if rows:
        lines += aligned([_HEADINGS, *rows], _RIGHT)
    spent = {'queue': result.queue_time, 'perception': result.perception_time,
             'reasoning': result.reasoning_time}
    lines.append('  '.join(f'{name} {_seconds(span) * 1e3:.0f} ms' for name, span in spent.items()))
    return '\n'.join(lines)


def result_record(result: SegmentationResult) -> dict[str, Any]:
    """Return a result without its points, of types that JSON has; positions in metres."""
    return {
        'command_id': result.command_id, 'command': result.command,
        'status': status_name(result.status), 'answer': result.answer,
        'frame': result.header.frame_id, 'map_id': result.map_id,
        'map_revision': result.map_revision, 'viewpoint_frame': result.viewpoint_frame,
        'objects': [_object_record(thing) for thing in result.objects],
        'alternatives': [_object_record(thing) for thing in result.alternatives],
        'queue_time': _seconds(result.queue_time),
        'perception_time': _seconds(result.perception_time),
        'reasoning_time': _seconds(result.reasoning_time), 'model': result.model}


def _object_record(thing: SegmentedObject) -> dict[str, Any]:
    turn = thing.box_pose.orientation
    return {
        'id': thing.id, 'label': thing.label, 'labels': list(thing.labels),
        'label_scores': [float(v) for v in thing.label_scores], 'score': float(thing.score),
        'centroid': list(_xyz(thing.centroid)), 'box_center': list(_xyz(thing.box_pose.position)),
        'box_orientation_xyzw': [turn.x, turn.y, turn.z, turn.w],
        'box_size': list(_xyz(thing.box_size)), 'voxel_count': thing.voxel_count,
        'observations': thing.observations}


def _row(mark: str, thing: SegmentedObject) -> tuple[str, ...]:
    centroid = ' '.join(f'{v:6.2f}' for v in _xyz(thing.centroid))
    size = ' x '.join(f'{v:.2f}' for v in _xyz(thing.box_size))
    return (mark, printable(thing.label), f'{thing.score:.2f}', centroid, size,
            printable(thing.id))


def _xyz(vector: Any) -> tuple[float, float, float]:
    return float(vector.x), float(vector.y), float(vector.z)


def _seconds(span: Any) -> float:
    return float(span.sec + span.nanosec * 1e-9)
