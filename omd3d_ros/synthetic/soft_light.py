"""Soft light: an ambient that corners shade, and two wide lamps; noise smoothed along surfaces.

Light is found at every second pixel of every second row with a few rays each, averaged over
neighbours on the same surface, and spread to the pixels between.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

_LIFT = 2e-3  # m, rays start this far off the surface
_SHADE_RAYS, _LAMP_RAYS = 4, 2
_REACH = 0.3  # m, within which surfaces shade one another
_ALIKE = 0.85  # cosine between normals of pixels that share light
_DIM = 0.3  # of the ambient that deep corners keep
Occluded = Callable[[npt.NDArray[Any], npt.NDArray[Any], float], npt.NDArray[np.bool_]]


@dataclasses.dataclass(frozen=True)
class Lamp:
    """Light from far away: where it is (unit, z up), how wide (of 1), and its colour (3,)."""

    towards: tuple[float, float, float]
    wide: float
    color: tuple[float, float, float]


@dataclasses.dataclass(frozen=True)
class SoftLight:
    """The light of a scene: the ambient's colour (3,), and lamps."""

    ambient: tuple[float, float, float]
    lamps: tuple[Lamp, ...]

    def falling_on(
        self, points: npt.NDArray[Any], normals: npt.NDArray[Any], surface: npt.NDArray[Any],
        occluded: Occluded, rng: np.random.Generator,
    ) -> npt.NDArray[np.float32]:
        """Return the light (H, W, 3) on points (H, W, 3) with normals, about 1 where it is bright.

        surface   (H, W) number of what each pixel shows
        occluded  tells which rays (N, 3), (N, 3) meet something within so many of their lengths
        """
        half = (slice(None, None, 2), slice(None, None, 2))
        own = normals[half].astype(np.float32)
        start = (points[half] + _LIFT * own).astype(np.float32).reshape(-1, 3)
        flat, shape = own.reshape(-1, 3), own.shape[:2]
        parts = [self._openness(start, flat, occluded, rng)]
        for lamp in self.lamps:
            parts.append(_unshaded(start, lamp, occluded, rng))
        coarse = np.stack(parts, axis=-1).reshape(*shape, -1)
        smooth = _smoothed(coarse, own, surface[half])
        fine = _spread(smooth, normals, surface)
        light = np.array(self.ambient, np.float32) * fine[:, :, :1]
        # what comes from above outshines what the floor throws back
        light *= (0.78 + 0.22 * normals[:, :, 2:3]).astype(np.float32)
        for number, lamp in enumerate(self.lamps, start=1):
            lit = np.clip(normals @ np.array(lamp.towards, np.float32), 0, 1)
            light += (lit * fine[:, :, number])[:, :, None] * np.array(lamp.color, np.float32)
        return np.asarray(light)

    @staticmethod
    def _openness(start: Any, normals: Any, occluded: Occluded, rng: np.random.Generator) -> Any:
        """Return how little near surfaces shade each point, [_DIM, 1]."""
        free = np.zeros(len(start), np.float32)
        for _ in range(_SHADE_RAYS):
            spread = rng.standard_normal(start.shape, dtype=np.float32)
            spread /= np.linalg.norm(spread, axis=1, keepdims=True)
            # rays of random length: what is near shades more often than what is far
            rays = (normals + 0.97 * spread) * rng.random((len(start), 1), dtype=np.float32)
            free += ~occluded(start, rays, _REACH)
        return _DIM + (1 - _DIM) * free / _SHADE_RAYS


def drawn_light(rng: np.random.Generator) -> SoftLight:
    """Return the light of a room by day or in the evening, warm or cool."""
    def color(strength: float) -> tuple[float, float, float]:
        warm = rng.normal(0, 0.07)
        return strength * (1 + warm), strength, strength * (1 - warm)

    ambient = float(rng.uniform(0.45, 0.75))
    lamps = []
    for strength in (rng.uniform(0.25, 0.55), rng.uniform(0.1, 0.3)):
        turn, rise = rng.uniform(0, 2 * np.pi), rng.uniform(0.6, 1.4)
        lamps.append(Lamp((float(np.cos(turn) * np.cos(rise)), float(np.sin(turn) * np.cos(rise)),
                           float(np.sin(rise))), float(rng.uniform(0.12, 0.5)),
                          color(float(strength))))
    return SoftLight(color(ambient), tuple(lamps))


def _unshaded(start: Any, lamp: Lamp, occluded: Occluded, rng: np.random.Generator) -> Any:
    """Return which share of a lamp each point sees, [0, 1]."""
    free = np.zeros(len(start), np.float32)
    for _ in range(_LAMP_RAYS):
        jitter = rng.standard_normal(start.shape, dtype=np.float32) * np.float32(lamp.wide * 0.6)
        free += ~occluded(start, jitter + np.array(lamp.towards, np.float32), 5.0)
    return free / _LAMP_RAYS


def _smoothed(light: Any, normals: Any, surface: Any, reach: int = 3) -> Any:
    """Average light (h, w, C) over neighbours on the same surface with the same normal."""
    for axis in (0, 1, 0, 1):
        total, weight = light.copy(), np.ones(light.shape[:2], np.float32)
        for step in range(1, reach + 1):
            here, there = _shifted(axis, step), _shifted(axis, -step)
            alike = surface[here] == surface[there]
            alike &= _cosine(normals[here], normals[there]) > _ALIKE
            kept = alike.astype(np.float32)
            total[here] += kept[:, :, None] * light[there]
            total[there] += kept[:, :, None] * light[here]
            weight[here] += kept
            weight[there] += kept
        light = total / weight[:, :, None]
    return light


def _shifted(axis: int, step: int) -> tuple[slice, ...]:
    cut = slice(step, None) if step > 0 else slice(None, step)
    return (cut, slice(None)) if axis == 0 else (slice(None), cut)


def _spread(light: Any, normals: Any, surface: Any) -> Any:
    """Bring light (h, w, C) at every second pixel to all (H, W): from those that are alike."""
    half = (slice(None, None, 2), slice(None, None, 2))
    ends = ((0, 1), (0, 1))
    known = np.pad(light, (*ends, (0, 0)), mode='edge')
    turned, shown = np.pad(normals[half], (*ends, (0, 0)), mode='edge'), np.pad(
        surface[half], ends, mode='edge')
    found = np.empty((*surface.shape, light.shape[2]), np.float32)
    for odd_row in (0, 1):
        for odd_column in (0, 1):
            part = (slice(odd_row, None, 2), slice(odd_column, None, 2))
            rows, columns = surface[part].shape
            total = np.zeros((rows, columns, light.shape[2]), np.float32)
            weight = np.zeros((rows, columns, 1), np.float32)
            for down in range(odd_row + 1):
                for right in range(odd_column + 1):
                    at = (slice(down, down + rows), slice(right, right + columns))
                    alike = (shown[at] == surface[part]) & (_cosine(
                        turned[at], normals[part]) > _ALIKE)
                    kept = alike.astype(np.float32)[:, :, None] + np.float32(1e-6)
                    total += kept * known[at]
                    weight += kept
            found[part] = total / weight
    return found


def _cosine(one: Any, other: Any) -> Any:
    """Return the cosines (H, W) between unit normals (H, W, 3)."""
    total = one[:, :, 0] * other[:, :, 0]
    total += one[:, :, 1] * other[:, :, 1]
    total += one[:, :, 2] * other[:, :, 2]
    return total
