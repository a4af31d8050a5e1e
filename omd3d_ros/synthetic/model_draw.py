"""Draws models from a shelf and varies them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry, own_or_bought
from omd3d_ros.synthetic.support_levels import SupportLevel

_OWN_SHARE = 0.35  # of the draws of a name that a library has models of, too
_FIXED = frozenset(('door', 'window', 'refrigerator', 'keyboard', 'book'))  # have common sizes
Fits = Callable[[ShelfEntry], bool]


@dataclasses.dataclass(frozen=True, eq=False)
class DrawnModel:
    """A varied model, before it has a place.

    factors  (3,) by which it is larger than its entry's model
    """

    entry: ShelfEntry
    model: Model
    factors: npt.NDArray[np.float64]
    shelf: ModelShelf

    @property
    def name(self) -> str:
        """Its household word."""
        return self.entry.name

    @functools.cached_property
    def levels(self) -> tuple[SupportLevel, ...]:
        """The surfaces that things may stand on, in its own frame."""
        x, y, z = self.factors
        return tuple(SupportLevel(one.x * x, one.y * y, one.heights * z, one.headroom * z)
                     for one in self.shelf.levels(self.entry))

    @property
    def size(self) -> tuple[float, float, float]:
        """Width, depth and height, metres."""
        x, y, z = (float(v) for v in np.ptp(self.model.vertices, axis=0))
        return x, y, z


class ModelDraw:
    """Draws from a shelf with a Generator."""

    def __init__(self, shelf: ModelShelf, rng: np.random.Generator) -> None:
        self.shelf, self.rng = shelf, rng

    def has(self, name: str) -> bool:
        """Tell whether there is a model of a name."""
        return bool(self.shelf.entries(name))

    def draw(
        self, names: str | Sequence[str], *, on_wall: bool = False, fits: Fits | None = None
    ) -> DrawnModel | None:
        """Return a model of one of the names that there is; None when there is none.

        on_wall  of those that hang on a wall or from the ceiling; else only others
        """
        rng = self.rng
        choice = [names] if isinstance(names, str) else list(names)
        for place in rng.permutation(len(choice)):
            entries = [one for one in self.shelf.entries(choice[place])
                       if one.on_wall == on_wall and (fits is None or fits(one))]
            pool = own_or_bought(entries, _OWN_SHARE, rng)
            if pool:
                return self._varied(pool[int(rng.integers(len(pool)))])
        return None

    def _varied(self, entry: ShelfEntry) -> DrawnModel:
        """Return a model in another size (0.85 to 1.18), proportion and tint."""
        rng, model = self.rng, self.shelf.load(entry)
        wide = (0.96, 1.04) if entry.name in _FIXED else (0.85, 1.18)
        factors = np.clip(rng.uniform(*wide) * rng.uniform(0.95, 1.05, 3), *wide)
        tint = np.clip(rng.normal(1, 0.08, 3), 0.7, 1.3)
        varied = dataclasses.replace(
            model.stretched(factors), colors=np.clip(model.colors * tint, 0, 255))
        return DrawnModel(entry, varied, factors, self.shelf)
