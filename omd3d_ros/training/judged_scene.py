"""A prepared scene with its tree of groups: what the judge of groups is trained and measured on."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.metrics import Detections, average_precision, overlap_score
from omd3d_ros.segmentation.group_judge import GroupJudge, describe_groups, judged_groups
from omd3d_ros.segmentation.vote_detector import find_votes
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings, VoteTree, vote_tree
from omd3d_ros.segmentation.vote_network import VoteNetwork
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, groups_of
from omd3d_ros.training.detect_data import UNKNOWN, DetectScene

_MOSTLY = 0.5  # share of voxels nobody can tell of, from which a group says nothing
BARS = (0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5)


@dataclasses.dataclass(frozen=True, eq=False)
class JudgedScene:
    """A scene's tree of M groups.

    rows   (M, ...) float32 that describe the groups
    truth  (M,) float32: the IoU of each with the object it fits best
    told   (M,) bool: which are not mostly of voxels that nobody can tell of
    owner  (N,) as DetectScene's
    """

    tree: VoteTree
    rows: npt.NDArray[np.float32]
    truth: npt.NDArray[np.float32]
    told: npt.NDArray[np.bool_]
    owner: npt.NDArray[np.int64]

    @staticmethod
    def of_scene(
        network: VoteNetwork, scene: DetectScene, settings: VoteGroupSettings
    ) -> JudgedScene:
        """Ask the vote network about a scene, and join what it says into a tree."""
        grid = VoxelGrid.of_points(scene.surface.points, network.settings.voxel_size)
        votes = find_votes(network, grid, scene.surface)
        tree = vote_tree(grid, votes, network.settings.reach, settings)
        rows = describe_groups(tree, votes, scene.surface)
        truth, told = group_truth(tree, scene.owner)
        return JudgedScene(tree, rows, truth, told, scene.owner)


@dataclasses.dataclass(frozen=True)
class JudgeFigures:
    """Means over scenes: average precision, overlap F and the share of F > .75; all in [0, 1]."""

    bar: float
    ap50: float
    ap25: float
    overlap: float
    found: float


def group_truth(
    tree: VoteTree, owner: npt.NDArray[np.int64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    """Return the IoU (M,) of each group of a tree with the object it fits best, and which count.

    owner (N,) as DetectScene's. Groups that are mostly of unknown voxels do not count.
    """
    inside = tree.pieces >= 0
    if not inside.any():
        return np.zeros(0, np.float32), np.zeros(0, bool)
    shared = np.zeros((len(tree.merges) + 1, int(owner.max(initial=0)) + 2))
    np.add.at(shared, (tree.pieces[inside], owner[inside] + 1), 1)  # first column: the unknown
    shared = tree.accumulated(shared)
    overlap = _overlaps(shared, owner).max(axis=1, initial=0.0)
    return overlap.astype(np.float32), shared[:, 0] <= _MOSTLY * shared.sum(axis=1)


def _overlaps(
    shared: npt.NDArray[np.float64], owner: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """Return IoUs (P, T) from the voxels that groups share with the unknown, 0, and objects."""
    whole = np.bincount(owner[owner >= 0], minlength=shared.shape[1] - 1)[1:]
    union = shared[:, 1:].sum(axis=1, keepdims=True) + whole - shared[:, 2:]
    there = whole > 0
    return np.asarray(shared[:, 2:][:, there] / np.maximum(union[:, there], 1))


def measure_judge(
    judge: GroupJudge, scenes: Sequence[JudgedScene], bar: float
) -> JudgeFigures:
    """Measure what a judge chooses on some scenes."""
    detections, overlaps = [], []
    for scene in scenes:
        labels, judged = judged_groups(scene.tree, judge.judge(scene.rows), bar)
        known = scene.owner != UNKNOWN
        overlaps.append(overlap_score(
            labels[known].astype(np.int64) + 1, scene.owner[known]))
        shared = np.zeros((len(judged), int(scene.owner.max(initial=0)) + 2))
        for row, voxels in enumerate(groups_of(labels)):
            np.add.at(shared[row], scene.owner[voxels] + 1, 1)
        clear = shared[:, 0] <= _MOSTLY * shared.sum(axis=1)
        detections.append(Detections(judged[clear], _overlaps(shared, scene.owner)[clear]))
    overlap, found = (float(np.mean([getattr(one, name) for one in overlaps]))
                      for name in ('f', 'found'))
    return JudgeFigures(bar, average_precision(detections, 0.5),
                        average_precision(detections, 0.25), overlap, found)


def choose_bar(
    judge: GroupJudge, scenes: Sequence[JudgedScene], bars: Sequence[float] = BARS
) -> JudgeFigures:
    """Try several bars; return the figures of the best on the average of all four."""
    tried = [measure_judge(judge, scenes, bar) for bar in bars]
    return max(tried, key=lambda one: one.ap50 + one.ap25 + one.overlap + one.found)
