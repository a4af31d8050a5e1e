"""Toys, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import slab
from omd3d_ros.synthetic.things.parts import (
    BROWN,
    CHALK,
    DARK,
    METAL,
    PAINTS,
    PINK,
    QUARTER,
    RED,
    STRAW,
    WOOD,
    balls,
    blocks,
    bow,
    finished,
    hull,
    pick,
    rods,
)

_SKIN = (240, 200, 172)


def _teddy_bear(rng: np.random.Generator) -> Model:
    """Return a teddy bear that sits or stands."""
    sitting = ((5, 13, 5), (4.2, -8, 2.4))
    standing = ((5, 6, 14), (3.4, -1, -2))
    legs = (sitting, standing)[rng.integers(2)]
    body = ((11.5, 10, 14), (0, 0, 7))
    head = ((10.5, 9.5, 9.5), (0, -0.5, 17.5))
    ears = ((4, 2, 4.2), (4.2, 0, 21.6))
    arms = ((4, 6, 8.4), (6, -2, 9.6))
    fur = balls(pick(rng, WOOD, BROWN, CHALK, METAL), body, legs, head, ears, arms)
    muzzle_and_belly = balls(STRAW, ((5, 4, 4), (0, -5, 16.4)), ((7, 5, 9), (0, -3, 7)))
    nose_and_eyes = balls(DARK, ((1.8, 1, 1.2), (0, -6.9, 17)), ((1.1, 1, 1.1), (2, -4.6, 19)))
    return finished(rng, 0.16, 0.5, fur, muzzle_and_belly, nose_and_eyes)


def _doll(rng: np.random.Generator) -> Model:
    """Return a girl in a dress or a baby, upright or lying."""
    skin = pick(rng, _SKIN, BROWN)
    cloth = pick(rng, *PAINTS)
    hair = pick(rng, STRAW, BROWN, DARK)
    girl = joined(
        hull(cloth, (rng.uniform(4, 12), 6, 5), (19, 2), (24, 2.7, 2)),
        balls(hair, ((5, 5, 6), (0, 1, 28)), ((5, 3, 9), (0, 2, 26))),
        balls(skin, ((4, 4, 6), (0, 0, 27))),
        rods(skin, 0.8, [(1.2, 0, 0), (1.2, 0, 16)], [(2.4, 0, 23.6), (5, -1, 14)]))
    baby = joined(
        balls(
            cloth, ((9, 8, 12), (0, 0, 7)), ((3, 5, 7), (5, -2, 9)), ((4, 9, 4), (3, -6, 2))),
        balls(hair, ((9, 8, 8), (0, 1, 18))),
        balls(skin, ((9, 8, 9), (0, 0, 17))))
    return finished(
        rng, 0.22, 0.45, (girl, baby)[rng.integers(2)], lean=rng.choice([0, -QUARTER]))


def _toy_car(rng: np.random.Generator) -> Model:
    """Return a car, a lorry or a racing car."""
    paint = pick(rng)
    other = pick(rng)
    car = joined(
        hull(paint, (1.6, 4.5, 11), (4, 4.7, 11.4), (5.8, 4, 10.6), corner=0.3),
        hull(DARK, (5, 4, 8), (9, 3.4, 4.8), corner=0.3),
        blocks(paint, ((6, 8, 1), (0, 0, 9))))
    lorry = joined(
        blocks(paint, ((9, 6, 8), (0, -8, 7)), ((7, 21, 2), (0, 0, 3))),
        blocks(
            other, ((9, 15, 1), (0, 3, 4)), ((0.6, 15, 5), (4, 3, 6.6)),
            ((9, 0.6, 6), (0, -4, 7))))
    racer = joined(
        hull(paint, (1.4, 2.6, 13), (3, 2.6, 12), (5.4, 1.6, 6), corner=0.6),
        blocks(
            other, ((10, 3, 1), (0, 11, 7)), ((1, 3, 5), (4.6, 11, 5)), ((11, 3, 1), (0, -12, 2))))
    wheels = rods(DARK, 2.3, *([(3, y, 2.3), (5, y, 2.3)] for y in (-6, 6)))
    return finished(rng, 0.06, 0.3, wheels, (car, lorry, racer)[rng.integers(3)])


def _toy_train(rng: np.random.Generator) -> Model:
    """Return a steam or a modern engine with up to three wagons."""
    paint = pick(rng)
    trim = pick(rng)
    count = int(rng.integers(1, 5))
    axles = [[(2, 7.2 * k - 4, 1.5), (3, 7.2 * k - 4, 1.5)] for k in range(2 * count)]
    wagons = [blocks(pick(rng), ((5.4, 13, 5), (0, 14.5 * k, 5))) for k in range(1, count)]
    wheels = rods(DARK, 1.5, *axles)
    floor = blocks(trim, ((2, 14.5 * count - 3, 1), (0, 7.2 * count - 7.2, 2.2)))
    steam = joined(
        rods(paint, 2.3, [(0, -6, 5), (0, 3, 5)]),
        blocks(paint, ((5, 5, 6), (0, 4, 6))),
        blocks(trim, ((6, 6, 1), (0, 4, 9))),
        rods(trim, 1, [(0, -4, 6), (0, -4, 10)]))
    modern = hull(paint, (2, 2.7, 9), (6, 2.7, 8), (8.6, 2.2, 5), corner=0.5)
    engine = modern if rng.random() < 0.35 else steam
    return finished(rng, 0.09 * count, 0.16 * count, *wagons, wheels, floor, engine)


def _toy_plane(rng: np.random.Generator) -> Model:
    """Return a jet, or a propeller plane with one or two pairs of wings."""
    paint = pick(rng, WOOD, *PAINTS)
    body = rods(paint, [0.6, 1.7, 2, 2, 0.6], [(0, y, 5) for y in (-15, -13, -9, 5, 16)])
    tail = blocks(
        pick(rng, *PAINTS), ((0.5, 3, 6), (0, 14, 8)), ((13, 3, 0.5), (0, 14, 5.4)))
    swept = slab([(-18, 8), (-18, 6), (0, -5), (18, 6), (18, 8), (0, 3.4)], 0.6, paint)
    jet = joined(swept.placed(0, 0, 4, 0), rods(DARK, 1.1, [(7, -2, 3.1), (7, 3, 3.1)]))
    wings = [((34, 6, 0.6), (0, -6, z)) for z in (4, 9)][:rng.integers(1, 3)]
    propeller = joined(
        blocks(paint, *wings),
        blocks(DARK, ((1, 1, 9), (0, -15, 5))),
        rods(DARK, [0.3, 1.3, 1.3], [(5, -6, 8), (2, -6, 2), (3, -6, 2)]))
    return finished(rng, 0.12, 0.4, body, tail, (jet, propeller)[rng.integers(2)])


def _rocking_horse(rng: np.random.Generator) -> Model:
    coat = pick(rng, WOOD, BROWN, CHALK)
    rocker = bow(46, -50, 0.5, 52)[:, [1, 0, 2]] + (9, 0, 0)
    legs = rods(coat, [3.4, 2], [(4, -11, 30), (9, -19, 5)], [(4, 11, 30), (9, 19, 5)])
    head = rods(coat, [6, 4, 4, 2.6], [(0, -11, 36), (0, -18, 52), (0, -21, 55), (0, -30, 47)])
    body_and_ears = balls(coat, ((15, 36, 17), (0, 0, 34)), ((2, 2, 6), (2, -19, 60)))
    mane_and_tail = balls(
        pick(rng, DARK, STRAW), ((3, 8, 20), (0, -12, 51)), ((4, 6, 22), (0, 20, 30)))
    stand = rods(pick(rng), 1.6, rocker, *([(-9, y, 5), (9, y, 5)] for y in (-18, 18)))
    saddle = balls(RED, ((14, 16, 9), (0, 2, 39)))
    return finished(rng, 0.6, 1, legs, head, body_and_ears, mane_and_tail, stand, saddle)


def _piggy_bank(rng: np.random.Generator) -> Model:
    coat = pick(rng, *[PINK] * 7, *PAINTS[:6])
    body_head_ears = balls(
        coat, ((13, 16, 12.5), (0, 0, 8)), ((9, 8, 9), (0, -6, 10)), ((3, 1.6, 4.4), (3, -6, 14)))
    legs_and_snout = rods(
        coat, 2.1, [(3.6, -4, 5), (4, -4.4, 0)], [(3.6, 4, 5), (4, 4.4, 0)],
        [(0, -8, 9), (0, -11, 9)])
    tail = rods(coat, 0.5, [(0, 7, 8), (0, 9.6, 10)])
    slot_nostrils_eyes = blocks(
        DARK, ((0.6, 4, 0.7), (0, 1, 14)), ((0.8, 0.4, 1.2), (0.9, -11.2, 9)),
        ((1, 0.8, 1.1), (2.5, -9.3, 11.2)))
    return finished(
        rng, 0.1, 0.24, body_head_ears, legs_and_snout, tail, slot_nostrils_eyes)


TOYS: dict[str, Callable[[np.random.Generator], Model]] = {
    'teddy bear': _teddy_bear,
    'doll': _doll,
    'toy car': _toy_car,
    'toy train': _toy_train,
    'toy plane': _toy_plane,
    'rocking horse': _rocking_horse,
    'piggy bank': _piggy_bank,
}
