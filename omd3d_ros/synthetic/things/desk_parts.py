"""Parts of things of a desk or a hall, and how such a thing is made of them.

Centimetres here; ``made`` gives metres. Width is x, depth y, the front at -y, base at z = 0.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np

from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.procedural_texture import artwork
from omd3d_ros.synthetic.shapes import Color, box, revolved
from omd3d_ros.synthetic.solids import rotated, settled, slab, tube
from omd3d_ros.synthetic.textured_box import textured_box

QUARTER = np.pi / 2  # radians
BLACK = (34, 34, 38)
GREY = (74, 76, 82)
WHITE = (232, 232, 230)
STEEL = (180, 182, 186)
DARK_GLASS = (66, 74, 100)

# colours that a thing may have
CASES = (BLACK, BLACK, GREY, WHITE, STEEL)
HUES = (BLACK, (190, 36, 40), (40, 74, 150), (38, 120, 70), (228, 186, 50), (120, 72, 142))
HIDES = (BLACK, (92, 58, 38), (140, 90, 54), (60, 40, 32), (48, 56, 80))
PALE = (STEEL, WHITE, (220, 190, 130))

Point = tuple[float, float, float]
_ORIGIN = (0.0, 0.0, 0.0)

# What builds a thing, in centimetres and anywhere, of its colour and two numbers from 0 to 1:
# its kind, and its share: how large or long something about it is, or which of two details it
# has. Some draw a part before they choose a kind that may lack it: a state's thing depends on it.
Builder = Callable[[np.random.Generator, Color, float, float], Model]


def made(rng: np.random.Generator, build: Builder, colors: Sequence[Color]) -> Model:
    """Return a thing in one of these colours, in metres: it stands on z = 0, its middle at 0."""
    thing = build(rng, pick(rng, colors), rng.random(), rng.random())
    factor = rng.uniform(0.94, 1.06, 3) * rng.uniform(0.0085, 0.0115)
    return settled(thing.stretched(factor))


def pick(rng: np.random.Generator, colors: Sequence[Color]) -> Color:
    """Return one of these colours, a little changed."""
    r, g, b = np.clip(rng.choice(np.array(colors)) + rng.normal(0, 5, 3), 5, 250)
    return int(r), int(g), int(b)


def bar(size: Point, color: Color, at: Point = _ORIGIN) -> Model:
    """Return a box of extents (x, y, z), cm; at: the middle of its base."""
    return box(size, color).placed(*at, 0.0)


def card(size: Point, radius: float, color: Color, at: Point = _ORIGIN) -> Model:
    """Return a box of extents (x, y, z) whose upright edges are round, cm.

    radius  of these edges
    at      the middle of its base
    """
    x, y, z = size
    angles = (np.arange(24) + 0.5) * np.pi / 12
    ring = np.array([(np.cos(a), np.sin(a)) for a in angles])
    outline = ring * radius + np.sign(ring) * [x / 2 - radius, y / 2 - radius]
    return slab(outline, z, color).placed(*at, 0.0)


def disc(radius: float, height: float, color: Color, at: Point = _ORIGIN) -> Model:
    """Return an upright cylinder, cm; at: the middle of its base."""
    return card((2 * radius, 2 * radius, height), radius, color, at)


def hoop(radius: float, hole: float, height: float, color: Color) -> Model:
    """Return a ring that lies on z = 0 about the z axis, its section a rectangle.

    radius, hole  outer and inner radius, cm
    """
    outline: list[tuple[float, float]] = [
        (hole, 0), (radius, 0), (radius, height), (hole, height), (hole, 0)]
    return revolved(outline, color)


def wire(
    x: float, y: float, radius: float, color: Color, *, half: bool = False, power: float = 1
) -> Model:
    """Return a wire along an ellipse of half axes x and y about the z axis in z = 0, cm.

    radius  of the wire
    half    whether there is only the half at y >= 0
    power   of its shape: 1 an ellipse, less a rectangle with ever sharper corners
    """
    angles = np.linspace(0, np.pi if half else 2 * np.pi, 21)
    ring = np.array([(np.cos(a), np.sin(a), 0) for a in angles])
    return tube(np.sign(ring) * np.abs(ring) ** power * [x, y, 0], radius, color)


def rod(xs: Sequence[float], radii: float | Sequence[float], color: Color) -> Model:
    """Return a straight rod along the x axis, cm.

    xs     (N,) where its rings are
    radii  one, or (N,) one a ring
    """
    return tube([(x, 0, 0) for x in xs], radii, color)


def extruded(outline: Sequence[tuple[float, float]], width: float, color: Color) -> Model:
    """Return what has this outline (y, z) seen from the side, cm; x = 0 is its middle.

    outline  anticlockwise corners
    width    its extent along x
    """
    flat = slab(outline, width, color).placed(0, 0, -width / 2, QUARTER)
    return rotated(flat, 'y', QUARTER)


def upright(model: Model, at: Point = _ORIGIN) -> Model:
    """Return a flat part set up: what was its top is its front, its origin is at a point, cm."""
    return rotated(model, 'x', QUARTER).placed(*at, 0.0)


def mirrored(*parts: Model) -> Model:
    """Return parts and their mirror images on the other side of x = 0."""
    one = joined(*parts)
    flip = [-1, 1, 1]
    other = dataclasses.replace(
        one, vertices=one.vertices * flip, normals=one.normals * flip, faces=one.faces[:, ::-1])
    return joined(one, other)


def screen(rng: np.random.Generator, size: Point) -> Model:
    """Return a box of extents (x, y, z), cm, with a picture on each side, bright or all but off."""
    return textured_box(size, artwork(rng) // np.uint8(rng.choice([1, 12])))
