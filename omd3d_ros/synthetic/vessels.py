"""Varied household things of our own: the same number gives the same thing."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic import shapes
from omd3d_ros.synthetic.model import Model, joined, plain_model
from omd3d_ros.synthetic.pattern import PAPERS, package_print
from omd3d_ros.synthetic.solids import settled


def _color(rng: np.random.Generator) -> shapes.Color:
    base = np.array(PAPERS[int(rng.integers(len(PAPERS)))]) + rng.normal(0, 12, 3)
    r, g, b = (int(v) for v in np.clip(base, 5, 250))
    return r, g, b


def _cup(rng: np.random.Generator) -> Model:
    r, h, t = rng.uniform(0.03, 0.045), rng.uniform(0.06, 0.11), 0.003
    foot = r * rng.uniform(0.6, 0.95)
    return shapes.revolved([(0, 0), (foot, 0), (r, h), (r - t, h), (foot - t, 0.006), (0, 0.006)],
                           _color(rng))


def _mug(rng: np.random.Generator) -> Model:
    return shapes.mug(_color(rng), rng.uniform(0.034, 0.05), rng.uniform(0.08, 0.125))


def _bowl(rng: np.random.Generator) -> Model:
    """Return a bowl: round, or with a straight side like a basin."""
    r, h = rng.uniform(0.055, 0.13), rng.uniform(0.04, 0.095)
    if rng.random() < 0.6:
        return shapes.bowl(_color(rng), r, h)
    foot, belly = r * rng.uniform(0.4, 0.8), rng.uniform(0.0, 0.12) * r
    middle, t = (foot + r) / 2 + belly, 0.004
    return shapes.revolved([(0, 0), (foot, 0), (middle, h / 2), (r, h), (r - t, h),
                            (middle - t, h / 2 + t), (foot - t, t), (0, t)], _color(rng))


def _plate(rng: np.random.Generator) -> Model:
    r, h = rng.uniform(0.08, 0.14), rng.uniform(0.015, 0.028)
    return shapes.revolved([(0, 0), (0.6 * r, 0), (r, h), (r - 0.002, h + 0.003),
                            (0.6 * r, 0.006), (0, 0.006)], _color(rng))


def _tin(r: float, h: float, rng: np.random.Generator) -> Model:
    """Return a closed cylinder with rims, plain or with a label round it."""
    metal = (190, 190, 195)
    rim = min(0.003, 0.1 * h, 0.1 * r)
    body = shapes.revolved([(r - rim, 0), (r, rim), (r, h - rim), (r - rim, h)], _color(rng))
    if rng.random() < 0.7:
        body = shapes.printed(body, [package_print(rng, 6.28 * r, h)], 0)
    base = shapes.revolved([(0, 0.5 * rim), (r - rim, 0.5 * rim), (r - rim, 0)], metal)
    top = metal if rng.random() < 0.6 else _color(rng)
    lid = shapes.revolved([(r - rim, h), (r - rim, h - 0.5 * rim), (0, h - 0.5 * rim)], top)
    return joined(body, base, lid)


def _can(rng: np.random.Generator) -> Model:
    r = rng.uniform(0.024, 0.055)
    return _tin(r, r * float(np.exp(rng.uniform(np.log(1.5), np.log(5.0)))), rng)


def _canister(rng: np.random.Generator) -> Model:
    r = float(np.exp(rng.uniform(np.log(0.03), np.log(0.1))))
    return _tin(r, float(np.exp(rng.uniform(np.log(0.04), np.log(0.25)))), rng)


def _tuna(rng: np.random.Generator) -> Model:
    r = rng.uniform(0.032, 0.055)
    return _tin(r, r * rng.uniform(0.6, 1.1), rng)


def _glass(rng: np.random.Generator) -> Model:
    r, h = rng.uniform(0.028, 0.042), rng.uniform(0.08, 0.16)
    foot, t = r * rng.uniform(0.7, 1.0), 0.003
    tone = int(rng.uniform(185, 235))
    return shapes.revolved([(0, 0), (foot, 0), (r, h), (r - t, h), (foot - t, 0.008), (0, 0.008)],
                           (tone, min(tone + 6, 250), min(tone + 8, 250)))


def _bottle(rng: np.random.Generator) -> Model:
    """Return a bottle: shoulders, neck and cap of many proportions, mostly with a label."""
    r, h = rng.uniform(0.025, 0.048), rng.uniform(0.14, 0.32)
    shoulder, neck = rng.uniform(0.5, 0.78) * h, r * rng.uniform(0.25, 0.6)
    end = shoulder + rng.uniform(0.25, 0.7) * (h - shoulder)
    body = shapes.revolved([(0, 0), (r - 0.004, 0), (r, 0.006), (r, shoulder),
                            (0.45 * r + 0.55 * neck, 0.35 * shoulder + 0.65 * end), (neck, end),
                            (neck, 0.96 * h), (0, 0.96 * h)], _color(rng))
    cap = shapes.revolved([(neck * 1.12, h * rng.uniform(0.86, 0.93)), (neck * 1.12, h), (0, h)],
                          _color(rng))
    if rng.random() < 0.25:
        return joined(body, cap)
    low, high = rng.uniform(0.08, 0.3) * shoulder, rng.uniform(0.6, 0.95) * shoulder
    label = shapes.revolved([(r + 0.0004, low), (r + 0.0004, high)], _color(rng))
    label = shapes.printed(label, [package_print(rng, 6.28 * r, high - low)], 0)
    return joined(body, cap, label)


def _packed(size: tuple[float, float, float], rng: np.random.Generator) -> Model:
    """Return a box with print on its three pairs of faces."""
    x, y, z = size
    images = [package_print(rng, *face) for face in ((y, z), (x, z), (x, y))]
    return shapes.printed(shapes.box(size, _color(rng)), images, np.repeat([0, 1, 2], 4))


def _box(rng: np.random.Generator) -> Model:
    x, y, z = (float(v) for v in np.exp(rng.uniform(np.log(0.03), np.log(0.26), 3)))
    draw, model = rng.random(), shapes.box((x, y, z), _color(rng))
    if draw < 0.35:
        return model
    if draw < 0.5:  # every pair of faces in a colour of its own
        colors = np.array([_color(rng) for _ in range(3)], float)
        return dataclasses.replace(model, colors=np.repeat(colors, 4, axis=0))
    return _packed((x, y, z), rng)


def _cereal(rng: np.random.Generator) -> Model:
    return _packed((rng.uniform(0.12, 0.2), rng.uniform(0.04, 0.07), rng.uniform(0.18, 0.3)), rng)


def _carton(rng: np.random.Generator) -> Model:
    """Return a drink carton, flat or with a gable."""
    side, height = rng.uniform(0.055, 0.1), rng.uniform(0.15, 0.25)
    body = _packed((side, side * rng.uniform(0.65, 1.0), height), rng)
    if rng.random() < 0.5:
        return body
    y, rise, color = float(body.vertices[:, 1].max()), side * rng.uniform(0.3, 0.5), _color(rng)
    corners = np.array([[-side / 2, -y, 0], [side / 2, -y, 0], [side / 2, y, 0], [-side / 2, y, 0],
                        [-side / 2, 0, rise], [side / 2, 0, rise]])
    faces = np.array([[0, 1, 5], [0, 5, 4], [2, 3, 4], [2, 4, 5], [1, 2, 5], [3, 0, 4]])
    gable = plain_model(corners, faces, color, smooth=False).placed(0, 0, height, 0)
    return joined(body, gable, shapes.box((side, 0.003, 0.018), color).placed(
        0, 0, height + rise - 0.002, 0))


def _book(rng: np.random.Generator) -> Model:
    return shapes.book(_color(rng), (rng.uniform(0.11, 0.2), rng.uniform(0.16, 0.28),
                                     rng.uniform(0.012, 0.05)))


def _tray(rng: np.random.Generator) -> Model:
    x, y, h, t = rng.uniform(0.28, 0.42), rng.uniform(0.2, 0.3), rng.uniform(0.02, 0.04), 0.006
    c = _color(rng)
    return joined(
        shapes.box((x, y, t), c), shapes.box((t, y, h), c).placed(-x / 2 + t / 2, 0, 0, 0),
        shapes.box((t, y, h), c).placed(x / 2 - t / 2, 0, 0, 0),
        shapes.box((x, t, h), c).placed(0, -y / 2 + t / 2, 0, 0),
        shapes.box((x, t, h), c).placed(0, y / 2 - t / 2, 0, 0))


def _pan(rng: np.random.Generator) -> Model:
    r, h, c = rng.uniform(0.09, 0.15), rng.uniform(0.04, 0.07), _color(rng)
    body = shapes.revolved([(0, 0), (0.85 * r, 0), (r, h), (r - 0.004, h),
                            (0.85 * r - 0.004, 0.005), (0, 0.005)], c)
    grip = shapes.box((rng.uniform(0.14, 0.2), 0.024, 0.014), (40, 40, 42))
    return settled(joined(body, grip.placed(r + 0.07, 0, h - 0.02, 0)))


def _jar(rng: np.random.Generator) -> Model:
    r, h = rng.uniform(0.03, 0.06), rng.uniform(0.08, 0.17)
    body = shapes.revolved([(0, 0), (r - 0.004, 0), (r, 0.008), (r, 0.75 * h), (0.8 * r, 0.85 * h)],
                           _color(rng))
    return joined(body, shapes.revolved([(0.84 * r, 0.84 * h), (0.84 * r, h), (0, h)],
                                        _color(rng)))


def _vase(rng: np.random.Generator) -> Model:
    h, c = rng.uniform(0.16, 0.35), _color(rng)
    r = h * rng.uniform(0.18, 0.3)
    t = np.linspace(0, 1, 14)
    wide = r * (0.55 + 0.45 * np.sin(np.pi * t ** rng.uniform(0.6, 1.4)))
    outside = [(float(a), float(b)) for a, b in zip(wide, h * t, strict=True)]
    inside = [(a - 0.004, max(b, 0.008)) for a, b in reversed(outside)]
    return shapes.revolved([(0.0, 0.0), *outside, *inside, (0.0, 0.008)], c)


MAKERS: dict[str, Callable[[np.random.Generator], Model]] = {
    'cup': _cup, 'mug': _mug, 'bowl': _bowl, 'plate': _plate, 'can': _can, 'bottle': _bottle,
    'box': _box, 'milk': _carton, 'book': _book, 'tray': _tray, 'pan': _pan, 'jar': _jar,
    'vase': _vase, 'glass': _glass, 'food container': _canister, 'tuna can': _tuna,
    'cereal': _cereal,
}


def make_vessel(name: str, number: int) -> Model:
    """Return thing number ``number`` of a name of MAKERS, metres, standing on z = 0."""
    if name not in MAKERS:
        raise ValueError(f'name={name!r}: must be one of {", ".join(MAKERS)}')
    return MAKERS[name](np.random.default_rng([sorted(MAKERS).index(name), number]))
