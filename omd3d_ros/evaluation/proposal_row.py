"""Row ``proposals``: class-agnostic average precision on generated scenes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.figure import Figure, drawn_figure, mean_figure, mean_or_none
from omd3d_ros.evaluation.generated_scenes import TrueScene
from omd3d_ros.evaluation.metrics import Detections, average_precision
from omd3d_ros.evaluation.report import Failure, Report
from omd3d_ros.evaluation.voxel_sets import VoxelSet, object_sets, set_overlaps
from omd3d_ros.segmentation.segmenter import Segmenter

THRESHOLDS = (0.5, 0.25)
_MOSTLY = 0.5  # share of a proposal on hardly seen objects from which it is not judged
_DRAWS = 200


def proposal_report(
    scenes: Iterable[TrueScene], segmenter: Segmenter, rng: np.random.Generator
) -> Report:
    """Match the masks of perceived objects with the true ones, as ScanNet's benchmark does."""
    found, whole, cases, failures = [], [], [], []
    for scene in scenes:
        segmenter.restore(scene.snapshot.map_id, ())
        objects = segmenter.perceive(scene.snapshot, scene.keyframes).objects
        sets = object_sets(objects, scene.snapshot)
        detections = match(scene, sets, [one.objectness for one in objects])
        found.append(detections)
        whole.append(match(scene, [np.arange(len(scene.snapshot))], [1.0]))
        best = detections.overlaps.max(axis=0, initial=0.0)
        cases.append({
            'scene': scene.name, 'objects': len(scene.masks), 'proposals': len(sets),
            'best_iou': [[known.name, len(mask), round(float(iou), 3)] for known, mask, iou
                         in zip(scene.known.objects, scene.masks, best, strict=True)]})
        failures += _failures(scene, sets, best)
    about = {'model': segmenter.model, 'scenes': len(found),
             'chance': 'all voxels as one object'}
    return Report('proposals', 'ours', tuple(_figures(found, whole, rng)), about,
                  tuple(cases), tuple(failures))


def match(
    scene: TrueScene, sets: Sequence[VoxelSet], scores: Sequence[float]
) -> Detections:
    """Return proposals against the true objects of a scene.

    A proposal that lies mostly on objects hardly seen, and hits no true one, is left out.
    """
    overlaps = set_overlaps(sets, scene.masks, len(scene.snapshot))
    ignored = np.array([
        len(members) and np.isin(members, scene.ignored).mean() > _MOSTLY for members in sets],
        bool)
    judged = ~ignored | (overlaps.max(axis=1, initial=0.0) >= min(THRESHOLDS))
    return Detections(np.array(scores, np.float64)[judged], overlaps[judged])


def _figures(
    found: Sequence[Detections], whole: Sequence[Detections], rng: np.random.Generator
) -> list[Figure]:
    count = sum(scene.overlaps.shape[1] for scene in found)
    figures = []
    for threshold in THRESHOLDS:
        def precision(
            scenes: npt.NDArray[np.int64], threshold: float = threshold
        ) -> float:
            return average_precision([found[i] for i in scenes], threshold)

        figures.append(drawn_figure(
            f'AP{100 * threshold:.0f}', precision, len(found), count,
            average_precision(whole, threshold), rng, _DRAWS))
    for threshold in THRESHOLDS:
        hits = [(scene.overlaps.max(axis=0, initial=0.0) >= threshold).tolist()
                for scene in found]
        chance = [float(iou >= threshold) for scene in whole
                  for iou in scene.overlaps.max(axis=0, initial=0.0)]
        figures.append(mean_figure(
            f'recall{100 * threshold:.0f}', hits, mean_or_none(chance), rng))
    per_scene = [[float(len(scene.scores) / max(1, scene.overlaps.shape[1]))] for scene in found]
    figures.append(mean_figure('proposals an object', per_scene, None, rng))
    return figures


def _failures(
    scene: TrueScene, sets: Sequence[VoxelSet], best: npt.NDArray[np.float64]
) -> list[Failure]:
    missed = tuple(
        (known.name, mask) for known, mask, iou
        in zip(scene.known.objects, scene.masks, best, strict=True) if iou < min(THRESHOLDS))
    if not missed:
        return []
    return [Failure(scene.snapshot, f'{scene.name}: missed objects', 'all proposals', missed,
                    tuple((f'{n}', members) for n, members in enumerate(sets, start=1)))]
