"""Real objects named by eye, with their true masks: test/evaluation/real_objects.json."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.naming_row import NamedThing, NamingScene
from omd3d_ros.evaluation.real_commands import RealCommands
from omd3d_ros.evaluation.real_map import box_masks, fuse
from omd3d_ros.evaluation.table_scenes import FOLDER, load_table
from omd3d_ros.evaluation.voxel_sets import voxels_at


@dataclasses.dataclass(frozen=True)
class RealObjects:
    """Names of real objects.

    accepted  for each name all the names that are right, itself first
    tables    for each cloud of mOSD, names by the number of the object
    scenes    for each scene of the real commands, names by its object's name there
    """

    accepted: dict[str, tuple[str, ...]]
    tables: dict[str, dict[int, str]]
    scenes: dict[str, dict[str, str]]

    @property
    def count(self) -> int:
        """How many objects are named."""
        return (sum(len(one) for one in self.tables.values())
                + sum(len(one) for one in self.scenes.values()))


def load_real_objects(path: Path) -> RealObjects:
    """Read named objects; ValueError naming the file and what is wrong with it."""
    try:
        tree: dict[str, dict[str, Any]] = json.loads(path.read_text(encoding='utf-8'))
        accepted = {name: (name, *others) for name, others in tree['accepted'].items()}
        tables = {table: {int(number): name for number, name in named.items()}
                  for table, named in tree['tables'].items()}
        scenes = {scene: dict(named) for scene, named in tree['scenes'].items()}
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ValueError(f'{path}: no table of real objects: {error}') from error
    for place, named in (*tables.items(), *scenes.items()):
        for name in named.values():
            if name not in accepted:
                raise ValueError(f'{path}: {place}: {name!r} is not in "accepted"')
    return RealObjects(accepted, tables, scenes)


def real_things(
    objects: RealObjects, commands: RealCommands, recordings: Path
) -> Iterator[NamingScene]:
    """Fuse every scene with named objects, and yield it with their masks.

    Raises ValueError for an object that its scene does not have.
    """
    for table, numbered in objects.tables.items():
        yield _table_things(objects, table, numbered, recordings)
    for scene in commands.scenes:
        named = objects.scenes.get(scene.name, {})
        if not named:
            continue
        fused = fuse(scene, recordings)
        masks = box_masks([known.box for known in scene.objects], fused.snapshot)
        places = {known.name: number for number, known in enumerate(scene.objects)}
        things = tuple(
            NamedThing(objects.accepted[name], masks[places[scene.find(known).name]])
            for known, name in named.items())
        yield NamingScene(scene.name, fused.snapshot, fused.keyframes, things)


def _table_things(
    objects: RealObjects, table: str, numbered: dict[int, str], recordings: Path
) -> NamingScene:
    scene = load_table(recordings / FOLDER / f'{table}.npz')
    place = voxels_at(scene.points, scene.snapshot)
    things = []
    for number, name in numbered.items():
        voxels = np.unique(place[(scene.owner == number) & (place >= 0)])
        if not len(voxels):
            raise ValueError(f'{table}: it has no object {number}')
        things.append(NamedThing(objects.accepted[name], voxels))
    return NamingScene(table, scene.snapshot, (scene.keyframe,), tuple(things))
