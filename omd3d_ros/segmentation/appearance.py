"""Names for proposals, from how they look in the kept images and how large they are."""

from __future__ import annotations

import collections
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.crops import View, crop, find_views
from omd3d_ros.segmentation.image_network import (
    FEATURES,
    INPUT_SIZE,
    WEIGHTS_SHA256,
    crop_features,
    load_image_network,
    probabilities_of_features,
)
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.object_features import object_extent
from omd3d_ros.segmentation.object_namer import ObjectNamer
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.segmentation.scene_context import SceneContext
from omd3d_ros.segmentation.seen_object import SeenObject
from omd3d_ros.segmentation.word_namer import WordNamer

_DIGITS = 3  # of a feature, so that it is the same when nothing changed
_CPU_BATCH, _GPU_BATCH = 4, 32
_FURNITURE_SIZE = 0.7  # metres
_FALLBACK_SCORE = 0.15


class Names(NamedTuple):
    """What an object is called: names and scores, best first, and its feature, or none."""

    labels: tuple[str, ...]
    scores: tuple[float, ...]
    feature: tuple[float, ...]


class Appearance:
    """Names proposals by their image crops, through EfficientNet-Lite2, and their voxels.

    model       the networks' names and weights hashes, for reports

    Remembers the features of crops, so that an object that did not change costs little.
    """

    def __init__(self, settings: AppearanceSettings, device: torch.device) -> None:
        """Load the networks; ValueError naming the package or folder that cannot be used."""
        self._settings = settings
        self._batch = _CPU_BATCH if device.type == 'cpu' else _GPU_BATCH
        self._network = load_image_network(device=str(device))
        self._namer = WordNamer() if settings.namer == 'words' else ObjectNamer.load(device=device)
        self._context = SceneContext.load(self._namer.names) if settings.context else None
        self.model = f'EfficientNet-Lite2 sha256:{WEIGHTS_SHA256[:12]}, {self._namer.model}'
        self._known: collections.OrderedDict[
            tuple[int, ...], npt.NDArray[np.float32]] = collections.OrderedDict()

    def name(
        self,
        proposals: Sequence[Proposal],
        snapshot: MapSnapshot,
        keyframes: Sequence[Keyframe],
    ) -> list[Names]:
        """Return for each proposal its labels, best first, and their scores in [0, 1].

        Features are of unit length.

        Scores are probabilities and sum to 1 at most; what is missing is doubt. What looks like
        nothing known gets 'furniture' or 'object' by its size, first.
        """
        if not proposals:
            return []
        points = [snapshot.points[proposal.voxels] for proposal in proposals]
        views = find_views(points, keyframes, self._settings)
        self._look(views)
        floor = float(np.percentile(snapshot.points[:, 2], 1)) if len(snapshot) else 0.0
        seen = [
            self._seen(cloud, snapshot.colors[proposal.voxels], of_object)
            for proposal, cloud, of_object in zip(proposals, points, views, strict=True)]
        scores, features = self._namer.encode(seen, floor)
        if self._context is not None:
            scores = self._context.adjusted(scores)
        return [Names(*self._labels(row, cloud), tuple(np.round(feature, _DIGITS).tolist()))
                for row, feature, cloud in zip(scores, features, points, strict=True)]

    def _look(self, views: Sequence[Sequence[View]]) -> None:
        """Look at the crops not yet known: every object's best view first, within the cap."""
        wanted: dict[tuple[int, ...], View] = {}
        for rank in range(self._settings.views_per_object):
            for of_object in views:
                if rank < len(of_object) and of_object[rank].key not in self._known:
                    wanted.setdefault(of_object[rank].key, of_object[rank])
        chosen = list(wanted.values())[:self._settings.max_crops]
        crops = [crop(view, self._settings.crop_margin, INPUT_SIZE) for view in chosen]
        rows = crop_features(self._network, crops, self._batch)
        for view, row in zip(chosen, rows, strict=True):
            self._known[view.key] = row
        for of_object in views:
            for view in of_object:
                if view.key in self._known:
                    self._known.move_to_end(view.key)
        while len(self._known) > self._settings.cached_crops:
            self._known.popitem(last=False)

    def _seen(
        self, points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8],
        views: Sequence[View],
    ) -> SeenObject:
        """Gather what is known of an object; views whose crops are not known are left out."""
        known = [view for view in views if view.key in self._known]
        features = np.array([self._known[view.key] for view in known], np.float32)
        features = features.reshape(len(known), FEATURES)
        return SeenObject(points, colors, features,
                          probabilities_of_features(self._network, features),
                          np.array([view.quality for view in known], np.float32))

    def _labels(
        self, scores: npt.NDArray[np.float64], points: npt.NDArray[np.float32]
    ) -> tuple[tuple[str, ...], tuple[float, ...]]:
        best = np.argsort(-scores, kind='stable')[:self._settings.max_labels]
        named = [(self._namer.names[i], float(scores[i])) for i in best
                 if scores[i] >= self._settings.min_name_score]
        if not named or named[0][1] < _FALLBACK_SCORE:
            large = len(points) > 0 and object_extent(points).max() > _FURNITURE_SIZE
            word = 'furniture' if large else 'object'
            named = [(word, _FALLBACK_SCORE), *named][:self._settings.max_labels]
        labels, values = zip(*named, strict=True)
        return labels, values
