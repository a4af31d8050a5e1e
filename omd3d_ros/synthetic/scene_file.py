"""A generated scene on disk: NAME.npz with the arrays, NAME.json with the rest."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.whole_file import whole_file

FORMAT = 1
_STEP = 0.0005  # m, to which points are stored: well below a sensor's noise
STRUCTURES = ('object', 'floor', 'wall', 'unknown')


@dataclasses.dataclass(frozen=True, eq=False)
class SceneObject:
    """One object; lengths in metres, map frame.

    id            instance number, from 1
    name          household word; '' where none means it: not for naming or commands
    model         id of its model
    center, size  of its upright box (3,), turned by yaw about z
    color         median RGB of its voxels; None where none was seen
    supported_by  id of what it stands on, 0 for the floor
    inside_of     id of what holds it, 0 for nothing
    visible       share of its surface with voxels of its own near, [0, 1]
    """

    id: int
    name: str
    model: str
    center: tuple[float, float, float]
    yaw: float
    size: tuple[float, float, float]
    color: tuple[int, int, int] | None
    supported_by: int
    inside_of: int
    visible: float


@dataclasses.dataclass(frozen=True, eq=False)
class GeneratedScene:
    """A fused scene of N voxels with its truth.

    points (N, 3) float32, colors (N, 3) uint8, hits (N,) uint32, frames (N,) uint16: as
    MapSnapshot; instance (N,) int32, 0 for structure; structure (N,) uint8, place in STRUCTURES;
    viewpoint (4, 4): map_from_camera (optical) of the last view; settings: what made it
    """

    voxel_size: float
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    hits: npt.NDArray[np.uint32]
    frames: npt.NDArray[np.uint16]
    instance: npt.NDArray[np.int32]
    structure: npt.NDArray[np.uint8]
    objects: tuple[SceneObject, ...]
    keyframes: tuple[Keyframe, ...]
    viewpoint: npt.NDArray[np.float64]
    settings: dict[str, Any]

    def __post_init__(self) -> None:
        count = len(self.points)
        for name in ('colors', 'hits', 'frames', 'instance', 'structure'):
            if len(getattr(self, name)) != count:
                raise ValueError(f'{name}: {len(getattr(self, name))} rows, must be {count}')
        if not np.isfinite(self.points).all() or np.abs(self.points).max(initial=0) > 16:
            raise ValueError('points: must be finite, and within 16 m')
        known = {0, *(one.id for one in self.objects)}
        strange = set(np.unique(self.instance).tolist()) - known
        if strange:
            raise ValueError(f'instance={sorted(strange)[0]}: no object has this id')
        for one in self.objects:
            if one.supported_by not in known or one.inside_of not in known:
                raise ValueError(f'object {one.id}: what it is on or in is not there')


def save_scene(scene: GeneratedScene, path: Path) -> None:
    """Write PATH.npz and then PATH.json, each whole or not at all."""
    arrays: dict[str, Any] = {
        name: getattr(scene, name)
        for name in ('points', 'colors', 'hits', 'frames', 'instance', 'structure', 'viewpoint')}
    arrays['points'] = _rounded(scene.points, scene.voxel_size)
    views = []
    for number, frame in enumerate(scene.keyframes):
        arrays[f'color_{number}'] = _packed(frame.color, 'JPEG', quality=88)
        arrays[f'depth_{number}'] = _packed(frame.depth, 'PNG')
        views.append({'key': frame.key, 'stamp_ns': frame.stamp_ns,
                      'camera': dataclasses.asdict(frame.camera),
                      'map_from_camera': frame.map_from_camera.tolist()})
    data = path.with_suffix('.npz')
    with whole_file(data) as beside:
        np.savez_compressed(beside, **arrays)
    text = json.dumps({
        'format': FORMAT, 'voxel_size': scene.voxel_size,
        'sha256': hashlib.sha256(data.read_bytes()).hexdigest(),
        'objects': [dataclasses.asdict(one) for one in scene.objects], 'keyframes': views,
        'settings': scene.settings}, indent=1)
    with whole_file(path.with_suffix('.json')) as beside:
        beside.write_text(text + '\n')


def _rounded(
    points: npt.NDArray[np.float32], voxel_size: float
) -> npt.NDArray[np.int16]:
    """Return points (N, 3) in whole steps, each in its own voxel still."""
    low = np.floor(points.astype(np.float64) / voxel_size) * voxel_size / _STEP
    inside = np.clip(np.round(points / _STEP), np.ceil(low + 0.5),
                     np.floor(low + voxel_size / _STEP - 0.5))
    return inside.astype(np.int16)


def load_scene(path: Path) -> GeneratedScene:
    """Load a scene; ValueError naming the file when it is damaged or of another format."""
    try:
        table = json.loads(path.with_suffix('.json').read_text())
        if table['format'] != FORMAT:
            raise ValueError(f'format={table["format"]}: must be {FORMAT}')
        data = path.with_suffix('.npz').read_bytes()
        if hashlib.sha256(data).hexdigest() != table['sha256']:
            raise ValueError('sha256: the arrays are not those that the scene was written with')
        with np.load(io.BytesIO(data), allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        arrays['points'] = arrays['points'].astype(np.float32) * np.float32(_STEP)
        frames = tuple(
            Keyframe(view['key'], view['stamp_ns'], _image(arrays.pop(f'color_{number}')),
                     _image(arrays.pop(f'depth_{number}')).astype(np.uint16),
                     PinholeCamera(**view['camera']), np.array(view['map_from_camera']))
            for number, view in enumerate(table['keyframes']))
        objects = tuple(_object(row) for row in table['objects'])
        return GeneratedScene(table['voxel_size'], **arrays, objects=objects, keyframes=frames,
                              settings=table['settings'])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise ValueError(f'{path}: no usable scene: {error}') from error


def _object(row: dict[str, Any]) -> SceneObject:
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.items()}
    return SceneObject(**values)


def _packed(image: npt.NDArray[Any], kind: str, **options: Any) -> npt.NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, kind, **options)
    return np.frombuffer(buffer.getvalue(), np.uint8)


def _image(data: npt.NDArray[np.uint8]) -> npt.NDArray[Any]:
    return np.asarray(Image.open(io.BytesIO(data.tobytes())))
