"""Names for proposals, from how they look in the kept images and how large they are."""

from __future__ import annotations

import collections
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.crops import View, crop, find_views
from omd3d_ros.segmentation.household_words import household_words
from omd3d_ros.segmentation.image_network import (
    INPUT_SIZE,
    WEIGHTS_SHA256,
    class_probabilities,
    load_image_network,
)
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.scene import Proposal

Names = tuple[tuple[str, ...], tuple[float, ...]]
_CPU_BATCH, _GPU_BATCH = 2, 32
_UNKNOWN_MASS = 0.15  # probability kept for "none of the words", before scores are shared out
_FALLBACK_SCORE = 0.15
_FURNITURE_SIZE = 0.7  # metres
# A support that carries things: its top's height above the floor and its extents, in metres.
_TABLE_HEIGHT = (0.3, 1.2)
_TABLE_MIN_EXTENT = 0.45
_TOP_LAYER = 0.06
_TABLE_WEIGHT = 0.4


class Appearance:
    """Names proposals with EfficientNet-Lite2 on image crops and a prior of metric size.

    model       the network's name and weights hash, for reports

    Remembers the classes of crops, so that an object that did not change costs nothing.
    """

    def __init__(self, settings: AppearanceSettings, device: torch.device) -> None:
        self.model = f'EfficientNet-Lite2 sha256:{WEIGHTS_SHA256[:12]}'
        self._settings = settings
        self._batch = _CPU_BATCH if device.type == 'cpu' else _GPU_BATCH
        self._network = load_image_network(device=str(device))
        self._words = household_words()
        self._known: collections.OrderedDict[
            tuple[int, ...], npt.NDArray[np.float64]] = collections.OrderedDict()

    def name(
        self,
        proposals: Sequence[Proposal],
        snapshot: MapSnapshot,
        keyframes: Sequence[Keyframe],
    ) -> list[Names]:
        """Return for each proposal its labels, best first, and their scores in [0, 1].

        Scores sum to 1 at most; what is missing is doubt. A proposal that no image shows, or
        that looks like nothing plausible, gets 'table', 'furniture' or 'object' by its shape.
        """
        points = [snapshot.points[proposal.voxels] for proposal in proposals]
        views = find_views(points, keyframes, self._settings)
        self._classify(views)
        floor = float(np.percentile(snapshot.points[:, 2], 1)) if len(snapshot) else 0.0
        return [
            self._names(self._seen_as(of_object), cloud, floor)
            for of_object, cloud in zip(views, points, strict=True)]

    def _classify(self, views: Sequence[Sequence[View]]) -> None:
        """Classify the crops not yet known: every object's best view first, within the cap."""
        wanted: dict[tuple[int, ...], View] = {}
        for rank in range(self._settings.views_per_object):
            for of_object in views:
                if rank < len(of_object) and of_object[rank].key not in self._known:
                    wanted.setdefault(of_object[rank].key, of_object[rank])
        chosen = list(wanted.values())[:self._settings.max_crops]
        crops = [crop(view, self._settings.crop_margin, INPUT_SIZE) for view in chosen]
        classes = class_probabilities(self._network, crops, self._batch)
        for view, row in zip(chosen, self._words.probabilities(classes), strict=True):
            self._known[view.key] = row
        for of_object in views:
            for view in of_object:
                if view.key in self._known:
                    self._known.move_to_end(view.key)
        while len(self._known) > self._settings.cached_crops:
            self._known.popitem(last=False)

    def _seen_as(self, views: Sequence[View]) -> npt.NDArray[np.float64]:
        """Average the word probabilities of an object's known views: (W,), zero without any."""
        known = [view for view in views if view.key in self._known]
        if not known:
            return np.zeros(len(self._words.words))
        rows = np.stack([self._known[view.key] for view in known])
        return np.average(rows, axis=0, weights=[view.quality for view in known])

    def _names(
        self, seen_as: npt.NDArray[np.float64], points: npt.NDArray[np.float32], floor: float
    ) -> Names:
        extent = _extent(points)
        scores = seen_as * self._words.size_prior(max(float(extent.max()), 1e-3))
        if carries_things(points, floor):
            scores[self._words.words.index('table')] += _TABLE_WEIGHT
        scores = scores / (scores.sum() + _UNKNOWN_MASS)
        best = np.argsort(-scores, kind='stable')[:self._settings.max_labels]
        named = [(self._words.words[i], float(scores[i])) for i in best
                 if scores[i] >= self._settings.min_name_score]
        if not named or named[0][1] < _FALLBACK_SCORE:
            word = 'furniture' if extent.max() > _FURNITURE_SIZE else 'object'
            named = [(word, _FALLBACK_SCORE), *named][:self._settings.max_labels]
        labels, values = zip(*named, strict=True)
        return labels, values


def carries_things(points: npt.NDArray[np.float32], floor: float) -> bool:
    """Tell whether points (n, 3), metres, z up, are a wide flat support at a table's height.

    floor is the floor's height. True when the topmost dense layer lies 0.3 to 1.2 m above the
    floor, is wide both ways, and covers most of the outline seen from above.
    """
    if len(points) < 50:
        return False
    cells = np.unique(np.floor(points[:, :2] / 0.05).astype(np.int64), axis=0)
    heights = np.floor(points[:, 2] / _TOP_LAYER).astype(np.int64)
    layer = np.bincount(heights - heights.min()).argmax() + heights.min()
    in_layer = np.abs(heights - layer) <= 1
    top = float(points[in_layer, 2].mean())
    covered = np.unique(np.floor(points[in_layer, :2] / 0.05).astype(np.int64), axis=0)
    return bool(
        _TABLE_HEIGHT[0] <= top - floor <= _TABLE_HEIGHT[1]
        and _extent(points[in_layer])[:2].min() >= _TABLE_MIN_EXTENT
        and len(covered) >= 0.7 * len(cells)
        and np.percentile(points[:, 2], 95) <= top + _TOP_LAYER)


def _extent(points: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Return the extents (3,) of points, metres, without the outermost two per cent."""
    if len(points) == 0:
        return np.zeros(3)
    low, high = np.percentile(points, [1, 99], axis=0)
    horizontal = points[:, :2] - points[:, :2].mean(0)
    axes = np.linalg.eigh(horizontal.T @ horizontal)[1]
    across = np.ptp(np.percentile(horizontal @ axes, [1, 99], axis=0), axis=0)
    return np.array([across[1], across[0], high[2] - low[2]], np.float64)
