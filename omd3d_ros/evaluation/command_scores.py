"""How well commands were answered with masks."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.evaluation.metrics import set_f1
from omd3d_ros.evaluation.voxel_sets import VoxelSet, joined, set_overlaps
from omd3d_ros.segmentation.scene import Outcome

_F1_AT = 0.25


@dataclasses.dataclass(frozen=True)
class MaskCase:
    """What a command meant and what it got, as sets of voxels.

    any_target  one of the targets is enough; else all of them are meant
    selected    masks of the selected objects, best first; candidates: of all objects
    """

    kind: str
    targets: tuple[VoxelSet, ...]
    any_target: bool
    outcome: Outcome
    selected: tuple[VoxelSet, ...]
    candidates: tuple[VoxelSet, ...]
    voxels: int

    @property
    def one_is_meant(self) -> bool:
        """Whether the answer is one object."""
        return self.any_target or len(self.targets) == 1


@dataclasses.dataclass(frozen=True)
class MaskScore:
    """The score of a command that means something; all in [0, 1].

    iou       of the first selection with the target (the best of several where any will do);
              where several are meant, of all selections together with all targets
    f1        set-F1 at IoU .25, each selection matched with one target
    chances   iou of each candidate, had it been the one selection
    chance_f1 mean set-F1 of one candidate drawn at random
    """

    iou: float
    f1: float
    rejected: bool
    ambiguous: bool
    chances: npt.NDArray[np.float64]
    chance_f1: float

    def chance_at(self, threshold: float) -> float:
        """Return how likely a candidate drawn at random has at least this IoU."""
        return float((self.chances >= threshold).mean()) if len(self.chances) else 0.0

    @property
    def chance_iou(self) -> float:
        """The mean IoU of a candidate drawn at random."""
        return float(self.chances.mean()) if len(self.chances) else 0.0

    def is_reachable(self, threshold: float) -> bool:
        """Tell whether the best candidate has at least this IoU."""
        return bool(self.chances.max(initial=0.0) >= threshold)


def score_masks(case: MaskCase) -> MaskScore:
    """Score a command that means something; ValueError when it has no targets."""
    if not case.targets:
        raise ValueError(f'kind={case.kind!r}: the command has no targets to score')
    given = set_overlaps(case.selected, case.targets, case.voxels)
    among = set_overlaps(case.candidates, case.targets, case.voxels)
    if case.one_is_meant:
        iou = float(given[:1].max(initial=0.0))
        chances = among.max(axis=1, initial=0.0)
    else:
        whole = [joined(case.targets)]
        iou = float(set_overlaps([joined(case.selected)], whole, case.voxels)[0, 0])
        chances = set_overlaps(case.candidates, whole, case.voxels)[:, 0]
    alone = among.max(axis=1, initial=0.0) >= _F1_AT
    return MaskScore(
        iou, set_f1(given, _F1_AT), case.outcome is Outcome.NOT_FOUND,
        case.outcome is Outcome.AMBIGUOUS, chances,
        float(alone.mean() * 2 / (1 + len(case.targets))) if len(alone) else 0.0)


def mean_chance(scores: Sequence[MaskScore], threshold: float) -> float | None:
    """Return the chance of reaching a threshold over several commands."""
    return float(np.mean([score.chance_at(threshold) for score in scores])) if scores else None
