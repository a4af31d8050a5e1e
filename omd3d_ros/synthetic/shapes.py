"""Household things made by revolution and extrusion."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model, joined, plain_model

_AROUND = 64
Color = tuple[int, int, int]


def revolved(profile: list[tuple[float, float]], color: Color) -> Model:
    """Turn a profile of (radius, height) points, metres, about the z axis."""
    points = np.array(profile, float)
    angles = np.linspace(0, 2 * np.pi, _AROUND, endpoint=False)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    vertices = np.concatenate([
        np.column_stack([radius * ring, np.full(_AROUND, height)]) for radius, height in points])
    return plain_model(vertices, _strips(len(points), _AROUND), color, smooth=True)


def _strips(rows: int, columns: int) -> npt.NDArray[np.int64]:
    """Return the triangles between consecutive closed rings of vertices."""
    faces = []
    for row in range(rows - 1):
        a = row * columns + np.arange(columns)
        b = row * columns + (np.arange(columns) + 1) % columns
        faces.append(np.stack([a, b, b + columns], axis=1))
        faces.append(np.stack([a, b + columns, a + columns], axis=1))
    return np.concatenate(faces)


def box(size: tuple[float, float, float], color: Color) -> Model:
    """Return a box of full extents (x, y, z), metres."""
    x, y, z = size
    corners = np.array([[i, j, k] for i in (-x / 2, x / 2) for j in (-y / 2, y / 2)
                        for k in (0, z)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    return plain_model(corners, faces, color, smooth=False)


def mug(color: Color, radius: float = 0.042, height: float = 0.1) -> Model:
    """Return a mug with a handle."""
    wall, lip = 0.004, 0.002
    profile = [(0.0, 0.0), (radius - 0.006, 0.0), (radius - 0.002, 0.003), (radius, 0.012),
               (radius, height - lip), (radius - 0.001, height), (radius - wall + 0.001, height),
               (radius - wall, height - lip), (radius - wall, 0.012), (radius - 0.01, 0.008),
               (0.0, 0.008)]
    return joined(revolved(profile, color), _handle(color, radius, height))


def _handle(color: Color, radius: float, height: float) -> Model:
    """Return a handle: an elliptic tube whose middle line is a half ring beside the wall."""
    steps = np.linspace(-np.pi / 2, np.pi / 2, 25)
    around = np.linspace(0, 2 * np.pi, 16, endpoint=False)
    reach, tall = 0.68 * radius, 0.33 * height
    vertices = []
    for step in steps:
        middle = np.array([radius - 0.003 + reach * np.cos(step), 0,
                           0.52 * height + tall * np.sin(step)])
        outward = np.array([np.cos(step), 0, np.sin(step)])
        for turn in around:
            vertices.append(middle + 0.0045 * np.cos(turn) * outward
                            + np.array([0, 0.0075 * np.sin(turn), 0]))
    return plain_model(np.array(vertices), _strips(len(steps), len(around)), color, smooth=True)


def bowl(color: Color, radius: float = 0.085, height: float = 0.07) -> Model:
    """Return an open bowl."""
    outside = [(radius * np.sin(t) ** 0.9, height * (1 - np.cos(t)))
               for t in np.linspace(0.35, np.pi / 2, 12)]
    foot = outside[0][1]
    shift = [(r, h - foot) for r, h in outside]
    inside = [(max(r - 0.005, 0.0), h + 0.004) for r, h in reversed(shift[:-1])]
    return revolved([(0.0, 0.0), *shift, (radius - 0.005, shift[-1][1]), *inside, (0.0, 0.006)],
                    color)


def bottle(color: Color, cap: Color, height: float = 0.27) -> Model:
    """Return a bottle with shoulders, a neck and a cap."""
    r = 0.036
    glass = revolved([(0.0, 0.0), (r - 0.004, 0.0), (r, 0.006), (r, 0.58 * height),
                      (0.97 * r, 0.63 * height), (0.75 * r, 0.71 * height),
                      (0.42 * r, 0.79 * height), (0.38 * r, 0.93 * height),
                      (0.0, 0.93 * height)], color)
    top = revolved([(0.43 * r, 0.925 * height), (0.43 * r, height), (0.0, height)], cap)
    label = revolved([(r + 0.0006, 0.18 * height), (r + 0.0006, 0.46 * height)], (240, 236, 220))
    return joined(glass, top, label)


def book(cover: Color, size: tuple[float, float, float] = (0.15, 0.22, 0.035)) -> Model:
    """Return a closed book lying flat: two covers, a spine and paper."""
    x, y, z = size
    board = 0.003
    paper = box((x - 0.008, y - 0.01, z - 2 * board), (238, 232, 214)).placed(0.001, 0, board, 0)
    spine = box((board, y, z), cover).placed(-x / 2, 0, 0, 0)
    return joined(box((x, y, board), cover), paper,
                  box((x, y, board), cover).placed(0, 0, z - board, 0), spine)
