"""A table with things on it, what is round it, and the poses from which it is seen."""

from __future__ import annotations

import dataclasses
import itertools

import numpy as np
import numpy.typing as npt
from scipy.spatial.transform import Rotation

from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.depth_camera import looking
from omd3d_ros.synthetic.model import Model, joined
from omd3d_ros.synthetic.model_shelf import ModelShelf
from omd3d_ros.synthetic.pattern import surface
from omd3d_ros.synthetic.shapes import box, printed
from omd3d_ros.synthetic.table_content import table_content
from omd3d_ros.synthetic.tabletop import Stood

_TILE = 0.6  # m, that a pattern covers
_HUGE = 8.0  # m
FLOOR, WALL = 1, 2  # places in STRUCTURES
_HIDING = 0.4  # share of tables seen from where one thing hides the middle of another
_BEHIND = 0.3  # m, how far behind it that is at most
_SEEN_OF_ENDS = 0.06  # m, what shows of its two ends together


@dataclasses.dataclass(frozen=True, eq=False)
class Stage:
    """What a scene is made of.

    shell       models that are no objects
    structures  what each of the shell is, as places in STRUCTURES
    things      the objects, numbered from 1
    gloss       (S + T,) of the shell and the things, 0 dull .. 1 clear
    poses       map_from_camera (4, 4) of the views
    pivot       (3,) about which the map's vertical is a little off; None: it is exact
    settings    what is worth knowing of it
    """

    shell: tuple[Model, ...]
    structures: tuple[int, ...]
    things: tuple[PlacedModel, ...]
    gloss: npt.NDArray[np.float64]
    poses: tuple[npt.NDArray[np.float64], ...]
    pivot: npt.NDArray[np.float64] | None
    settings: dict[str, object]


def table_stage(shelf: ModelShelf, rng: np.random.Generator) -> Stage:
    """Return a cluttered table: a top on legs, a large top, or things on a huge plane."""
    kind = str(rng.choice(['legs', 'top', 'plane'], p=[0.4, 0.35, 0.25]))
    content = table_content(shelf, rng, first=1 if kind == 'plane' else 2)
    height = 0.0 if kind == 'plane' else float(rng.uniform(0.45, 0.85))
    things = [dataclasses.replace(
        one.thing, model=one.thing.model.placed(0, 0, height, 0),
        supported_by=one.thing.supported_by or int(kind != 'plane')) for one in
        content.tabletop.stood]
    shell, structures = [_plane(rng)], [FLOOR]
    points = np.concatenate([one.outline for one in content.tabletop.stood])
    gloss = content.gloss
    if kind != 'plane':
        table = _table(points, height, kind, rng)
        things = [PlacedModel(1, 'table', 'own/table', table, 0.0), *things]
        gloss = np.append(0.25 * (rng.random() < 0.15), gloss)
    target = np.array([*(points.min(axis=0) + points.max(axis=0)) / 2, height + 0.03])
    start, ways = float(rng.uniform(0, 2 * np.pi)), hiding_ways(content.tabletop.stood)
    hiding = bool(ways) and rng.random() < _HIDING
    if hiding:
        start = ways[int(rng.integers(len(ways)))] + float(rng.normal(0, 0.05))
    if rng.random() < 0.3:
        shell.append(_wall(target, start, rng))
        structures.append(WALL)
    poses = _poses(target, start, float(np.ptp(points, axis=0).max()), rng, hiding=hiding)
    return Stage(tuple(shell), tuple(structures), tuple(things),
                 np.append(np.zeros(len(shell)), gloss), poses, target,
                 {'table': kind, 'support_height': height, 'hiding': hiding,
                  'failed_models': list(content.failed),
                  'manners': [one.manner for one in content.tabletop.stood]})


def _patterned(model: Model, rng: np.random.Generator) -> Model:
    """Lay a pattern over a model by the places of its vertices."""
    turn, shift = rng.uniform(0, 2 * np.pi), rng.uniform(0, 1, 2)
    x, y, z = model.vertices.T
    upright = np.abs(model.normals[:, 2]) < 0.5
    along = np.where(upright & (np.abs(model.normals[:, 0]) > 0.5), y, x)
    up = np.where(upright, z, y)
    uv = np.stack([along * np.cos(turn) - up * np.sin(turn),
                   along * np.sin(turn) + up * np.cos(turn)], axis=1) / _TILE + shift
    return printed(dataclasses.replace(model, uv=uv), [surface(rng)], 0)


