"""How well boxes, masks and sets of objects agree with the truth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment

from omd3d_ros.segmentation.box import OrientedBox


@dataclasses.dataclass(frozen=True)
class Accuracy:
    """The share of ``count`` cases that reached a threshold; 0 where there are none."""

    share: float
    count: int


@dataclasses.dataclass(frozen=True)
class Overlap:
    """How a segmentation of points covers the true one; all in [0, 1].

    precision, recall  over the points of objects, segments matched one to one by their F
    f                  harmonic mean of the two
    found              share of the true objects whose own F is above the threshold
    """

    precision: float
    recall: float
    f: float
    found: float


@dataclasses.dataclass(frozen=True)
class Detections:
    """What was proposed in one scene, against its true objects.

    scores    (P,) float     confidence of each proposal, any scale
    overlaps  (P, T) float   IoU of each proposal with each true object

    Raises ValueError when the shapes do not fit together.
    """

    scores: npt.NDArray[np.float64]
    overlaps: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        if self.overlaps.ndim != 2 or self.scores.shape != self.overlaps.shape[:1]:
            raise ValueError(
                f'scores.shape={self.scores.shape}, overlaps.shape={self.overlaps.shape}: '
                'must be (P,) and (P, T)')


def box_iou(first: OrientedBox, second: OrientedBox) -> float:
    """Return the exact IoU in 3D of two boxes about the vertical axis; 0 for empty boxes."""
    center = (np.asarray(first.center, np.float64) + second.center) / 2
    low = max(box.center[2] - box.size[2] / 2 for box in (first, second))
    high = min(box.center[2] + box.size[2] / 2 for box in (first, second))
    shared = clip_polygon(first.footprint() - center[:2], second.footprint() - center[:2])
    common = polygon_area(shared) * max(0.0, float(high - low))
    union = float(np.prod(first.size)) + float(np.prod(second.size)) - common
    return min(1.0, common / union) if union > 0 else 0.0


def clip_polygon(
    polygon: npt.NDArray[np.float64], window: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the part (n, 2) of a polygon that lies in a convex window, both anticlockwise.

    The method is Sutherland and Hodgman's, Reentrant Polygon Clipping (CACM 1974).
    """
    for start, end in zip(window, np.roll(window, -1, axis=0), strict=True):
        if not len(polygon):
            break
        along = end - start
        # how far each corner lies to the left of the window's edge
        sides = along[0] * (polygon[:, 1] - start[1]) - along[1] * (polygon[:, 0] - start[0])
        kept: list[npt.NDArray[np.float64]] = []
        for i in range(len(polygon)):
            before, here = sides[i - 1], sides[i]
            if (before < 0 < here) or (here < 0 < before):
                share = before / (before - here)
                kept.append(polygon[i - 1] + share * (polygon[i] - polygon[i - 1]))
            if here >= 0:
                kept.append(polygon[i])
        polygon = np.array(kept, np.float64).reshape(-1, 2)
    return polygon


def polygon_area(polygon: npt.NDArray[np.float64]) -> float:
    """Return the area of a polygon (n, 2); positive when it runs anticlockwise."""
    x, y = polygon[:, 0], polygon[:, 1]
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def mask_iou(first: npt.NDArray[np.bool_], second: npt.NDArray[np.bool_]) -> float:
    """Return the IoU of two masks of one shape; 1 when both are empty."""
    if first.shape != second.shape:
        raise ValueError(f'first.shape={first.shape}: second has {second.shape}')
    union = int(np.count_nonzero(first | second))
    return int(np.count_nonzero(first & second)) / union if union else 1.0


def accuracy_at(overlaps: Sequence[float], threshold: float) -> Accuracy:
    """Return the share of overlaps (such as IoUs) that are at least a threshold: Acc@t."""
    _check_threshold(threshold)
    hits = sum(overlap >= threshold for overlap in overlaps)
    return Accuracy(hits / len(overlaps) if len(overlaps) else 0.0, len(overlaps))


