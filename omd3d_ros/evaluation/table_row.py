"""Row ``tables``: objects on the 45 real cluttered tables of mOSD, by overlap F."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from omd3d_ros.evaluation.figure import mean_figure
from omd3d_ros.evaluation.metrics import Overlap, overlap_score
from omd3d_ros.evaluation.plane_clusters import PlaneClusterSettings, plane_clusters
from omd3d_ros.evaluation.report import Failure, Report
from omd3d_ros.evaluation.table_scenes import VOXEL_SIZE, TableScene, load_table, table_files
from omd3d_ros.evaluation.voxel_sets import VoxelSet, labels_of, object_sets, voxels_at
from omd3d_ros.segmentation.segmenter import Segmenter

_GOOD = 0.75  # F above which an object counts as found
_POOR = 0.8   # overlap F under which a table is drawn
Finder = Callable[[TableScene], list[VoxelSet]]


def table_reports(
    recordings: Path, segmenter: Segmenter, rng: np.random.Generator, most: int | None = None
) -> list[Report]:
    """Evaluate the segmenter, and plane removal with Euclidean clusters, on the tables."""
    scenes = [load_table(path) for path in table_files(recordings)[:most]]
    plain = PlaneClusterSettings()

    def perceived(scene: TableScene) -> list[VoxelSet]:
        return perceived_sets(segmenter, scene)

    return [
        table_report('ours', segmenter.model, scenes, perceived, rng),
        table_report('euclidean', 'plane removal and Euclidean clusters', scenes,
                     lambda scene: plane_clusters(scene.snapshot, plain), rng)]


def perceived_sets(segmenter: Segmenter, scene: TableScene) -> list[VoxelSet]:
    """Return the voxels of each object that the segmenter sees, surest first."""
    segmenter.restore(scene.snapshot.map_id, ())
    objects = segmenter.perceive(scene.snapshot, (scene.keyframe,)).objects
    surest = sorted(objects, key=lambda found: (-found.objectness, len(found.id), found.id))
    return object_sets(surest, scene.snapshot)


def table_report(
    system: str, model: str, scenes: Sequence[TableScene], find: Finder,
    rng: np.random.Generator,
) -> Report:
    """Score what a finder finds on each table, over the points of the clouds."""
    scores, chances, cases, failures = [], [], [], []
    for scene in scenes:
        sets = find(scene)
        score = _score(scene, sets)
        scores.append(score)
        chances.append(_score(scene, [np.arange(len(scene.snapshot))]))
        objects = len(np.unique(scene.owner[scene.owner > 0]))
        cases.append({
            'scene': scene.name, 'objects': objects, 'segments': len(sets),
            **{name: round(getattr(score, name), 4)
               for name in ('precision', 'recall', 'f', 'found')}})
        if score.f < _POOR:
            failures.append(_failure(scene, sets, score))
    figures = tuple(
        mean_figure(title, [[getattr(score, name)] for score in scores],
                    float(np.mean([getattr(score, name) for score in chances])), rng)
        for title, name in (
            ('overlap F', 'f'), (f'found, F > {_GOOD:g}', 'found'), ('precision', 'precision'),
            ('recall', 'recall')))
    about = {'model': model, 'tables': len(scenes), 'voxel_size': VOXEL_SIZE,
             'chance': 'all points as one object'}
    return Report('tables', system, figures, about, tuple(cases), tuple(failures))


def _score(scene: TableScene, sets: Sequence[VoxelSet]) -> Overlap:
    labels = labels_of(sets, len(scene.snapshot))
    place = voxels_at(scene.points, scene.snapshot)
    return overlap_score(np.where(place >= 0, labels[place], 0), scene.owner, _GOOD)


def _failure(scene: TableScene, sets: Sequence[VoxelSet], score: Overlap) -> Failure:
    place = voxels_at(scene.points, scene.snapshot)
    true = []
    for owner in np.unique(scene.owner[scene.owner > 0]):
        voxels = np.unique(place[scene.owner == owner])
        true.append((f'{owner}', voxels[voxels >= 0]))
    return Failure(scene.snapshot, scene.name, f'F {score.f:.2f}', tuple(true),
                   tuple((f'{n}', members) for n, members in enumerate(sets, start=1)))
