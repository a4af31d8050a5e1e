"""Perceived scenes on disk: a line of JSON each, with what was perceived and what is true."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene_prompt import PromptObject
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.training.perceived_scene import PerceivedScene


def save_perceived(path: Path, scenes: Iterable[PerceivedScene]) -> None:
    """Write scenes to a file, whole or not at all."""
    with whole_file(path) as beside, beside.open('w') as file:
        for scene in scenes:
            file.write(json.dumps(_as_row(scene)) + '\n')


def load_perceived(path: Path) -> list[PerceivedScene]:
    """Read the scenes of a file; ValueError naming the line that is not one."""
    scenes = []
    for number, line in enumerate(path.read_text().splitlines(), start=1):
        try:
            scenes.append(_as_scene(json.loads(line)))
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f'{path}, line {number}: no perceived scene: {error}') from error
    return scenes


def _as_row(scene: PerceivedScene) -> dict[str, Any]:
    return {
        'objects': [
            {**dataclasses.asdict(told), 'box': _box_row(box),
             'truth': None if known is None else known.id}
            for told, box, known in zip(scene.objects, scene.boxes, scene.truth, strict=True)],
        'features': None if scene.features is None else scene.features.tolist(),
        'known': [{**{name: getattr(known, name) for name in _PLAIN}, 'box': _box_row(known.box)}
                  for known in scene.scene.objects],
        'viewpoint': scene.scene.map_from_viewpoint.tolist()}


def _as_scene(row: dict[str, Any]) -> PerceivedScene:
    known = {}
    for one in row['known']:
        values = {name: one[name] for name in _PLAIN}
        values['colors'] = tuple(values['colors'])
        known[one['id']] = KnownObject(box=_box(one['box']), **values)
    scene = KnownScene(tuple(known.values()), np.array(row['viewpoint']))
    told = tuple(PromptObject(tuple(one['names']), tuple(one['scores']), tuple(one['colors']),
                              one['size']) for one in row['objects'])
    truth = tuple(None if one['truth'] is None else known[one['truth']]
                  for one in row['objects'])
    features = None if row['features'] is None else np.array(row['features'], np.float32)
    return PerceivedScene(scene, told, tuple(_box(one['box']) for one in row['objects']), truth,
                          features)


_PLAIN = ('id', 'name', 'colors', 'material', 'supported_by', 'inside_of', 'visible')


def _box_row(box: OrientedBox) -> list[float]:
    return [*map(float, box.center), float(box.yaw), *map(float, box.size)]


def _box(row: list[float]) -> OrientedBox:
    if len(row) != 7:
        raise ValueError(f'box={row}: must be seven numbers')
    return OrientedBox(np.array(row[:3]), row[3], np.array(row[4:]))
