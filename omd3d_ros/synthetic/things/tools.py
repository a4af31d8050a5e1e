"""Tools, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated, settled, tube
from omd3d_ros.synthetic.things.parts import (
    CHALK,
    DARK,
    METAL,
    PAINTS,
    PINE,
    QUARTER,
    RUBBER,
    STEEL,
    STRAW,
    WOOD,
    blocks,
    boards,
    bow,
    finished,
    frame,
    hull,
    pick,
    rods,
    tint,
)


def _hammer(rng: np.random.Generator) -> Model:
    """Return a claw hammer or a mallet, lying."""
    grip = hull(pick(rng, WOOD, *PAINTS), (0, 1.4), (9, 1.3), (20, 1), (31, 1.1))
    claw = tube([(-5, 0, 30), (-3, 0, 30), (3, 0, 30), (7, 0, 26)], [2, 1, 1.3, 0.3], METAL)
    mallet = tube([(-6, 0, 30), (6, 0, 30)], 2.6, pick(rng, DARK, WOOD, CHALK))
    return finished(
        rng, 0.24, 0.36, grip, claw if rng.random() < 0.65 else mallet, lean=-QUARTER)


def _screwdriver(rng: np.random.Generator) -> Model:
    end = rng.uniform(15, 26)
    tip = rng.choice([0.1, 0.6])
    grip = hull(pick(rng), (0, 1), (0.5, 1.3), (3, 1.5), (7, 1.2), (8, 0.9), (10, 1.2), ribs=6)
    shaft = hull(METAL, (10, 0.4), (end - 2, 0.4), (end, tip, 0.1))
    return finished(rng, 0.009 * end, 0.011 * end, grip, shaft, lean=-1.3 / end - QUARTER)


def _wrench(rng: np.random.Generator) -> Model:
    """Return a spanner with two jaws or with a ring, or an adjustable one."""
    jaws = rods(
        METAL, 0.7, bow(1.8, -1.8, 1.57, 10), bow(1.5, 1.5, rng.choice([1.5, 2.1]), -9))
    adjustable = blocks(
        METAL, ((5, 1, 3), (0, 0, 9)), ((1.4, 1, 3), (1.6, 0, 12)), ((2, 1, 2), (0, 0, -8)))
    shaft = blocks(pick(rng, METAL, METAL, *PAINTS), ((1.6, 0.8, 17), (0, 0, 0)))
    return finished(
        rng, 0.12, 0.3, jaws if rng.random() < 0.7 else adjustable, shaft, lean=-QUARTER)


def _drill(rng: np.random.Generator) -> Model:
    """Return a drill that stands on its battery, or one without that lies."""
    nose = [(0, y, 18) for y in (-8, -11, -14, -14.4, rng.uniform(-24, -16))]
    whole = joined(
        rods(pick(rng, *PAINTS[:5]), 2.8, [(0, 8, 18), (0, -8, 18)]),
        rods(DARK, [2.4, 1.8, 1, 0.5, 0.5], nose),
        rods(DARK, 2, [(0, 2, 17), (0, 5, 3)]))
    if rng.random() < 0.7:
        return finished(rng, 0.18, 0.3, whole, blocks(DARK, ((7, 11, 4), (0, 3, 2))))
    return finished(rng, 0.18, 0.3, rotated(whole, 'y', QUARTER))


def _broom(rng: np.random.Generator) -> Model:
    """Return a broom of straw, or one with a wide head; it leans or lies."""
    pole = hull(pick(rng, WOOD, CHALK), (10, 1), (128, 1))
    bristles = pick(rng, STRAW, *PAINTS)
    fan = hull(STRAW, (0, 18, 3), (14, 15, 3), (28, 8, 3), (38, 2), (42, 1.5), corner=0.6)
    head = joined(
        hull(bristles, (0, 20, 4), (10, 16, 2)), blocks(pick(rng), ((34, 5, 4), (0, 0, 11))))
    return finished(
        rng, 1.05, 1.5, pole, (fan, head)[rng.integers(2)], lean=rng.choice([-0.2, -1.57]))


def _shovel(rng: np.random.Generator) -> Model:
    """Return a shovel for snow, a square one or a spade; it leans or lies."""
    wide, tip = ((22, 20), (11, 10), (12, 0.5))[rng.integers(3)]  # half widths of its blade
    end = rng.choice([66, 105, 120])
    color = pick(rng, METAL, METAL, *PAINTS)
    pole = hull(WOOD, (24, 1.7), (end - 9, 1.7))
    blade = hull(color, (0, tip, 0.3), (8, wide - 1, 0.5), (32, wide, 1), (34, 1))
    grip = rods(color, 1.6, [(-6, 0, end), (6, 0, end)], [(5.5, 0, end), (0.5, 0, end - 11)])
    return finished(
        rng, 0.007 * end, 0.011 * end, blade, grip, pole, lean=rng.choice([-0.2, -QUARTER]))


def _ladder(rng: np.random.Generator) -> Model:
    """Return a step ladder, or a straight one that leans back."""
    straight = rng.random() < 0.35
    color = tint(rng, STEEL, STEEL, PINE, (226, 180, 40))
    if straight:
        x, z, tread = rng.uniform((0.18, 2, 0.03), (0.24, 3.2, 0.04))
    else:
        x, z, tread = rng.uniform((0.18, 0.8, 0.08), (0.24, 1.9, 0.12))
    front = joined(
        frame(color, 0.02, x, [(-0.26 * z, 0), (0, z)]),
        boards(color, *(((2 * x, tread, 0.03), (0, 0.26 * (height - z), height))
                        for height in np.arange(0.25, z - 0.1, 0.27))))
    if straight:
        return settled(front)
    return settled(joined(
        front,
        frame(color, 0.016, x, [(0.26 * z, 0), (0.04, z)]),
        boards(tint(rng, color, RUBBER), ((2 * x + 0.05, 0.2, 0.04), (0, 0.02, z))),
        boards(color, *(((2 * x, 0.03, 0.03), (0, 0.26 * z * (1 - share), share * z))
                        for share in (0.2, 0.6)))))


TOOLS: dict[str, Callable[[np.random.Generator], Model]] = {
    'hammer': _hammer,
    'screwdriver': _screwdriver,
    'wrench': _wrench,
    'drill': _drill,
    'broom': _broom,
    'shovel': _shovel,
    'ladder': _ladder,
}
