"""Colours and building parts of household things: width is x, depth y, the front at -y.

Boards, tubes, lofts and bands are in metres. Blocks, balls, rods and hulls are in any unit, mostly
centimetres: ``finished`` gives a thing of them its size in metres.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model, joined, plain_model
from omd3d_ros.synthetic.shapes import Color, box
from omd3d_ros.synthetic.solids import rotated, settled, tube

Point = tuple[float, float, float]
Box = tuple[Point, Point]  # its size (width, depth, height), its place (x, y, z)

# large things
WHITE = (240, 240, 238)
STEEL = (180, 182, 186)
BLACK = (36, 36, 40)
RUBBER = (56, 56, 60)
WALNUT = (98, 66, 44)
OAK = (150, 104, 66)
PINE = (196, 158, 112)
WOODS = (PINE, OAK, WALNUT, (236, 234, 230), (206, 178, 140))
BLUE_CLOTH = (58, 120, 150)
CLOTHS = (
    (70, 84, 110), (140, 136, 130), (60, 60, 64), (170, 56, 50), (90, 116, 92), BLUE_CLOTH,
    (206, 150, 60))

# small things
METAL = (176, 178, 184)
DARK = (38, 38, 42)
CHALK = (238, 238, 236)
WOOD = (172, 126, 78)
BROWN = (110, 72, 46)
STRAW = (204, 172, 110)
PINK = (236, 160, 176)
ICE = (200, 220, 230)
RED = (200, 40, 38)
ORANGE = (230, 120, 40)
PAINTS = (RED, (38, 84, 170), (236, 190, 40), (40, 130, 70), ORANGE, CHALK, DARK)

QUARTER = np.pi / 2  # turn, radians
SIDES = (-1, 1)
CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))
ARC = np.linspace(-1.5, 1.5, 9)  # radians: half a turn, short of its ends

_LOFT_AROUND = 40  # corners of an oval
_HULL_AROUND = 42
_BALL = tube(np.outer(np.sin(ARC), (0, 0, 0.5)), np.cos(ARC) / 2, DARK)
_BLOCK = box((1, 1, 1), DARK).placed(0, 0, -0.5, 0)


def tint(rng: np.random.Generator, *tones: Color) -> Color:
    """Return one of some colours, a little lighter, darker or off its hue."""
    base = np.array(tones[int(rng.integers(len(tones)))]) * rng.uniform(0.88, 1.05)
    r, g, b = (int(v) for v in np.clip(base + rng.normal(0, 5, 3), 5, 250))
    return r, g, b


def pick(rng: np.random.Generator, *colors: Color) -> Color:
    """Return one of some colours, of PAINTS where none are given."""
    colors = colors or PAINTS
    return colors[rng.integers(len(colors))]


def boards(color: Color, *rows: Box) -> Model:
    """Return boxes by ((width, depth, height), (x, y, z)), metres; their base is at z."""
    return joined(*(box(size, color).placed(*place, 0) for size, place in rows))


def legs(color: Color, thick: float, width: float, depth: float, height: float) -> Model:
    """Return four square legs at the corners of a footprint round the origin, metres."""
    return boards(color, *(
        ((thick, thick, height), (i * (width - thick) / 2, j * (depth - thick) / 2, 0))
        for i, j in CORNERS))


def tubes(color: Color, radius: float, *paths: Sequence[Point]) -> Model:
    """Return round tubes along paths of (x, y, z), metres."""
    return joined(*(tube(path, radius, color) for path in paths))


def frame(color: Color, radius: float, x: float, *paths: Sequence[tuple[float, float]]) -> Model:
    """Return tubes along paths of (y, z), the same on both sides, at -x and x; metres."""
    return tubes(color, radius, *(
        [(side * x, y, z) for y, z in path] for path in paths for side in SIDES))


def wheel(radius: float, thick: float, spokes: int, color: Color) -> Model:
    """Return a ring with spokes that faces the front, its middle at the origin, metres.

    thick  radius of the tube that the ring is made of
    """
    turns = np.linspace(0, 2 * np.pi, 23)
    ring = tube([(radius * np.cos(t), 0, radius * np.sin(t)) for t in turns], thick, color)
    spoke = box((0.005, 0.005, radius), STEEL)
    return joined(ring, *(rotated(spoke, 'y', 2 * np.pi * k / spokes) for k in range(spokes)))


def loft(color: Color, power: float, *sections: tuple[float, float, float, float]) -> Model:
    """Return a body through level ovals, its first and last one closed.

    power     2: ellipses; higher: squarer
    sections  (width, depth, y of the middle, z), metres; where they turn back it is hollow
    """
    turns = np.linspace(0, 2 * np.pi, _LOFT_AROUND, endpoint=False)
    oval = np.stack([np.cos(turns), np.sin(turns)], axis=1)
    oval = np.sign(oval) * np.abs(oval) ** (2 / power)
    first, last = ((0.0, 0.0, *sections[k][2:]) for k in (0, -1))
    rings = [np.column_stack([oval * [width / 2, depth / 2] + [0, y], np.full(_LOFT_AROUND, z)])
             for width, depth, y, z in (first, *sections, last)]
    a = np.arange(_LOFT_AROUND * len(rings)).reshape(-1, _LOFT_AROUND)
    b = np.roll(a, -1, axis=1)
    quads = np.stack([a[:-1], b[:-1], b[1:], a[1:]], axis=-1).reshape(-1, 4)
    # one triangle a corner is enough where a ring is a point
    faces = np.concatenate([quads[_LOFT_AROUND:, [0, 1, 2]], quads[:-_LOFT_AROUND, [0, 2, 3]]])
    return plain_model(np.concatenate(rings), faces, color, smooth=False)


def band(color: Color, width: float, thick: float, *path: tuple[float, float]) -> Model:
    """Return a sheet along a path of (y, z), metres: cloth, a hood, a sloping board."""
    pieces = []
    for (y, z), (next_y, next_z) in pairwise(path):
        length = float(np.hypot(next_y - y, next_z - z))
        slope = float(np.arctan2(next_z - z, next_y - y))
        piece = rotated(box((width, length, thick), color), 'x', slope)
        pieces.append(piece.placed(0, (y + next_y) / 2, (z + next_z) / 2, 0))
    return joined(*pieces)


def blocks(color: Color, *rows: Box) -> Model:
    """Return boxes by ((width, depth, height), middle (x, y, z)).

    What is off x = 0 is on both sides, at -x and x.
    """
    return _copies(_BLOCK, color, rows)


def balls(color: Color, *rows: Box) -> Model:
    """Return ellipsoids by ((width, depth, height), middle (x, y, z)), on both sides as blocks."""
    return _copies(_BALL, color, rows)


def _copies(part: Model, color: Color, rows: Sequence[Box]) -> Model:
    made = joined(*(part.stretched(size).placed(side, y, z, 0)
                    for size, (x, y, z) in rows for side in sorted({x, -x})))
    return dataclasses.replace(made, colors=np.tile(np.array(color, float), (len(made.faces), 1)))


def rods(color: Color, radius: npt.ArrayLike, *paths: npt.ArrayLike) -> Model:
    """Return round rods along paths (N, 3).

    radius  one, or (N,) one a point
    paths   one whose mean is off x = 0 is on both sides
    """
    made = []
    for path in paths:
        line = np.array(path, float)
        both = abs(line[:, 0].mean()) > 1e-6
        made += [tube(line * (side, 1, 1), radius, color) for side in ((1, -1) if both else (1,))]
    return joined(*made)


def bow(
    reach: float, rise: float, span: float, z: float, y: float = 0
) -> npt.NDArray[np.float64]:
    """Return the path (9, 3) of a bow over (0, y, z): a handle, the jaw of a wrench.

    reach, rise  half axes of its ellipse, along x and z
    span         share of half a turn that it takes; 1: both ends are at the height z
    """
    return np.stack([
        reach * np.sin(span * ARC), 0 * ARC + y, z + rise * np.cos(span * ARC)], axis=1)


def hull(color: Color, *rows: Sequence[float], corner: float = 1, ribs: int = 0) -> Model:
    """Return a smooth body round the z axis, its first and last row closed.

    rows    (z, half width) or (z, half width, half depth); where they turn back it is hollow
    corner  1: round; lower: squarer
    ribs    how many ribs run along it
    """
    closed = (rows[0], *rows, rows[-1])
    z, x, y = (np.array([[row[k]] for row in closed]) for k in (0, 1, -1))
    shut = np.array([[1e-3], *([1] for _ in rows), [1e-3]])
    turns = np.linspace(0, 2 * np.pi, _HULL_AROUND + 1)
    wide = (1 + 0.15 * np.cos(ribs * turns) * (ribs > 0)) * shut
    across, along = (wide * np.sign(v) * np.abs(v) ** corner
                     for v in (np.cos(turns), np.sin(turns)))
    columns = _HULL_AROUND + 1
    a = (np.arange(len(z) - 1)[:, None] * columns + np.arange(_HULL_AROUND)).ravel()
    faces = np.concatenate([np.stack([a, a + 1, a + columns + 1], axis=1),
                            np.stack([a, a + columns + 1, a + columns], axis=1)])
    vertices = np.stack([x * across, y * along, z + 0 * across], axis=2).reshape(-1, 3)
    return plain_model(vertices, faces, color, smooth=True)


def finished(
    rng: np.random.Generator, low: float, high: float, *parts: Model, lean: float = 0
) -> Model:
    """Return parts as one thing with proportions and a shade of its own.

    low, high  least and greatest length of its longest side, metres
    lean       its turn about the x axis, radians; -QUARTER lays down what stands
    """
    own = rotated(joined(*parts).stretched(rng.uniform(0.9, 1.1, 3)), 'x', lean)
    colors = np.clip(own.colors * rng.uniform(0.8, 1.1) + rng.normal(0, 8, 3), 4, 250)
    size = rng.uniform(low, high) / float(np.ptp(own.vertices, axis=0).max())
    return settled(dataclasses.replace(own, colors=colors).scaled(size))
