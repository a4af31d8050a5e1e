"""Musical instruments, metres: width is x, depth y, the front at -y, the base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.solids import rotated, settled, slab
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    BROWN,
    DARK,
    SIDES,
    STRAW,
    WHITE,
    WOOD,
    WOODS,
    Box,
    balls,
    blocks,
    boards,
    finished,
    hull,
    pick,
    tint,
)


def _piano(rng: np.random.Generator) -> Model:
    """Return an upright, a digital or a grand piano."""
    kind = rng.integers(3)
    z = rng.uniform(1, 1.3)
    color = tint(rng, BLACK, BLACK, *WOODS[1:4])
    upright: list[Box] = [
        ((1.45, 0.34, z), (0, 0.15, 0)), ((1.48, 0.38, 0.03), (0, 0.15, z)),
        ((0.7, 0.03, 0.25), (0, -0.04, 0.8))]
    digital: list[Box] = [
        ((1.45, 0.14, 0.18), (0, 0, 0.58)), ((1.3, 0.03, 0.3), (0, 0, 0.2)),
        ((0.5, 0.02, 0.2), (0, 0, 0.76))]
    back_leg: list[Box] = [((0.08, 0.08, 0.62), (-0.4, 0.9, 0))]
    rows = (upright, digital, back_leg)[kind]
    rows.append(((1.45, 0.3, 0.08), (0, -0.18, 0.58)))
    for side in SIDES:
        rows += [
            ((0.06, 0.3, 0.18), (side * 0.7, -0.18, 0.58)),
            ((0.07, 0.07, 0.6), (side * 0.69, -0.27, 0)),
            ((0.07, 0.2, 0.03), (side * 0.69, -0.1, 0))]
    black_keys = (((0.014, 0.09, 0.014), (0.036 * k - 0.63, -0.21, 0.68))
                  for k in range(36) if k % 7 not in (2, 6))
    keys = joined(
        boards(WHITE, ((1.3, 0.15, 0.02), (0, -0.24, 0.66))), boards(BLACK, *black_keys))
    parts = [boards(color, *rows), keys]
    if kind == 2:
        outline = [(0, 0), (1.44, 0), (1.44, 0.4), (1.2, 0.65), (1, 1), (0.7, 1.25), (0.2, 1.3),
                   (0, 1.1)]
        lid = rotated(slab(outline, 0.02, color), 'y', -0.6)
        parts += [
            slab(outline, 0.3, color).placed(-0.72, -0.06, 0.6, 0),
            lid.placed(-0.72, -0.06, 0.9, 0)]
    return settled(joined(*parts))


def _guitar(rng: np.random.Generator) -> Model:
    """Return an acoustic or an electric guitar that lies or leans."""
    turns = np.linspace(0, 6.2, 60)
    thick = rng.choice([4, 9, 9])
    length = rng.choice([0.55, 0.85, 0.95])
    x = np.abs(np.sin(turns)) ** 0.5 * (15.5 + 2.5 * np.cos(turns) + 5 * np.cos(2 * turns))
    outline = np.stack([x * np.sign(np.sin(turns)), -23 * np.cos(turns)], axis=1)
    if thick == 9:
        color = pick(rng, STRAW, WOOD, BROWN)
        hole_or_horns = hull(DARK, (9, 4.6), (9.6, 4.6))
    else:
        color = pick(rng)
        hole_or_horns = balls(color, ((7, 20, 4), (10, 20, 2)))
    body = slab(outline, thick + 0.4, color)
    neck = blocks(
        BROWN, ((5, 44, 2), (0, 40, thick)), ((7, 15, 1), (0, 68, thick)),
        ((10, 3, 3), (0, -11, thick)))
    whole = rotated(joined(body, hole_or_horns, neck), 'x', rng.choice([0, 1.3]))
    return finished(rng, length, 1.1 * length, whole)


INSTRUMENTS: dict[str, Callable[[np.random.Generator], Model]] = {
    'piano': _piano,
    'guitar': _guitar,
}
