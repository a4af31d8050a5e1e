"""Varied phones, screens, machines and lights; parts in centimetres.

Things in metres: width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import Color, revolved
from omd3d_ros.synthetic.solids import rotated, tube
from omd3d_ros.synthetic.things.desk_parts import (
    BLACK,
    CASES,
    DARK_GLASS,
    GREY,
    HUES,
    PALE,
    QUARTER,
    STEEL,
    WHITE,
    bar,
    card,
    disc,
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

_GLOW = (70, 230, 120)


def _phone(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a mobile phone, from the front or the back, or a desk phone with a receiver."""
    body = card((7.3, 14 + share, 0.9), 1.1, color)
    if kind >= 0.8:
        return joined(body, card((3, 3, 1.3), 0.8, GREY, (-1.7, 5, 0)))
    face = screen(rng, (6.6, 13 + share, 1))
    if kind >= 0.25:
        return joined(body, face)
    desk = extruded([(-10, 0), (10, 0), (10, 7), (-10, 3)], 19, color)
    keys = [bar((1.6, 1.4, 1), STEEL, (x, y, 4.6 + y / 5)) for x in (1, 3, 5) for y in (-6, -3, 0)]
    receiver = tube([(-6, -9, 5), (-6, -6, 8), (-6, 6, 10), (-6, 9, 9)], (2.4, 1.8, 1.8, 2.4),
                    color)
    return joined(desk, *keys, receiver)


