"""Arranges things on a plane: free, touching, stacked, leaning and nested, none in another.

Outlines from above keep things apart; where they overlap (on, in, against one another), rays
between the surfaces find the first contact.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.contact import first_contact
from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.outline import Outline, area, contains, gap, outline_of, side_normals
from omd3d_ros.synthetic.resting import tilted

MANNERS = ('free', 'touching', 'stacked', 'nested', 'leaning')
_APART = 0.001  # m, least way between things that do not touch
_TOUCH = 0.012  # m, most way between things placed to touch
_REST = 0.0003  # m, left between surfaces in contact
_FLAT = 0.004  # m, height of what counts as a flat top or base
_HIGHEST = 0.45  # m
_SLENDER = 3.5  # height of a stacked thing, in widths of the top that carries it
_TRIES = 12
_FAR = 2.0


@dataclasses.dataclass(frozen=True, eq=False)
class Stood:
    """A thing at its place on the plane.

    manner   one of MANNERS
    beside   number of what it touches or leans on, 0 for nothing
    outline  (K, 2) seen from above
    top      (J, 2) outline of its flat top, None where others cannot stand on it
    height   of its highest point, metres
    """

    thing: PlacedModel
    manner: str
    beside: int
    outline: Outline
    top: Outline | None
    height: float



class Tabletop:
    """Things on the plane z = 0 within ``reach`` metres of the origin; numbers from ``first``."""

    def __init__(self, reach: float, rng: np.random.Generator, first: int = 1) -> None:
        self.reach, self._rng, self._first = reach, rng, first
        self.stood: list[Stood] = []

    def place(
        self, model: Model, name: str, model_id: str, manner: str, *, holders: frozenset[str]
    ) -> Stood | None:
        """Place a model, standing on its base, in a manner; None where there is no place.

        holders  names of what things may be put into

        Raises
        ------
        ValueError
            When the manner is not one of MANNERS, or the model is flat.

        """
        if manner not in MANNERS:
            raise ValueError(f'manner={manner!r}: must be one of {", ".join(MANNERS)}')
        turned = model.placed(0, 0, 0, float(self._rng.uniform(0, 2 * np.pi)))
        if manner == 'free':
            found = self._freely(turned)
        elif manner == 'touching':
            found = self._touching(turned)
        elif manner == 'stacked':
            found = self._on_top(turned)
        elif manner == 'nested':
            found = self._inside(turned, holders)
        else:
            found = self._leaning(model)
        if found is None:
            return None
        placed, support, inside, beside = found
        number = self._first + len(self.stood)
        thing = PlacedModel(number, name, model_id, placed, 0.0, support, inside)
        top = None if manner == 'leaning' else flat_outline(placed, top=True)
        self.stood.append(Stood(thing, manner, beside, outline_of(placed.vertices), top,
                                float(thing.high[2])))
        return self.stood[-1]

    def _freely(self, model: Model) -> tuple[Model, int, int, int] | None:
        outline = outline_of(model.vertices)
        for _ in range(_TRIES):
            place = self._rng.uniform(-self.reach, self.reach, 2)
            if self._is_free(outline + place, 0.0, ()):
                x, y = place
                return model.placed(float(x), float(y), 0, 0), 0, 0, 0
        return None

    def _touching(self, model: Model) -> tuple[Model, int, int, int] | None:
        """Move a model up to another on the same surface: side to side, or at any angle."""
        rng = self._rng
        others = [one for one in self.stood if one.manner != 'leaning'
                  and not one.thing.supported_by]
        for _ in range(_TRIES if others else 0):
            other = others[int(rng.integers(len(others)))]
            way = float(rng.uniform(0, 2 * np.pi))
            turned = model
            if rng.random() < 0.5:
                turned, way = self._side_to_side(model, other.outline)
            outline = outline_of(turned.vertices)
            heading = np.array([np.cos(way), np.sin(way)])
            start = other.outline.mean(axis=0) - outline.mean(axis=0)
            across = np.array([-heading[1], heading[0]])
            start = start + across * rng.normal(0, 0.25) * np.ptp(other.outline @ across)
            wanted = float(rng.uniform(0, _TOUCH)) * (rng.random() < 0.7) + 2 * _REST
            near, far = 0.0, 1.0
            for _step in range(12):
                middle = (near + far) / 2
                if gap(other.outline, outline + start + middle * heading) < wanted:
                    near = middle
                else:
                    far = middle
            place = start + far * heading
            if (np.hypot(*place) < 1.5 * self.reach + 0.05
                    and self._is_free(outline + place, 0.0, (other.thing.number,))):
                x, y = place
                return turned.placed(float(x), float(y), 0, 0), 0, 0, other.thing.number
        return None

    def _side_to_side(self, model: Model, other: Outline) -> tuple[Model, float]:
        """Turn a model so that a long side faces one of another; return it and the way there."""
        def pick(outline: Outline) -> float:
            lengths = np.linalg.norm(np.roll(outline, -1, axis=0) - outline, axis=1)
            side = int(self._rng.choice(len(lengths), p=lengths ** 2 / np.sum(lengths ** 2)))
            out = side_normals(outline)[side]
            return float(np.arctan2(out[1], out[0]))

        way = pick(other)
        return model.placed(0, 0, 0, way + np.pi - pick(outline_of(model.vertices))), way

    def _on_top(self, model: Model) -> tuple[Model, int, int, int] | None:
        """Stack a model on a flat top that carries the middle of its base."""
        rng, height = self._rng, float(model.vertices[:, 2].max())
        outline, base = outline_of(model.vertices), flat_outline(model, top=False)
        carriers = [one for one in self.stood if one.top is not None and area(one.top) > 1e-3
                    and one.height + height < _HIGHEST]
        for _ in range(4 if carriers and base is not None else 0):
            below = carriers[int(rng.integers(len(carriers)))]
            if below.top is None or base is None or not _carries(below.top, base, height):
                continue
            middle = base.mean(axis=0)
            to = below.top.mean(axis=0) + rng.normal(0, 0.012, 2)
            moved = outline + to - middle
            if not contains(below.top, to, margin=0.008):
                continue
            if self._is_free(moved, below.height - 2 * _FLAT, (below.thing.number,)):
                x, y = to - middle
                found = self._dropped(model.placed(float(x), float(y), 0, 0), below)
                if found is not None and found.vertices[:, 2].min() > below.height - _FLAT:
                    return found, below.thing.number, 0, 0
        return None

    def _inside(self, model: Model, holders: frozenset[str]
                ) -> tuple[Model, int, int, int] | None:
        """Drop a model into an open holder, so far from its rim that all of it fits."""
        rng, outline = self._rng, outline_of(model.vertices)
        open_ones = [one for one in self.stood if one.thing.name in holders
                     and one.manner != 'leaning']
        for _ in range(_TRIES if open_ones else 0):
            holder = open_ones[int(rng.integers(len(open_ones)))]
            middle = holder.outline.mean(axis=0)
            room = float(np.ptp(holder.outline, axis=0).min() - np.ptp(outline, axis=0).max())
            if room < 0.012:
                continue
            moved = outline + middle + rng.uniform(-0.4, 0.4, 2) * room
            if not all(contains(holder.outline, corner, margin=0.006) for corner in moved):
                continue
            if not self._is_free(moved, 0.0, (holder.thing.number, holder.thing.supported_by)):
                continue
            x, y = moved[0] - outline[0]
            found = self._dropped(model.placed(float(x), float(y), 0, 0), holder)
            if found is not None and found.vertices[:, 2].min() < holder.height - 0.004:
                return found, holder.thing.number, holder.thing.number, 0
        return None

    def _leaning(self, model: Model) -> tuple[Model, int, int, int] | None:
        """Tilt a model and push it against a neighbour until it touches it."""
        rng = self._rng
        tall = float(model.vertices[:, 2].max())
        others = [one for one in self.stood if one.manner in ('free', 'touching')
                  and one.height > max(0.03, 0.3 * tall)]
        for _ in range(_TRIES if others else 0):
            other = others[int(rng.integers(len(others)))]
            way = float(rng.uniform(0, 2 * np.pi))
            heading = np.array([np.cos(way), np.sin(way), 0.0])
            # a flat thing leans with its broad side
            broad = float(np.pi / 2 * rng.integers(4)) if rng.random() < 0.8 else 0.3
            turned = tilted(model.placed(0, 0, 0, way + broad), way, float(rng.uniform(0.2, 1.0)))
            middle = other.outline.mean(axis=0) + rng.normal(0, 0.01, 2)
            x, y = middle - _FAR * heading[:2]
            start = turned.placed(float(x), float(y), 0.0005, 0)
            touch = first_contact(start, [other.thing.model], heading)
            if touch is None:
                continue
            x, y = middle - (_FAR - touch.distance + _REST) * heading[:2]
            found = turned.placed(float(x), float(y), 0.0005, 0)
            if (is_propped(found, touch.point, heading)
                    and self._is_free(outline_of(found.vertices), 0.0, (other.thing.number,))):
                return found, 0, 0, other.thing.number
        return None

    def _dropped(self, model: Model, onto: Stood) -> Model | None:
        above = model.placed(0, 0, onto.height + 0.3, 0)
        touch = first_contact(above, [onto.thing.model], np.array([0, 0, -1.0]))
        return None if touch is None else above.placed(0, 0, _REST - touch.distance, 0)

    def _is_free(self, outline: Outline, low: float, besides: tuple[int, ...]) -> bool:
        """Tell whether an outline keeps clear of all things that reach above ``low``.

        Those ``besides`` may be near or, where something is put on or in them, below.
        """
        if np.abs(outline).max() > 2 * self.reach + 0.25:
            return False
        for one in self.stood:
            if one.thing.number in besides or _far_apart(outline, one.outline):
                continue
            if one.height > low and gap(outline, one.outline) < _APART:
                return False
        return True


def _far_apart(first: Outline, second: Outline) -> bool:
    """Tell whether upright rectangles round two outlines are apart, which is quick."""
    return bool((first.min(axis=0) > second.max(axis=0) + _APART).any()
                or (second.min(axis=0) > first.max(axis=0) + _APART).any())


def _carries(top: Outline, base: Outline, height: float) -> bool:
    """Tell whether a top is large enough for a base and for what stands on it."""
    room = np.ptp(top, axis=0)
    return bool((np.ptp(base, axis=0) < 1.35 * room).all() and height < _SLENDER * room.min())


def flat_outline(model: Model, *, top: bool) -> npt.NDArray[np.float64] | None:
    """Return the outline (K, 2) of a model's level top or base; None where it has none."""
    corners = model.vertices[model.faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    sizes = np.linalg.norm(across, axis=1)
    level = (np.abs(across[:, 2]) > 0.98 * sizes) & (sizes > 0)
    heights = corners[:, :, 2]
    edge = heights.max() - _FLAT if top else heights.min() + _FLAT
    near = (heights > edge if top else heights < edge).all(axis=1)
    points = corners[level & near].reshape(-1, 3)
    if len(points) < 3:
        return None
    try:
        return outline_of(points)
    except ValueError:
        return None


def is_propped(model: Model, touch: npt.NDArray[np.float64],
               heading: npt.NDArray[np.float64]) -> bool:
    """Tell whether a leaning model stays: held high enough, its middle between foot and touch."""
    low, high = model.vertices.min(axis=0), model.vertices.max(axis=0)
    if touch[2] < low[2] + 0.45 * (high[2] - low[2]):
        return False
    along = model.vertices @ heading
    base = along[model.vertices[:, 2] < low[2] + _FLAT]
    middle = (along.min() + along.max()) / 2
    return bool(base.max() < middle < touch @ heading + 0.15 * np.ptp(along))
