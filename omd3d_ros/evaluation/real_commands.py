"""Commands on real recordings, with the objects they mean marked by hand."""

from __future__ import annotations

import dataclasses
import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.segmentation.box import OrientedBox

KINDS = ('explicit', 'attribute', 'spatial', 'implicit', 'plural', 'not_there')
FORMATS = ('log_folder', 'pose_folder', 'cloud')


@dataclasses.dataclass(frozen=True)
class RealObject:
    """An object of a scene: what people call it, and the box of its seen surface."""

    name: str
    synonyms: tuple[str, ...]
    box: OrientedBox


@dataclasses.dataclass(frozen=True)
class RealScene:
    """A recording and the objects in it.

    source              path of the recording, relative to the folder of all recordings
    format              how scenes.py reads it: one of FORMATS
    voxel_size          metres, at which the scene is fused
    map_from_recording  (4, 4) float64, rigid; makes z up and the floor or table z = 0
    """

    name: str
    source: str
    format: str
    camera: PinholeCamera
    voxel_size: float
    map_from_recording: npt.NDArray[np.float64]
    objects: tuple[RealObject, ...]

    def find(self, name: str) -> RealObject:
        """Return the object of that name; ValueError when the scene has none."""
        for known in self.objects:
            if known.name == name:
                return known
        raise ValueError(f'{name!r}: scene {self.name!r} has no such object')


@dataclasses.dataclass(frozen=True)
class RealCommand:
    """A sentence, the scene it is said in, and the objects it means (none: not there)."""

    scene: str
    text: str
    kind: str
    targets: tuple[RealObject, ...]

    @property
    def boxes(self) -> tuple[OrientedBox, ...]:
        """The boxes of the targets, in the map frame."""
        return tuple(target.box for target in self.targets)


@dataclasses.dataclass(frozen=True)
class RealCommands:
    """All scenes and the commands on them, in the order of the file."""

    scenes: tuple[RealScene, ...]
    commands: tuple[RealCommand, ...]

    def on(self, scene: RealScene) -> tuple[RealCommand, ...]:
        """Return the commands said in a scene."""
        return tuple(command for command in self.commands if command.scene == scene.name)


def load_real_commands(path: Path | str) -> RealCommands:
    """Read a file of scenes and commands, such as test/evaluation/real_commands.json.

    Raises
    ------
    OSError
        When the file cannot be read.
    ValueError
        Naming the file, the entry and what is wrong with it.

    """
    text = Path(path).read_text(encoding='utf-8')
    try:
        tree = json.loads(text)
        scenes = tuple(
            _entry(f'scenes[{i}]', _scene, part)
            for i, part in enumerate(_field(tree, 'scenes', list)))
        _refuse_repeats('scenes', [scene.name for scene in scenes])
        by_name = {scene.name: scene for scene in scenes}
        commands = tuple(
            _entry(f'commands[{i}]', lambda part: _command(part, by_name), part)
            for i, part in enumerate(_field(tree, 'commands', list)))
    except ValueError as error:
        raise ValueError(f'{path}: {error}') from error
    return RealCommands(scenes, commands)


def _entry(where: str, read: Any, tree: Any) -> Any:
    try:
        return read(tree)
    except ValueError as error:
        raise ValueError(f'{where}: {error}') from error


def _field(tree: Any, name: str, kind: type) -> Any:
    if not isinstance(tree, dict) or name not in tree:
        raise ValueError(f'{name} is missing')
    value = tree[name]
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if not isinstance(value, kind) or (isinstance(value, str) and not value.strip()):
        raise ValueError(f'{name}={value!r}: must be a {kind.__name__}')
    return value


def _choice(tree: Any, name: str, allowed: tuple[str, ...]) -> str:
    value: str = _field(tree, name, str)
    if value not in allowed:
        raise ValueError(f'{name}={value!r}: must be one of {", ".join(allowed)}')
    return value


def _numbers(tree: Any, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    value = _field(tree, name, list)
    try:
        array = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        array = np.empty(0)
    if array.shape != shape or not np.isfinite(array).all():
        raise ValueError(f'{name}={value!r}: must be finite numbers of shape {shape}')
    array.flags.writeable = False
    return array


def _words(tree: Any, name: str) -> tuple[str, ...]:
    value = _field(tree, name, list)
    if not all(isinstance(word, str) and word.strip() for word in value):
        raise ValueError(f'{name}={value!r}: must be a list of words')
    return tuple(value)


def _refuse_repeats(what: str, names: list[str]) -> None:
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        raise ValueError(f'{what}: {repeated[0]!r} is there more than once')


def _scene(tree: Any) -> RealScene:
    objects = tuple(
        _entry(f'objects[{i}]', _object, part)
        for i, part in enumerate(_field(tree, 'objects', list)))
    _refuse_repeats('objects', [known.name for known in objects])
    source: str = _field(tree, 'source', str)
    if Path(source).is_absolute() or '..' in Path(source).parts:
        raise ValueError(f'source={source!r}: must be relative to the folder of recordings')
    voxel_size: float = _field(tree, 'voxel_size', float)
    if not 0.002 <= voxel_size <= 1:
        raise ValueError(f'voxel_size={voxel_size}: must be between 0.002 and 1 m')
    intrinsics = _field(tree, 'camera', dict)
    camera = PinholeCamera(
        _field(intrinsics, 'width', int), _field(intrinsics, 'height', int),
        *(_field(intrinsics, name, float) for name in ('fx', 'fy', 'cx', 'cy')))
    return RealScene(
        _field(tree, 'name', str), source, _choice(tree, 'format', FORMATS), camera, voxel_size,
        _rigid(tree, 'map_from_recording'), objects)


def _rigid(tree: Any, name: str) -> npt.NDArray[np.float64]:
    matrix = _numbers(tree, name, (4, 4))
    turn = matrix[:3, :3]
    if (not np.allclose(turn @ turn.T, np.eye(3), atol=1e-6) or np.linalg.det(turn) < 0
            or matrix[3].tolist() != [0, 0, 0, 1]):
        raise ValueError(f'{name}={matrix.tolist()}: must be a rigid transform')
    return matrix


def _object(tree: Any) -> RealObject:
    size = _numbers(tree, 'size', (3,))
    if not (size > 0).all():
        raise ValueError(f'size={size.tolist()}: must be more than 0 m')
    yaw: float = _field(tree, 'yaw', float)
    if not -math.pi / 2 < yaw <= math.pi / 2:
        raise ValueError(f'yaw={yaw}: must be in (-pi/2, pi/2] rad')
    box = OrientedBox(_numbers(tree, 'center', (3,)), yaw, size)
    return RealObject(_field(tree, 'name', str), _words(tree, 'synonyms'), box)


def _command(tree: Any, scenes: dict[str, RealScene]) -> RealCommand:
    kind = _choice(tree, 'kind', KINDS)
    scene = scenes[_choice(tree, 'scene', tuple(scenes))]
    names = _words(tree, 'targets')
    _refuse_repeats('targets', list(names))
    if (kind == 'not_there') != (len(names) == 0):
        raise ValueError(f'targets={list(names)!r}: none if and only if kind is not_there')
    if kind == 'plural' and len(names) < 2:
        raise ValueError(f'targets={list(names)!r}: kind plural needs two or more')
    targets = tuple(scene.find(name) for name in names)
    return RealCommand(scene.name, _field(tree, 'text', str), kind, targets)
