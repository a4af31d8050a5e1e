"""The shell of a scene: its floor, its walls with skirting, and a ceiling."""

from __future__ import annotations

import numpy as np

from omd3d_ros.synthetic import procedural_texture, shapes
from omd3d_ros.synthetic.arrangement import Arrangement
from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.textured_box import textured_box

_THICK = 0.05  # m
_FLOORS = {'bathroom': 0.9, 'kitchen': 0.6, 'hall': 0.4}  # share of tiled floors, by kind


def room_shell(made: Arrangement, rng: np.random.Generator) -> list[Model]:
    """Return two models: the floor, and all walls that are there with skirting and ceiling.

    Neither is an object of the scene, nor is the skirting; doors and windows are.
    """
    x, y = made.room
    tile = float(rng.uniform(1.6, 2.6))
    floor = textured_box((x, y, 0.02), _floor(made.kind, rng), tile).placed(
        x / 2, y / 2, -0.02, 0)
    image, other = procedural_texture.wall_paper(rng), procedural_texture.wall_paper(rng)
    accent = int(rng.integers(4)) if rng.random() < 0.3 else -1
    parts = []
    for wall in made.walls:
        parts += _wall(made, wall, other if wall == accent else image, float(rng.uniform(1, 2)))
    tone = int(rng.uniform(225, 250))
    if rng.random() < 0.75:
        wood = (tone, tone, tone - 4) if rng.random() < 0.6 else (120, 84, 54)
        parts += [_skirting(made, wall, wood) for wall in made.walls]
    if made.ceiling:
        parts.append(shapes.box((x, y, 0.02), (tone, tone, tone)).placed(
            x / 2, y / 2, made.height, 0))
    return [floor, joined(*parts)]


def _floor(kind: str, rng: np.random.Generator) -> procedural_texture.Texture:
    draw = rng.random()
    if draw < _FLOORS.get(kind, 0.12):
        return procedural_texture.tiles(rng)
    if draw < 0.8 or kind == 'kitchen':
        return procedural_texture.boards(rng)
    return procedural_texture.carpet(rng)


def _wall(
    made: Arrangement, wall: int, image: procedural_texture.Texture, tile: float
) -> list[Model]:
    x, y = made.room
    long = made.room[wall % 2] + 2 * _THICK
    size = (long, _THICK, made.height) if wall % 2 == 0 else (_THICK, long, made.height)
    at = [(x / 2, y + _THICK / 2), (-_THICK / 2, y / 2), (x / 2, -_THICK / 2),
          (x + _THICK / 2, y / 2)][wall]
    return [textured_box(size, image, tile).placed(*at, 0, 0)]


def _skirting(made: Arrangement, wall: int, color: shapes.Color) -> Model:
    x, y = made.room
    long, deep = made.room[wall % 2], 0.004
    size = (long, deep, 0.07) if wall % 2 == 0 else (deep, long, 0.07)
    at = [(x / 2, y - deep / 2), (deep / 2, y / 2), (x / 2, deep / 2), (x - deep / 2, y / 2)][wall]
    return shapes.box(size, color).placed(*at, 0, 0)
