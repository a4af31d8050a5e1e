"""Varied fruit, bread and cake, metres: width is x, depth y, the front at -y, base at z = 0."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated, settled, slab, tube
from omd3d_ros.synthetic.things.turned import (
    CREAM,
    QUARTER,
    STALK,
    Kind,
    Rod,
    Turned,
    assembled,
    tints,
)

_APPLE = Turned(
    'apple', ((0, 0.12), (0.5, -0.15), (1.75, 0.1), (1.6, 1.15), (0.4, 1.2), (0, 0.75)),
    curved=True)
_PEAR = Turned(
    'pear', ((0, 0.05), (1.3, -0.15), (1.8, 0.55), (0.1, 0.6), (0.7, 1.05), (0, 0.97)),
    curved=True)
_LEMON = Turned(
    'lemon', ((0, 0), (0.5, 0), (-0.3, 0.15), (1.7, 0.3), (1.7, 0.7), (-0.3, 0.85), (0.5, 1),
              (0, 1)),
    curved=True)

_APPLES = (
    Kind((0.03, 0.056), (0.04, 0.076), (STALK, _APPLE)),
    Kind((0.03, 0.056), (0.04, 0.076), (STALK, _APPLE), lean=0.4),
)
_ORANGES = (
    Kind((0.035, 0.068), (0.044, 0.086), (
        Turned('orange', ((0, 0), (1.33, 0), (1.33, 1), (0, 1)), curved=True),
        Rod('stalk', (0.003, 0.002), ((0, 0.9), (0, 1.005))),
    ), lean=0.5),
)
_LEMONS = (Kind((0.025, 0.075), (0.031, 0.095), (_LEMON,), lean=QUARTER),)
_PEARS = (
    Kind((0.033, 0.08), (0.041, 0.105), (STALK, _PEAR)),
    Kind((0.033, 0.08), (0.041, 0.105), (STALK, _PEAR), lean=1.45),
)

_ROUND_LOAF = Kind((0.07, 0.08), (0.12, 0.12), (
    Turned('crust', ((0, 0), (1.1, 0), (1.2, 0.8), (0.6, 1), (0, 1)), curved=True),
    Rod('dough', (0.004, 0.004), ((-0.5, 0.9), (0, 1.2), (0.5, 0.9))),
))
_BAGUETTE = Kind((0.03, 0.35), (0.04, 0.55), (
    Turned('crust', ((0, 0), (1.3, 0), (1.3, 1), (0, 1)), curved=True),
    Rod('dough', (0.006, 0.006), ((-0.9, 0.25), (-1.3, 0.5), (-0.9, 0.75))),
), lean=QUARTER)

_CAKE_STAND = Turned('white', ((0.8, 0), (1.25, 0.1), (0.8, 0.07), (0, 0.07)))
_CANDLES = tuple(
    Rod('other', (0.005, 0.005), ((x, 0.9), (x, 1.5))) for x in (-0.6, -0.2, 0.2, 0.6))
_BIRTHDAY_CAKE = Kind((0.08, 0.06), (0.13, 0.11), (
    _CAKE_STAND,
    Turned('icing', ((1, 0.07), (1, 0.93), (0.95, 1), (0, 1))),
    *_CANDLES,
))
_RING_CAKE = Kind((0.08, 0.06), (0.13, 0.11), (
    _CAKE_STAND,
    Turned('dough', ((0.2, 0.1), (0.2, 1.4), (1, 1.5), (1, 0.1)), curved=True),
    Turned('icing', ((0.3, 0.8), (0.45, 1.35), (0.8, 1.4), (0.95, 0.7)), curved=True),
))


def _banana(rng: np.random.Generator) -> Model:
    """Return one banana, or a bunch of three or five."""
    length, bow, radius = rng.uniform((0.14, 0.035, 0.015), (0.19, 0.06, 0.019))
    share = np.linspace(0, 1, 11)
    path = np.stack([length * share, 0 * share, bow * np.sin(np.pi * share)], axis=1)
    radii = radius * np.array([0.35, 0.35, 0.7, 0.95, 1, 1, 1, 0.95, 0.8, 0.5, 0.25])
    colors = tints(rng)
    beside = int(rng.choice([0, 0, 1, 2]))  # bananas on either side of the middle one
    one = joined(tube(path, radii, colors['banana']),
                 tube(path[:2], 0.37 * radius, colors['stalk']))
    if not beside:
        return settled(rotated(one, 'x', QUARTER))
    return settled(joined(*(rotated(one, 'x', 0.5 * k) for k in range(-beside, beside + 1))))


def _bread(rng: np.random.Generator) -> Model:
    """Return a round loaf, a baguette, a loaf of toast, or slices of one."""
    if rng.random() < 0.5:
        return assembled(rng, (_ROUND_LOAF, _BAGUETTE))
    length, depth, height = rng.uniform((0.18, 0.1, 0.1), (0.28, 0.13, 0.13))
    slices = int(rng.integers(9))  # 0: it is not cut
    crust = tints(rng)['crust']
    half = np.array([(0.42, 0), (0.43, 0.5), (0.5, 0.68), (0.4, 0.93), (0.15, 1)])
    half = half * [depth, height]
    outline = np.concatenate([half, half[::-1] * [-1, 1]])
    if not slices:
        return settled(rotated(slab(outline, length, crust), 'x', QUARTER))
    piece = slab(outline, 0.013, crust)
    is_crumb = np.abs(piece.normals[piece.faces[:, 0], 2:]) > 0.9
    piece = dataclasses.replace(piece, colors=np.where(is_crumb, CREAM, piece.colors))
    row = joined(*(piece.placed(0, 0, 0.016 * k, 0) for k in range(slices)))
    return settled(rotated(row, 'x', 0 if slices < 3 else QUARTER))


def _cake(rng: np.random.Generator) -> Model:
    """Return a cake with candles, a ring cake, or a piece of a layer cake."""
    if rng.random() < 0.6:
        return assembled(rng, (_BIRTHDAY_CAKE, _RING_CAKE))
    radius, height = rng.uniform((0.1, 0.06), (0.14, 0.1))
    colors = tints(rng)
    arc = [(radius * np.cos(a), radius * np.sin(a)) for a in np.linspace(-0.35, 0.35, 7)]
    wedge = [(0, 0), *arc]
    layers = ((0, 0.4, 'dough'), (0.4, 0.1, 'icing'), (0.5, 0.4, 'dough'), (0.9, 0.1, 'icing'))
    return settled(joined(*(
        slab(wedge, thick * height, colors[tint]).placed(0, 0, base * height, 0)
        for base, thick, tint in layers)))


FOOD: dict[str, Callable[[np.random.Generator], Model]] = {
    'apple': partial(assembled, kinds=_APPLES),
    'orange': partial(assembled, kinds=_ORANGES),
    'lemon': partial(assembled, kinds=_LEMONS),
    'pear': partial(assembled, kinds=_PEARS),
    'banana': _banana,
    'bread': _bread,
    'cake': _cake,
}
