"""Things for fire and against it, metres: width x, depth y, the front at -y, base at z = 0."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic import procedural_texture
from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.shapes import revolved
from omd3d_ros.synthetic.solids import settled, tube
from omd3d_ros.synthetic.textured_box import textured_box
from omd3d_ros.synthetic.things.parts import (
    BLACK,
    CHALK,
    ICE,
    METAL,
    OAK,
    PAINTS,
    RUBBER,
    STEEL,
    WHITE,
    WOODS,
    blocks,
    boards,
    bow,
    finished,
    hull,
    pick,
    rods,
    tint,
    tubes,
)


def _fireplace(rng: np.random.Generator) -> Model:
    """Return a mantel of bricks, stone or wood round a black opening with logs."""
    x, z, thick = rng.uniform((1.1, 0.95, 0.18), (1.6, 1.2, 0.28))
    if rng.random() < 0.5:
        image = procedural_texture.boards(rng)
    else:
        image = np.full((8, 8, 3), tint(rng, WHITE, (168, 160, 150), OAK), np.uint8)
    chimney = rng.choice((0.02, 0.7))
    mantel = [
        textured_box((width, 0.32, height), image, 0.45).placed(at, 0, low, 0)
        for width, height, at, low in (
            (thick, z, (thick - x) / 2, 0), (thick, z, (x - thick) / 2, 0),
            (x, thick, 0, z - thick), (0.8 * x, chimney, 0, z))]
    logs = ([(-0.17 * x, y, height), (0.17 * x, y + 0.03, height)]
            for y, height in ((-0.08, 0.09), (0.02, 0.09), (-0.03, 0.17)))
    return settled(joined(
        *mantel,
        boards(tint(rng, *WOODS), ((x + 0.14, 0.42, 0.06), (0, -0.02, z))),
        boards(BLACK, ((x - thick, 0.04, z - thick), (0, 0.14, 0))),
        boards(RUBBER, ((x + 0.1, 0.66, 0.04), (0, -0.17, 0))),
        tubes((112, 78, 52), 0.045, *logs)))


def _fire_extinguisher(rng: np.random.Generator) -> Model:
    """Return a fire extinguisher; its hose ends in a nozzle or a horn."""
    r, z = rng.uniform((0.045, 0.26), (0.085, 0.5))
    horn = rng.choice((0.014, 0.03))
    body = revolved([
        (0, 0), (0.9 * r, 0), (r, 0.02), (r, 0.82 * z), (0.8 * r, 0.93 * z), (0.3 * r, z),
        (0, z)], tint(rng, (190, 28, 30)))
    label = revolved([(r + 0.001, 0.35 * z), (r + 0.001, 0.66 * z)], WHITE)
    end = [(r, 0, 0.8 * z), (r + 0.02, 0, 0.5 * z), (r + 0.02, 0, 0.2 * z)]
    valve = [(0, 0, z), (0, 0, z + 0.05)]
    lever = [(0.03, 0, z + 0.04), (-0.11, 0, z + 0.09)]
    grip = [(0.02, 0, z + 0.03), (-0.1, 0, z + 0.03)]
    gauge = [(0, -0.01, z + 0.03), (0, -0.04, z + 0.03)]
    return settled(joined(
        body, label,
        tubes(BLACK, 0.011, [(-0.02, 0, z + 0.03), (0.8 * r, 0, z + 0.03), *end]),
        tubes(BLACK, horn, end[1:]),
        tubes(STEEL, 0.012, valve, lever, grip, gauge)))


def _lantern(rng: np.random.Generator) -> Model:
    """Return a storm lantern, or a square one with a candle."""
    paint = pick(rng, METAL, *PAINTS)
    z = rng.uniform(14, 24)
    storm = joined(
        hull(paint, (0, 6), (4, 6), (5, 3)),
        hull(paint, (15, 3.8), (20, 2)),
        hull(CHALK, (5.4, 3), (8, 4.6), (11, 4.6), (15, 3)),
        rods(paint, 0.4, bow(6.4, 11, 1.2, 13)))
    square = joined(
        hull(paint, (z, 8), (z + 4, 3), corner=0.3),
        hull(CHALK, (1, 3), (z / 2, 3)),
        rods(paint, 0.4, bow(2, 2, 2, z + 6)),
        blocks(
            paint, ((12, 12, 2), (0, 0, 1)),
            *(((1, 1, z), (5.4, y, z / 2)) for y in (-5.4, 5.4))))
    return finished(rng, 0.2, 0.4, (storm, square)[rng.integers(2)])


def _ashtray(rng: np.random.Generator) -> Model:
    """Return a square or a round ashtray with up to three cigarettes."""
    color = pick(rng, METAL, ICE, *PAINTS)
    ends = ((0, 4), (1, -4), (-3, -1))[:rng.integers(4)]
    square = blocks(
        color, ((12, 12, 1), (0, 0, 0)),
        *(((5.2, 2, 3), (3.4, y, 2)) for y in (-5, 5)),
        *(((2, 5, 3), (5, y, 2)) for y in (-3.4, 3.4)))
    dish = hull(color, (0, 6), (3, 7), (3, 5.4), (1, 5))
    cigarettes = [tube([(a, a, 1.6), (b, 3, 3)], 0.4, CHALK) for a, b in ends]
    return finished(rng, 0.09, 0.17, (square, dish)[rng.integers(2)], *cigarettes)


FIRE: dict[str, Callable[[np.random.Generator], Model]] = {
    'fireplace': _fireplace,
    'fire extinguisher': _fire_extinguisher,
    'lantern': _lantern,
    'ashtray': _ashtray,
}
