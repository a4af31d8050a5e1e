"""Generated scenes with what is said in them, and the objects that systems choose from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator

import numpy as np

from omd3d_ros.evaluation.generated_scenes import TrueScene
from omd3d_ros.evaluation.voxel_sets import VoxelSet, object_sets, set_overlaps
from omd3d_ros.segmentation.scene import Proposal, Scene
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.synthetic.language.sample import CommandSample
from omd3d_ros.synthetic.language.writer import write_commands

OBJECTS = ('perceived', 'true-masks', 'true-names')


@dataclasses.dataclass(frozen=True, eq=False)
class SaidScene:
    """A scene, its objects as a system sees them, their voxels, and the sentences."""

    truth: TrueScene
    scene: Scene
    candidates: dict[str, VoxelSet]
    samples: tuple[CommandSample, ...]


@dataclasses.dataclass(frozen=True)
class Sentences:
    """How many sentences of which split to write for each scene, and with which seed."""

    split: str
    count: int
    seed: int

    def of(self, number: int, scene: TrueScene) -> tuple[CommandSample, ...]:
        """Return the sentences of the scene of this number; the same ones every time."""
        rng = np.random.default_rng((self.seed, number))
        return write_commands(scene.known, self.split, self.count, rng)


def said_scenes(
    scenes: Iterable[TrueScene], sentences: tuple[Sentences, ...], segmenter: Segmenter,
    objects: str,
) -> Iterator[SaidScene]:
    """Yield scenes with their sentences of all splits.

    objects is one of OBJECTS: what the segmenter perceives, the true masks as it names them,
    or the true masks with their true names. Raises ValueError for any other.
    """
    if objects not in OBJECTS:
        raise ValueError(f'objects={objects!r}: must be one of {", ".join(OBJECTS)}')
    for number, truth in enumerate(scenes):
        scene = _seen(truth, segmenter, objects)
        sets = object_sets(scene.objects, truth.snapshot)
        candidates = {found.id: members for found, members
                      in zip(scene.objects, sets, strict=True)}
        samples = tuple(sample for one in sentences for sample in one.of(number, truth))
        yield SaidScene(truth, scene, candidates, samples)


def _seen(truth: TrueScene, segmenter: Segmenter, objects: str) -> Scene:
    segmenter.restore(truth.snapshot.map_id, ())
    if objects == 'perceived':
        return segmenter.perceive(truth.snapshot, truth.keyframes)
    proposals = [Proposal(mask, 1.0) for mask in truth.masks]
    scene = segmenter.describe(proposals, truth.snapshot, truth.keyframes)
    if objects == 'true-masks' or not scene.objects:
        return scene
    owner = set_overlaps(object_sets(scene.objects, truth.snapshot), truth.masks,
                         len(truth.snapshot)).argmax(axis=1)
    named = tuple(
        dataclasses.replace(found, labels=(truth.known.objects[which].name,),
                            label_scores=(1.0,))
        for found, which in zip(scene.objects, owner, strict=True))
    return dataclasses.replace(scene, objects=named)
