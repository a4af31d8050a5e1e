"""Varied lamps, textiles, screens and loose things: the same number gives the same one.

Width is x, depth y, the front at -y, the base at z = 0; metres.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic import procedural_texture, shapes
from omd3d_ros.synthetic.model import Model, joined, plain_model
from omd3d_ros.synthetic.solids import settled
from omd3d_ros.synthetic.textured_box import textured_box

_DARK = (34, 34, 38)


def _color(rng: np.random.Generator, spread: float = 45) -> shapes.Color:
    r, g, b = (int(v) for v in np.clip(rng.uniform(40, 220) + rng.normal(0, spread, 3), 8, 248))
    return r, g, b


def _cushion(x: float, y: float, z: float, image: procedural_texture.Texture) -> Model:
    """Return a soft body: thick in the middle, thin at the edge; its underside is flat."""
    n = 14
    s = np.linspace(-1, 1, n)
    a, b = np.meshgrid(s, s)
    full = ((1 - a ** 4) * (1 - b ** 4)) ** 0.35
    pinch = 1 - 0.1 * (1 - np.abs(a) ** 2) * np.abs(b) ** 3
    top = np.stack([a * x / 2 * pinch, b * y / 2, z * (0.3 + 0.7 * full)], axis=-1).reshape(-1, 3)
    low = np.stack([a * x / 2 * pinch, b * y / 2, 0.3 * z * (1 - full)], axis=-1).reshape(-1, 3)
    cells = np.arange(n - 1)[:, None] * n + np.arange(n - 1)
    quads = np.stack([cells, cells + 1, cells + n + 1, cells + n], axis=-1).reshape(-1, 4)
    faces = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    made = plain_model(np.concatenate([top, low]), np.concatenate([faces, faces[:, ::-1] + n * n]),
                       (200, 200, 200), smooth=True)
    uv = np.tile(np.stack([a, b], axis=-1).reshape(-1, 2) * 0.499 + 0.5, (2, 1))
    return dataclasses.replace(made, uv=uv, texture=np.zeros(len(made.faces), np.int64),
                               images=(image,))


def _pillow(rng: np.random.Generator) -> Model:
    x = rng.uniform(0.36, 0.6)
    return _cushion(x, rng.uniform(0.34, 0.44), rng.uniform(0.1, 0.16),
                    procedural_texture.woven(rng))


def _blanket(rng: np.random.Generator) -> Model:
    """Return a folded blanket: two or three layers."""
    x, y, count = rng.uniform(0.35, 0.65), rng.uniform(0.3, 0.5), int(rng.integers(2, 4))
    image = procedural_texture.woven(rng)
    return joined(*(_cushion(x - 0.02 * k, y - 0.02 * k, 0.05, image).placed(0, 0, 0.034 * k, 0)
                    for k in range(count)))


def _rug(rng: np.random.Generator) -> Model:
    x, y = rng.uniform(1.1, 2.4), rng.uniform(0.8, 1.6)
    return textured_box((x, y, rng.uniform(0.006, 0.009)), procedural_texture.woven(rng))


def _screen(rng: np.random.Generator, x: float, z: float) -> Model:
    """Return a flat panel: dark, or with a picture on it."""
    image = procedural_texture.artwork(rng) if rng.random() < 0.4 else np.full(
        (8, 8, 3), rng.integers(14, 40), np.uint8)
    body = shapes.box((x, 0.035, z), _DARK if rng.random() < 0.8 else (190, 190, 194))
    return joined(body, textured_box((x - 0.03, 0.004, z - 0.03), image).placed(0, -0.0185, 0.015,
                                                                              0))


def _television(rng: np.random.Generator) -> Model:
    x = rng.uniform(0.7, 1.35)
    z = 0.58 * x
    legs = [shapes.box((0.04, 0.22, 0.06), _DARK).placed(i * 0.32 * x, 0, 0, 0) for i in (-1, 1)]
    return joined(_screen(rng, x, z).placed(0, 0, 0.05, 0), *legs)


def _monitor(rng: np.random.Generator) -> Model:
    x = rng.uniform(0.45, 0.68)
    foot = shapes.box((0.24, 0.18, 0.012), _DARK)
    neck = shapes.box((0.05, 0.03, 0.2), _DARK).placed(0, 0.035, 0.01, 0)
    return joined(_screen(rng, x, rng.uniform(0.52, 0.62) * x).placed(0, 0, 0.09, 0), foot, neck)


def _keyboard(rng: np.random.Generator) -> Model:
    x, y, dark = rng.uniform(0.3, 0.46), rng.uniform(0.11, 0.16), rng.random() < 0.6
    body, key = ((40, 40, 44), (62, 62, 68)) if dark else ((210, 210, 212), (238, 238, 240))
    rows = [shapes.box((x - 0.02, 0.012, 0.005), key).placed(0, (k - 2) * 0.18 * y, 0.016, 0)
            for k in range(5)]
    return joined(shapes.box((x, y, 0.017), body), *rows)


def _mouse(rng: np.random.Generator) -> Model:
    image = np.full((4, 4, 3), rng.choice([40, 70, 210]), np.uint8)
    return _cushion(rng.uniform(0.055, 0.07), rng.uniform(0.095, 0.12), 0.035, image)


def _laptop(rng: np.random.Generator) -> Model:
    x, y = rng.uniform(0.3, 0.38), rng.uniform(0.21, 0.26)
    color = (176, 178, 182) if rng.random() < 0.6 else (48, 48, 52)
    keys = shapes.box((x - 0.05, 0.45 * y, 0.002), (30, 30, 34)).placed(0, 0.12 * y, 0.018, 0)
    lid = joined(textured_box((x - 0.02, 0.004, y - 0.02), procedural_texture.artwork(rng)).placed(
        0, -0.004, 0.01, 0), shapes.box((x, 0.006, y), color).placed(0, 0.001, 0, 0))
    tilt = rng.uniform(0.15, 0.45)
    turn = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    lid = dataclasses.replace(lid, vertices=lid.vertices @ turn, normals=lid.normals @ turn)
    whole = joined(shapes.box((x, y, 0.018), color), keys, lid.placed(0, y / 2 - 0.004, 0.017, 0))
    return settled(whole)


def _lamp_shade(rng: np.random.Generator, r: float, low: float, high: float) -> Model:
    narrow = r * rng.uniform(0.5, 1.0)
    tone = rng.uniform(190, 250)
    color = (int(tone), int(tone * 0.97), int(tone * rng.uniform(0.75, 0.95)))
    if rng.random() < 0.3:
        color = _color(rng)
    return shapes.revolved([(r, low), (narrow, high), (narrow - 0.004, high), (r - 0.004, low)],
                           color)


def _lamp(rng: np.random.Generator) -> Model:
    z, foot = rng.uniform(0.3, 0.55), rng.uniform(0.05, 0.09)
    color = _color(rng)
    body = shapes.revolved([(0, 0), (foot, 0), (foot, 0.02), (0.5 * foot, 0.3 * z),
                            (0.012, 0.6 * z), (0.012, 0.9 * z)], color)
    return joined(body, _lamp_shade(rng, rng.uniform(0.1, 0.17), 0.58 * z, z))


def _floor_lamp(rng: np.random.Generator) -> Model:
    z = rng.uniform(1.35, 1.75)
    stand = shapes.revolved([(0, 0), (0.14, 0), (0.14, 0.02), (0.014, 0.03), (0.014, 0.95 * z)],
                            _color(rng, 10))
    return joined(stand, _lamp_shade(rng, rng.uniform(0.15, 0.26), z - rng.uniform(0.2, 0.35), z))


def _ceiling_lamp(rng: np.random.Generator) -> Model:
    """Return a lamp that hangs from its highest point."""
    z, r = rng.uniform(0.35, 0.8), rng.uniform(0.15, 0.3)
    cord = shapes.revolved([(0.006, 0.15), (0.006, z - 0.02), (0.05, z - 0.02), (0.05, z), (0, z)],
                           (70, 70, 72))
    return joined(cord, _lamp_shade(rng, r, 0.0, rng.uniform(0.15, 0.28)))


def _trash_can(rng: np.random.Generator) -> Model:
    r, z, color = rng.uniform(0.11, 0.17), rng.uniform(0.25, 0.6), _color(rng, 20)
    foot = rng.uniform(0.75, 1.0) * r
    body = shapes.revolved([(0, 0), (foot, 0), (r, z), (r - 0.006, z), (foot - 0.006, 0.008),
                            (0, 0.008)], color)
    if z > 0.42:  # with a lid
        return joined(body, shapes.revolved([(r + 0.004, z), (0.7 * r, z + 0.05), (0, z + 0.06)],
                                            _color(rng, 20)))
    return body


def _laundry_basket(rng: np.random.Generator) -> Model:
    r, z = rng.uniform(0.17, 0.25), rng.uniform(0.35, 0.6)
    profile = [(0, 0), (0.85 * r, 0), (r, z), (r - 0.01, z), (0.85 * r - 0.01, 0.01), (0, 0.01)]
    return shapes.revolved([(float(a), float(b)) for a, b in profile], _color(rng, 20))


def _plant(rng: np.random.Generator) -> Model:
    """Return a pot with leaves that lean out."""
    pot = rng.uniform(0.06, 0.17)
    high = 1.7 * pot
    green = (int(rng.uniform(30, 90)), int(rng.uniform(90, 150)), int(rng.uniform(30, 80)))
    parts = [shapes.revolved([(0, 0), (0.75 * pot, 0), (pot, high), (pot - 0.01, high),
                              (0.8 * pot, 0.8 * high), (0, 0.8 * high)], _color(rng))]
    for _ in range(int(rng.integers(10, 22))):
        length, wide = pot * rng.uniform(2.0, 4.5), pot * rng.uniform(0.15, 0.4)
        t = np.linspace(0, 1, 7)
        lean = rng.uniform(0.2, 1.2)
        spine = np.stack([length * t * np.sin(lean * t), length * t * np.cos(lean * t)], axis=1)
        broad = wide * np.sin(np.pi * np.clip(t, 0.04, 1)) ** 0.7
        left = np.stack([spine[:, 0], broad, spine[:, 1]], axis=1)
        right = left * [1, -1, 1]
        k = np.arange(6)
        faces = np.concatenate([np.stack([k, k + 1, k + 7], 1), np.stack([k + 1, k + 8, k + 7], 1)])
        leaf = plain_model(np.concatenate([left, right]), faces, green, smooth=True)
        parts.append(leaf.placed(0, 0, 0.8 * high, rng.uniform(0, 2 * np.pi)))
    return joined(*parts)


def _magazine(rng: np.random.Generator) -> Model:
    return textured_box((rng.uniform(0.19, 0.24), rng.uniform(0.26, 0.31),
                         rng.uniform(0.004, 0.012)), procedural_texture.artwork(rng))


def _remote(rng: np.random.Generator) -> Model:
    x, y = rng.uniform(0.04, 0.055), rng.uniform(0.14, 0.22)
    color = (36, 36, 40) if rng.random() < 0.7 else (190, 190, 194)
    keys = [shapes.box((0.009, 0.009, 0.003), (150, 150, 155)).placed(i * 0.012, (k - 3) * 0.1 * y,
                                                                     0.02, 0)
            for i in (-1, 0, 1) for k in range(6)]
    return joined(shapes.box((x, y, 0.02), color), *keys)


def _shoe(rng: np.random.Generator) -> Model:
    """Return a pair of shoes side by side."""
    y, x, color = rng.uniform(0.24, 0.3), rng.uniform(0.085, 0.1), _color(rng, 30)
    sole = shapes.box((x, y, 0.02), (230, 228, 224) if rng.random() < 0.4 else (40, 36, 34))
    image = np.full((4, 4, 3), color, np.uint8)
    toe = _cushion(x, 0.6 * y, rng.uniform(0.06, 0.08), image).placed(0, -0.2 * y, 0.018, 0)
    heel = shapes.box((0.85 * x, 0.42 * y, rng.uniform(0.06, 0.1)), color).placed(0, 0.27 * y, 0.02,
                                                                                 0)
    one = joined(sole, toe, heel)
    return joined(one.placed(-0.06, 0, 0, rng.normal(0, 0.08)),
                  one.placed(0.06, rng.normal(0, 0.02), 0, rng.normal(0, 0.08)))


def _backpack(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform(0.26, 0.34), rng.uniform(0.14, 0.2), rng.uniform(0.36, 0.48)
    color = _color(rng)
    image = np.full((4, 4, 3), color, np.uint8)
    body = _cushion(x, z, y, image)
    pocket = _cushion(0.75 * x, 0.45 * z, 0.6 * y, np.full((4, 4, 3), _color(rng, 10), np.uint8))
    flat = joined(body, pocket.placed(0, -0.2 * z, 0.65 * y, 0))
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    return settled(dataclasses.replace(
        flat, vertices=flat.vertices @ turn, normals=flat.normals @ turn))


def _speaker(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform(0.12, 0.24), rng.uniform(0.14, 0.25), rng.uniform(0.2, 0.4)
    cone = shapes.revolved([(0, 0), (0.36 * x, 0.0), (0.36 * x, 0.006), (0, 0.002)], (70, 70, 74))
    turn = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]])
    front = dataclasses.replace(cone, vertices=cone.vertices @ turn, normals=cone.normals @ turn)
    body = shapes.box((x, y, z), _DARK if rng.random() < 0.6 else (120, 84, 56))
    return joined(body, front.placed(0, -y / 2, 0.32 * z, 0), front.placed(0, -y / 2, 0.75 * z, 0))


def _ball(rng: np.random.Generator) -> Model:
    r, angles = rng.uniform(0.06, 0.13), np.linspace(-np.pi / 2, np.pi / 2, 22)
    return shapes.revolved([(float(r * np.cos(a)), float(r + r * np.sin(a))) for a in angles],
                           _color(rng, 70))


FURNISHINGS: dict[str, Callable[[np.random.Generator], Model]] = {
    'pillow': _pillow, 'blanket': _blanket, 'rug': _rug, 'television': _television,
    'monitor': _monitor, 'keyboard': _keyboard, 'mouse': _mouse, 'laptop': _laptop, 'lamp': _lamp,
    'floor lamp': _floor_lamp, 'ceiling lamp': _ceiling_lamp, 'trash can': _trash_can,
    'laundry basket': _laundry_basket, 'plant': _plant, 'magazine': _magazine,
    'remote control': _remote, 'shoe': _shoe, 'backpack': _backpack, 'speaker': _speaker,
    'ball': _ball,
}
