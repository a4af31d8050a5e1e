"""Varied tools to cook and eat with, metres: width is x, depth y, the front at -y, base at z = 0.

Each lies along x.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.procedural_texture import boards
from omd3d_ros.synthetic.shapes import Color, bowl, box
from omd3d_ros.synthetic.solids import rotated, settled, slab
from omd3d_ros.synthetic.textured_box import textured_box
from omd3d_ros.synthetic.things.turned import DARK, STEEL, bent_rod, block, tints


def _knife(rng: np.random.Generator) -> Model:
    """Return a cook's knife, a bread knife, or a table knife."""
    length, depth, grip_length = rng.uniform((0.1, 0.022, 0.09), (0.22, 0.05, 0.13))
    colors = tints(rng)
    kind = rng.integers(3)
    # the depth of the blade at 0.7 and 0.9 of its length, in shares of that at the grip
    if kind == 0:
        middle, end, grip_height, tint = 0.85, 0.45, 0.016, 'other'
    elif kind == 1:
        depth, middle, end, grip_height, tint = 0.03, 1, 0.9, 0.016, 'wood'
    else:
        length, depth, middle, end, grip_height, tint = 0.11, 0.02, 1, 0.8, 0.005, 'steel'
    edge = [(0, -depth), (0.7 * length, -middle * depth), (0.9 * length, -end * depth),
            (length, -0.1 * depth), (0, 0)]
    grip = block((grip_length, 0.02, grip_height), colors[tint], 5)
    grip = grip.placed(0.01 - grip_length / 2, -0.01, -grip_height / 2, 0)
    return settled(joined(slab(edge, 0.002, STEEL), grip))


def _flat_grip(length: float, half: float, color: Color) -> Model:
    """Return the grip of a fork or a spoon, up to its half width, that rises from the head."""
    outline = [(0, -0.003), (length, -half), (length + half / 2, 0), (length, half), (0, 0.003)]
    return rotated(slab(outline, 0.003, color), 'y', 0.08).placed(-0.002, 0, 0.011, 0)


def _fork(rng: np.random.Generator) -> Model:
    """Return a fork of three or four tines."""
    length, half, _ = rng.uniform((0.1, 0.006, 0.018), (0.15, 0.011, 0.032))
    steel = tints(rng)['steel']
    palm = slab([(-0.03, -half), (0, -0.003), (0, 0.003), (-0.03, half)], 0.0025, steel)
    palm = rotated(palm, 'y', -0.35).placed(0, 0, 0.01, 0)
    tine = bent_rod(steel, (0.001, 0.0018), [(-0.07, 0.012), (-0.05, -0.005), (-0.026, 0.002)])
    count = int(rng.choice([3, 4, 4]))
    tines = [tine.placed(0, y, 0, 0) for y in np.linspace(-half, half, count)]
    return settled(joined(_flat_grip(length, half, steel), palm, *tines))


def _spoon(rng: np.random.Generator) -> Model:
    """Return a table spoon, or a cook's spoon of wood."""
    length, half, radius = rng.uniform((0.1, 0.006, 0.018), (0.15, 0.011, 0.032))
    colors = tints(rng)
    if rng.random() < 0.4:
        color, radius = colors['wood'], 0.036
        grip = bent_rod(color, (0.005, 0.008), [(-0.005, 0.01), (2 * length, 0.014)])
    else:
        color = colors['steel']
        grip = _flat_grip(length, half, color)
    head = bowl(color, radius, 0.35 * radius).placed(-radius, 0, 0, 0)
    head = dataclasses.replace(head, vertices=head.vertices * [1, 0.65, 1])
    return settled(joined(head, grip))


def _ladle(rng: np.random.Generator) -> Model:
    """Return a ladle, of steel or dark, that lies on its grip."""
    radius, length, rise = rng.uniform((0.03, 0.2, 0.5), (0.05, 0.3, 1))
    color = DARK if rng.integers(2) else STEEL
    x = radius + length * np.cos(rise)
    z = 0.9 * radius + length * np.sin(rise)
    grip = bent_rod(color, (0.005, 0.008),
                    [(radius - 0.003, 0.8 * radius), (x, z), (x + 0.01, z - 0.04)])
    return settled(rotated(joined(bowl(color, radius, 0.9 * radius), grip), 'y', rise))


def _spatula(rng: np.random.Generator) -> Model:
    """Return a soft scraper with a grip of wood, or a turner with slots."""
    depth, length, end = rng.uniform((0.05, 0.08, 0.18), (0.09, 0.12, 0.26))
    colors = tints(rng)
    if rng.random() < 0.4:
        grip = bent_rod(colors['wood'], (0.006, 0.008), [(0.1 * length, 0.005), (end, 0.008)])
        return settled(joined(block((length, 0.7 * depth, 0.009), colors['bright'], 5), grip))
    bars = [box((length, depth / 7, 0.002), STEEL).placed(0, k * depth / 4, 0, 0)
            for k in range(-2, 3)]
    ends = [box((0.02, depth, 0.002), STEEL).placed(k * length / 2, 0, 0, 0) for k in (-1, 1)]
    grip = bent_rod(colors['other'], (0.004, 0.009),
                    [(0.4 * length, 0), (0.8 * length, 0.05), (end, 0.05)])
    return settled(joined(*bars, *ends, grip))


def _cutting_board(rng: np.random.Generator) -> Model:
    """Return a cutting board: of glued boards, or of one colour, some with a grip and a hole."""
    x, y, z = rng.uniform((0.28, 0.18, 0.01), (0.42, 0.28, 0.025))
    colors = tints(rng)
    if rng.random() < 0.4:
        return textured_box((x, y, z), boards(rng), 0.3)
    color = colors['bright' if rng.integers(2) else 'wood']
    parts = [block((x, y, z), color, 9)]
    if rng.integers(2):
        grip = block((0.35 * x, 0.25 * y, z), color, 4).placed(0.55 * x, 0, 0, 0)
        hole = block((0.02, 0.02, z + 0.001), DARK, 2).placed(0.66 * x, 0, 0, 0)
        parts += [grip, hole]
    return settled(joined(*parts))


CUTLERY: dict[str, Callable[[np.random.Generator], Model]] = {
    'knife': _knife,
    'fork': _fork,
    'spoon': _spoon,
    'ladle': _ladle,
    'spatula': _spatula,
    'cutting board': _cutting_board,
}
