"""Generated scenes perceived by the segmenter as it is, with the truth beside it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.generated_scenes import TrueScene, true_scenes
from omd3d_ros.evaluation.voxel_sets import object_sets, set_overlaps
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.told_objects import told_of
from omd3d_ros.synthetic.language.known_scene import KnownObject
from omd3d_ros.training.perceived_scene import PerceivedScene

_SAME = 0.25  # IoU of voxels from which a perceived object is a true one


def perceive_scenes(segmenter: Segmenter, folder: Path) -> Iterator[PerceivedScene]:
    """Yield the scenes of a folder as the segmenter perceives them."""
    for scene in true_scenes(folder):
        segmenter.restore(scene.snapshot.map_id, ())
        found = segmenter.perceive(scene.snapshot, scene.keyframes).objects
        yield PerceivedScene(
            scene.known, tuple(map(told_of, found)), tuple(one.box for one in found),
            _truth(scene, found), _features(found))


def _features(found: tuple[SceneObject, ...]) -> npt.NDArray[np.float32] | None:
    """Return the features (n, F) of objects, 0 where one has none; None without any."""
    width = max((len(one.feature) for one in found), default=0)
    if not width:
        return None
    return np.array([one.feature or (0.0,) * width for one in found], np.float32)


def _truth(
    scene: TrueScene, found: tuple[SceneObject, ...]
) -> tuple[KnownObject | None, ...]:
    """Return the known object that each perceived one is; at most one is each known object."""
    overlaps = set_overlaps(object_sets(found, scene.snapshot), scene.masks, len(scene.snapshot))
    truth: list[KnownObject | None] = [None] * len(found)
    taken: set[int] = set()
    for flat in np.argsort(-overlaps, axis=None, kind='stable'):
        number, place = np.unravel_index(flat, overlaps.shape)
        if overlaps[number, place] < _SAME:
            break
        if truth[number] is None and place not in taken:
            truth[number] = scene.known.objects[place]
            taken.add(int(place))
    return tuple(truth)
