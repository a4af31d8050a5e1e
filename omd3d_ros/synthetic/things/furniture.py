"""Furniture, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import Color
from omd3d_ros.synthetic.solids import settled
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    CLOTHS,
    RUBBER,
    SIDES,
    STEEL,
    WALNUT,
    WHITE,
    WOODS,
    Box,
    band,
    boards,
    frame,
    legs,
    loft,
    tint,
    tubes,
)


def _bench(rng: np.random.Generator) -> Model:
    """Return a bench: plain, padded, or with arms and a back of boards."""
    x, y, z = rng.uniform((0.9, 0.34, 0.42), (1.6, 0.45, 0.48))
    color = tint(rng, *WOODS)
    parts = [
        legs(color, 0.06, x - 0.06, y - 0.02, z),
        boards(color, *(((x, y / 3 - 0.015, 0.035), (0, k * y / 3, z)) for k in (-1, 0, 1)))]
    kind = rng.integers(3)
    if kind == 1:
        parts.append(loft(tint(rng, *CLOTHS), 9, (x, y, 0, z + 0.02), (x, y, 0, z + 0.09)))
    if kind == 2:
        rows: list[Box] = [((x, 0.025, 0.09), (0, y / 2, z + k)) for k in (0.1, 0.23, 0.36)]
        for side in SIDES:
            at = side * 0.46 * x
            rows += [
                ((0.05, 0.05, 0.92), (at, y / 2 + 0.03, 0)),
                ((0.05, y, 0.03), (at, 0, z + 0.2)),
                ((0.05, 0.05, z + 0.2), (at, 0.03 - y / 2, 0))]
        parts.append(boards(color, *rows))
    return settled(joined(*parts))


def _chest(rng: np.random.Generator) -> Model:
    """Return a trunk with a flat or a round lid, bands and a lock."""
    x, y, z = rng.uniform((0.6, 0.36, 0.32), (1.2, 0.5, 0.44))
    color = tint(rng, *WOODS, *CLOTHS)
    metal = tint(rng, BLACK, (150, 120, 70), WALNUT)
    domed = rng.random() < 0.5
    parts = [boards(
        metal, ((x + 0.014, y + 0.014, 0.02), (0, 0, 0.76 * z)),
        ((0.07, 0.03, 0.1), (0, -y / 2, 0.68 * z)), ((x + 0.06, 0.12, 0.03), (0, 0, 0.6 * z)))]
    bands = [(0.05, y + 0.012, side * 0.38 * x, metal) for side in SIDES]
    for width, depth, at, tone in ((x, y, 0, color), *bands):
        parts.append(boards(tone, ((width, depth, z + depth - y), (at, 0, 0))))
        if domed:
            parts.append(tubes(
                tone, depth / 2, [(at - width / 2, 0, z), (at + width / 2, 0, z)]))
    return settled(joined(*parts))


def _ottoman(rng: np.random.Generator) -> Model:
    """Return an ottoman: round on the floor, or square on legs."""
    square = rng.random() < 0.6
    x, y, z = rng.uniform((0.45, 0.42, 0.34), (0.9, 0.6, 0.46))
    color = tint(rng, *CLOTHS)
    if square:
        return _padded(rng, (x, y, z), 0.11, 10, color)
    return _padded(rng, (x, x, z), 0, 2, color)


def _mattress(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform((0.8, 1.85, 0.17), (1.8, 2.05, 0.28))
    return _padded(rng, (x, y, z), 0, 10, tint(rng, WHITE, (206, 212, 222)))


def _padded(
    rng: np.random.Generator, size: tuple[float, float, float], low: float, power: float,
    color: Color,
) -> Model:
    """Return a padded body with welts, on legs of a height low; power as in ``loft``."""
    x, y, z = size
    body = loft(
        color, power, (x - 0.05, y - 0.05, 0, low), (x, y, 0, low + 0.04), (x, y, 0, z - 0.04),
        (x - 0.06, y - 0.06, 0, z))
    feet = legs(tint(rng, *WOODS), 0.05, 0.7 * x, 0.7 * y, low + 0.03)
    welts = [
        loft(
            tint(rng, color, RUBBER), power, (x + 0.014, y + 0.014, 0, height),
            (x + 0.014, y + 0.014, 0, height + 0.014))
        for height in (low + 0.03, z - 0.05)]
    return settled(joined(body, feet, *welts))


def _crib(rng: np.random.Generator) -> Model:
    """Return a cot with bars all round, or with closed ends."""
    x, y, z = rng.uniform((1.2, 0.62, 0.8), (1.4, 0.72, 1))
    color = tint(rng, *WOODS)
    bars = [
        *((k * x, side * y / 2) for k in np.linspace(-0.46, 0.46, 12) for side in SIDES),
        *((side * x / 2, k * y) for k in np.linspace(-0.4, 0.4, 5) for side in SIDES)]
    end = y if rng.random() < 0.5 else 0.05
    rows: list[Box] = [((0.02, 0.02, 0.7 * z), (u, v, 0.2 * z)) for u, v in bars]
    for side in SIDES:
        for height in (0.2 * z, 0.88 * z):
            rows += [
                ((x, 0.03, 0.04), (0, side * y / 2, height)),
                ((0.03, y, 0.04), (side * x / 2, 0, height)),
                ((0.03, end, 0.76 * z), (side * x / 2, 0, 0.2 * z))]
    return settled(joined(
        legs(color, 0.05, x + 0.05, y + 0.05, z),
        boards(WHITE, ((x, y - 0.04, 0.1), (0, 0, 0.28 * z))),
        boards(color, *rows)))


def _bunk_bed(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform((1.9, 0.85, 1.5), (2.05, 1, 1.75))
    color = tint(rng, *WOODS, STEEL)
    ladder = rng.choice(SIDES) * (x / 2 - 0.3)
    front = -y / 2 - 0.05
    beds = (0.25, z - 0.45)
    cloth = tint(rng, *CLOTHS)
    rows: list[Box] = [
        ((0.4, 0.05, 0.03), (ladder, front, height)) for height in np.arange(0.25, z - 0.3, 0.26)]
    for side in SIDES:
        rows += [
            ((0.04, 0.05, z - 0.05), (ladder + side * 0.2, front, 0)),
            ((x, 0.025, 0.1), (0, side * y / 2, z - 0.13)),
            *(((x, 0.025, 0.14), (0, side * y / 2, low)) for low in beds),
            *(((0.025, y, 0.4), (side * x / 2, 0, low)) for low in beds)]
    bedding = []
    for low in beds:
        bedding += [
            boards(WHITE, ((x - 0.05, y - 0.04, 0.17), (0, 0, low + 0.05))),
            boards(cloth, ((0.66 * x, y - 0.04, 0.06), (-0.14 * x, 0, low + 0.2)))]
    return settled(joined(
        legs(color, 0.07, x + 0.06, y + 0.06, z), boards(color, *rows), *bedding))


def _coat_rack(rng: np.random.Generator) -> Model:
    """Return a stand with hooks round its pole, or a board for the wall; coats may hang on it."""
    z = rng.uniform(1.55, 1.85)
    x = rng.uniform(0.85, 1.3)
    color = tint(rng, *WOODS, BLACK, STEEL)
    stand = rng.random() < 0.6
    hooks: list[tuple[float, float, float]]  # x, y of its end, and the way it points
    if stand:
        hooks = [(0.14 * np.cos(turn), 0.14 * np.sin(turn), turn) for turn in range(6)]
    else:
        hooks = [(x * (k / 5.6 - 0.45), -0.05, 0) for k in range(6)]
    coats = [
        loft(
            tint(rng, *CLOTHS), 2.5, (0.44, 0.2, 0, -0.9), (0.4, 0.17, 0, -0.45),
            (0.36, 0.12, 0, -0.12), (0.1, 0.06, 0, 0),
        ).placed(u, v, z - 0.06, turn + 1.57 * stand)
        for u, v, turn in hooks[1:5:rng.integers(2, 6)]]
    if stand:
        feet = [[(0, 0, 0.25), (1.9 * u, 1.9 * v, 0.02)] for u, v, _ in hooks]
        base = tubes(color, 0.022, [(0, 0, 0.05), (0, 0, z + 0.05)], *feet)
    else:
        base = boards(color, ((x, 0.02, 0.13), (0, 0.01, z - 0.1)))
    return settled(joined(base, *coats, tubes(color, 0.012, *(
        [(0 if stand else u, 0, z - 0.1), (u, v, z - 0.07), (1.1 * u, 1.2 * v, z)]
        for u, v, _ in hooks))))


def _deck_chair(rng: np.random.Generator) -> Model:
    """Return a folding frame with a sling of cloth, or a low chair of boards."""
    wood = tint(rng, *WOODS)
    cloth = tint(rng, *CLOTHS)
    x = rng.uniform(0.26, 0.31)
    if rng.random() < 0.35:
        seat = band(wood, 2 * x, 0.02, (-0.4, 0.36), (0.2, 0.24))
        back = [
            band(wood, 0.1, 0.02, (0.2, 0.24), (0.5, 1 - 0.02 * k * k)).placed(k * 0.112, 0, 0, 0)
            for k in (-2, -1, 0, 1, 2)]
        rows: list[Box] = []
        for side in SIDES:
            rows += [
                ((0.13, 0.7, 0.025), (side * (x + 0.04), -0.06, 0.56)),
                ((0.03, 0.1, 0.56), (side * (x + 0.02), -0.35, 0))]
        rails = frame(
            wood, 0.03, x, [(-0.38, 0.33), (0.5, 0.03)], [(0.25, 0.57), (0.25, 0.1)])
        return settled(joined(seat, *back, boards(wood, *rows), rails))
    sag = [(0.47 - 0.94 * t, (1 - t) ** 2 + 0.3 * t * (1 - t) + 0.42 * t * t)
           for t in np.linspace(0, 1, 9)]
    return settled(joined(
        band(cloth, 2 * x - 0.06, 0.01, *sag[::-1]),
        band(tint(rng, WHITE, *CLOTHS), 0.6 * x, 0.014, *sag[::-1]),
        frame(
            wood, 0.018, x, [(-0.42, 0), (0.47, 1)], [(-0.47, 0.42), (0.42, 0)],
            [(0.2, 0.7), (0.42, 0.06)]),
        tubes(wood, 0.016, *(
            [(-x, y, z), (x, y, z)]
            for y, z in ((0.47, 1), (-0.47, 0.42), (0.42, 0.02), (-0.42, 0.02))))))


def _high_chair(rng: np.random.Generator) -> Model:
    """Return a high chair: a tube frame and a padded seat, or boards on leaning uprights."""
    color = tint(rng, *WOODS, STEEL)
    padding = tint(rng, WHITE, *CLOTHS)
    x, z = rng.uniform((0.2, 0.5), (0.24, 0.6))
    tray = loft(tint(rng, WHITE, color), 4, *(
        (2 * x + more, 0.28 + more, -0.24, z + up)
        for more, up in ((0.02, 0.17), (0.06, 0.19), (0.06, 0.21), (0.02, 0.2))))
    if rng.random() < 0.4:
        uprights = frame(
            color, 0.022, x, [(-0.24, 0.02), (0.26, 0.02)], [(-0.22, 0.02), (0.2, z + 0.35)])
        seat_foot_and_slats = boards(color, *(
            ((2 * x, depth, 0.025), (0, y, height)) for depth, y, height in (
                (0.32, -0.02, z), (0.3, -0.12, 0.5 * z), (0.03, 0.15, z + 0.2),
                (0.03, 0.2, z + 0.32), (0.03, 0.2, 0.01))))
        return settled(joined(tray, uprights, seat_foot_and_slats))
    return settled(joined(
        tray,
        frame(
            color, 0.016, x, [(-0.3, 0), (-0.1, z), (-0.24, z + 0.17)],
            [(0.28, 0), (0.1, z), (0.2, z + 0.3)]),
        boards(color, ((2 * x, 0.12, 0.02), (0, -0.25, 0.4 * z))),
        loft(padding, 4, (0.36, 0.34, 0, z - 0.03), (0.4, 0.38, 0, z + 0.03)),
        band(padding, 0.36, 0.05, (0.15, z), (0.25, z + 0.42))))


FURNITURE: dict[str, Callable[[np.random.Generator], Model]] = {
    'bench': _bench,
    'chest': _chest,
    'ottoman': _ottoman,
    'mattress': _mattress,
    'crib': _crib,
    'bunk bed': _bunk_bed,
    'coat rack': _coat_rack,
    'deck chair': _deck_chair,
    'high chair': _high_chair,
}
