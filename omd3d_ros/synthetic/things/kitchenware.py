"""Varied pots, bottles and other things of a kitchen's shelf, most of them turned.

Metres; width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import settled
from omd3d_ros.synthetic.things.turned import (
    BLUE,
    GREEN,
    LID,
    QUARTER,
    YELLOW,
    Kind,
    Points,
    Rod,
    Turned,
    assembled,
    block,
    tints,
)

_SIDE_HANDLE: Points = ((0.75, 0.8), (2.1, 1.1), (1.9, 0.1), (0.85, 0.3))
_BOW_HANDLE: Points = ((-0.6, 0.7), (-0.9, 2.1), (0.9, 2.1), (0.6, 0.7))

_ELECTRIC_KETTLE = Kind((0.066, 0.17), (0.085, 0.24), (
    Turned('paint', ((1, 0.08), (0.75, 0.93), (0.65, 1), (0, 1))),
    Turned('dark', ((0, 0), (1.06, 0), (1.06, 0.06), (0.9, 0.09))),
    LID,
    Rod('paint', (0.03, 0.012), ((-0.5, 0.8), (-1.15, 0.95))),
    Rod('dark', (0.01, 0.008), ((0.6, 0.93), (2.1, 1.12), (1.8, 0), (0.8, 0.25))),
))
_STOVE_KETTLE = Kind((0.085, 0.1), (0.11, 0.14), (
    Turned('paint', ((0, 0), (1.3, 0), (1, 0.4), (1, 1), (0.3, 1), (0, 1)), curved=True),
    LID,
    Rod('paint', (0.022, 0.011), ((-0.7, 0.4), (-1.2, 0.5), (-1.3, 1))),
    Rod('dark', (0.008, 0.008), _BOW_HANDLE),
))

_PRESS_POT = Kind((0.042, 0.16), (0.055, 0.22), (
    Turned('coffee', ((0, 0), (1, 0), (1, 0.85))),
    Rod('dark', (0.007, 0.007), _SIDE_HANDLE),
    LID,
    Turned('steel', ((1.04, 0.04), (1.04, 0.1), (1, 0.1))),
    Turned('steel', ((1.04, 0.8), (1.04, 0.87), (0.06, 0.9), (0.06, 1))),
    Rod('steel', (0.016, 0.005), ((-0.7, 0.75), (-1.3, 0.86))),
))
_STOVE_POT = Kind((0.042, 0.16), (0.055, 0.22), (
    Turned('steel', ((0, 0), (1.1, 0), (1, 0.42), (0.8, 0.46), (1.05, 0.9), (0, 1))),
    LID,
    Rod('steel', (0.018, 0.006), ((-0.5, 0.72), (-1.35, 0.88))),
    Rod('dark', (0.008, 0.007), ((0.9, 0.85), (2.3, 0.95), (1.7, 0.4))),
))

_SHAKER = Kind((0.018, 0.06), (0.025, 0.1), (
    Turned('bright', ((0, 0), (1, 0), (0.8, 0.75))),
    Turned('steel', ((0.84, 0.72), (0.9, 1), (0.6, 1), (0, 1)), curved=True),
))
_MILL = Kind((0.02, 0.1), (0.028, 0.19), (
    Turned('wood', ((0, 0), (1.1, 0), (1.1, 0.1), (0.6, 0.4), (1, 0.7), (0.5, 0.74), (0.95, 0.8),
                    (0.7, 0.95), (0, 1))),
))

_BLOCK_CANDLE = Kind((0.025, 0.06), (0.04, 0.18), (
    Turned('bright', ((0, 0), (1, 0), (1, 0.97), (0.9, 1), (0, 0.98))),
    Rod('dark', (0.001, 0.001), ((0, 0.97), (0, 1.08))),
))
_CANDLESTICK = Kind((0.045, 0.24), (0.055, 0.34), (
    Rod('bright', (0.011, 0.008), ((0, 0.2), (0, 0.97))),
    Turned('paint', ((0, 0), (1, 0), (1, 0.04), (0.2, 0.06), (0.16, 0.2), (0.35, 0.25))),
    Rod('dark', (0.001, 0.001), ((0, 0.96), (0, 1))),
))

_ROLL = (
    Turned('white', ((0.35, 0), (1, 0), (1, 1), (0.35, 1))),
    Turned('crust', ((0.35, 1), (0.35, 0))),
)
_ROLL_STAND = Turned('paint', ((1.2, -0.05), (1.2, 0), (0.1, 0), (0, 1.2)))
_PAPER_TOWELS = (
    Kind((0.05, 0.2), (0.068, 0.28), _ROLL),
    Kind((0.05, 0.2), (0.068, 0.28), _ROLL, lean=QUARTER),
    Kind((0.05, 0.2), (0.068, 0.28), (*_ROLL, _ROLL_STAND)),
)


def _teapot(handle: Points) -> Kind:
    return Kind((0.05, 0.07), (0.075, 0.13), (
        Turned('bright', LID.profile, curved=True),
        Rod('bright', (0.007, 0.006), handle),
        Turned('bright', ((0, 0), (0.9, 0), (1.4, 0.3), (1.3, 1), (0.3, 1)), curved=True),
        Rod('bright', (0.017, 0.006), ((-0.7, 0.35), (-1.6, 0.3), (-1.2, 0.8), (-1.75, 1))),
    ))


def _pitcher(tint: str, neck: float) -> Kind:
    """Return a pitcher with a neck of this share of its radius."""
    outside = ((0, 0), (0.8, 0), (1.2, 0.2), (neck, 0.7), (1, 1))
    inside = ((0.9, 1), (neck - 0.1, 0.7), (1.1, 0.2), (0.7, 0.02), (0, 0.02))
    return Kind((0.05, 0.18), (0.07, 0.27), (
        Turned(tint, outside, curved=True),
        Turned(tint, inside, curved=True),
        Rod(tint, (0.008, 0.007), ((0.9, 0.9), (2.4, 1.05), (2, 0.1), (0.85, 0.3))),
        Rod(tint, (0.016, 0.006), ((-0.8, 0.86), (-1.3, 0.98))),
    ))


def _spray_bottle(tint: str) -> Kind:
    return Kind((0.034, 0.2), (0.046, 0.27), (
        Turned(tint, ((0, 0), (1, 0), (1, 0.5), (0.75, 0.65), (0.35, 0.8), (0.35, 0.95))),
        Turned('print', ((1.01, 0.1), (1.01, 0.45))),
        Turned('other', ((0.45, 0.8), (0.45, 0.88), (0, 0.9))),
        Rod('other', (0.008, 0.015), ((-1.6, 0.96), (0.7, 0.95))),
        Rod('other', (0.006, 0.005), ((-0.9, 0.93), (-0.7, 0.85), (-1.3, 0.77))),
    ))


def _wine(shoulder: float, slope: float, label: str) -> Kind:
    """Return a bottle of wine whose shoulder, a share of its height, narrows to slope."""
    return Kind((0.036, 0.28), (0.042, 0.33), (
        Turned('wine', ((0, 0), (1, 0), (1, shoulder), (slope, shoulder + 0.07), (0.48, 0.68),
                        (0.38, 0.75), (0.38, 0.9))),
        Turned(label, ((1.01, 0.1), (1.01, 0.4))),
        Turned('bright', ((0.41, 0.82), (0.41, 1), (0, 1))),
    ))


_TEAPOTS = (_teapot(_SIDE_HANDLE), _teapot(_SIDE_HANDLE), _teapot(_BOW_HANDLE))
_PITCHERS = (_pitcher('bright', 1.4), _pitcher('bright', 0.6), _pitcher('glass', 1))
_SPRAY_BOTTLES = (_spray_bottle('bright'), _spray_bottle('glass'), _spray_bottle('white'))
_WINES = (_wine(0.56, 0.95, 'other'), _wine(0.42, 0.85, 'white'), _wine(0.56, 0.95, 'print'))


def _sponge(rng: np.random.Generator) -> Model:
    """Return a sponge with a rough layer on top."""
    x, y, z, power = rng.uniform((0.085, 0.055, 0.016, 3), (0.13, 0.08, 0.028, 9))
    colors = tints(rng)
    pairs = ((YELLOW, GREEN), (colors['bright'], colors['other']), (colors['lemon'], BLUE))
    soft, rough = pairs[rng.integers(3)]
    layer = block((x, y, 0.01), rough, power).placed(0, 0, z, 0)
    return settled(joined(block((x, y, z), soft, power), layer))


KITCHENWARE: dict[str, Callable[[np.random.Generator], Model]] = {
    'kettle': partial(assembled, kinds=(_ELECTRIC_KETTLE, _STOVE_KETTLE)),
    'teapot': partial(assembled, kinds=_TEAPOTS),
    'coffee pot': partial(assembled, kinds=(_STOVE_POT, _PRESS_POT)),
    'pitcher': partial(assembled, kinds=_PITCHERS),
    'salt shaker': partial(assembled, kinds=(_SHAKER, _MILL)),
    'spray bottle': partial(assembled, kinds=_SPRAY_BOTTLES),
    'wine': partial(assembled, kinds=_WINES),
    'candle': partial(assembled, kinds=(_BLOCK_CANDLE, _CANDLESTICK)),
    'paper towel': partial(assembled, kinds=_PAPER_TOWELS),
    'sponge': _sponge,
}
