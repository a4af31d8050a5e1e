"""Makes one scene: arranges models, looks at them, fuses what was measured, labels the voxels."""

from __future__ import annotations

import dataclasses

import numpy as np

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.synthetic.depth_camera import DepthCamera
from omd3d_ros.synthetic.model_shelf import ModelShelf
from omd3d_ros.synthetic.room import furnished_room
from omd3d_ros.synthetic.room_shell import room_shell
from omd3d_ros.synthetic.room_views import RoomViews
from omd3d_ros.synthetic.scene_file import STRUCTURES, GeneratedScene
from omd3d_ros.synthetic.sensor_faults import (
    SensorSettings,
    level_error,
    measured_color,
    measured_depth,
    measured_pose,
)
from omd3d_ros.synthetic.soft_light import drawn_light
from omd3d_ros.synthetic.table_stage import FLOOR, WALL, Stage, table_stage
from omd3d_ros.synthetic.voxel_labels import described, majority

VERSION = 5
KINDS = ('rooms', 'tables')
_CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
_VOXELS = {'rooms': 0.02, 'tables': 0.01}  # m
_UNKNOWN = STRUCTURES.index('unknown')


def make_scene(
    shelf: ModelShelf, kind: str, seed: int, index: int, split: str,
    sensor: SensorSettings | None = None,
) -> GeneratedScene:
    """Return scene ``index`` of a seed: the same whichever were made before it.

    Raises
    ------
    ValueError
        When the kind is not one of KINDS, or nothing could be placed.

    """
    if kind not in KINDS:
        raise ValueError(f'kind={kind!r}: must be one of {", ".join(KINDS)}')
    rng = np.random.default_rng([seed, index, KINDS.index(kind)])
    sensor = sensor or SensorSettings()
    stage = table_stage(shelf, rng) if kind == 'tables' else _room_stage(shelf, rng)
    settings = {**stage_settings(shelf, kind, seed, index, split, sensor), **stage.settings}
    return _scanned(stage, kind, index, sensor, settings, rng)


def stage_settings(
    shelf: ModelShelf, kind: str, seed: int, index: int, split: str, sensor: SensorSettings
) -> dict[str, object]:
    """Return what decides a scene: a stored scene with other values is another scene."""
    return {'version': VERSION, 'kind': kind, 'seed': seed, 'index': index, 'split': split,
            'models': shelf.digest, 'sensor': dataclasses.asdict(sensor)}


def _scanned(
    stage: Stage, kind: str, index: int, sensor: SensorSettings, settings: dict[str, object],
    rng: np.random.Generator,
) -> GeneratedScene:
    """Look at a stage from its poses, fuse what is measured, and label it."""
    size, view, faults = _VOXELS[kind], _CAMERA, sensor.drawn(rng)
    voxel_map = VoxelMap(MapSettings(voxel_size=size), map_id=f'{kind}{index}')
    store = KeyframeStore(KeyframeSettings(max_keyframes=6))
    camera = DepthCamera([*stage.shell, *(one.model for one in stage.things)], view, rng)
    light, points, numbers, pose = drawn_light(rng), [], [], np.eye(4)
    tilt = np.eye(4) if stage.pivot is None else level_error(stage.pivot, faults, rng)
    for frame, true_pose in enumerate(stage.poses):
        ideal = camera.ideal(true_pose, light, stage.gloss)
        measured = measured_depth(
            ideal.depth, ideal.facing, ideal.albedo, faults, rng, focal=view.fx,
            gloss=np.append(stage.gloss, 0.0)[ideal.instance])
        image = measured_color(ideal.color, faults, rng)
        pose, stamp = tilt @ measured_pose(true_pose, faults, rng), 1 + frame * 200_000_000
        voxel_map.integrate_depth(measured.depth, image, view, pose, stamp)
        store.offer(stamp, image, measured.depth, view, pose)
        valid = measured.depth > 0
        local = view.backproject(measured.depth.astype(np.float32) / 1000)[valid]
        points.append(local @ pose[:3, :3].T + pose[:3, 3])
        shown = np.where(measured.strayed, -1, ideal.instance.ravel()[measured.source])
        numbers.append(shown[valid])
    snapshot = voxel_map.snapshot()
    winner = majority(snapshot, np.concatenate(points), np.concatenate(numbers))
    labels = np.maximum(winner - len(stage.shell) + 1, 0).astype(np.int32)
    of_shell = np.array([*stage.structures, _UNKNOWN])[np.minimum(winner, len(stage.shell))]
    structure = np.where(labels > 0, 0, of_shell).astype(np.uint8)
    objects = tuple(described(one, snapshot, labels) for one in stage.things)
    return GeneratedScene(
        size, snapshot.points, snapshot.colors, snapshot.hits, snapshot.frames, labels, structure,
        objects, store.frames(), pose, {**settings, 'faults': dataclasses.asdict(faults)})


def _room_stage(shelf: ModelShelf, rng: np.random.Generator) -> Stage:
    made = furnished_room(shelf, rng)
    shell = room_shell(made, rng)
    poses = RoomViews(made, _CAMERA, rng).poses()
    return Stage(tuple(shell), (FLOOR, WALL), tuple(made.things),
                 np.zeros(len(shell) + len(made.things)), tuple(poses), None, {'room': made.kind})
