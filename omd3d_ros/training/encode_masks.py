"""Which voxels a sample holds: an object's own, those that an imperfect proposal has, or scraps."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree


def imperfect(
    points: npt.NDArray[np.floating], owner: npt.NDArray[np.integer], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Choose an object's voxels as proposals do: cut, thinned, eroded, or with too many others.

    points (n, 3) metres; owner (n,): 0 the object's own, above 0 other things, below structure.
    """
    own = owner == 0
    middle, size = points[own].mean(axis=0), np.ptp(points[own], axis=0)
    way = rng.random()
    if way < 0.35:  # a part is missing
        direction = rng.normal(0, 1, 3)
        along = (points - middle) @ (direction / np.linalg.norm(direction))
        return own & (along < np.percentile(along[own], rng.uniform(60, 95)))
    if way < 0.5:  # thin or unsure places are missing
        return own & (rng.random(len(points)) < rng.uniform(0.4, 0.95))
    if way < 0.7:  # the lowest slice went to the support
        return own & (points[:, 2] > points[own, 2].min() + rng.uniform(0.005, 0.03))
    reach = cKDTree(points[own]).query(points)[0]
    if way < 0.85:  # some of what it stands on
        return own | ((owner < 0) & (reach < rng.uniform(0.01, 0.03 + 0.05 * size.max())))
    near = (owner > 0) & (reach < rng.uniform(0.02, 0.3) * max(float(size.max()), 0.05))
    return own | near


def scrap(
    points: npt.NDArray[np.floating], owner: npt.NDArray[np.integer], rng: np.random.Generator
) -> npt.NDArray[np.bool_]:
    """Choose voxels that are no thing: a piece of structure, or pieces of several things.

    points and owner as above. None are chosen where one thing would have most of them.
    """
    size = max(float(np.ptp(points[owner == 0], axis=0).max()), 0.05)
    if rng.random() < 0.5 and (owner < 0).any():
        pool = points[owner < 0]
        middle = pool[int(rng.integers(len(pool)))]
        near = np.linalg.norm(points - middle, axis=1) < size * rng.uniform(0.3, 0.9)
        return np.asarray(near & (owner < 0))
    middle = points[owner == 0].mean(axis=0) + rng.normal(0, 0.5 * size, 3)
    near = np.linalg.norm(points - middle, axis=1) < size * rng.uniform(0.4, 1.2)
    counts = np.unique(owner[near], return_counts=True)[1]
    if counts.max(initial=0) > 0.6 * counts.sum():
        return np.zeros(len(points), bool)
    return np.asarray(near)