def _plane(rng: np.random.Generator) -> Model:
    return _patterned(box((_HUGE, _HUGE, 0.02), (180, 180, 180)).placed(0, 0, -0.02, 0), rng)


def _wall(target: npt.NDArray[np.float64], start: float, rng: np.random.Generator) -> Model:
    """Return a wall behind the table, seen from a camera that looks from the angle ``start``."""
    turn = start + np.pi + rng.normal(0, 0.3)
    away = rng.uniform(0.55, 1.3)
    x, y = target[:2] + away * np.array([np.cos(turn), np.sin(turn)])
    return _patterned(box((0.05, _HUGE, 2.6), (200, 200, 200)), rng).placed(
        float(x), float(y), 0, float(turn))


def _table(points: npt.NDArray[np.float64], height: float, kind: str, rng: np.random.Generator
           ) -> Model:
    """Return a table that carries all outlines, turned anyhow, with or without near edges."""
    fitted = fit_box(np.column_stack([points, np.zeros(len(points))]))
    margin = rng.uniform(0.02, 0.2, 2) if kind == 'legs' else rng.uniform(0.3, 0.8, 2)
    x, y = np.maximum(np.asarray(fitted.size[:2]) + 2 * margin, 0.45)
    thick = float(rng.uniform(0.015, 0.05))
    tone = rng.uniform(40, 220) + rng.normal(0, 15, 3)
    r, g, b = (int(v) for v in np.clip(tone, 10, 250))
    top = _patterned(box((float(x), float(y), thick), (r, g, b)), rng)
    parts = [top.placed(0, 0, height - thick, 0)]
    foot = float(rng.uniform(0.03, 0.07))
    for i in (-1, 1):
        for j in (-1, 1):
            parts.append(box((foot, foot, height - thick), (r, g, b)).placed(
                i * float(x / 2 - foot), j * float(y / 2 - foot), 0, 0))
    return joined(*parts).placed(float(fitted.center[0]), float(fitted.center[1]), 0,
                                 float(fitted.yaw))


def hiding_ways(stood: list[Stood]) -> list[float]:
    """Return the angles from which one thing hides the middle of a broader one, but not its ends.

    Only things that stand on the plane itself count; the front one is not much lower.
    """
    found = []
    standing = [one for one in stood if not one.thing.supported_by]
    for front, back in itertools.permutations(standing, 2):
        way = front.outline.mean(axis=0) - back.outline.mean(axis=0)
        if np.hypot(*way) > _BEHIND or front.height < 0.7 * back.height:
            continue
        across = np.array([-way[1], way[0]]) / np.hypot(*way)
        if np.ptp(back.outline @ across) > np.ptp(front.outline @ across) + _SEEN_OF_ENDS:
            found.append(float(np.arctan2(way[1], way[0])))
    return found


def _poses(target: npt.NDArray[np.float64], start: float, spread: float,
           rng: np.random.Generator, *, hiding: bool) -> tuple[npt.NDArray[np.float64], ...]:
    """Return one pose, or two to five moving round, with the things in the middle of the view.

    Where one thing shall hide another it is one, and not from high above.
    """
    count = 1 if hiding or rng.random() < 0.5 else int(rng.integers(2, 6))
    step = float(rng.uniform(0.2, 0.6) * rng.choice([-1, 1]))
    rise = rng.uniform(np.deg2rad(25), np.deg2rad(40 if hiding else 65))
    away = rng.uniform(0.65, 1.4)
    away = float(np.clip(max(away, 1.1 * spread), 0.65, 1.4))
    found = []
    for number in range(count):
        turn = start + number * step
        up = float(np.clip(rise + (number > 0) * rng.normal(0, 0.08), 0.43, 1.14))
        length = float(np.clip(away + (number > 0) * rng.normal(0, 0.07), 0.65, 1.4))
        at = target + rng.normal(0, 0.04, 3)
        eye = at + length * np.array([np.cos(turn) * np.cos(up), np.sin(turn) * np.cos(up),
                                      np.sin(up)])
        pose = looking(eye.tolist(), at.tolist())
        roll = Rotation.from_euler('z', rng.normal(0, 0.04)).as_matrix()
        pose[:3, :3] = pose[:3, :3] @ roll
        found.append(pose)
    return tuple(found)
