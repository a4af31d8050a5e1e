"""Household machines, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import Color
from omd3d_ros.synthetic.solids import rotated, settled
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    BLUE_CLOTH,
    CORNERS,
    QUARTER,
    RUBBER,
    SIDES,
    STEEL,
    WHITE,
    boards,
    loft,
    tint,
    tubes,
    wheel,
)


def _refrigerator(rng: np.random.Generator) -> Model:
    """Return a refrigerator: low, with a freezer above or below, or with two doors abreast."""
    kind = rng.integers(4)
    color = tint(rng, WHITE, WHITE, STEEL, BLACK, (170, 205, 200))
    scale = ((0.8, 0.9, 0.5), (1, 1, 1), (1, 1, 1), (1.3, 1, 1))[kind]
    x, y, z = rng.uniform((0.56, 0.58, 1.5), (0.7, 0.72, 1.9)) * scale
    abreast = kind == 3
    parts = [boards(tint(rng, color, RUBBER), ((x, y - 0.07, z), (0, 0.035, 0)))]
    for start, end in pairwise(((0, 1), (0, 0.68, 1), (0, 0.38, 1), (0, 0.42, 1))[kind]):
        if abreast:
            width, height = (end - start) * x, z
            middle, low = (start + end - 1) * x / 2, 0
        else:
            width, height = x, (end - start) * z
            middle, low = 0, start * z
        grip = middle + (width / 2 - 0.06) * (-1 if abreast and start else 1)
        parts += [
            boards(color, (
                (width - 0.012, 0.06, height - 0.02), (middle, 0.03 - y / 2, low + 0.01))),
            tubes(STEEL, 0.013, [(grip, -y / 2 - 0.03, low + k * height) for k in (0.2, 0.8)])]
    return settled(joined(*parts))


def _cooker(rng: np.random.Generator, built_in: bool) -> Model:
    """Return an oven to build in, or a stove with its oven and electric or gas rings."""
    if built_in:
        x, z = 0.59, rng.choice((0.46, 0.6))
    else:
        x, z = rng.choice((0.5, 0.6, 0.75)), 0.88
    color = tint(rng, WHITE, STEEL, BLACK)
    door = z - (0.16 if built_in else 0.36)
    top = z - 0.13  # of the door
    knobs = [[(k * x, -0.28, z - 0.06), (k * x, -0.32, z - 0.06)]
             for k in (-0.4, -0.25, 0.25, 0.4)]
    body = joined(
        boards(color, ((x, 0.58, z), (0, 0, 0)), ((x - 0.02, 0.03, door), (0, -0.3, top - door))),
        boards(
            BLACK, ((0.76 * x, 0.01, 0.62 * door), (0, -0.315, top - 0.85 * door)),
            ((0.24 * x, 0.01, 0.06), (0, -0.292, z - 0.09))),
        tubes(STEEL, 0.02, *knobs, [(side * 0.42 * x, -0.35, top - 0.05) for side in SIDES]))
    grate = rng.choice((0, 0.03))  # gas has one above the rings
    if built_in:
        return settled(body)
    places = [(i * 0.23 * x, j * 0.13) for i, j in CORNERS]
    return settled(joined(
        body,
        boards(color, ((x, 0.05, rng.choice((0.01, 0.17))), (0, 0.265, z))),
        tubes((116, 108, 108), 0.08, *([(u, v, z), (u, v, z + 0.012)] for u, v in places)),
        boards(BLACK, *(((width, depth, 0.012), (u, v, z + grate))
                        for u, v in places for width, depth in ((0.2, 0.01), (0.01, 0.2))))))


def _washing_machine(rng: np.random.Generator) -> Model:
    """Return a washing machine with a round door in front, or with a lid on top."""
    x, y, z = rng.uniform((0.58, 0.5, 0.82), (0.66, 0.64, 0.92))
    front = -0.25
    color = tint(rng, WHITE, WHITE, STEEL, (96, 98, 102))
    top = rng.random() < 0.25
    body = boards(
        color, ((x, y, z), (0, y / 2 + front, 0)),
        ((0.26 * x, 0.04, 0.1), (-0.34 * x, front, z - 0.125)),
        ((x, 0.1, 0.14 * top + 0.01), (0, y + front - 0.05, z)))
    if top:
        lid = boards(
            RUBBER, ((0.84 * x, 0.64 * y, 0.015), (0, 0.36 * y + front, z)),
            ((0.8 * x, 0.02, 0.08), (0, y + front - 0.1, z + 0.04)))
        return settled(joined(body, lid))
    return settled(joined(
        body,
        boards(RUBBER, ((x, 0.02, 0.13), (0, front, z - 0.14))),
        _disc(tint(rng, STEEL, WHITE), 0.33 * x, front, 0.03, 0.47 * z),
        _disc(BLACK, 0.25 * x, front, 0.045, 0.47 * z),
        _disc(STEEL, 0.035, front, 0.04, z - 0.08)))


def _disc(color: Color, radius: float, front: float, thick: float, height: float) -> Model:
    """Return a disc that stands out by its thickness from a front at y, its middle at a height."""
    return tubes(color, radius, [(0, front, height), (0, front - thick, height)])


def _range_hood(rng: np.random.Generator) -> Model:
    """Return a hood: a pyramid or a flat one with its chimney, or a visor."""
    x, y, height = rng.uniform((0.55, 0.45, 0.4), (0.9, 0.52, 0.75))
    kind = rng.integers(3)
    color = tint(rng, STEEL, STEEL, BLACK, WHITE)
    back = y / 2 - 0.14
    chimney = 0.1 if kind == 2 else height
    top = ((0.3, 0.28, back, 0.28), (x, y, 0, 0.06), (x, 0.5 * y, 0.25 * y, 0.15))[kind]
    return settled(joined(
        loft(color, 60, (x, y, 0, 0), (x, y, 0, 0.05), top),
        boards(color, ((0.28, 0.26, chimney), (0, back, 0.04))),
        boards(
            RUBBER, ((0.85 * x, 0.7 * y, 0.01), (0, 0, -0.01)),
            ((0.14, 0.01, 0.02), (0, -y / 2, 0.015)))))


def _fan(rng: np.random.Generator) -> Model:
    """Return a table fan, a fan on a pole, or a tower."""
    color = tint(rng, WHITE, BLACK, STEEL)
    dark = tint(rng, BLACK, BLUE_CLOTH)
    kind = rng.integers(3)
    least = ((0.1, 0.15), (0.2, 0.9), (0.1, 0.75))[kind]
    greatest = ((0.16, 0.25), (0.24, 1.2), (0.13, 1.1))[kind]
    r, stem = rng.uniform(least, greatest)
    wide = 1.4 * r + 0.05
    foot = loft(color, 2, (wide, wide, 0, 0), (wide, wide, 0, 0.02), (0.1, 0.1, 0, 0.05))
    if kind == 2:
        slits = (((0.8 * r, 0.02, 0.012), (0, -0.6 * r, k * stem))
                 for k in np.linspace(0.2, 0.85, 24))
        tower = loft(color, 3, (1.2 * r, 1.2 * r, 0, 0.03), (1.2 * r, 1.2 * r, 0, stem))
        return settled(joined(foot, tower, boards(RUBBER, *slits)))
    flat = loft(dark, 2, *((0.5 * r, 0.75 * r, 0.5 * r, z) for z in (0, 0.008)))
    blade = rotated(rotated(flat, 'x', QUARTER), 'z', 0.35)
    head = joined(
        wheel(r, 0.006, 24, color).placed(0, -0.05, 0, 0),
        wheel(r, 0.006, 24, color).placed(0, 0.05, 0, 0),
        wheel(0.5 * r, 0.006, 1, color).placed(0, -0.05, 0, 0),
        *(rotated(blade, 'y', turn) for turn in (0, 1.57, 3.14, 4.71)),
        tubes(color, 0.06, [(0, -0.06, 0), (0, -0.04, 0)], [(0, 0.03, 0), (0, 0.16, 0)]))
    return settled(joined(
        head.placed(0, -0.06, stem + 0.05, 0), foot,
        tubes(color, 0.018, [(0, 0.02, 0.02), (0, 0.02, stem + 0.04)])))


WHITE_GOODS: dict[str, Callable[[np.random.Generator], Model]] = {
    'refrigerator': _refrigerator,
    'stove': partial(_cooker, built_in=False),
    'oven': partial(_cooker, built_in=True),
    'washing machine': _washing_machine,
    'range hood': _range_hood,
    'fan': _fan,
}
