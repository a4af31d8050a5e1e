"""Varied things that one wears or carries; parts in centimetres.

Things in metres: width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import Color, revolved
from omd3d_ros.synthetic.solids import egg, rotated, tube
from omd3d_ros.synthetic.things.desk_parts import (
    BLACK,
    GREY,
    HIDES,
    HUES,
    PALE,
    QUARTER,
    STEEL,
    WHITE,
    Point,
    bar,
    card,
    disc,
    hoop,
    made,
    mirrored,
    pick,
    rod,
    screen,
    upright,
    wire,
)


def _eyeglasses(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return folded or open glasses, clear or dark."""
    parts = [wire(2.5, 1.5 + 0.8 * share, 0.2, color, power=1 - share / 2)]
    if rng.integers(2):
        parts.append(card((4.8, 2.8, 0.1), 1.2, BLACK))
    ends: list[Point] = [(5.9, 9.5, 1), (5.8, 14, -2)]
    if kind < 0.35:
        ends = [(-3, 1, 1), (-4, 1.2, 1)]
    rim = upright(joined(*parts), (3.3, 0, 0))
    temple = tube([(5.8, 0, 1), *ends], 0.2, color)
    bridge = bar((1, 0.4, 0.4), color, (0.5, 0, 1))
    return mirrored(rim, temple, bridge)


def _watch(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a watch with a dial or a screen: its strap closed, some standing on it, or flat."""
    face = screen(rng, (2.6, 3.2, 1))
    if share < 0.35:
        case = [card((3.4, 4, 0.9), 1, BLACK), face]
    else:
        hand = bar((0.2, 1.2, 1), BLACK, (0, 0.5, 0))
        case = [disc(1.9, 0.8, STEEL), disc(1.6, 0.9, WHITE), hand]
    if kind > 0.4:
        strap = rotated(hoop(3, 2.7, 2, color), 'y', QUARTER).placed(-1, 0, -2.8, 0)
    else:
        strap = card((2.2, 22, 0.3), 1, color)
    return rotated(joined(strap, *case), 'y', QUARTER if 0.4 < kind < 0.7 else 0)


def _key(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a key, of metal or with a head of plastic, some with a ring."""
    teeth = [bar((0.4, depth, 0.25), color, (4 - i / 2, -0.5, 0))
             for i, depth in enumerate(rng.random(4))]
    head = card((2.6, 2.8, 0.7), 0.6, BLACK) if kind < 0.3 else hoop(1.2, 0.5, 0.25, color)
    parts = [head, bar((3.2, 0.7, 0.25), color, (2.6, 0, 0)), *teeth]
    if share < 0.5:
        parts.append(wire(1.4, 1.4, 0.1, STEEL).placed(-1.9, 0, 0.2, 0))
    return joined(*parts)


def _umbrella(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a short umbrella, a long one that is shut, or one that is open."""
    if kind < 1 / 3:
        cover = rod([0, 1, 20], [2.2, 2.8, 2.5], color)
        return joined(cover, rod([19, 27], 1.6, GREY))
    crook = wire(4, 4, 1, BLACK, half=True).placed(84, 4, 0, -QUARTER)
    stick = joined(rod([0, 84], 0.7, BLACK), crook)
    if kind < 2 / 3:
        return joined(stick, rod([6, 10, 50, 60], [0.7, 1.8, 3.4, 1.2], color))
    dome = revolved([(0, 17), (16, 15), (32, 9), (45, 0), (32, 10), (16, 16), (0, 18)], color)
    shaft = rotated(stick, 'y', QUARTER).placed(0, 0, 20, 0)
    return rotated(joined(dome, shaft), 'y', 0.98)


def _hat(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a hat with a brim, a cap with a peak, or a woollen hat with a bobble."""
    bobble = egg((6, 6, 6), pick(rng, HUES)).placed(0, 0, 10.5, 0)
    if kind < 1 / 3:
        more = [hoop(14 + 5 * share, 9, 0.4, color), hoop(9.5, 8, 3, BLACK)]
    elif kind < 2 / 3:
        peak = rotated(card((15, 17, 0.4), 7, color, (0, -9, 0)), 'x', 0.08)
        more = [peak, disc(0.8, 12.4, color)]
    else:
        more = [hoop(9.8, 8, 5, color), bobble]
    dome = revolved([(9.2, 0), (8.9, 5), (7.6, 8.5), (5, 11), (2, 12), (0, 12.2)], color)
    return joined(dome, *more)


def _briefcase(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a hard briefcase with locks or a soft one with straps, lying or standing."""
    parts = [card((42, 30, 10), 1.5, color),
             wire(6, 4, 0.8, BLACK, half=True, power=0.5).placed(0, 15, 5, 0)]
    if kind < 0.5:
        parts.append(card((42.5, 30.5, 1), 1.5, STEEL, (0, 0, 5)))
        parts.append(mirrored(bar((3, 1.5, 3), STEEL, (13, 15, 4))))
    else:
        parts.append(card((42.4, 18, 6), 2, color, (0, 6.6, 5)))
        parts.append(mirrored(bar((2, 21, 7), HIDES[3], (12, 5, 5))))
    return rotated(joined(*parts), 'x', QUARTER if share > 0.3 else 0)


PERSONAL: dict[str, Callable[[np.random.Generator], Model]] = {
    'eyeglasses': partial(made, build=_eyeglasses, colors=HIDES),
    'watch': partial(made, build=_watch, colors=HIDES),
    'key': partial(made, build=_key, colors=PALE),
    'umbrella': partial(made, build=_umbrella, colors=HUES),
    'hat': partial(made, build=_hat, colors=HUES),
    'briefcase': partial(made, build=_briefcase, colors=HIDES),
}
