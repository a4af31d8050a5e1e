"""Names objects without any training: by the image network's own classes and metric sizes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.household_words import household_words
from omd3d_ros.segmentation.object_features import object_extent
from omd3d_ros.segmentation.seen_object import SeenObject

_UNKNOWN_MASS = 0.15  # probability kept for "none of the words", before scores are shared out
# A support that carries things: its top's height above the floor and its extents, in metres.
_TABLE_HEIGHT = (0.3, 1.2)
_TABLE_MIN_EXTENT = 0.45
_TOP_LAYER = 0.06
_TABLE_WEIGHT = 0.4


class WordNamer:
    """Scores the words of household_words(); the simple rival of the trained encoder.

    names  the words; model  for reports
    """

    def __init__(self) -> None:
        self._words = household_words()
        self.names, self.model = self._words.words, 'ImageNet classes and sizes'

    def probabilities(
        self, objects: Sequence[SeenObject], floor: float
    ) -> npt.NDArray[np.float64]:
        """Return a score of each name for each object, (B, N); rows sum to 1 at most."""
        rows = [self._scores(one, floor) for one in objects]
        return np.array(rows).reshape(len(objects), len(self.names))

    def encode(
        self, objects: Sequence[SeenObject], floor: float
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Return the scores, and features (B, 0): it has none."""
        return self.probabilities(objects, floor), np.zeros((len(objects), 0), np.float32)

    def _scores(self, one: SeenObject, floor: float) -> npt.NDArray[np.float64]:
        scores = np.zeros(len(self.names))
        if len(one.quality):
            scores = np.average(self._words.probabilities(one.classes), axis=0,
                                weights=one.quality)
        scores = scores * self._words.size_prior(max(float(object_extent(one.points).max()), 1e-3))
        if carries_things(one.points, floor):
            scores[self._words.index('table')] += _TABLE_WEIGHT
        return scores / (scores.sum() + _UNKNOWN_MASS)


def carries_things(points: npt.NDArray[np.floating], floor: float) -> bool:
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
        and object_extent(points[in_layer])[:2].min() >= _TABLE_MIN_EXTENT
        and len(covered) >= 0.7 * len(cells)
        and np.percentile(points[:, 2], 95) <= top + _TOP_LAYER)
