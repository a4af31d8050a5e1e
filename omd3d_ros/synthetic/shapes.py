"""Household things made by revolution and extrusion."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model, joined, plain_model

_AROUND = 64
_SHARP = 0.75  # cosine between segments; below, an edge is seen
Color = tuple[int, int, int]


def revolved(profile: list[tuple[float, float]], color: Color) -> Model:
    """Turn a profile of (radius, height) points, metres, about the z axis.

    Round bends of the profile look smooth, sharp ones keep their edge. Texture coordinates run
    once round, and up from the lowest to the highest point.
    """
    points = np.array(profile, float)
    angles = np.linspace(0, 2 * np.pi, _AROUND + 1)
    angles[-1] = 0.0  # the seam closes exactly
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    low, high = points[:, 1].min(), max(float(np.ptp(points[:, 1])), 1e-9)
    vertices, normals, uv = [], [], []
    for (radius, height), (out, up) in zip(_pairs(points), _bends(points), strict=True):
        vertices.append(np.column_stack([radius * ring, np.full(_AROUND + 1, height)]))
        normals.append(np.column_stack([out * ring, np.full(_AROUND + 1, up)]))
        uv.append(np.column_stack([np.linspace(0, 1, _AROUND + 1),
                                   np.full(_AROUND + 1, (height - low) / high)]))
    faces = _sheets(len(points) - 1, _AROUND + 1)
    return Model(np.concatenate(vertices), np.concatenate(normals), faces,
                 np.tile(np.array(color, float), (len(faces), 1)), np.concatenate(uv),
                 np.full(len(faces), -1))


def _pairs(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return both ends of every segment, (2 K - 2, 2)."""
    return np.stack([points[:-1], points[1:]], axis=1).reshape(-1, 2)


def _bends(points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the normal (out, up) at both ends of every segment: even where it bends little."""
    along = np.diff(points, axis=0)
    own = np.stack([along[:, 1], -along[:, 0]], axis=1)
    own /= np.maximum(np.linalg.norm(own, axis=1, keepdims=True), 1e-12)
    ends = np.stack([own, own], axis=1)
    smooth = np.sum(own[1:] * own[:-1], axis=1) > _SHARP
    mean = own[1:][smooth] + own[:-1][smooth]
    mean /= np.linalg.norm(mean, axis=1, keepdims=True)
    ends[:-1][smooth, 1] = mean
    ends[1:][smooth, 0] = mean
    return ends.reshape(-1, 2)


def _sheets(segments: int, columns: int) -> npt.NDArray[np.int64]:
    """Return the triangles of segments of two rows of vertices each, open at the seam."""
    a = np.arange(columns - 1)
    one = np.concatenate([np.stack([a, a + 1, a + 1 + columns], axis=1),
                          np.stack([a, a + 1 + columns, a + columns], axis=1)])
    return np.concatenate([one + 2 * columns * segment for segment in range(segments)])


def printed(model: Model, images: Sequence[npt.NDArray[np.uint8]], page: Any) -> Model:
    """Return a model with textures; page (F,) or one number: the texture of each face."""
    pages = np.broadcast_to(np.asarray(page), (len(model.faces),)).astype(np.int64)
    return dataclasses.replace(model, images=tuple(images), texture=pages)


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
    """Return a box of full extents (x, y, z), metres; texture coordinates span every side."""
    x, y, z = size
    corners = np.array([[i, j, k] for i in (-x / 2, x / 2) for j in (-y / 2, y / 2)
                        for k in (0, z)])
    quads = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    faces = np.array([t for a, b, c, d in quads for t in ((a, b, c), (a, c, d))])
    made = plain_model(corners, faces, color, smooth=False)
    share = made.vertices / np.array([x, y, z]) + [0.5, 0.5, 0]
    uv = np.concatenate([share[6 * side:6 * side + 6][:, axes] for side, axes in enumerate(
        ([1, 2], [1, 2], [0, 2], [0, 2], [0, 1], [0, 1]))])
    return dataclasses.replace(made, uv=0.001 + 0.998 * uv)


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
