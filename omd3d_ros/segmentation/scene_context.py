"""What objects may be called, given the others: a comb beside a toilet, a stapler on a desk.

Scenes are of a few kinds, in each of which other names are common: a mixture of multinomials
over the names of their objects. What all other objects look like tells the kind of scene, and
that tells which names are likelier for one object (Rabinovich et al., "Objects in Context",
ICCV 2007, use pairs of names to the same end).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from torch import Tensor

from omd3d_ros.segmentation.weights_file import SHIPPED, read_weights
from omd3d_ros.settings import check_settings, setting

PART = 'scene context'
_LEAST = 1e-12  # likelihood


@dataclasses.dataclass(frozen=True)
class SceneContextSettings:
    """How many kinds of scenes there are, and how far they count."""

    kinds: int = setting(12, 'kinds of scenes', low=1, high=1000)
    smoothing: float = setting(
        800.0, 'objects of average scenes that each kind is mixed with', low=0.0, high=1e9)
    weight: float = setting(
        0.8, 'of the context in nats, against what an object itself looks like', low=0.0,
        high=2.0)

    def __post_init__(self) -> None:
        check_settings(self)


class SceneContext:
    """K kinds of scenes, and how much likelier each of N names is in them."""

    def __init__(
        self, names: Sequence[str], settings: SceneContextSettings,
        kinds: npt.NDArray[np.float64], lifts: npt.NDArray[np.float64],
    ) -> None:
        """Take the logarithms of the kinds' shares (K,), and of the lifts (K, N).

        A lift is a name's share of the objects in scenes of a kind over that in all scenes.
        """
        if lifts.shape != (len(kinds), len(names)):
            raise ValueError(f'lifts.shape={lifts.shape}: must be {(len(kinds), len(names))}')
        self.names = tuple(names)
        self._settings, self._kinds, self._lifts = settings, kinds, np.exp(lifts)

    @classmethod
    def load(
        cls, names: Sequence[str], folder: Path = SHIPPED / 'scene_context'
    ) -> SceneContext:
        """Load what was learned, for N names: those it does not know are as likely anywhere.

        Raises ValueError naming the folder where the weights cannot be used.
        """
        stored = read_weights(folder, PART)
        known = stored.names()
        kinds, lifts = stored.tensors.get('kinds'), stored.tensors.get('lifts')
        if (kinds is None or lifts is None or kinds.ndim != 1
                or lifts.shape != (len(kinds), len(known))):
            raise ValueError(f'{folder}: must hold kinds (K,) and lifts (K, {len(known)})')
        places = {name: place for place, name in enumerate(known)}
        found = np.zeros((len(kinds), len(names)))
        for column, name in enumerate(names):
            if name in places:
                found[:, column] = _wide(lifts[:, places[name]])
        return cls(names, stored.build(SceneContextSettings), _wide(kinds), found)

    def adjusted(self, shares: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return the probabilities (B, N) of names, given those of each object by itself.

        The probability that none of the names is right, which a row's sum lacks to 1, stays.
        """
        total = shares.sum(axis=1, keepdims=True)
        fits = np.log(np.maximum(shares @ self._lifts.T + 1 - total, _LEAST))  # (B, K)
        others = softmax(self._kinds + fits.sum(axis=0) - fits, axis=1)
        made = shares * (others @ self._lifts) ** self._settings.weight
        return np.asarray(made * (total / np.maximum(made.sum(axis=1, keepdims=True), _LEAST)))


def _wide(values: Tensor) -> npt.NDArray[np.float64]:
    return np.asarray(values.numpy(), np.float64)
