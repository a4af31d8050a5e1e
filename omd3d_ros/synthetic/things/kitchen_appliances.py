"""Varied appliances and scales, metres: width is x, depth y, the front at -y, base at z = 0."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import Color, bowl, box, mug, revolved
from omd3d_ros.synthetic.solids import rotated, settled
from omd3d_ros.synthetic.things.turned import (
    CREAM,
    DARK,
    QUARTER,
    RED,
    STEEL,
    WHITE,
    Kind,
    Rod,
    Turned,
    assembled,
    bent_rod,
    bezier,
    block,
    tints,
)


def _blender(reach: float) -> Kind:
    """Return a blender whose handle reaches out to this share of its radius."""
    return Kind((0.06, 0.3), (0.08, 0.4), (
        Turned('paint', ((0, 0), (1.15, 0), (1.15, 0.04), (0.8, 0.38), (0, 0.38))),
        Turned('glass', ((0.7, 0.38), (1, 0.9))),
        Turned('dark', ((1.05, 0.89), (1.05, 0.94), (0.5, 0.95), (0.5, 1), (0, 1))),
        Rod('dark', (0.01, 0.01), ((0.9, 0.85), (reach, 0.9), (reach, 0.4), (0.75, 0.48))),
    ))


_BLENDERS = (_blender(2), _blender(2), _blender(0.6))  # the last: no handle is seen


def _coffee_maker(rng: np.random.Generator) -> Model:
    """Return a coffee machine: with a jug, or with a spout for a cup."""
    x, y, z = rng.uniform((0.15, 0.2, 0.28), (0.27, 0.27, 0.38))
    colors = tints(rng)
    radius, height = 0.38 * min(x, 0.2), 0.6 * z  # of the room for the jug or the cup
    if rng.integers(2):
        own = joined(
            mug(colors['bright'], 0.03, 0.06),
            block((0.06, 0.06, 0.05), STEEL, 2).placed(0, 0, height, 0),
            bent_rod(DARK, (0.007, 0.013), [(0, height + 0.02), (0.15, height)]))
    else:
        side = bezier([(0, 0), (1.3, 0), (1.2, 0.5), (0.7, 1)]) * [radius, height]
        own = joined(
            revolved([(float(r), float(h)) for r, h in side], colors['coffee']),
            bent_rod(DARK, (0.008, 0.008), [(0.8 * radius, 0.9 * height), (2.2 * radius, height),
                                            (2.1 * radius, 0.1 * height)]))
    foot = block((x, y, 0.04), colors['dark'])
    top = block((x, y, z - height - 0.02), colors['paint']).placed(0, 0, height + 0.02, 0)
    back = block((x, 0.4 * y, z), colors['paint']).placed(0, 0.3 * y, 0, 0)
    display = box((x / 3, 0.01, 0.03), DARK).placed(0, -y / 2, 0.8 * z, 0)
    return settled(joined(foot, top, back, own.placed(0, -0.22 * y, 0.04, -1.4), display))


def _toaster(rng: np.random.Generator) -> Model:
    """Return a toaster, round from the front or from above, some with toast in its slots."""
    x, y, z = rng.uniform((0.24, 0.14, 0.16), (0.32, 0.19, 0.2))
    colors = tints(rng)
    if rng.integers(2):
        body = block((x, y, z), colors['paint'], 6)
    else:
        body = rotated(block((x, z, y), colors['paint'], 6), 'x', QUARTER)
        body = body.placed(0, y / 2, z / 2, 0)
    rise = rng.choice([0.003, 0.03])  # of the toast
    slots = []
    for side in (-0.2, 0.2):
        slot = box((0.7 * x, 0.2 * y, 0.002), colors['dark'])
        toast = box((0.36 * x, 0.1 * y, rise), colors['crust'])
        slots += [part.placed(0, side * y, z - 0.001, 0) for part in (slot, toast)]
    lever = box((0.03, 0.045, 0.016), DARK).placed(x / 2, 0, 0.6 * z, 0)
    return settled(joined(body, lever, *slots))


def _microwave(rng: np.random.Generator) -> Model:
    """Return a microwave oven with keys or two dials."""
    x, y, z = rng.uniform((0.43, 0.3, 0.25), (0.54, 0.4, 0.31))
    finishes = ((STEEL, DARK), (WHITE, WHITE), (WHITE, DARK), (DARK, DARK))
    color, front = finishes[rng.integers(4)]

    def panel(size: tuple[float, float, float], tint: Color, across: float, up: float) -> Model:
        """Return a part of the front; all but its depth are shares of the oven's x and z."""
        wide, deep, high = size
        made = box((wide * x, deep, high * z), tint)
        return made.placed(across * x, -y / 2, up * z, 0)

    door = panel((0.74, 0.012, 0.95), front, -0.12, 0.025)
    window = panel((0.5, 0.018, 0.6), (16, 16, 18), -0.15, 0.2)
    controls = panel((0.23, 0.012, 0.95), front, 0.38, 0.025)
    display = panel((0.16, 0.016, 0.12), (40, 90, 80), 0.38, 0.8)
    handle = panel((0.03, 0.06, 0.8), STEEL, 0.22, 0.1)
    if rng.integers(2):
        knobs = [panel((0.12, 0.05, 0.2), STEEL, 0.38, up) for up in (0.15, 0.5)]
    else:
        knobs = [panel((0.04, 0.02, 0.06), STEEL, across, up)
                 for across in (0.32, 0.38, 0.44) for up in (0.1, 0.3, 0.5)]
    return settled(joined(
        box((x, y, z), color), door, window, controls, display, handle, *knobs))


def _dial_scale(paint: Color) -> Model:
    """Return a kitchen scale with a dial at the front and a bowl on top."""
    dial = rotated(block((0.11, 0.11, 0.01), CREAM, 2), 'x', QUARTER).placed(0, -0.06, 0.08, 0)
    hand = box((0.004, 0.004, 0.045), RED).placed(0, -0.071, 0.08, 0)
    dish = bowl(STEEL, 0.1, 0.05).placed(0, 0, 0.16, 0)
    return settled(joined(block((0.17, 0.13, 0.16), paint, 4), dial, hand, dish))


def _scale(rng: np.random.Generator) -> Model:
    """Return a bathroom scale, a flat kitchen scale, or one with a dial and a bowl."""
    x, height = rng.uniform((0.26, 0.02), (0.33, 0.04))
    kind = rng.integers(3)
    paint = tints(rng)['paint']
    if kind == 2:
        return _dial_scale(paint)
    if kind == 0:
        y, factor = x, 1.0
        plates = [block((0.25 * x, 0.7 * x, 0.004), STEEL, 4).placed(side * x, 0, height, 0)
                  for side in (-0.28, 0.28)]
    else:
        y, factor = 1.25 * x, 0.6
        plates = [block((0.8 * x, 0.7 * x, 0.004), STEEL, 2).placed(0, 0, height, 0)]
    display = box((0.25 * x, 0.1 * y, 0.002), (60, 80, 70)).placed(0, -0.42 * y, height, 0)
    body = block((x, y, height), paint, 8)
    return settled(joined(body, display, *plates).scaled(factor))


KITCHEN_APPLIANCES: dict[str, Callable[[np.random.Generator], Model]] = {
    'blender': partial(assembled, kinds=_BLENDERS),
    'coffee maker': _coffee_maker,
    'toaster': _toaster,
    'microwave': _microwave,
    'scale': _scale,
}
