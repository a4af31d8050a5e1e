"""Generated scenes as the evaluation sees them: a snapshot with true masks and known objects."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.voxel_sets import VoxelSet
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.synthetic.known_truth import known_scene
from omd3d_ros.synthetic.language.known_scene import KnownScene
from omd3d_ros.synthetic.scene_file import GeneratedScene, load_scene


@dataclasses.dataclass(frozen=True, eq=False)
class TrueScene:
    """A generated scene with its truth.

    known     the objects that were seen well enough to be spoken of
    masks     the voxels of each of them, in the order of known.objects
    models    the id of each one's model
    ignored   voxels of objects that were hardly seen: neither right nor wrong to find
    """

    name: str
    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    known: KnownScene
    masks: tuple[VoxelSet, ...]
    models: tuple[str, ...]
    ignored: VoxelSet

    def mask_of(self, identity: int) -> VoxelSet:
        """Return the mask of the object with an id; KeyError when there is none."""
        ids = [known.id for known in self.known.objects]
        if identity not in ids:
            raise KeyError(identity)
        return self.masks[ids.index(identity)]

    @property
    def viewpoint(self) -> npt.NDArray[np.float64]:
        """The pose (4, 4) that commands are said at: x forward, y left, z up."""
        return self.known.map_from_viewpoint


def scene_files(folder: Path) -> list[Path]:
    """Return the scenes in a folder, by name; ValueError when there are none."""
    files = sorted(path for path in folder.glob('*.json') if path.with_suffix('.npz').exists())
    if not files:
        raise ValueError(f'scenes={str(folder)!r}: no generated scenes there')
    return files


def true_scenes(folder: Path, most: int | None = None) -> Iterator[TrueScene]:
    """Load the scenes of a folder one after the other, the first ones when most is given."""
    for path in scene_files(folder)[:most]:
        yield true_scene(path.stem, load_scene(path))


def true_scene(name: str, scene: GeneratedScene) -> TrueScene:
    """Return a generated scene as the evaluation sees it."""
    known = known_scene(scene)
    spoken_of = [one.id for one in known.objects]
    models = {one.id: one.model for one in scene.objects}
    ignored = (scene.instance > 0) & ~np.isin(scene.instance, spoken_of)
    return TrueScene(
        name, snapshot_of(scene, name), scene.keyframes, known,
        tuple(np.flatnonzero(scene.instance == identity) for identity in spoken_of),
        tuple(models[identity] for identity in spoken_of), np.flatnonzero(ignored))


def snapshot_of(scene: GeneratedScene, name: str) -> MapSnapshot:
    """Return the map of a generated scene, as last seen with its newest keyframe."""
    stamp = max((frame.stamp_ns for frame in scene.keyframes), default=1)
    return MapSnapshot(
        name, 1, stamp, scene.voxel_size, scene.points, scene.colors, scene.hits, scene.frames,
        np.full(len(scene.points), stamp, np.int64))
