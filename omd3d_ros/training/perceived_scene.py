"""Scenes as they are perceived: the objects of a known scene, with names that may be wrong."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.description import COLORS, size_word
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.scene_prompt import PromptObject
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene

_RENAMED = 0.5  # names of training scenes are right too often: the encoder learned from those
# so that names are right as often, and doubted as much, as on perceived development scenes
_CANDIDATES = 100  # names that a thing might have
_CLEAR = (1.0, 3.5)  # nats, how far the looks of a thing tell its name from the others
_UNKNOWN = (0.15, 2.25)  # beta distribution of the probability of none of the names
_UNKNOWN_CLUTTER = (0.4, 1.6)
_MISSED = 0.08  # objects that are not perceived
_CLUTTER = 8  # most perceived things that are none
_CONFUSED = 0.12  # temperature of the likeness of names that are taken for each other
_WRONG_COLOR = 0.12
_SIZE_FIT = 1.5  # how far out of its range a size may be, for a wrong name


@dataclasses.dataclass(frozen=True, eq=False)
class PerceivedScene:
    """What was perceived of a scene, and what it truly is.

    objects   n things, as the prompt tells of them
    boxes     theirs, metres, map frame
    truth     of each, the known object it is, or None
    features  (n, F) float32, or None
    """

    scene: KnownScene
    objects: tuple[PromptObject, ...]
    boxes: tuple[OrientedBox, ...]
    truth: tuple[KnownObject | None, ...]
    features: npt.NDArray[np.float32] | None = None


class NameConfusion:
    """Takes names for each other as an object encoder does: things alike in word and size."""

    def __init__(self, embeddings: npt.NDArray[np.float32]) -> None:
        """Take the unit text embeddings (W, E) of household_vocabulary().words."""
        self._words = household_vocabulary()
        self._settings = AppearanceSettings()
        self._alike = embeddings @ embeddings.T

    def names(
        self, name: str, size: float, rng: np.random.Generator, *, clutter: bool = False
    ) -> tuple[tuple[str, ...], tuple[float, ...]]:
        """Return names and scores for a thing of a name and a largest size in metres.

        Scores are probabilities, and true: of the names with .7, seven of ten are right. Each
        candidate is seen with Gaussian noise, and the scores are what Bayes makes of that.
        """
        own = self._words.index(name)
        odds = _sizes_that_fit(round(float(np.log2(max(size, 1e-3))) * 2) / 2) * np.exp(
            self._alike[own] / _CONFUSED)
        odds[own] = 0
        others = rng.choice(len(odds), _CANDIDATES, replace=False, p=odds / odds.sum())
        clear = rng.uniform(*_CLEAR)
        seen = rng.normal(0, clear, _CANDIDATES + 1)
        seen[0] += clear**2
        scores = np.exp(seen - seen.max())
        scores *= (1 - rng.beta(*(_UNKNOWN_CLUTTER if clutter else _UNKNOWN))) / scores.sum()
        best = np.argsort(-scores)[:self._settings.max_labels]
        best = best[scores[best] >= self._settings.min_name_score]
        known = [self._words.words[place] for place in (own, *others.tolist())]
        return tuple(known[place] for place in best), tuple(scores[best].tolist())


@functools.cache
def _sizes_that_fit(octave: float) -> npt.NDArray[np.float64]:
    low, high = np.log2(household_vocabulary().sizes).T
    return 1e-6 + ((octave >= low - _SIZE_FIT) & (octave <= high + _SIZE_FIT))


def perceived(
    scene: KnownScene, confusion: NameConfusion, rng: np.random.Generator
) -> PerceivedScene:
    """Miss some objects, misname some, and see some that are not there; in any order."""
    objects: list[tuple[PromptObject, OrientedBox, KnownObject | None]] = []
    for known in scene.objects:
        if rng.random() < _MISSED:
            continue
        box = OrientedBox(known.box.center + rng.normal(0, 0.01, 3), known.box.yaw,
                          known.box.size * rng.uniform(0.9, 1.08, 3))
        objects.append((_told(known.name, box, known.colors, confusion, rng), box, known))
    words = household_vocabulary().words
    for _ in range(int(rng.integers(_CLUTTER + 1)) if objects else 0):
        near = objects[int(rng.integers(len(objects)))][1]
        size = np.exp(rng.normal(-2, 0.7, 3))
        box = OrientedBox(near.center + rng.normal(0, 0.4, 3), 0.0, size)
        told = _told(words[int(rng.integers(len(words)))], box, (), confusion, rng, clutter=True)
        objects.append((told, box, None))
    order = rng.permutation(len(objects)).tolist()
    return PerceivedScene(scene, *(tuple(objects[i][part] for i in order)  # type: ignore[arg-type]
                                   for part in range(3)))


def misnamed(
    seen: PerceivedScene, confusion: NameConfusion, rng: np.random.Generator
) -> PerceivedScene:
    """Name some objects of a perceived training scene anew, as wrongly as elsewhere.

    Their features are hidden, since those tell the name as well.
    """
    objects = list(seen.objects)
    features = None if seen.features is None else seen.features.copy()
    for place, (known, box) in enumerate(zip(seen.truth, seen.boxes, strict=True)):
        if known is None or rng.random() >= _RENAMED:
            continue
        names, scores = confusion.names(known.name, float(np.max(box.size)), rng)
        objects[place] = dataclasses.replace(objects[place], names=names, scores=scores)
        if features is not None:
            features[place] = 0.0
    return dataclasses.replace(seen, objects=tuple(objects), features=features)


def _told(
    name: str, box: OrientedBox, colors: tuple[str, ...], confusion: NameConfusion,
    rng: np.random.Generator, *, clutter: bool = False,
) -> PromptObject:
    names, scores = confusion.names(name, float(np.max(box.size)), rng, clutter=clutter)
    if not colors or rng.random() < _WRONG_COLOR:
        colors = (COLORS[int(rng.integers(len(COLORS)))],)
    size = size_word(box.size, names[0] if names else '')
    return PromptObject(names, scores, colors, '' if size == 'medium' else size)
