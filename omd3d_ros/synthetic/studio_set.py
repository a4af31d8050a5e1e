"""The little scenes in which a studio photographs a model: supports, walls, other models."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.shapes import box
from omd3d_ros.synthetic.solids import settled

_LARGE = 0.65  # metres: what is larger stands on the floor
_ON_FLOOR = 0.15  # share of smaller things that do too
_TIPPED = 0.1  # share of small things that lie
_BESIDE = (0.25, 0.2, 0.2, 0.15, 0.1, 0.1)  # share of scenes with 0, 1, ... other models
_MOST_FACES = 60_000  # of another model: more would only cost time


@dataclasses.dataclass(frozen=True, eq=False)
class StudioSet:
    """Models in place, metres, z up, floor at 0: the one to name, others, then structure.

    things     how many of them are no structure
    support    height of what the first stands on
    on_table   whether that is a table
    open_side  direction without a wall, radians, or None where all are
    """

    models: tuple[Model, ...]
    things: int
    support: float
    on_table: bool
    open_side: float | None


def build_set(
    model: Model, others: Sequence[Model], rng: np.random.Generator, *, fixed: bool = False
) -> StudioSet:
    """Place a model, varied in size and colour, and some of the others beside it.

    fixed keeps the model as it is: upright and in its own size and colours.
    """
    shown = model if fixed else _varied(model, rng)
    size = np.ptp(shown.vertices, axis=0)
    on_table = bool(size.max() < _LARGE and rng.random() > _ON_FLOOR)
    if not fixed and on_table and rng.random() < _TIPPED:
        shown = _tipped(shown, rng)
    support = float(rng.uniform(0.4, 1.0)) if on_table else 0.0
    shown = shown.placed(0, 0, support, rng.uniform(0, 2 * np.pi))
    placed = [shown]
    count = int(rng.choice(len(_BESIDE), p=_BESIDE))
    for other in others[:count]:
        if len(other.faces) <= _MOST_FACES:
            placed.append(_beside(shown, other, support, rng))
    structure, open_side = _structure(shown, support, on_table, rng)
    return StudioSet((*placed, *structure), len(placed), support, on_table, open_side)


def _varied(model: Model, rng: np.random.Generator) -> Model:
    """Stretch a model a little, and tint its colours."""
    stretch = rng.uniform(0.85, 1.18) * rng.uniform(0.93, 1.07, 3)
    mix = np.eye(3)
    if rng.random() < 0.12:
        mix = mix[rng.permutation(3)]
    mix = mix * rng.uniform(0.7, 1.25) * np.clip(rng.normal(1, 0.07, (3, 1)), 0.6, 1.4)
    shift = rng.normal(0, 8, 3)
    return dataclasses.replace(
        model.stretched(stretch),
        colors=np.clip(model.colors @ mix.T + shift, 0, 255),
        images=tuple(np.clip(image @ mix.T + shift, 0, 255).astype(np.uint8)
                     for image in model.images))


def _tipped(model: Model, rng: np.random.Generator) -> Model:
    """Lay a model on one of its sides."""
    turn = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]]) if rng.random() < 0.5 else np.array(
        [[0, 0, 1], [0, 1, 0], [-1, 0, 0]])
    return settled(dataclasses.replace(
        model, vertices=model.vertices @ turn.T, normals=model.normals @ turn.T))


def _beside(shown: Model, other: Model, support: float, rng: np.random.Generator) -> Model:
    """Put another model beside one: touching to a hand or a step away, no larger than twice."""
    own = float(np.linalg.norm(np.ptp(shown.vertices[:, :2], axis=0))) / 2
    reach = float(np.linalg.norm(np.ptp(other.vertices[:, :2], axis=0))) / 2
    if reach > 2 * max(own, 0.05):
        other = other.scaled(2 * max(own, 0.05) / reach)
        reach = 2 * max(own, 0.05)
    away = 0.85 * (own + reach) + rng.exponential(0.15 if support > 0 else 0.3)
    angle = rng.uniform(0, 2 * np.pi)
    return other.placed(float(away * np.cos(angle)), float(away * np.sin(angle)), support,
                        float(rng.uniform(0, 2 * np.pi)))


def _structure(
    shown: Model, support: float, on_table: bool, rng: np.random.Generator
) -> tuple[list[Model], float | None]:
    """Return floor, table and wall, and the side that is open where there is a wall."""
    parts = [_papered(box((12.0, 12.0, 0.02), (200, 200, 200)).placed(0, 0, -0.02, 0), 3.0, rng)]
    if on_table:
        x, y, t = rng.uniform(0.5, 1.8), rng.uniform(0.5, 1.0), rng.uniform(0.015, 0.05)
        top = box((float(x), float(y), float(t)), (200, 200, 200))
        dx, dy = rng.uniform(-0.3, 0.3, 2) * (x, y)
        parts.append(_papered(top.placed(float(dx), float(dy), support - float(t), 0), 0.7, rng))
    if rng.random() > 0.55:
        return parts, None
    side = float(rng.uniform(0, 2 * np.pi))
    behind = -np.array([np.cos(side), np.sin(side)])
    least = float((shown.vertices[:, :2] @ behind).max()) + 0.01 + rng.exponential(0.15)
    wall = box((0.1, 12.0, 2.8), (200, 200, 200)).placed(0, 0, 0, side)
    x, y = behind * (least + 0.05)
    parts.append(_papered(wall.placed(float(x), float(y), 0, 0), 2.0, rng))
    return parts, side


def _papered(model: Model, scale: float, rng: np.random.Generator) -> Model:
    """Cover a model with a plain, striped, checked, grained or blotchy paper."""
    base = rng.uniform(50, 240) + rng.normal(0, 12, 3)
    kind, cells = rng.random(), 64
    pattern = np.zeros((cells, cells))
    v, u = np.mgrid[0:cells, 0:cells] / cells
    if 0.3 < kind < 0.45:
        pattern = np.sign(np.sin(2 * np.pi * u * rng.integers(2, 9)))
    elif 0.45 < kind < 0.6:
        pattern = np.sign(np.sin(2 * np.pi * u * 4) * np.sin(2 * np.pi * v * 4))
    elif 0.6 < kind < 0.8:
        pattern = np.repeat(rng.normal(0, 0.7, (1, cells)), cells, axis=0)
    elif kind >= 0.8:
        coarse = rng.normal(0, 1, (8, 8))
        pattern = np.kron(coarse, np.ones((8, 8))) + 0.4 * rng.normal(0, 1, (cells, cells))
    contrast = rng.uniform(4, 40) * rng.normal(1, 0.15, 3)
    image = np.clip(base + pattern[..., None] * contrast, 5, 250).astype(np.uint8)
    return dataclasses.replace(model, uv=_flattened(model) / scale,
                               texture=np.zeros(len(model.faces), np.int64), images=(image,))


def _flattened(model: Model) -> npt.NDArray[np.float64]:
    """Return each vertex's place (V, 2) on the plane that its normal is nearest to, metres."""
    main = np.abs(model.normals).argmax(axis=1)
    first, second = np.array([1, 0, 0])[main], np.array([2, 2, 1])[main]
    rows = np.arange(len(main))
    return np.stack([model.vertices[rows, first], model.vertices[rows, second]], axis=1)
