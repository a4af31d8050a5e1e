"""Varied things to write, cut and fasten with, and paper; parts in centimetres.

Things in metres: width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.procedural_texture import artwork
from omd3d_ros.synthetic.shapes import Color
from omd3d_ros.synthetic.solids import rotated, slab
from omd3d_ros.synthetic.textured_box import textured_box
from omd3d_ros.synthetic.things.desk_parts import (
    BLACK,
    CASES,
    HUES,
    PALE,
    QUARTER,
    STEEL,
    WHITE,
    bar,
    card,
    extruded,
    hoop,
    made,
    mirrored,
    pick,
    rod,
    screen,
    upright,
    wire,
)


def _pen(
    rng: np.random.Generator, color: Color, kind: float, share: float, radius: float = 0.5
) -> Model:
    """Return a pen with a point and a button, or with a cap; thick ones may stand."""
    body = rod([1.4, 13], radius, pick(rng, CASES if radius < 0.7 else CASES[1:4]))
    clip = bar((4, 0.3, 0.5), color, (11, 0, 0.9 * radius))
    if kind > radius:
        ends = [rod([13, 14], radius / 2, color),
                rod([0, 0.3, 1.5], [0.06, 0.2 * radius, radius], STEEL)]
    else:
        ends = [rod([7, 7.4, 13], [1.2 * radius, 1.25 * radius, 1.1 * radius], color),
                rod([0.2, 1.4], radius, color)]
    return rotated(joined(body, clip, *ends), 'y', QUARTER if kind < radius - 0.8 else 0)


def _stapler(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a stapler, more or less open."""
    side = [(-11.5, 0.5), (1.5, 0), (1.5, 2.4), (-1, 2.8), (-10, 2.5), (-11.5, 1.8)]
    arm = rotated(extruded(side, 3, color), 'x', -0.15 * share).placed(0, 0, 1.6, 0)
    hinge = bar((3, 1.5, 2), BLACK)
    anvil = bar((2, 10, 1), STEEL, (0, -5, 1))
    foot = card((3, 14, 0.6), 1, BLACK, (0, -5, 0))
    return joined(arm, hinge, anvil, foot).scaled(0.8 + kind / 3)


def _scissors(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a pair of scissors, more or less open."""
    blade = slab([(-0.9, -2), (0.9, -2), (0.9, 1), (-0.2, 6 + 6 * kind)], 0.2, STEEL)
    ring = joined(wire(1.6, 2 + share, 0.4, color),
                  bar((0.8, 4, 0.6), color, (-1.5, 3 + share, -0.3)))
    half = joined(blade, ring.placed(2, -6.2 - share, 0, 0))
    return mirrored(rotated(half, 'z', 0.05 + share / 4))


def _tape(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a roll of tape, or a small one in its dispenser."""
    if kind > 0.35:
        radius, width = 1 + 4.5 * kind, 1.2 + 4 * share
        core = hoop(0.7 * radius, 0.63 * radius, width, (190, 160, 120))
        return joined(hoop(radius, 0.7 * radius, width, color), core)
    side = [(-6, 0), (6, 0), (7, 1), (5, 3), (-3, 3), (-6, 4.5), (-7, 4)]
    roll = rotated(hoop(3, 1.4, 1.8, WHITE), 'y', QUARTER).placed(-0.9, 1.5, 3.4, 0)
    return joined(extruded(side, 2.6, color), roll)


def _ruler(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a ruler of 15 to 30 cm or a longer one, some with a raised edge."""
    length = (15, 20, 30, 30, 80)[int(5 * kind)]
    every = 5 if length < 32 else 10  # pixels from mark to mark
    marks = (np.arange(24)[:, None] < 8) & (np.arange(10 * length) % every < 2)
    image = np.where(marks[:, :, None], 40, np.array(color)).astype(np.uint8)
    parts = [textured_box((length, 2.5 + 2 * share, 0.25), image)]
    if share < 0.4:
        parts.append(bar((length, 1, 1), color))
    return joined(*parts)


def _calendar(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a calendar with a picture: flat and large, or leant on its back."""
    height = 18.8 if share < 0.6 else 31.7
    row, column = np.mgrid[0:112, 0:140, 0:3][:2]
    lines = (row % 16 < 1) | (column % 20 < 1)
    days = (abs(row % 16 - 8) < 3) & (abs(column % 20 - 6) < 3)
    picture = artwork(rng)[:int(7 * height) - 111, :140]
    image = np.concatenate([picture, np.where(lines | days, 110, 242)]).astype(np.uint8)
    rings = [rod([x, x + 1], 0.7, STEEL).placed(0, height / 2, 0, 0)
             for x in (-8, -5, -2, 1, 4, 7)]
    page = joined(textured_box((20, height, 0.4), image), *rings)
    if kind < 0.3:
        return page.scaled(1.6)
    back = rotated(bar((20, height, 0.3), color), 'x', QUARTER + 0.35)
    return joined(rotated(page, 'x', QUARTER - 0.35), back.placed(0, 0.34 * height, 0, 0))


def _pencil_case(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a pencil case: a tin with a picture, or a soft roll with a zip."""
    tin = joined(card((21, 8, 3), 1, color), screen(rng, (19, 6, 3.1)))
    if kind < 0.5:
        return tin
    roll = rod([0, 0.4, 20.6, 21], [2.4, 3, 3, 2.4], color)
    zipper = bar((19, 0.6, 3.2), STEEL, (10.5, 0, 0))
    pull = bar((1, 2, 3.3), STEEL, (19, 0, 0))
    return joined(roll, zipper, pull)


def _newspaper(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a folded newspaper, or one that is rolled up."""
    row, column = np.mgrid[0:192, 0:144]
    letters = (rng.random((192, 144)) < 0.65) & (row % 4 < 2) & (column % 36 > 4)
    heading = abs(row - 20) < 8
    ink = (letters | heading)[:, :, None]
    image = np.where(ink, (70, 70, 70), 226).astype(np.uint8)
    if kind < 0.3:
        band = upright(hoop(3.1, 2, 1, HUES[1]), (0, -9, 0))
        return joined(upright(hoop(3, 1, 30, color)), band)
    layers = [textured_box((33, 20 + 8 * share, 0.5), image).placed(0, i / 3, i / 2, 0)
              for i in (0, 1, 2)]
    return joined(*layers)


STATIONERY: dict[str, Callable[[np.random.Generator], Model]] = {
    'pen': partial(made, build=_pen, colors=HUES),
    'marker': partial(made, build=partial(_pen, radius=0.95), colors=HUES),
    'stapler': partial(made, build=_stapler, colors=HUES),
    'scissors': partial(made, build=_scissors, colors=HUES),
    'tape': partial(made, build=_tape, colors=CASES),
    'ruler': partial(made, build=_ruler, colors=PALE),
    'calendar': partial(made, build=_calendar, colors=HUES),
    'pencil case': partial(made, build=_pencil_case, colors=HUES),
    'newspaper': partial(made, build=_newspaper, colors=PALE),
}
