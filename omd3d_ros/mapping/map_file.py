"""Maps on disk: one file that is whole or refused.

Layout: magic (8 bytes), version (uint32), payload length (uint64), sha256 of the payload, all
little-endian, then the payload: an uncompressed npz without pickles. Scalars are JSON in its
member ``meta``. What is not in an older file's ``meta`` has its default.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import os
import stat
import struct
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.array_archive import Arrays, pack_arrays, unpack_arrays
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.pose import check_pose
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.snapshot_positions import MAX_STAMP, snapshot_positions
from omd3d_ros.mapping.whole_file import whole_file

_MAGIC = b'OMD3DMAP'
VERSION = 1   # the only one that can be read
_HEADER = struct.Struct('<8sIQ32s')
_SNAPSHOT_ARRAYS = ('points', 'colors', 'hits', 'frames', 'last_seen')


class MapFileError(ValueError):
    """A map file that cannot be read or written; the text says which file and why."""


@dataclasses.dataclass(frozen=True, eq=False)
class StoredObject:
    """An object as it is stored: points (n, 3) float32, colors (n, 3) uint8, and a JSON record.

    Raises ValueError when the arrays have another type or shape, or a point is not finite.
    """

    id: str
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    record: dict[str, Any]

    def __post_init__(self) -> None:
        count = len(self.points)
        if self.points.dtype != np.float32 or self.points.shape != (count, 3):
            raise ValueError(f'points: {self.points.dtype} {self.points.shape}, must be (n, 3)')
        if self.colors.dtype != np.uint8 or self.colors.shape != (count, 3):
            raise ValueError(f'colors: {self.colors.dtype} {self.colors.shape}, must be (n, 3)')
        if not np.isfinite(self.points).all():
            raise ValueError('points: must be finite')


@dataclasses.dataclass(frozen=True, eq=False)
class MapContents:
    """Everything that a map file holds.

    settings         the parameters that the map was made with, as JSON; empty in older files
    map_from_fusion  (4, 4) rigid: where the frame, in which all positions are given, lay in the
                     map frame when the map was saved; the identity in older files

    Raises ValueError when map_from_fusion is not rigid.
    """

    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...] = ()
    objects: tuple[StoredObject, ...] = ()
    settings: dict[str, Any] = dataclasses.field(default_factory=dict)
    map_from_fusion: npt.NDArray[np.float64] = dataclasses.field(
        default_factory=lambda: np.eye(4))

    def __post_init__(self) -> None:
        check_pose(self.map_from_fusion, 'map_from_fusion')


def save_map(path: str | os.PathLike[str], contents: MapContents) -> None:
    """Write a map: to a temporary name beside, flushed to disk, then renamed.

    Raises
    ------
    MapFileError
        When the file cannot be written. What was there before stays as it was.
    ValueError
        When the settings or an object's record are not JSON.

    """
    target = Path(path)
    payload = _packed(contents)
    header = _HEADER.pack(_MAGIC, VERSION, len(payload), hashlib.sha256(payload).digest())
    try:
        with whole_file(target) as temporary, temporary.open('xb') as file:
            file.write(header)
            file.write(payload)
    except OSError as error:
        raise MapFileError(f'{target}: cannot be written: {error.strerror or error}') from error


def load_map(path: str | os.PathLike[str]) -> MapContents:
    """Read a map and check all of it.

    Raises
    ------
    MapFileError
        When the file is missing, not a map, cut short, damaged, or of a newer version.

    """
    source = Path(path)
    try:
        if not stat.S_ISREG(source.stat().st_mode):
            raise MapFileError(f'{source}: is not a file')
        with source.open('rb') as file:
            payload = _checked_payload(source, file)
    except OSError as error:
        raise MapFileError(f'{source}: cannot be read: {error.strerror or error}') from error
    except MemoryError as error:
        raise MapFileError(f'{source}: cannot be read: it is too large') from error
    try:
        return _unpacked(payload)
    except KeyError as error:
        raise MapFileError(f'{source}: not a map: it has no {error}') from error
    except (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError,
            MemoryError) as error:
        raise MapFileError(f'{source}: not a map: {error}') from error


def _checked_payload(source: Path, file: io.BufferedReader) -> bytes:
    header = file.read(_HEADER.size)
    if header[:8] != _MAGIC:
        raise MapFileError(f'{source}: is not a map file')
    if len(header) < _HEADER.size:
        raise MapFileError(f'{source}: is cut short after {len(header)} bytes')
    _, version, length, digest = _HEADER.unpack(header)
    if version != VERSION:
        raise MapFileError(f'{source}: has version {version}, only {VERSION} can be read')
    present = os.fstat(file.fileno()).st_size - _HEADER.size
    if present != length:
        raise MapFileError(f'{source}: is cut short or damaged: {present} of {length} bytes')
    payload = file.read(length)
    if hashlib.sha256(payload).digest() != digest:
        raise MapFileError(f'{source}: is damaged: its checksum does not match')
    return payload


def _packed(contents: MapContents) -> memoryview:
    snapshot = contents.snapshot
    arrays: Arrays = {
        f'snapshot_{name}': getattr(snapshot, name) for name in _SNAPSHOT_ARRAYS
    }
    keyframes = []
    for index, frame in enumerate(contents.keyframes):
        arrays[f'keyframe_{index}_color'] = frame.color
        arrays[f'keyframe_{index}_depth'] = frame.depth
        arrays[f'keyframe_{index}_pose'] = frame.map_from_camera
        keyframes.append({
            'key': int(frame.key), 'stamp_ns': int(frame.stamp_ns),
            'camera': dataclasses.asdict(frame.camera),
        })
    objects = []
    for index, stored in enumerate(contents.objects):
        arrays[f'object_{index}_points'] = stored.points
        arrays[f'object_{index}_colors'] = stored.colors
        objects.append({'id': stored.id, 'record': stored.record})
    meta = {
        'map_id': snapshot.map_id, 'revision': int(snapshot.revision),
        'stamp_ns': int(snapshot.stamp_ns), 'voxel_size': float(snapshot.voxel_size),
        'keyframes': keyframes, 'objects': objects, 'settings': contents.settings,
        'map_from_fusion': contents.map_from_fusion.astype(np.float64).tolist(),
    }
    try:
        text = json.dumps(meta, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(f'settings, or the record of an object: not JSON: {error}') from error
    arrays['meta'] = np.frombuffer(text.encode(), np.uint8)
    return pack_arrays(arrays)


def _unpacked(payload: bytes) -> MapContents:
    arrays = unpack_arrays(payload)
    meta = json.loads(arrays['meta'].tobytes(), parse_constant=_number, parse_float=_number)
    snapshot = MapSnapshot(
        str(meta['map_id']), _whole(meta, 'revision'), _whole(meta, 'stamp_ns'),
        float(meta['voxel_size']),
        *(arrays[f'snapshot_{name}'] for name in _SNAPSHOT_ARRAYS),
    )
    if not snapshot.voxel_size > 0:
        raise ValueError(f'voxel_size={snapshot.voxel_size}')
    snapshot_positions(snapshot, snapshot.voxel_size)
    keyframes = tuple(
        Keyframe(
            _whole(each, 'key'), _whole(each, 'stamp_ns'), arrays[f'keyframe_{index}_color'],
            arrays[f'keyframe_{index}_depth'], _camera(each['camera']),
            arrays[f'keyframe_{index}_pose'],
        )
        for index, each in enumerate(meta['keyframes'])
    )
    objects = tuple(
        StoredObject(
            str(each['id']), arrays[f'object_{index}_points'],
            arrays[f'object_{index}_colors'], _record(each['record'], 'record'),
        )
        for index, each in enumerate(meta['objects'])
    )
    if len({stored.id for stored in objects}) != len(objects):
        raise ValueError('two objects have the same id')
    return MapContents(
        snapshot, keyframes, objects, settings=_record(meta.get('settings', {}), 'settings'),
        map_from_fusion=check_pose(meta.get('map_from_fusion', np.eye(4)), 'map_from_fusion'))


def _number(text: str) -> float:
    """Return a JSON number; NaN and infinity, which Python's reader takes, are none."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f'{text} is not a number')
    return value


def _whole(meta: dict[str, Any], name: str) -> int:
    """Return a stamp, revision, key or size."""
    value = meta[name]
    if type(value) is not int or not 0 <= value <= MAX_STAMP:
        raise ValueError(f'{name}={value!r}: must be a whole number in [0, {MAX_STAMP}]')
    return value


def _record(value: Any, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ValueError(f'{name}: {type(value).__name__}, must be an object')
    return value


def _camera(meta: dict[str, Any]) -> PinholeCamera:
    focal = {name: float(meta[name]) for name in ('fx', 'fy', 'cx', 'cy')}
    return PinholeCamera(_whole(meta, 'width'), _whole(meta, 'height'), **focal)
