"""Varied things on walls: the same number gives the same one.

Width is x, depth y, the back at +y, the base at z = 0; metres.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic import procedural_texture, shapes
from omd3d_ros.synthetic.model import Model, joined, plain_model
from omd3d_ros.synthetic.textured_box import textured_box

_FRAMES = ((236, 234, 230), (120, 82, 50), (60, 44, 34), (30, 30, 32), (190, 150, 70),
           (150, 150, 154))


def _frame_color(rng: np.random.Generator) -> shapes.Color:
    base = np.array(_FRAMES[int(rng.integers(len(_FRAMES)))]) + rng.normal(0, 6, 3)
    r, g, b = (int(v) for v in np.clip(base, 8, 250))
    return r, g, b


def _frame(x: float, z: float, width: float, depth: float, color: shapes.Color) -> Model:
    """Return four bars round an opening of the outer size (x, z)."""
    bar = shapes.box((x, depth, width), color)
    post = shapes.box((width, depth, z - 2 * width), color)
    return joined(bar, bar.placed(0, 0, z - width, 0),
                  post.placed(-(x - width) / 2, 0, width, 0),
                  post.placed((x - width) / 2, 0, width, 0))


def _picture(rng: np.random.Generator) -> Model:
    x, z = rng.uniform(0.2, 0.9), rng.uniform(0.2, 0.75)
    image = procedural_texture.artwork(rng)
    if rng.random() < 0.25:  # a poster: paper alone
        return textured_box((x, 0.006, z), image)
    width, depth = rng.uniform(0.012, 0.05), rng.uniform(0.015, 0.04)
    sheet = textured_box((x - width, depth / 2, z - width), image).placed(
        0, depth / 4, width / 2, 0)
    return joined(_frame(x, z, width, depth, _frame_color(rng)), sheet)


def _mirror(rng: np.random.Generator) -> Model:
    x, z = rng.uniform(0.35, 0.8), rng.uniform(0.5, 1.3)
    grey = int(rng.uniform(150, 215))
    shine = np.linspace(grey - 25, grey + 30, 64)[:, None] + np.linspace(-12, 12, 64)
    glass = np.repeat(np.clip(shine, 0, 255).astype(np.uint8)[:, :, None], 3, axis=2)
    width = rng.uniform(0.012, 0.06)
    return joined(_frame(x, z, width, 0.03, _frame_color(rng)),
                  textured_box((x - width, 0.012, z - width), glass).placed(0, 0.008, width / 2,
                                                                            0))


def _clock(rng: np.random.Generator) -> Model:
    r, color = rng.uniform(0.11, 0.19), _frame_color(rng)
    face = (236, 234, 226) if rng.random() < 0.7 else (40, 40, 44)
    hands = (20, 20, 22) if face[0] > 100 else (230, 230, 230)
    disc = shapes.revolved([(0, 0), (r, 0), (r, 0.035), (0.9 * r, 0.04), (0.9 * r, 0.03)], color)
    dial = shapes.revolved([(0.9 * r, 0.03), (0, 0.03)], face)
    long = shapes.box((0.012, 0.75 * r, 0.003), hands).placed(0, 0.35 * r, 0.031, 0)
    short = shapes.box((0.015, 0.5 * r, 0.003), hands).placed(0, 0.22 * r, 0.031, 0)
    flat = joined(disc, dial, long.placed(0, 0, 0, rng.uniform(0, 6.28)),
                  short.placed(0, 0, 0, rng.uniform(0, 6.28)))
    return standing(flat)


def _window(rng: np.random.Generator) -> Model:
    x, z = rng.uniform(0.7, 1.8), rng.uniform(0.9, 1.4)
    color = (236, 236, 234) if rng.random() < 0.7 else _frame_color(rng)
    sky = np.linspace(rng.uniform(190, 250), rng.uniform(120, 220), 64)[:, None, None]
    view = np.clip(np.broadcast_to(sky * np.array([0.93, 0.98, 1.05]), (64, 64, 3)), 0, 255).copy()
    view[int(rng.uniform(24, 60)):] *= np.array([0.6, 0.75, 0.55])
    pane = textured_box((x - 0.05, 0.02, z - 0.05), view.astype(np.uint8)).placed(0, 0.02, 0.025, 0)
    parts = [_frame(x, z, rng.uniform(0.045, 0.08), 0.06, color), pane]
    for place in np.linspace(-0.5, 0.5, int(rng.integers(1, 4)) + 1)[1:-1]:
        parts.append(shapes.box((0.06, 0.05, z - 0.06), color).placed(place * x, 0, 0.03, 0))
    if rng.random() < 0.6:  # a sill
        parts.append(shapes.box((x + 0.1, 0.09, 0.03), color).placed(0, -0.015, 0, 0))
    return joined(*parts)


def _door(rng: np.random.Generator) -> Model:
    x, z, color = rng.uniform(0.75, 0.98), rng.uniform(1.98, 2.1), _frame_color(rng)
    leaf = color if rng.random() < 0.6 else _frame_color(rng)
    parts = [shapes.box((x - 0.1, 0.035, z - 0.06), leaf).placed(0, 0.012, 0.005, 0)]
    parts += [shapes.box((0.07, 0.06, z), color).placed(i * (x - 0.07) / 2, 0, 0, 0)
              for i in (-1, 1)]
    parts.append(shapes.box((x - 0.14, 0.06, 0.07), color).placed(0, 0, z - 0.07, 0))
    side = rng.choice([-1, 1])
    parts.append(shapes.box((0.12, 0.02, 0.02), (160, 160, 164)).placed(
        side * (x / 2 - 0.17), -0.045, 1.0, 0))
    parts.append(shapes.box((0.03, 0.05, 0.03), (160, 160, 164)).placed(
        side * (x / 2 - 0.13), -0.025, 0.995, 0))
    for low, high in ((0.15, 0.8), (1.1, 1.85)) if rng.random() < 0.6 else ():
        panel = (int(0.88 * leaf[0]), int(0.88 * leaf[1]), int(0.88 * leaf[2]))
        parts.append(shapes.box((x - 0.35, 0.008, high - low), panel).placed(0, -0.008, low, 0))
    return joined(*parts)


def _curtain(rng: np.random.Generator) -> Model:
    """Return a cloth that hangs in folds."""
    x, z, folds = rng.uniform(0.45, 1.0), rng.uniform(1.5, 2.2), rng.uniform(9, 16)
    base = rng.uniform(60, 235) + rng.normal(0, 30, 3)
    r, g, b = (int(v) for v in np.clip(base, 15, 250))
    u = np.linspace(-0.5, 0.5, 72)
    rows = np.linspace(0, 1, 10)
    wide, high = np.meshgrid(u, rows)
    deep = 0.035 * np.sin(2 * np.pi * folds * wide) * (1 - 0.3 * high)
    front = np.stack([wide * x, deep - 0.004, high * z], axis=-1).reshape(-1, 3)
    cells = np.arange(9)[:, None] * 72 + np.arange(71)
    quads = np.stack([cells, cells + 1, cells + 73, cells + 72], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    back = front + np.array([0, 0.008, 0])
    both = np.concatenate([front, back])
    return plain_model(both, np.concatenate([faces, faces[:, ::-1] + len(front)]), (r, g, b),
                       smooth=True)


def _radiator(rng: np.random.Generator) -> Model:
    x, z, step = rng.uniform(0.5, 1.4), rng.uniform(0.4, 0.65), rng.uniform(0.04, 0.08)
    tone = int(rng.uniform(205, 245))
    color = (tone, tone, tone - 4)
    parts = [shapes.box((x, 0.05, z), color)]
    count = int(x / step)
    parts += [shapes.box((0.6 * step, 0.03, 0.92 * z), color).placed(
        (k + 0.5) * x / count - x / 2, -0.035, 0.04 * z, 0) for k in range(count)]
    return joined(*parts)


def _wall_shelf(rng: np.random.Generator) -> Model:
    x, y, t, color = (rng.uniform(0.5, 1.2), rng.uniform(0.18, 0.28), rng.uniform(0.02, 0.04),
                      _frame_color(rng))
    prop = shapes.box((0.025, 0.8 * y, 0.05), color)
    return joined(shapes.box((x, y, t), color).placed(0, 0, 0.05, 0),
                  *(prop.placed(i * 0.35 * x, 0.1 * y, 0, 0) for i in (-1, 1)))


def _upper_cabinet(rng: np.random.Generator) -> Model:
    x, y, z, color = (rng.uniform(0.4, 1.0), rng.uniform(0.3, 0.36), rng.uniform(0.55, 0.8),
                      _frame_color(rng))
    doors = int(rng.integers(1, 3))
    leaf = shapes.box((x / doors - 0.008, 0.02, z - 0.01), color)
    knob = shapes.box((0.02, 0.02, 0.08), (150, 150, 152))
    parts = [shapes.box((x, y, z), (228, 226, 222)).placed(0, 0.01, 0, 0)]
    for k in range(doors):
        at = -x / 2 + (k + 0.5) * x / doors
        parts += [leaf.placed(at, -y / 2, 0.005, 0), knob.placed(at, -y / 2 - 0.015, 0.03, 0)]
    return joined(*parts)


def _towel(rng: np.random.Generator) -> Model:
    x, z = rng.uniform(0.3, 0.55), rng.uniform(0.45, 0.9)
    image = procedural_texture.woven(rng)
    bar = shapes.box((x + 0.08, 0.02, 0.02), (170, 170, 174)).placed(0, 0.02, z - 0.02, 0)
    return joined(textured_box((x, 0.03, z), image), bar)


def standing(flat: Model) -> Model:
    """Return a model that lay on its back upright: its top side becomes its front, at -y."""
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])  # of row vectors: y up, z to -y
    vertices = flat.vertices @ turn
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    centre = (low + high) / 2
    return Model(vertices - [centre[0], centre[1], low[2]], flat.normals @ turn, flat.faces,
                 flat.colors, flat.uv, flat.texture, flat.images)


WALL_FITTINGS: dict[str, Callable[[np.random.Generator], Model]] = {
    'picture': _picture, 'mirror': _mirror, 'clock': _clock, 'window': _window, 'door': _door,
    'curtain': _curtain, 'radiator': _radiator, 'wall shelf': _wall_shelf, 'towel': _towel,
    'upper cabinet': _upper_cabinet,
}
