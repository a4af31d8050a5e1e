"""Things on wheels, and the helmet for them: metres, width x, depth y, front -y, base z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import settled
from omd3d_ros.synthetic.things.parts import (
    ARC,
    BLACK,
    CLOTHS,
    DARK,
    RUBBER,
    SIDES,
    STEEL,
    WHITE,
    WOODS,
    balls,
    band,
    boards,
    finished,
    frame,
    hull,
    loft,
    pick,
    tint,
    tubes,
    wheel,
)


def _bicycle(rng: np.random.Generator) -> Model:
    """Return a bicycle along x: for a man, a woman or a child, perhaps with a basket."""
    color = tint(rng, *CLOTHS)
    bar = rng.choice((0.78, 0.45))  # where the upper tube begins
    wide = rng.uniform(0.2, 0.3)
    crank, neck, stem = (-0.08, 0, 0.29), (0.4, 0, 0.68), (0.34, 0, 0.96)
    sides = []
    for y in (-0.04, 0.04):
        sides += [
            [(-0.5, y, 0.34), (-0.08, y, 0.29)],
            [(-0.5, y, 0.34), (-0.19, y, 0.76)],
            [neck, (0.46, y, 0.55), (0.55, y, 0.34)]]
    body = tubes(
        color, 0.02, [crank, (-0.22, 0, 0.88)], [(-0.14, 0, bar), (0.37, 0, 0.8)],
        [crank, neck, stem], *sides)
    handlebar = [(0.24, -wide, 0.98), (0.33, -0.1, 0.97), stem, (0.33, 0.1, 0.97),
                 (0.24, wide, 0.98)]
    pedals = [(-0.08, -0.16, 0.16), crank, (-0.08, 0.16, 0.42)]
    black = tubes(BLACK, 0.016, handlebar, pedals)
    wheels = [
        wheel(0.315, 0.024, 14, RUBBER).placed(-0.5, 0, 0.34, 0),
        wheel(0.315, 0.024, 14, RUBBER).placed(0.55, 0, 0.34, 0),
        wheel(0.09, 0.01, 5, RUBBER).placed(-0.08, -0.06, 0.29, 0)]
    basket = boards(tint(rng, *WOODS), ((0.24, 0.32, 0.22), (0.54, 0, 0.74)))
    baskets = [basket] if rng.integers(2) else []
    saddle = loft(BLACK, 2, (0.2, 0.1, 0, 0.86), (0.27, 0.16, 0, 0.92)).placed(-0.24, 0, 0, 0)
    whole = joined(body, black, *baskets, *wheels, saddle)
    return settled(whole.scaled(rng.choice((0.62, 0.8, 1, 1, 1.06))))


def _scooter(rng: np.random.Generator) -> Model:
    """Return a kick scooter along x: for a child, for a grown-up, or electric."""
    size, r, thick = ((0.7, 0.06, 0.03), (0.95, 0.1, 0.03), (1.1, 0.11, 0.08))[rng.integers(3)]
    color = tint(rng, *CLOTHS, BLACK)
    x = 0.28 * size  # of the handlebar
    wheels = []
    for axle in (-0.4 * size, 0.4 * size):
        wheels += [
            tubes(BLACK, r, [(axle, -0.02, r), (axle, 0.02, r)]),
            tubes(WHITE, 0.6 * r, [(axle, -0.024, r), (axle, 0.024, r)])]
    return settled(joined(
        boards(BLACK, ((0.66 * size, 0.13, thick), (0, 0, r))),
        tubes(
            color, 0.022, [(0.4 * size, 0, r), (x, 0, size)],
            [(0.3 * size, 0, r + thick / 2), (0.37 * size, 0, 0.25 * size)]),
        tubes(RUBBER, 0.02, [
            (x - 0.03, -0.24 * size, size), (x, 0, size), (x - 0.03, 0.24 * size, size)]),
        *wheels))


def _stroller(rng: np.random.Generator) -> Model:
    """Return a pram with a tub to lie in, or a buggy with a seat; each has a hood."""
    color = tint(rng, *CLOTHS)
    metal = tint(rng, STEEL, BLACK)
    pram = rng.random() < 0.4
    x = 0.23
    r = rng.uniform(0.11, 0.15) if pram else 0.08
    hood = [(0.16 + 0.32 * np.cos(t), 0.62 + 0.32 * np.sin(t)) for t in np.linspace(2.1, 0.3, 6)]
    if pram:
        seat = loft(
            color, 3, (0.3, 0.6, 0, 0.46), (0.42, 0.8, 0, 0.7), (0.36, 0.72, 0, 0.7),
            (0.3, 0.6, 0, 0.52))
    else:
        seat = band(color, 0.38, 0.04, (-0.32, 0.26), (-0.26, 0.46), (0.06, 0.44), (0.28, 0.86))
    return settled(joined(
        seat,
        band(tint(rng, color, *CLOTHS), 0.42, 0.015, *hood),
        frame(
            metal, 0.014, x, [(-0.34, r), (0.2, 0.5), (0.46, 1.02)],
            [(0.3, r), (-0.12, 0.62), (0.2, 0.62)]),
        tubes(BLACK, 0.018, [(-x, 0.46, 1.02), (x, 0.46, 1.02)]),
        boards(RUBBER, ((2 * x, 0.4, 0.1), (0, 0.02, 0.16))),
        tubes(BLACK, r, *([(side * x - 0.02, y, r), (side * x + 0.02, y, r)]
                          for side in SIDES for y in (-0.34, 0.3)))))


def _helmet(rng: np.random.Generator) -> Model:
    """Return a hard hat, a cyclist's helmet with vents, or a motorcyclist's."""
    paint = pick(rng)
    dome = [(10 * np.sin(t), 10 * np.cos(t)) for t in ARC[4:]]
    hard = joined(
        hull(paint, (0, 11), (1, 10), *dome[1:]), balls(paint, ((16, 12, 1), (0, -9, 0.6))))
    vents = [((1.3, 4, 1.4), (x, y, 9.6 - (x * x + y * y) / 16))
             for x in (0, 4) for y in (-6, 0, 6)]
    cycle = joined(hull(paint, *dome), balls(DARK, *vents)).stretched((0.95, 1.3, 0.85))
    motor = joined(
        hull(paint, (-9, 8.6), (-6, 9.6), *dome), balls(DARK, ((18, 13.6, 8), (0, -4.4, 0.5))),
        balls(paint, ((14, 12, 5), (0, -6, -6))))
    return finished(rng, 0.24, 0.33, (hard, cycle, motor)[rng.integers(3)])


VEHICLES: dict[str, Callable[[np.random.Generator], Model]] = {
    'bicycle': _bicycle,
    'scooter': _scooter,
    'stroller': _stroller,
    'helmet': _helmet,
}
