"""Figures: a value with its count, its chance level and how far it may be off."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

_DRAWS = 1000
_ENDS = (2.5, 97.5)  # percentiles: a 95 % interval


@dataclasses.dataclass(frozen=True)
class Figure:
    """One measured value; not a number where there was nothing to measure.

    count      cases that it is over
    chance     what guessing would give; None where that says nothing
    low, high  95 % interval, by the bootstrap over scenes (Efron 1979, percentile method)
    """

    name: str
    value: float
    count: int
    chance: float | None
    low: float
    high: float

    def as_json(self) -> dict[str, Any]:
        """Return plain values; None for what is not a number."""
        return {key: _plain(value) for key, value in dataclasses.asdict(self).items()}

    def cells(self) -> tuple[str, ...]:
        """Return the figure as cells of a table: name, value, interval, chance, count."""
        chance = '-' if self.chance is None else f'{self.chance:.3f}'
        return (self.name, f'{self.value:.3f}', f'{self.low:.3f} .. {self.high:.3f}', chance,
                str(self.count))


def mean_figure(
    name: str, by_scene: Sequence[Sequence[float]], chance: float | None,
    rng: np.random.Generator,
) -> Figure:
    """Return the mean over all cases, which are given scene by scene."""
    filled = [list(map(float, values)) for values in by_scene if len(values)]
    sums = np.array([sum(values) for values in filled])
    counts = np.array([len(values) for values in filled])

    def mean(scenes: npt.NDArray[np.int64]) -> float:
        return float(sums[scenes].sum() / counts[scenes].sum())

    return drawn_figure(name, mean, len(filled), int(counts.sum()), chance, rng)


def drawn_figure(
    name: str, statistic: Callable[[npt.NDArray[np.int64]], float], scenes: int, count: int,
    chance: float | None, rng: np.random.Generator, draws: int = _DRAWS,
) -> Figure:
    """Return a statistic of all scenes, and the interval of it over scenes drawn anew.

    statistic gets indices of scenes, some perhaps more than once.
    """
    if scenes == 0:
        return Figure(name, math.nan, 0, chance, math.nan, math.nan)
    value = statistic(np.arange(scenes))
    drawn = [statistic(rng.integers(scenes, size=scenes)) for _ in range(draws)]
    finite = [one for one in drawn if math.isfinite(one)]
    low, high = np.percentile(finite, _ENDS) if finite else (math.nan, math.nan)
    return Figure(name, value, count, chance, float(low), float(high))


def mean_or_none(values: Sequence[float]) -> float | None:
    """Return the mean; None of nothing."""
    return float(np.mean(values)) if len(values) else None


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 4) if math.isfinite(value) else None
    return value
