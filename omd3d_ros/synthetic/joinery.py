"""Varied furniture of boards and legs: the same number gives the same piece.

Width is x, depth y, the back at +y, the base at z = 0; metres.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from omd3d_ros.synthetic import shapes
from omd3d_ros.synthetic.model import Model, joined

_TONES = ((196, 158, 112), (150, 104, 66), (98, 66, 44), (226, 220, 208), (238, 236, 232),
          (52, 48, 46), (128, 128, 132), (176, 190, 188), (206, 178, 140))


def _tone(rng: np.random.Generator) -> shapes.Color:
    base = np.array(_TONES[int(rng.integers(len(_TONES)))]) * rng.uniform(0.85, 1.1)
    r, g, b = (int(v) for v in np.clip(base + rng.normal(0, 6, 3), 8, 250))
    return r, g, b


def _board(x: float, y: float, z: float, at: tuple[float, float, float],
           color: shapes.Color) -> Model:
    return shapes.box((x, y, z), color).placed(*at, 0.0)


def _legged(rng: np.random.Generator, x: float, y: float, z: float) -> Model:
    """Return a table: a round or square top on four legs, on a column, or on two side boards."""
    color, t, kind = _tone(rng), rng.uniform(0.018, 0.045), rng.random()
    under = _tone(rng) if rng.random() < 0.4 else color
    leg, h = rng.uniform(0.03, 0.08), z - t
    if kind < 0.2 and abs(x - y) < 0.35:
        r = min(x, y) / 2
        top = shapes.revolved([(0, h), (r, h), (r, z), (0, z)], color)
        foot = shapes.revolved([(0, 0), (0.55 * r, 0), (0.5 * r, 0.03), (0.05, 0.06), (0.04, h)],
                               under)
        return joined(top, foot)
    parts = [_board(x, y, t, (0, 0, h), color)]
    if kind < 0.35:
        parts += [_board(0.03, 0.9 * y, h, (i * (x / 2 - 0.05), 0, 0), under) for i in (-1, 1)]
    else:
        parts += [_board(leg, leg, h, (i * (x / 2 - leg), j * (y / 2 - leg), 0), under)
                  for i in (-1, 1) for j in (-1, 1)]
        if rng.random() < 0.5:
            parts += [_board(x - 2 * leg, 0.02, 0.07, (0, j * (y / 2 - leg), h - 0.07), under)
                      for j in (-1, 1)]
    return joined(*parts)


def _desk(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform(1.1, 1.8), rng.uniform(0.6, 0.85), rng.uniform(0.7, 0.76)
    top = _legged(rng, x, y, z)
    if rng.random() < 0.5:
        return top
    drawers = _chest(rng, 0.4, y - 0.1, z - 0.08, 3)
    return joined(top, drawers.placed((x / 2 - 0.3) * rng.choice([-1, 1]), 0, 0.02, 0))


def _chest(rng: np.random.Generator, x: float, y: float, z: float, rows: int,
           columns: int = 1) -> Model:
    """Return a closed body with fronts (drawers or doors) that have knobs or bars."""
    color = _tone(rng)
    face = _tone(rng) if rng.random() < 0.3 else color
    foot = rng.uniform(0.0, 0.1) if z > 0.4 else 0.0
    parts = [_board(x, y - 0.02, z - foot, (0, 0.01, foot), color)]
    if foot:
        parts.append(_board(0.9 * x, 0.8 * y, foot, (0, 0, 0), color))
    w, h, bar = x / columns, (z - foot) / rows, rng.uniform(0.03, 0.16)
    for column in range(columns):
        for row in range(rows):
            at = -x / 2 + (column + 0.5) * w
            low = foot + row * h
            parts.append(_board(w - 0.012, 0.02, h - 0.012, (at, -y / 2 + 0.01, low + 0.006),
                                face))
            parts.append(_board(bar, 0.02, 0.015, (at, -y / 2 - 0.005, low + 0.6 * h),
                                (150, 150, 152)))
    return joined(*parts)


def _open_case(rng: np.random.Generator, x: float, y: float, z: float, boards: int) -> Model:
    """Return an open case of boards, with or without a back."""
    color, t = _tone(rng), rng.uniform(0.015, 0.03)
    parts = [_board(t, y, z, (i * (x - t) / 2, 0, 0), color) for i in (-1, 1)]
    low = rng.uniform(0.0, 0.08)
    heights = np.linspace(low, z - t, boards + 1)
    parts += [_board(x - 2 * t, y, t, (0, 0, float(h)), color) for h in heights]
    if rng.random() < 0.75:
        parts.append(_board(x, 0.008, z, (0, y / 2 - 0.004, 0), color))
    if x > 1.1:
        parts.append(_board(t, y, z - low, (0, 0, low), color))
    return joined(*parts)


def _bookcase(rng: np.random.Generator) -> Model:
    z = rng.uniform(1.1, 2.1)
    return _open_case(rng, rng.uniform(0.6, 1.6), rng.uniform(0.26, 0.38), z,
                      int(np.ceil(z / 0.38)))


def _shelf(rng: np.random.Generator) -> Model:
    z = rng.uniform(0.7, 1.8)
    return _open_case(rng, rng.uniform(0.5, 1.1), rng.uniform(0.3, 0.42), z,
                      int(np.ceil(z / 0.42)))


def _tv_stand(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform(1.0, 1.9), rng.uniform(0.36, 0.5), rng.uniform(0.36, 0.58)
    if rng.random() < 0.5:
        return _open_case(rng, x, y, z, 2)
    return _chest(rng, x, y, z, 1, 3)


def _nightstand(rng: np.random.Generator) -> Model:
    x, y, z = rng.uniform(0.36, 0.55), rng.uniform(0.34, 0.46), rng.uniform(0.4, 0.62)
    return _open_case(rng, x, y, z, 2) if rng.random() < 0.4 else _chest(rng, x, y, z, 2)


def _chair(rng: np.random.Generator) -> Model:
    color = _tone(rng)
    x, y, seat, z = (rng.uniform(0.4, 0.47), rng.uniform(0.42, 0.5), rng.uniform(0.43, 0.47),
                     rng.uniform(0.8, 1.0))
    leg, cloth = rng.uniform(0.025, 0.04), _tone(rng)
    parts = [_board(leg, leg, seat, (i * (x - leg) / 2, -(y - leg) / 2, 0), color)
             for i in (-1, 1)]
    parts += [_board(leg, leg, z, (i * (x - leg) / 2, (y - leg) / 2, 0), color) for i in (-1, 1)]
    parts.append(_board(x, y, 0.035, (0, 0, seat - 0.02), cloth))
    if rng.random() < 0.5:
        parts.append(_board(x - 2 * leg, 0.02, 0.6 * (z - seat),
                            (0, (y - leg) / 2, z - 0.62 * (z - seat)), cloth))
    else:
        parts += [_board(x - 2 * leg, 0.02, 0.06, (0, (y - leg) / 2, seat + k * (z - seat - 0.08)),
                         color) for k in (0.35, 0.68, 1.0)]
    return joined(*parts)


def _office_chair(rng: np.random.Generator) -> Model:
    cloth, dark = _tone(rng), (44, 44, 48)
    w, seat, back = rng.uniform(0.46, 0.54), rng.uniform(0.44, 0.52), rng.uniform(0.4, 0.62)
    parts = [_board(0.05, 0.3, 0.04, (0, 0.15, 0.05), dark).placed(0, 0, 0, k * 2 * np.pi / 5)
             for k in range(5)]
    parts += [shapes.revolved([(0, 0), (0.025, 0.01), (0.025, 0.05), (0, 0.06)], dark).placed(
        0.28 * np.sin(-k * 2 * np.pi / 5), 0.28 * np.cos(k * 2 * np.pi / 5), 0, 0)
        for k in range(5)]
    parts.append(_board(0.06, 0.06, seat - 0.1, (0, 0, 0.07), dark))
    parts.append(_board(w, w, 0.07, (0, 0, seat - 0.07), cloth))
    parts.append(_board(w - 0.05, 0.06, back, (0, w / 2 - 0.01, seat + 0.06), cloth))
    parts.append(_board(0.08, 0.03, 0.2, (0, w / 2 + 0.02, seat - 0.06), dark))
    if rng.random() < 0.6:
        for i in (-1, 1):
            parts.append(_board(0.05, 0.28, 0.03, (i * (w / 2 + 0.03), 0, seat + 0.18), dark))
            parts.append(_board(0.03, 0.05, 0.24, (i * (w / 2 + 0.03), 0, seat - 0.05), dark))
    return joined(*parts)


def _bed(rng: np.random.Generator) -> Model:
    x, y, low = rng.uniform(0.9, 1.9), rng.uniform(1.95, 2.1), rng.uniform(0.2, 0.34)
    color, thick = _tone(rng), rng.uniform(0.16, 0.26)
    parts = [_board(x, y, 0.14, (0, 0, low - 0.14), color),
             _board(x - 0.06, y - 0.08, thick, (0, -0.01, low), (232, 230, 226)),
             _board(x, 0.04, rng.uniform(0.7, 1.1), (0, y / 2 - 0.02, 0), color)]
    parts += [_board(0.07, 0.07, low - 0.14, (i * (x / 2 - 0.05), j * (y / 2 - 0.08), 0), color)
              for i in (-1, 1) for j in (-1, 1)]
    quilt = _tone(rng)
    end = -y / 2 + 0.02
    length = y * rng.uniform(0.5, 0.72)
    parts.append(_board(x + 0.02, length, 0.05, (0, end + length / 2, low + thick - 0.005), quilt))
    return joined(*parts)


def _stool(rng: np.random.Generator) -> Model:
    r, z = rng.uniform(0.15, 0.2), rng.uniform(0.42, 0.5)
    color = _tone(rng)
    legs = [_board(0.03, 0.03, z - 0.03, (i * 0.7 * r, j * 0.7 * r, 0), color)
            for i in (-1, 1) for j in (-1, 1)]
    return joined(shapes.revolved([(0, z - 0.04), (r, z - 0.04), (r, z), (0, z)], _tone(rng)),
                  *legs)


JOINERY: dict[str, Callable[[np.random.Generator], Model]] = {
    'table': lambda r: _legged(r, r.uniform(0.8, 1.4), r.uniform(0.7, 0.9), r.uniform(0.7, 0.77)),
    'dining table': lambda r: _legged(r, r.uniform(1.2, 2.1), r.uniform(0.8, 1.05),
                                      r.uniform(0.72, 0.77)),
    'coffee table': lambda r: _legged(r, r.uniform(0.7, 1.25), r.uniform(0.45, 0.75),
                                      r.uniform(0.35, 0.5)),
    'side table': lambda r: _legged(r, r.uniform(0.35, 0.55), r.uniform(0.35, 0.5),
                                    r.uniform(0.45, 0.65)),
    'desk': _desk,
    'nightstand': _nightstand, 'tv stand': _tv_stand, 'bookcase': _bookcase, 'shelf': _shelf,
    'dresser': lambda r: _chest(r, r.uniform(0.7, 1.3), r.uniform(0.4, 0.5), r.uniform(0.7, 1.1),
                                int(r.integers(3, 5)), int(r.integers(1, 3))),
    'cabinet': lambda r: _chest(r, r.uniform(0.5, 1.0), r.uniform(0.35, 0.5), r.uniform(0.8, 1.7),
                                1, 2),
    'lower cabinet': lambda r: _chest(r, r.uniform(0.45, 1.0), r.uniform(0.58, 0.63),
                                      r.uniform(0.86, 0.92), int(r.integers(1, 4)),
                                      int(r.integers(1, 3))),
    'sideboard': lambda r: _chest(r, r.uniform(1.2, 1.9), r.uniform(0.38, 0.48),
                                  r.uniform(0.7, 0.9), 1, int(r.integers(3, 5))),
    'wardrobe': lambda r: _chest(r, r.uniform(0.9, 2.0), r.uniform(0.55, 0.65),
                                 r.uniform(1.85, 2.2), 1, int(r.integers(2, 5))),
    'filing cabinet': lambda r: _chest(r, r.uniform(0.38, 0.48), r.uniform(0.5, 0.62),
                                       r.uniform(0.6, 1.3), int(r.integers(2, 5))),
    'chair': _chair, 'office chair': _office_chair, 'bed': _bed, 'stool': _stool,
}
