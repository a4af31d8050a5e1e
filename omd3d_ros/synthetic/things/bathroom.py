"""Bathroom things, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated, settled, tube
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    BROWN,
    CHALK,
    CLOTHS,
    DARK,
    ICE,
    METAL,
    OAK,
    ORANGE,
    PAINTS,
    PINK,
    QUARTER,
    RED,
    STEEL,
    STRAW,
    WHITE,
    balls,
    band,
    blocks,
    boards,
    finished,
    frame,
    hull,
    legs,
    loft,
    pick,
    tint,
    tubes,
)


def _toilet(rng: np.random.Generator, bidet: bool) -> Model:
    """Return a bidet with its tap, or a toilet: on the wall or with a tank, open or shut."""
    w, d, z = rng.uniform((0.35, 0.46, 0.37), (0.4, 0.56, 0.42))
    color = tint(rng, WHITE, WHITE, (226, 218, 200))
    foot = rng.choice((0.2, 0.45, 0.6)) * w
    top = z + rng.uniform(0.32, 0.4)
    bowl = loft(
        color, 2.4, (foot, 0.62 * d, 0.1, 0), (foot, 0.6 * d, 0.08, 0.3 * z),
        (0.84 * w, 0.86 * d, 0.03, 0.68 * z), (w, d, 0, 0.92 * z), (w, d, 0, z),
        (0.76 * w, 0.72 * d, -0.03, z), (0.3 * w, 0.3 * d, 0, 0.5 * z))
    if bidet:
        tap = tubes(STEEL, 0.015, [
            (0, 0.43 * d, z), (0, 0.43 * d, z + 0.11), (0, 0.4 * d, z + 0.14),
            (0, 0.2 * d, z + 0.12)])
        return settled(joined(bowl, tap))
    lid = loft(tint(rng, WHITE, WHITE, OAK), 2.4, (w, d, -d / 2, 0), (w, d, -d / 2, 0.03))
    parts = [bowl, rotated(lid, 'x', rng.choice((0, 0, -1.7))).placed(0, 0.46 * d, z, 0)]
    if foot >= 0.25 * w:  # it stands, and carries a tank
        back = d / 2 + 0.1
        parts += [
            boards(color, ((0.7 * w, 0.22, 0.16), (0, d / 2 + 0.06, z - 0.18))),
            loft(
                color, 9, (0.95 * w, 0.15, back, z - 0.03), (1.1 * w, 0.18, back, top),
                (1.15 * w, 0.2, back, top), (1.15 * w, 0.2, back, top + 0.03))]
    return settled(joined(*parts))


def _bathtub(rng: np.random.Generator) -> Model:
    """Return a tub: built in with straight sides, or free-standing on feet."""
    x, y, h = rng.uniform((1.4, 0.7, 0.5), (1.8, 0.85, 0.6))
    low = rng.choice((0.75, 1))  # share of its size that it has at the bottom
    power = 14 if low == 1 else 2.8
    body = loft(
        tint(rng, WHITE, WHITE, (228, 222, 208)), power, (low * x, low * y, 0, 0.07 * (low < 1)),
        ((0.5 + low / 2) * x, y, 0, 0.6 * h), (x, y, 0, h), (x - 0.12, y - 0.12, 0, h),
        (x - 0.2, y - 0.18, 0, h - 0.1), (x - 0.5, y - 0.32, 0, 0.14))
    tap = tubes(STEEL, 0.016, [
        (along - x / 2, 0, h + up)
        for along, up in ((0.06, 0), (0.06, 0.14), (0.1, 0.17), (0.22, 0.14))])
    return settled(joined(body, legs(STEEL, 0.07, 0.55 * x, 0.5 * y, 0.12), tap))


def _towel_rack(rng: np.random.Generator) -> Model:
    """Return a rail for the wall, a stand of two bars, or a heated ladder, with a towel."""
    x, z = rng.uniform((0.2, 0.8), (0.32, 1.1))
    kind = rng.integers(3)
    bars: list[tuple[float, float]]
    ends: list[list[tuple[float, float]]]
    if kind == 0:
        bars = [(0, z)]
        ends = [[(0, z), (0.1, z)]]
    elif kind == 1:
        bars = [(-0.1, z), (0.1, z)]
        ends = [[(-0.1, z), (-0.1, 0)], [(0.1, z), (0.1, 0)], [(-0.15, 0), (0.15, 0)]]
    else:
        bars = [(0, height) for height in np.linspace(0.1, z - 0.1, 10)]
        ends = [[(0, 0), (0, z)]]
    color = tint(rng, STEEL, STEEL, BLACK, WHITE)
    rack = tubes(color, 0.012, *([(-x, *at), (x, *at)] for at in bars))
    y, top = bars[-1]
    towel = band(
        tint(rng, WHITE, *CLOTHS), rng.uniform(0.6, 1.5) * x, 0.015, (y - 0.03, top - 0.45),
        (y - 0.02, top + 0.01), (y + 0.02, top + 0.01), (y + 0.02, top - 0.3))
    return settled(joined(rack, frame(color, 0.014, x, *ends), towel))


def _toilet_paper(rng: np.random.Generator) -> Model:
    """Return a roll with its end loose; it stands or lies."""
    r = rng.uniform(4.6, 6)
    lean = rng.choice([0, -QUARTER])
    return finished(
        rng, 0.1, 0.13,
        hull(CHALK, (0, 2.1), (0, r), (10, r), (10, 2.1)),
        hull(BROWN, (-0.1, 2), (10.1, 2)),
        blocks(CHALK, ((5, 0.1, 10), (0, r, 5))),
        lean=lean)


def _pill_bottle(rng: np.random.Generator) -> Model:
    z = rng.uniform(6, 9)
    color = pick(rng, ORANGE, ORANGE, CHALK, CHALK, BROWN)
    lid = hull(
        pick(rng, CHALK, CHALK, *PAINTS), (z + 0.4, 2.4), (z + 2, 2.4), (z + 2.2, 2.2))
    body = hull(color, (0, 2.3), (0.2, 2.5), (z - 0.6, 2.5), (z, 2), (z + 1, 2))
    label = hull(CHALK, (1.2, 2.53), (z - 1, 2.53))
    return finished(rng, 0.07, 0.13, body, lid, label)


def _perfume(rng: np.random.Generator) -> Model:
    """Return a bottle, upright or an egg, with a round or a square cap."""
    color = pick(rng, STRAW, PINK, ICE)
    lid = pick(rng, STRAW, DARK)
    z = rng.uniform(5, 9)
    upright = hull(
        color, (0, 3, 1.6), (z, 3, 1.6), (z + 0.4, 2.4, 1.2), corner=rng.choice([1, 0.2]))
    egg = balls(color, ((6.4, 4, z + 1), (0, 0, z / 2)))
    neck = hull(METAL, (z, 0.9), (z + 1.4, 0.9))
    cap = (balls, blocks)[rng.integers(2)](lid, ((2.6, 2.2, 2.6), (0, 0, z + 2.3)))
    return finished(rng, 0.06, 0.14, egg if rng.random() < 0.3 else upright, cap, neck)


def _toothbrush(rng: np.random.Generator) -> Model:
    """Return a toothbrush that lies, or an electric one that stands or lies."""
    paint = pick(rng, PINK, *PAINTS[:6])
    electric = rng.choice([0, 0, 1])
    if electric:
        brush = joined(
            hull(paint, (0, 1.4), (1, 1.5), (11, 1.5), (15, 1.1), (16, 0.5), (24, 0.4)),
            blocks(CHALK, ((1, 1, 1), (0, -0.7, 23))))
    else:
        handle = hull(
            paint, (0, 0.5), (1, 0.8), (5, 0.6), (9, 0.7), (13, 0.3), (15, 0.6), (18, 0.5))
        brush = joined(
            handle.stretched((1, 0.6, 1)), blocks(CHALK, ((1, 1.1, 2.6), (0, -0.7, 16.5))))
    lean = rng.choice([-QUARTER, 0 if electric else QUARTER])
    return finished(rng, 0.16, 0.24, brush, lean=lean)


def _toothpaste(rng: np.random.Generator) -> Model:
    """Return a tube that lies, or stands on its cap."""
    body = hull(pick(rng, CHALK, ICE), (0, 2.7, 0.1), (5, 2.6, 0.8), (14, 2, 1.9), (14.6, 1))
    body.colors[84:168] = pick(rng)  # a printed band
    r = rng.uniform(1, 1.8)
    cap = hull(pick(rng, CHALK, *PAINTS), (14.4, 1.1 * r), (16.6, r))
    return finished(rng, 0.11, 0.2, body, cap, lean=rng.choice([-1.47, -1.47, np.pi]))


def _comb(rng: np.random.Generator) -> Model:
    """Return a comb that lies, perhaps with a tail."""
    color = pick(rng)
    count = rng.integers(8, 14)
    x, z = ((4, 8), (7, 2.4), (7, 2.4))[rng.integers(3)]  # half its width, the length of its teeth
    teeth = blocks(color, *(
        ((x / 26, 0.3, z), (place, 0, -z / 2)) for place in np.linspace(0.3, x, count)))
    back = tube([(-x, 0, 0), (x, 0, 0), (x + rng.choice([0.3, 10]), 0, 0)], [0.6, 0.7, 0.4], color)
    return finished(rng, 0.12, 0.22, teeth, back, lean=-QUARTER)


def _lipstick(rng: np.random.Generator) -> Model:
    """Return a lipstick, open or shut, that stands or lies."""
    case = pick(rng, STRAW, METAL, DARK, CHALK, RED)
    corner = rng.choice([1, 0.3])
    base = joined(
        hull(case, (0, 1), (3, 1), corner=corner), hull(STRAW, (3, 0.8), (4.4, 0.8)))
    red = pick(rng, (190, 30, 48), (220, 90, 110))
    tip = tube([(0, 0, 4), (0, 0, 5.6), (0, 0.4, 6.9)], [0.65, 0.65, 0.1], red)
    cap = hull(case, (3.3, 1), (7.5, 1), corner=corner)
    top = (tip, cap)[rng.integers(2)]
    return finished(rng, 0.065, 0.085, base, top, lean=rng.choice([0, QUARTER]))


BATHROOM: dict[str, Callable[[np.random.Generator], Model]] = {
    'toilet': partial(_toilet, bidet=False),
    'bidet': partial(_toilet, bidet=True),
    'bathtub': _bathtub,
    'towel rack': _towel_rack,
    'toilet paper': _toilet_paper,
    'pill bottle': _pill_bottle,
    'perfume': _perfume,
    'toothbrush': _toothbrush,
    'toothpaste': _toothpaste,
    'comb': _comb,
    'lipstick': _lipstick,
}