def _headphones(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return headphones with a band, upright or lying down."""
    cup = rotated(revolved([(0, 0), (3.6, -1.2), (3.6, 2), (2, 3), (0, 3)], color), 'y', QUARTER)
    bands = [upright(wire(8, 9, 0.5, color, half=True), (0, y, 0)) for y in (-0.6, 0, 0.6)]
    whole = joined(mirrored(cup.placed(7, 0, -1, 0)), *bands)
    return rotated(whole, 'x', -1.86 if kind > 0.4 else 0)


def _camera(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a camera with a large lens, a hump and a grip, or a compact one."""
    large = kind < 0.6
    depth, radius, length = (4.5, 3.2, 4 + 6 * share) if large else (2.4, 2.4, 1 + 2 * share)
    lens = revolved([(radius, 0), (radius, length), (0.8 * radius, length),
                     (0.7 * radius, length - 0.8), (0, length - 0.8)], BLACK)
    parts = [upright(card((12, 8, depth), 1, color)), upright(lens, (0, -depth, 0))]
    if large:
        parts.append(bar((4.5, 4, 1.8), color, (0, -2.2, 4)))
        parts.append(upright(card((2.4, 8, 6), 1, BLACK), (-5, 0, 0)))
    return joined(*parts)


def _tablet(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a tablet, lying flat or leant on the flap of its cover."""
    flat = joined(card((24, 15 + 3 * share, 0.8), 1, color),
                  screen(rng, (22, 13 + 3 * share, 0.9)))
    flap = bar((22, 12, 0.3), pick(rng, HUES))
    if kind < 0.6:
        return flat
    flap = rotated(flap, 'x', QUARTER + 0.4).placed(0, 3.5, -2, 0)
    return joined(rotated(flat, 'x', QUARTER - 0.4), flap)


def _printer(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return an ink printer with paper in it, or a laser printer."""
    parts = [bar((42, 34, 16), color), bar((41, 33, 18), GREY), bar((25, 35, 8), BLACK),
             upright(screen(rng, (8, 3, 17.4)), (14, 0, 13))]
    if kind < 0.55:
        parts.append(bar((21, 1, 30), WHITE, (0, 15, 0)))
        parts.append(bar((24, 50, 1), GREY, (0, -8, 3)))
    else:
        parts.append(mirrored(bar((7, 34, 9), color, (17.5, 0, 16))))
        parts.append(bar((42, 8, 9), color, (0, 13, 16)))
    return joined(*parts)


def _projector(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a projector, or a pocket one."""
    lens = joined(hoop(3.5, 2.8, 1.5, BLACK), disc(2.8, 0.5, DARK_GLASS))
    vents = [bar((9, 21.4, 0.7), BLACK, (-6, 0, z)) for z in (2.5, 4.5, 6.5)]
    whole = joined(card((29, 21, 9 + share), 2, color), upright(lens, (7, -10.5, 5)), *vents)
    return whole.scaled(1.1 if kind > 0.3 else 0.6)


def _radio(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a radio with two loudspeakers and an aerial or a handle."""
    half = 11.5 + 6 * share
    speaker = joined(hoop(4, 3.4, 0.8, STEEL), disc(3.6, 0.4, BLACK))
    if kind < 0.5:
        top = tube([(9, 0, 5), (2, 0, 18)], 0.25, STEEL)
    else:
        top = upright(wire(half - 2, 4, 0.6, BLACK, half=True, power=0.5), (0, 0, 6))
    return joined(
        upright(card((2 * half, 13, 8), 1.5, color), (0, 4, 0)),
        top,
        mirrored(upright(speaker, (half - 5, -4, -0.7))),
        upright(disc(1.4, 1, STEEL), (0, -4, -2)),
        bar((2 * half - 19, 1, 3), WHITE, (0, -4, 1)))


def _game_console(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a hand-held console, or one to lie or stand by a television."""
    face = screen(rng, (15, 8.5, 1.5))
    if kind < 0.35:
        grip = joined(card((4, 10, 1.4), 1.2, color, (10, 0, 0)),
                      disc(0.9, 2.2, GREY, (10, -2, 0)))
        return joined(bar((17, 10, 1.4), BLACK), face, mirrored(grip))
    flat = joined(bar((29, 25, 5), color), bar((29.6, 25.6, 1.6), DARK_GLASS, (0, 0, 1.7)))
    return rotated(flat, 'y', QUARTER if kind > 0.7 else 0)


def _game_controller(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a controller with grips and sticks, or a plain flat one."""
    keys = [disc(0.5, 3, pick(rng, HUES), (x, y, 0)) for x, y in ((3, 1), (5, 1), (4, 2), (4, 0))]
    parts = [card((12, 5.6, 2.4), 1, color), disc(1.2, 2.8, BLACK, (-4.2, 1, 0)), *keys]
    if kind > 0.2:
        grip = tube([(5, 2, 1.5), (5, 1, 1.5), (5.6, -2, 1.3), (6.4, -5.5, 1)],
                    (1, 2, 2, 1.1), color)
        parts.append(mirrored(grip, disc(0.9, 3.5, BLACK, (2, -1.4, 0))))
    return joined(*parts)


def _computer(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a computer's case: with lit fans, or with bays, some lying down."""
    fans = [upright(hoop(7, 5.5, 0.5, pick(rng, HUES[1:])), (0, -21, z)) for z in (8, 22, 36)]
    bays = [bar((16, 43, height), DARK_GLASS, (0, 0, z))
            for height, z in ((4, 38), (4, 33), (2, 27), (13, 5))]
    whole = joined(bar((19, 42, 44), color), *(bays if share > 0.4 else fans))
    return rotated(whole, 'y', QUARTER if share > 0.8 else 0)


def _digital_clock(color: Color) -> Model:
    digits = [upright(wire(1.2, 2, 0.2, _GLOW, power=0.4), (x, -3, 4)) for x in (-6, -2.5, 2.5, 6)]
    return joined(bar((16, 6, 8), color), *digits)


def _alarm_clock(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return an alarm clock: digital, or with hands and two bells."""
    if kind < 0.5:
        return _digital_clock(color)
    hands = [rotated(bar((0.4, length, 4.4), BLACK, (0, length / 2, 0)), 'z', length * 9 * share)
             for length in (2.3, 3.6)]
    face = joined(disc(5, 4, color), disc(4.5, 4.2, WHITE), *hands)
    bell = rotated(revolved([(2.2, 0), (1.8, 1.2), (0, 2)], STEEL), 'y', 0.6)
    leg = bar((0.8, 2, 3), color, (2.5, -2, -6))
    handle = upright(wire(2, 3, 0.2, STEEL, half=True), (0, -2, 5))
    return joined(upright(face), mirrored(bell.placed(3, -2, 4.4, 0), leg), handle)


def _flashlight(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a flashlight, lying down or standing on its end."""
    head = 1.6 + share  # its radius
    case = rod([0, 9, 12, 16], [1.4, 1.4, head, head], color)
    glass = rod([15, 16.2], 1.3 + share, (250, 246, 210))
    switch = bar((2, 0.8, 1), STEEL, (8, 0, 0.9))
    return rotated(joined(case, glass, switch), 'y', QUARTER if kind < 0.2 else -share / 16)


def _light_bulb(rng: np.random.Generator, color: Color, kind: float, share: float) -> Model:
    """Return a light bulb, round or long, lying on its side or standing on its screw."""
    radius, half = (3 + 1.3 * share, 3 + 1.3 * share) if kind < 0.7 else (1.9, 3.5)
    thread = [(1.3 - 0.15 * (i % 2), 0.3 + 0.3 * i) for i in range(8)]
    screw = revolved([(0, 0), *thread], STEEL)
    ball = [(radius * np.cos(a), 4 + half * (0.8 + np.sin(a)))
            for a in np.linspace(-0.9, QUARTER, 12)]
    bulb = joined(screw, revolved([(1.3, 2.3), (1.4, 3), *ball], color))
    lying = QUARTER - np.arcsin((radius - 1.3) / (4 + half))
    return rotated(bulb, 'y', lying if share < 0.7 else 0)


ELECTRONICS: dict[str, Callable[[np.random.Generator], Model]] = {
    'phone': partial(made, build=_phone, colors=CASES + HUES),
    'headphones': partial(made, build=_headphones, colors=CASES + HUES),
    'camera': partial(made, build=_camera, colors=CASES),
    'tablet': partial(made, build=_tablet, colors=CASES),
    'printer': partial(made, build=_printer, colors=CASES),
    'projector': partial(made, build=_projector, colors=CASES),
    'radio': partial(made, build=_radio, colors=HUES),
    'game console': partial(made, build=_game_console, colors=CASES),
    'game controller': partial(made, build=_game_controller, colors=CASES),
    'computer': partial(made, build=_computer, colors=CASES),
    'alarm clock': partial(made, build=_alarm_clock, colors=HUES),
    'flashlight': partial(made, build=_flashlight, colors=HUES),
    'light bulb': partial(made, build=_light_bulb, colors=PALE),
}
