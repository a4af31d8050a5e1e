"""Things to carry things in, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated, settled
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    BROWN,
    CHALK,
    CLOTHS,
    CORNERS,
    PAINTS,
    QUARTER,
    SIDES,
    STEEL,
    STRAW,
    WALNUT,
    WOOD,
    boards,
    bow,
    finished,
    hull,
    loft,
    pick,
    rods,
    tint,
    tubes,
)


def _bag(rng: np.random.Generator) -> Model:
    """Return a handbag, a paper or a cloth bag with two handles, or a tied sack."""
    color = pick(rng, STRAW, BROWN, *PAINTS)
    rise = rng.uniform(9, 15)  # of the handles
    kind = rng.integers(4)
    sack = hull(color, (0, 9), (4, 13), (14, 14), (24, 8), (29, 2), (34, 5))
    if kind == 3:
        return finished(rng, 0.25, 0.5, sack)
    y, z, corner = ((2, 22, 0.5), (5.5, 36, 0.25), (4, 34, 0.6))[kind]
    body = hull(
        color, (0, 14, 6), (z / 2, 15, 6.4), (z, 13, y), (z, 12.5, y - 0.5), (1, 13, 5),
        corner=corner)
    handles = rods(BROWN, 0.6, bow(6, rise, 1, z - 1, -y), bow(6, rise, 1, z - 1, y))
    return finished(rng, 0.25, 0.5, joined(body, handles))


def _basket(rng: np.random.Generator) -> Model:
    """Return a basket, round or square, with one high handle or two at its ends."""
    color = pick(rng, STRAW, WOOD, BROWN, CHALK)
    x = rng.uniform(14, 21)
    z = rng.uniform(9, 24)
    body = hull(
        color, (0, 0.8 * x, 11), (z, x, 14), (z + 0.1, x - 1, 13), (1, 0.8 * x - 1, 10),
        corner=rng.choice([1, 0.35]))
    high = bow(x - 1, 24, 1, z - 1)
    at_ends = bow(5, 5, 1, z - 1)[:, [1, 0, 2]] + (x - 1, 0, 0)
    return finished(
        rng, 0.22, 0.5, body, rods(color, 0.8, (high, at_ends)[rng.integers(2)]))


def _suitcase(rng: np.random.Generator) -> Model:
    """Return a standing case with wheels and a long handle, or a leather one that lies."""
    x, y, z = rng.uniform((0.34, 0.2, 0.5), (0.48, 0.3, 0.7))
    color = tint(rng, *CLOTHS, BLACK, STEEL)
    shell = loft(  # lying
        color, 7, (x - 0.05, z - 0.05, 0, 0), (x, z, 0, 0.03), (x, z, 0, y - 0.03),
        (x - 0.05, z - 0.05, 0, y))
    top = z + rng.choice((0.08, 0.26))  # of the long handle
    half = y / 2
    if rng.random() < 0.3:
        straps = (((x + 0.01, 0.04, y + 0.01), (0, side * 0.3 * z, -0.005)) for side in SIDES)
        handle = tubes(BLACK, 0.014, [
            (x / 2, -0.08, half), (x / 2 + 0.05, -0.06, half), (x / 2 + 0.05, 0.06, half),
            (x / 2, 0.08, half)])
        seam = ((x + 0.01, z + 0.01, 0.015), (0, 0, half))
        return settled(joined(shell, boards(WALNUT, *straps, seam), handle))
    ridges = (((0.025, 0.012, 0.8 * z), (k * x, -half, 0.1 * z + 0.05))
              for k in (-0.3, -0.15, 0, 0.15, 0.3))
    wheels = ([(i * 0.4 * x - 0.015, j * 0.6 * half, 0.03),
               (i * 0.4 * x + 0.015, j * 0.6 * half, 0.03)] for i, j in CORNERS)
    return settled(joined(
        rotated(shell, 'x', QUARTER).placed(0, half, z / 2 + 0.05, 0),
        boards(color, *ridges),
        tubes(STEEL, 0.01, [
            (-0.08, 0.7 * half, z), (-0.08, 0.7 * half, top), (0.08, 0.7 * half, top),
            (0.08, 0.7 * half, z)]),
        tubes(BLACK, 0.03, *wheels)))


BAGS: dict[str, Callable[[np.random.Generator], Model]] = {
    'bag': _bag,
    'basket': _basket,
    'suitcase': _suitcase,
}
