"""What is in a map file: as a record for programs and as text for people."""

from __future__ import annotations

import dataclasses
import datetime
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.map_tool.placed_map import PlacedMap
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.map_file import VERSION
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.text_table import aligned, printable

_HEADINGS = ('instance', 'label', 'voxels', 'centroid (m)', 'size (m)', 'id')
_RIGHT = {0, 2, 3, 4}   # columns of numbers


def map_record(file: Path, placed: PlacedMap) -> dict[str, Any]:
    """Return what a map file holds, without the arrays, of types that JSON has.

    Positions are in metres in the map frame. Objects are in the order of the instance numbers.
    """
    snapshot = placed.snapshot
    return {
        'file': str(file), 'version': VERSION, 'bytes': file.stat().st_size,
        'map_id': snapshot.map_id, 'revision': snapshot.revision,
        'stamp_ns': snapshot.stamp_ns, 'stamp_utc': utc(snapshot.stamp_ns),
        'voxel_size': snapshot.voxel_size, 'voxels': len(snapshot), 'bounds': _bounds(snapshot),
        'map_from_fusion': placed.map_from_fusion.tolist(),
        'keyframes': [_keyframe_record(frame) for frame in placed.keyframes],
        'objects': [_object_record(instance, thing)
                    for instance, thing in enumerate(placed.objects)],
        'settings': placed.settings,
    }


def map_text(record: dict[str, Any]) -> str:
    """Return a record as lines of text."""
    bounds = record['bounds']
    lines = [
        f'{printable(record["file"])}: map file, version {record["version"]}, '
        f'{record["bytes"]} bytes',
        f'map        {printable(record["map_id"])}, revision {record["revision"]}',
        f'stamp      {record["stamp_utc"]} ({record["stamp_ns"]} ns)',
        f'voxels     {record["voxels"]} of {record["voxel_size"]:g} m',
    ]
    if bounds is not None:
        spans = [f'{axis} {low:.3f} to {high:.3f}' for axis, low, high in
                 zip('xyz', bounds['min'], bounds['max'], strict=True)]
        lines.append(f'bounds     {", ".join(spans)} m')
    lines += _place_lines(np.array(record['map_from_fusion']))
    lines += [_keyframes_line(record['keyframes']), f'objects    {len(record["objects"])}']
    if record['objects']:
        rows = [_object_row(thing) for thing in record['objects']]
        lines += [f'  {line}' for line in aligned([_HEADINGS, *rows], _RIGHT)]
    if not record['settings']:
        lines.append('settings   not in the file')
    else:
        lines.append('settings')
        rows = [(printable(str(name)), printable(str(value)))
                for name, value in record['settings'].items()]
        lines += [f'  {line}' for line in aligned(rows)]
    return '\n'.join(lines)


def utc(stamp_ns: int) -> str:
    """Return a stamp, ns, as ISO 8601 with nine decimals."""
    seconds, rest = divmod(stamp_ns, 10**9)
    day = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return f'{day:%Y-%m-%dT%H:%M:%S}.{rest:09d}Z'


def _place_lines(map_from_fusion: npt.NDArray[np.float64]) -> list[str]:
    if np.array_equal(map_from_fusion, np.eye(4)):
        return []
    x, y, z = map_from_fusion[:3, 3]
    yaw = math.degrees(math.atan2(map_from_fusion[1, 0], map_from_fusion[0, 0]))
    return [f'place      fused in a frame at x {x:.2f}, y {y:.2f}, z {z:.2f} m, turned by '
            f'{yaw:.1f} degrees']


def _bounds(snapshot: MapSnapshot) -> dict[str, list[float]] | None:
    if not len(snapshot):
        return None
    return {'min': [float(value) for value in snapshot.points.min(axis=0)],
            'max': [float(value) for value in snapshot.points.max(axis=0)]}


def _keyframe_record(frame: Keyframe) -> dict[str, Any]:
    return {
        'key': frame.key, 'stamp_ns': frame.stamp_ns, 'stamp_utc': utc(frame.stamp_ns),
        'camera': dataclasses.asdict(frame.camera), 'bytes': frame.nbytes,
    }


def _keyframes_line(frames: list[dict[str, Any]]) -> str:
    if not frames:
        return 'keyframes  0'
    sizes = sorted({(frame['camera']['width'], frame['camera']['height']) for frame in frames})
    stamps = sorted(frame['stamp_utc'] for frame in frames)
    return (f'keyframes  {len(frames)} of {", ".join(f"{w}x{h}" for w, h in sizes)} pixels, '
            f'{sum(frame["bytes"] for frame in frames)} bytes, from {stamps[0]} to {stamps[-1]}')


def _object_record(instance: int, thing: SceneObject) -> dict[str, Any]:
    told = thing.told_labels
    return {
        'instance': instance, 'id': thing.id, 'label': thing.labels[0] if thing.labels else '',
        'labels': [label for label, _ in told],
        'label_scores': [score for _, score in told],
        'voxels': len(thing.points), 'centroid': thing.centroid.tolist(),
        'box_center': thing.box.center.tolist(), 'box_yaw': thing.box.yaw,
        'box_size': thing.box.size.tolist(), 'state': thing.state.name,
        'observations': thing.observations, 'first_seen_ns': thing.first_seen_ns,
        'last_seen_ns': thing.last_seen_ns,
    }


def _object_row(thing: dict[str, Any]) -> tuple[str, ...]:
    centroid = ' '.join(f'{value:6.2f}' for value in thing['centroid'])
    size = ' x '.join(f'{value:.2f}' for value in thing['box_size'])
    return (str(thing['instance']), printable(thing['label']), str(thing['voxels']), centroid, size,
            printable(thing['id']))
