"""Plants and their pots, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated
from omd3d_ros.synthetic.things.parts import (
    ARC,
    BROWN,
    CHALK,
    PAINTS,
    PINK,
    STRAW,
    balls,
    finished,
    hull,
    pick,
    rods,
)

_CLAY = (188, 100, 66)
_LEAF = (62, 118, 60)


def _plant_pot(rng: np.random.Generator) -> Model:
    """Return a pot, round or square, with earth in it or none."""
    clay = pick(rng, *[_CLAY] * 5, *PAINTS)
    z = rng.uniform(14, 19)
    rim = rng.choice([10, 11])
    foot = rng.uniform(6, 10)
    low = rng.choice([2, z - 3])  # its inner floor: the pot's own, or the earth
    corner = rng.choice([1, 1, 0.3])
    empty = low == 2
    body = hull(
        clay, (0, foot), (z / 2, rng.uniform(8.5, 11)), (z - 4, 10), (z - 3.8, rim), (z, rim),
        (z, 9), (low, 0.8 * foot if empty else 9), corner=corner)
    earth = hull(BROWN, (low, 4), (low + 1, 4 if empty else 9))
    return finished(rng, 0.1, 0.4, body, earth)


def _flower_bouquet(rng: np.random.Generator) -> Model:
    """Return flowers in paper, upright or lying."""
    paper = hull(pick(rng, CHALK, STRAW, PINK), (0, 2), (8, 2), (26, 8), (30, 10), ribs=9)
    stalks = rods(_LEAF, 0.5, [(0.6, 0.8, -8), (0.6, 0.8, 1)])
    leaves = balls(_LEAF, ((5, 9, 6), (8, 0, 30)))
    tones = (PINK, pick(rng, *PAINTS[:6]), pick(rng, *PAINTS[:6]))
    thick = rng.choice([1.5, 5])
    parts = [paper, stalks, leaves]
    for k in range(12):  # heads in a spiral from the middle outward
        x, y = k ** 0.5 * np.cos(2.4 * k), k ** 0.5 * np.sin(2.4 * k)
        head = rotated(balls(pick(rng, *tones), ((5, 5, thick), (0, 0, 0))), 'x', -0.2 * y)
        parts.append(head.placed(2.7 * x, 2.7 * y, 33 - 0.3 * k, 0))
    return finished(rng, 0.3, 0.5, *parts, lean=rng.choice([1.4, 0]))


def _cactus(rng: np.random.Generator) -> Model:
    """Return a cactus in a pot: a ball, a column with arms or without, or a prickly pear."""
    pot = _plant_pot(rng)
    z = rng.uniform(25, 50)
    green = pick(rng, _LEAF, (84, 128, 84))
    ball = hull(green, *((8 + 8 * np.sin(t), 8.5 * np.cos(t)) for t in ARC), ribs=12)
    column = hull(green, (0, 4), (z / 2, 5.5), (0.8 * z, 5), (0.95 * z, 3.4), (z, 1), ribs=12)
    arms = rods(green, [2, 2.4, 1.5], [(3, 0, z / 2), (10, 0, 0.53 * z), (10, 0, 0.8 * z)])
    pear = balls(
        green, ((12, 4, 20), (0, 0, 9)), ((9, 4, 13), (5, -1, 22)), ((8, 4, 12), (0, 1, 27)))
    flesh = (ball, column, joined(column, arms), pear)[rng.integers(4)].placed(0, 0, 12, 0)
    return finished(rng, 0.12, 0.45, pot.scaled(16 / float(pot.vertices[:, 2].max())), flesh)


PLANTS: dict[str, Callable[[np.random.Generator], Model]] = {
    'plant pot': _plant_pot,
    'flower bouquet': _flower_bouquet,
    'cactus': _cactus,
}
