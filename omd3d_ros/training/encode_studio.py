"""Makes samples for the object encoder: models photographed in a studio, cut out as at run time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.crops import crop, find_views
from omd3d_ros.segmentation.image_network import INPUT_SIZE, EfficientNetLite2, crop_features
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry, own_or_bought
from omd3d_ros.synthetic.object_studio import photograph
from omd3d_ros.synthetic.studio_set import build_set
from omd3d_ros.training.encode_data import ObjectSample
from omd3d_ros.training.encode_masks import imperfect, scrap

_OTHERS = 5
_STRANGERS, _SCRAPS = 0.06, 0.05  # shares of samples that are nothing one can name
_SPOILED = 0.45  # share of samples whose voxels are not just the object
_MOST_MODELS = 16  # of a name, beyond which it is shown no more often
_FEWEST = 8  # voxels
_OWN_SHARE = 0.4  # of the samples of a name that libraries have models of, too
_FEW_OWN = 4


class SampleStudio:
    """Makes samples of a shelf's models.

    strangers are models that no household word names. even: each model in turn and whole, for
    measuring; otherwise names at random, those of many models more often, for training.
    """

    def __init__(
        self, shelf: ModelShelf, strangers: Sequence[ShelfEntry], network: EfficientNetLite2,
        settings: AppearanceSettings, seed: int, *, even: bool,
    ) -> None:
        self._shelf, self._strangers = shelf, list(strangers)
        self._network, self._settings = network, settings
        self._seed, self._even = seed, even
        self._all = [one for name in shelf.names for one in _mixed(shelf.entries(name))]
        counts = [min(len(shelf.entries(name)), _MOST_MODELS) for name in shelf.names]
        self._weights = np.sqrt(counts) / np.sqrt(counts).sum()

    def make(self, index: int) -> ObjectSample | None:
        """Return sample ``index``, the same whichever were made before; None where it failed."""
        rng = np.random.default_rng([self._seed, index, 11])
        kind = rng.random()
        stranger = bool(kind < _STRANGERS and self._strangers)
        is_scrap = not stranger and kind < _STRANGERS + _SCRAPS
        entry = self._entry(index, rng, stranger=stranger)
        others = [self._all[i] for i in rng.integers(len(self._all), size=_OTHERS)]
        scene = build_set(self._shelf.load(entry), [self._shelf.load(one) for one in others], rng)
        shot = photograph(scene, rng)
        if shot is None:
            return None
        spoiled = not self._even and rng.random() < _SPOILED
        chosen = (scrap if is_scrap else imperfect if spoiled else _own)(
            shot.points, shot.owner, rng)
        if np.count_nonzero(chosen) < _FEWEST:
            return None
        points, colors = shot.points[chosen], shot.colors[chosen]
        if rng.random() < 0.05:
            colors = np.full_like(colors, 128)
        views = find_views([points], shot.keyframes, self._settings)[0]
        crops = tuple(crop(view, self._settings.crop_margin, INPUT_SIZE) for view in views)
        return ObjectSample(
            '' if stranger or is_scrap else entry.name, 'scrap' if is_scrap else entry.id, points,
            colors, crops, crop_features(self._network, crops, 4),
            np.array([view.quality for view in views], np.float32),
            whole=not (spoiled or is_scrap))

    def _entry(self, index: int, rng: np.random.Generator, *, stranger: bool) -> ShelfEntry:
        if stranger:
            return self._strangers[int(rng.integers(len(self._strangers)))]
        if self._even:
            return self._all[index % len(self._all)]
        name = self._shelf.names[int(rng.choice(len(self._weights), p=self._weights))]
        pool = own_or_bought(self._shelf.entries(name), _OWN_SHARE, rng)
        return pool[int(rng.integers(len(pool)))]


def _mixed(entries: Sequence[ShelfEntry]) -> list[ShelfEntry]:
    """Return all models of a name but those of our own, and a few of these."""
    own = [one for one in entries if one.entry is None]
    return [*(one for one in entries if one.entry is not None), *own[:_FEW_OWN]]



def _own(
    points: npt.NDArray[np.floating], owner: npt.NDArray[np.integer], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    return np.asarray(owner == 0)
