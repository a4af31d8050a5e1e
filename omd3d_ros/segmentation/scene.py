"""What perceiving and reasoning hand over: proposals, objects, scenes and answers."""

from __future__ import annotations

import dataclasses
import enum

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox, fit_box

_TOLD = 8  # labels
_LIKELY = 0.02  # score


class ObjectState(enum.IntEnum):
    """Numbers as in msg/SegmentedObject.msg."""

    TENTATIVE = 0
    CONFIRMED = 1
    STALE = 2


class Outcome(enum.IntEnum):
    """What a command came to; numbers as the statuses of msg/SegmentationResult.msg."""

    OK = 0
    NOT_FOUND = 1
    AMBIGUOUS = 2
    LOW_CONFIDENCE = 3


@dataclasses.dataclass(frozen=True)
class Proposal:
    """A set of voxels that may be one object.

    voxels      (n,) int64  ascending indices into the snapshot's arrays
    objectness  [0, 1]
    """

    voxels: npt.NDArray[np.int64]
    objectness: float


@dataclasses.dataclass(frozen=True)
class Observation:
    """A proposal with the names that this perception pass gave it.

    labels and label_scores are equally long, best first; scores in [0, 1]. feature is what the
    object encoder says besides, or empty.
    """

    proposal: Proposal
    labels: tuple[str, ...]
    label_scores: tuple[float, ...]
    feature: tuple[float, ...] = ()


@dataclasses.dataclass(frozen=True)
class SceneObject:
    """One object of the map; positions in the map frame, metres; times in ns.

    points      (n, 3) float32 and colors (n, 3) uint8 of its voxels, as last observed
    centroid    (3,) float64, mean of points
    covariance  (3, 3) float64, m^2, population covariance of points
    feature     the object encoder's, for the language model; empty where there is none
    """

    id: str
    labels: tuple[str, ...]
    label_scores: tuple[float, ...]
    objectness: float
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    centroid: npt.NDArray[np.float64]
    covariance: npt.NDArray[np.float64]
    box: OrientedBox
    observations: int
    first_seen_ns: int
    last_seen_ns: int
    state: ObjectState
    feature: tuple[float, ...] = ()

    @property
    def told_labels(self) -> list[tuple[str, float]]:
        """The labels that are worth telling others, with their scores, best first.

        The others are unlikely, one by one; what a command names is sought among all.
        """
        pairs = list(zip(self.labels, self.label_scores, strict=True))[:_TOLD]
        return [pair for place, pair in enumerate(pairs) if not place or pair[1] >= _LIKELY]

    def masked(
        self, points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8]
    ) -> SceneObject:
        """Return the object with another mask (n, 3); centroid, covariance and box follow."""
        wide = points.astype(np.float64)
        return dataclasses.replace(
            self, points=points, colors=colors, centroid=wide.mean(axis=0),
            covariance=np.cov(wide.T, bias=True).reshape(3, 3), box=fit_box(points))


@dataclasses.dataclass(frozen=True)
class Scene:
    """Every object of one map revision, sorted by id."""

    map_id: str
    revision: int
    stamp_ns: int
    objects: tuple[SceneObject, ...]


@dataclasses.dataclass(frozen=True)
class Selection:
    """One object that answers a command, with its mask.

    points (n, 3) float32 and colors (n, 3) uint8 are the mask's voxels; score in [0, 1].
    """

    object_id: str
    score: float
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]


@dataclasses.dataclass(frozen=True)
class Answer:
    """What a command came to: selections best first, and runners-up as (object id, score)."""

    outcome: Outcome
    text: str
    selections: tuple[Selection, ...]
    alternatives: tuple[tuple[str, float], ...]
