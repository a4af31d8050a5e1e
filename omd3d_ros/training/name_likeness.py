"""How alike names are: what a wrong name costs, and which names are right for a thing."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.household_words import household_vocabulary

_OF_A_KIND = 0.1  # how alike two names are that share a kind; those that share a name are 1


def alike(names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return how alike household words are, (N, N) in [0, 1], symmetric, 1 with themselves.

    Words that have a name in common, be it a loose one, are alike; of a kind, a little.
    """
    said = [_names(name) for name in names]
    kinds = [set(_kinds(name)) for name in names]
    found = np.eye(len(names))
    for first in range(len(names)):
        for second in range(first):
            near = 1.0 if said[first] & said[second] else (
                _OF_A_KIND if kinds[first] & kinds[second] else 0.0)
            found[first, second] = found[second, first] = near
    return found


def accepted(names: Sequence[str]) -> npt.NDArray[np.bool_]:
    """Return which name (column) truly means which thing (row), (N, N).

    A mug may be called a cup where "cup" is one of a mug's true names.
    """
    vocabulary = household_vocabulary()
    places = {name: place for place, name in enumerate(names)}
    found = np.eye(len(names), dtype=bool)
    for column, name in enumerate(names):
        for word in vocabulary.denoted_by(name):
            if word in places:
                found[places[word], column] = True
    return found


def _names(name: str) -> set[str]:
    vocabulary = household_vocabulary()
    return {name, *vocabulary.synonyms[vocabulary.index(name)]}


def _kinds(name: str) -> tuple[str, ...]:
    vocabulary = household_vocabulary()
    return vocabulary.kinds[vocabulary.index(name)]