def set_f1(overlaps: npt.NDArray[np.float64], threshold: float) -> float:
    """Return the F1 of a selected set (S) against targets (T), from their IoUs (S, T).

    Pairs of at least the threshold are matched one to one, as many as can be; two empty sets
    agree fully. The measure of Multi3DRefer (Zhang et al., ICCV 2023).
    """
    _check_threshold(threshold)
    selected, targets = overlaps.shape
    if selected + targets == 0:
        return 1.0
    fits = overlaps >= threshold
    matched = int(fits[linear_sum_assignment(fits, maximize=True)].sum())
    return float(2 * matched / (selected + targets))


def overlap_score(
    predicted: npt.NDArray[np.integer], truth: npt.NDArray[np.integer], threshold: float = 0.75
) -> Overlap:
    """Compare segment labels (N,) with the true ones (N,); labels above 0 are objects.

    Segments and objects are matched one to one so that the sum of their F is largest; points
    of unmatched segments count against precision, those of unmatched objects against recall
    (the overlap measure of UOIS-Net, Xie et al., CoRL 2019). Without any object and any
    segment all are 1.
    """
    if predicted.shape != truth.shape or predicted.ndim != 1:
        raise ValueError(f'predicted.shape={predicted.shape}, truth.shape={truth.shape}')
    _check_threshold(threshold)
    segments, segment = np.unique(np.maximum(predicted, 0), return_inverse=True)
    objects, owner = np.unique(np.maximum(truth, 0), return_inverse=True)
    common = np.bincount(
        owner * len(segments) + segment, minlength=len(objects) * len(segments)
    ).reshape(len(objects), len(segments)).astype(np.float64)
    sizes = common.sum(axis=0)[segments > 0]
    true_sizes = common.sum(axis=1)[objects > 0]
    common = common[objects > 0][:, segments > 0]
    if not len(sizes) or not len(true_sizes):
        agree = float(len(sizes) == len(true_sizes))
        return Overlap(agree, agree, agree, agree)
    f = 2 * common / (true_sizes[:, None] + sizes[None, :])
    rows, columns = linear_sum_assignment(f, maximize=True)
    hits = float(common[rows, columns].sum())
    precision, recall = hits / float(sizes.sum()), hits / float(true_sizes.sum())
    both = precision + recall
    found = int((f[rows, columns] > threshold).sum()) / len(true_sizes)
    return Overlap(precision, recall, 2 * precision * recall / both if both else 0.0, found)


def average_precision(scenes: Sequence[Detections], threshold: float) -> float:
    """Return the class-agnostic average precision over scenes at an IoU threshold.

    Over all scenes, best score first, a proposal is right when the object it overlaps most
    among those of its scene not yet found has at least the threshold; a second proposal for an
    object is wrong. The area under precision over recall, where the precision at a recall is
    the best at that recall or beyond (Pascal VOC 2010). Equal scores keep their order. NaN
    when no scene holds an object.
    """
    _check_threshold(threshold)
    total = sum(scene.overlaps.shape[1] for scene in scenes)
    if not total:
        return float('nan')
    ranked = sorted(
        ((-float(score), number, index) for number, scene in enumerate(scenes)
         for index, score in enumerate(scene.scores)))
    free = [np.ones(scene.overlaps.shape[1], bool) for scene in scenes]
    right = np.zeros(len(ranked), bool)
    for rank, (_, number, index) in enumerate(ranked):
        overlaps = np.where(free[number], scenes[number].overlaps[index], -1.0)
        if len(overlaps) and overlaps.max() >= threshold:
            right[rank] = True
            free[number][int(np.argmax(overlaps))] = False
    found = np.cumsum(right)
    precision = found / np.arange(1, len(ranked) + 1)
    best = np.maximum.accumulate(precision[::-1])[::-1]
    return float(best[right].sum() / total)


def _check_threshold(threshold: float) -> None:
    if not 0 < threshold <= 1:
        raise ValueError(f'threshold={threshold}: must be in (0, 1]')
