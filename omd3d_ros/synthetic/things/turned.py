"""Parts of kitchen things: colours, turned bodies, bent rods, blocks with round corners.

Metres; width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.procedural_texture import artwork
from omd3d_ros.synthetic.shapes import Color, printed, revolved
from omd3d_ros.synthetic.solids import rotated, settled, slab, tube

QUARTER = np.pi / 2  # radians
RED = (186, 34, 36)
GREEN = (92, 142, 66)
BLUE = (66, 110, 170)
YELLOW = (238, 200, 54)
STEEL = (188, 190, 195)
DARK = (36, 36, 40)
WHITE = (240, 240, 236)
CREAM = (236, 222, 184)

_STEPS = 12  # points of a curve
# One colour of each is drawn for a thing, in this order, whether it is used or not.
_PALETTES: dict[str, tuple[Color, ...]] = {
    'paint': (WHITE, STEEL, DARK, WHITE, STEEL, RED, CREAM, (150, 196, 190)),
    'bright': (WHITE, RED, GREEN, BLUE, YELLOW, (226, 120, 40), (230, 150, 176)),
    'other': (RED, BLUE, DARK, CREAM),
    'steel': (STEEL, STEEL, STEEL, (200, 170, 100)),
    'wood': ((196, 156, 108), (150, 106, 68), (218, 188, 146)),
    'dark': (DARK,),
    'glass': ((200, 214, 216), (160, 172, 176)),
    'coffee': ((200, 214, 216), (78, 52, 38)),
    'wine': ((30, 44, 30), (44, 30, 26), (70, 90, 50), (214, 206, 150)),
    'stalk': ((86, 60, 40),),
    'crust': ((184, 122, 64), (160, 98, 50)),
    'dough': (CREAM, (184, 122, 64), (86, 56, 38)),
    'icing': (WHITE, CREAM, (230, 150, 176), (96, 62, 42)),
    'print': (WHITE,),
    'apple': (RED, RED, (150, 180, 70), (214, 180, 80)),
    'orange': ((232, 130, 34),),
    'pear': ((170, 184, 74), (206, 192, 84), (170, 136, 66)),
    'lemon': (YELLOW, (228, 214, 66)),
    'banana': (YELLOW, YELLOW, (190, 190, 70)),
    'white': (WHITE,),
}

Points = tuple[tuple[float, float], ...]


@dataclasses.dataclass(frozen=True)
class Turned:
    """A part turned about the z axis, in shares of the thing's radius and height.

    tint     name of its colour, see ``tints``; 'print' is white with a picture round it
    profile  points (r, z) from the bottom to the top of its outside
    curved   whether they are the control points of a Bezier curve
    """

    tint: str
    profile: Points
    curved: bool = False


@dataclasses.dataclass(frozen=True)
class Rod:
    """A bent rod in the plane y = 0, such as a handle or a spout.

    tint   name of its colour, see ``tints``
    radii  at both ends, metres
    line   control points (x, z) of a Bezier curve, shares of the thing's radius and height
    """

    tint: str
    radii: tuple[float, float]
    line: Points


@dataclasses.dataclass(frozen=True)
class Kind:
    """A kind of a thing that is put together from turned parts and rods.

    least, greatest  (radius, height), metres
    lean             turn about the y axis, radians: pi / 2 lays it down
    """

    least: tuple[float, float]
    greatest: tuple[float, float]
    parts: tuple[Turned | Rod, ...]
    lean: float = 0.0


# What lids and stalks of several things have in common.
LID = Turned('dark', ((0, 0.97), (0.4, 0.97), (0.4, 1.17), (0, 1.17)), curved=True)
STALK = Rod('stalk', (0.0015, 0.002), ((0, 0.7), (0, 1.05), (0.15, 1.08)))


def tints(rng: np.random.Generator) -> dict[str, Color]:
    """Return one colour of each palette, a little changed; its values are no whole numbers."""
    drawn: dict[str, Color] = {}
    for name, palette in _PALETTES.items():
        color = rng.choice(palette) * rng.normal(0.97, 0.06) + rng.normal(0, 5, 3)
        red, green, blue = np.clip(color, 6, 250)
        drawn[name] = (red, green, blue)
    return drawn


def bezier(points: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Return (12, 2) points of the Bezier curve of control points (N, 2)."""
    share = np.linspace(0, 1, _STEPS)[:, None]
    rows = np.repeat(np.array(points, float)[:, None], _STEPS, axis=1)
    while len(rows) > 1:
        rows = rows[:-1] * (1 - share) + rows[1:] * share
    return np.asarray(rows[0])


def bent_rod(color: Color, radii: tuple[float, float], line: npt.ArrayLike) -> Model:
    """Return a rod in the plane y = 0 along a Bezier curve.

    radii  at its first and its last point, metres
    line   (N, 2) control points (x, z), metres
    """
    path = np.insert(bezier(line), 1, 0, axis=1)
    return tube(path, np.linspace(*radii, _STEPS), color)


def block(size: tuple[float, float, float], color: Color, power: float = 7) -> Model:
    """Return an upright body of extents (x, y, z), metres, that stands on z = 0.

    power  of its section: 2 an ellipse, more a rectangle with ever sharper corners
    """
    x, y, z = size
    angles = np.linspace(0, 2 * np.pi, 32, endpoint=False)
    ring = np.exp(1j * angles).view(float).reshape(-1, 2)
    return slab(np.sign(ring) * np.abs(ring) ** (2 / power) * [x / 2, y / 2], z, color)


def assembled(rng: np.random.Generator, kinds: Sequence[Kind]) -> Model:
    """Return a thing of one of these kinds, in a size and colours that are drawn."""
    kind = kinds[int(rng.integers(len(kinds)))]
    between = 0.6 * rng.random() + 0.4 * rng.random(2)
    size = kind.least + np.subtract(kind.greatest, kind.least) * between
    colors = tints(rng)
    made = [_made(rng, part, size, colors[part.tint]) for part in kind.parts]
    return settled(rotated(joined(*made), 'y', kind.lean))


def _made(
    rng: np.random.Generator, part: Turned | Rod, size: npt.NDArray[np.float64], color: Color
) -> Model:
    """Return a part of a thing of this size (radius, height), metres."""
    if isinstance(part, Rod):
        return bent_rod(color, part.radii, np.array(part.line) * size)
    shares = bezier(part.profile) if part.curved else np.array(part.profile)
    body = revolved([(float(r), float(z)) for r, z in shares * size], color)
    return printed(body, [artwork(rng)], 0) if part.tint == 'print' else body
