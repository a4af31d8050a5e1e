"""What stands on tables, and how: draws things from a shelf and arranges them."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry
from omd3d_ros.synthetic.resting import Resting, resting_ways, turned
from omd3d_ros.synthetic.tabletop import Tabletop

# How often a thing of our own is one of these; the rest of the things come from the libraries.
_OWN = {'box': 24, 'book': 8, 'can': 7, 'food container': 7, 'tuna can': 2, 'bottle': 7, 'bowl': 8,
        'cup': 6, 'mug': 6, 'milk': 5, 'cereal': 4, 'plate': 3, 'tray': 3, 'jar': 4, 'vase': 3,
        'glass': 3, 'pan': 1}
_FOREIGN = 0.42  # less what leans or holds, which is always our own: 0.35
_LARGEST, _SMALLEST = 0.4, 0.03  # m, of the longest side of a foreign thing
_NOT_ON_TABLES = frozenset((
    'ceiling lamp', 'christmas tree', 'faucet', 'pedestal', 'sign', 'smoke detector', 'stove',
    'toilet brush', 'towel rack', 'trash can', 'rug', 'mirror', 'door', 'light switch'))
_FEWEST, _MOST = 2, 14
_DRAWS = 3  # things tried for one manner
_HOLDERS = frozenset(('bowl', 'tray', 'pan', 'plate'))
_OPEN = frozenset(('bowl', 'cup', 'mug', 'glass'))  # may stand upside down
_FLAT = frozenset(('plate', 'tray', 'pan'))  # hardly ever on edge
_LEANERS = frozenset(('box', 'book', 'cereal', 'can', 'bottle', 'milk', 'tray', 'plate'))
_MANNERS = {'free': 0.19, 'touching': 0.31, 'stacked': 0.25, 'nested': 0.13, 'leaning': 0.12}
_GLASSY = frozenset(('glass', 'wine', 'perfume'))
_SHINY = frozenset(('can', 'tuna can', 'pan', 'pot', 'knife', 'fork', 'spoon', 'scissors', 'kettle',
                    'wrench', 'hammer', 'clamp', 'padlock', 'watch', 'toaster', 'chain', 'key'))


@dataclasses.dataclass(frozen=True, eq=False)
class TableContent:
    """Things arranged on the plane z = 0 round the origin.

    gloss   (T,) how much of a surface the sensor may miss, 0 dull .. 1 clear glass
    failed  ids of models that could not be loaded or placed
    """

    tabletop: Tabletop
    gloss: npt.NDArray[np.float64]
    failed: tuple[str, ...]


def table_content(shelf: ModelShelf, rng: np.random.Generator, first: int = 1) -> TableContent:
    """Return 2 to 14 things, numbered from ``first``.

    Raises
    ------
    ValueError
        When the shelf has nothing to put on a table, or hardly anything could be placed.

    """
    reach = float(rng.uniform(0.13, 0.32))
    tabletop = Tabletop(reach, rng, first)
    wanted, gloss, failed = int(rng.integers(_FEWEST, _MOST + 1)), [], []
    foreign = _foreign_names(shelf)
    own = [name for name in _OWN if shelf.entries(name)]
    if not own and not foreign:
        raise ValueError('shelf: has nothing to put on a table')
    for _ in range(3 * wanted):
        if len(tabletop.stood) >= wanted:
            break
        manner = str(rng.choice(list(_MANNERS), p=list(_MANNERS.values())))
        for _again in range(_DRAWS):
            entry, manner = _drawn(shelf, own, foreign, tabletop, manner, rng)
            try:
                model = _posed(_varied(shelf, entry, rng), entry.name, manner, rng)
                if tabletop.place(model, entry.name, entry.id, manner, holders=_HOLDERS):
                    gloss.append(_gloss(entry.name, rng))
                    break
            except ValueError:
                failed.append(entry.id)
    if len(tabletop.stood) < _FEWEST:
        raise ValueError(f'shelf: only {len(tabletop.stood)} things found a place; '
                         f'could not load {failed[:3]}')
    return TableContent(tabletop, np.array(gloss), tuple(failed))


def _foreign_names(shelf: ModelShelf) -> list[str]:
    """Return names of foreign models that fit on a table; '' stands for nameless ones."""
    return [name for name in (*shelf.names, '') if name not in _NOT_ON_TABLES and any(
        _is_foreign_and_fits(one) for one in shelf.entries(name))]


def _is_foreign_and_fits(entry: ShelfEntry) -> bool:
    """Tell whether a model is a library's, or one to be studied, and no larger than tables bear."""
    if entry.studied:
        known = household_vocabulary()
        return bool(known.sizes[known.index(entry.name), 1] <= _LARGEST)
    return entry.size is not None and _SMALLEST <= max(entry.size) <= _LARGEST


def _drawn(shelf: ModelShelf, own: list[str], foreign: list[str], tabletop: Tabletop,
           manner: str, rng: np.random.Generator) -> tuple[ShelfEntry, str]:
    """Draw a thing that fits the manner; before anything can be nested, something to hold it."""
    if not tabletop.stood:
        manner = 'free'
    if manner == 'nested' and not any(one.thing.name in _HOLDERS for one in tabletop.stood):
        own, foreign, manner = [name for name in own if name in _HOLDERS] or own, [], 'touching'
    if manner == 'leaning':
        own, foreign = [name for name in own if name in _LEANERS] or own, []
    if foreign and (not own or rng.random() < _FOREIGN):
        name = foreign[int(rng.integers(len(foreign)))]
        entries = [one for one in shelf.entries(name) if _is_foreign_and_fits(one)]
    else:
        weights = np.array([_OWN[name] for name in own], float)
        name = own[int(rng.choice(len(own), p=weights / weights.sum()))]
        entries = [one for one in shelf.entries(name) if one.size is None]
    return entries[int(rng.integers(len(entries)))], manner


def _varied(shelf: ModelShelf, entry: ShelfEntry, rng: np.random.Generator) -> Model:
    """Return a model in another size (0.8 to 1.25), proportion and tint."""
    model = shelf.load(entry)
    factors = np.exp(rng.uniform(-0.17, 0.17)) * np.exp(rng.uniform(-0.05, 0.05, 3))
    factors[1] = factors[0]  # what was turned on a lathe stays round
    colors = np.clip(model.colors, 12, 255) * rng.uniform(0.85, 1.15) * rng.normal(1, 0.06, 3)
    if np.ptp(model.colors, axis=0).max(initial=0) == 0 and not model.images and rng.random() < .7:
        colors = np.tile(rng.uniform(30, 240, 3), (len(colors), 1))  # of one colour: any other
    images = tuple(np.clip(image * rng.uniform(0.9, 1.1), 0, 255).astype(np.uint8)
                   for image in model.images)
    return dataclasses.replace(
        model.stretched(factors), colors=np.clip(colors, 0, 255), images=images)


def _posed(model: Model, name: str, manner: str, rng: np.random.Generator) -> Model:
    """Return a model as it may lie: mostly upright, on a side, upside down, on end to lean."""
    draw = rng.random()
    lying = {'box': 0.8, 'book': 0.2, 'cereal': 0.35}.get(name, 0.25)
    if name in _OPEN:
        lying = 0.2 if draw > 0.12 else 0.12
    if name in _FLAT:
        lying = 0.03
    if manner != 'leaning' and draw >= lying and not (name not in _OWN):
        return model
    ways = resting_ways(model)
    if not ways:
        return model
    if manner == 'leaning':
        return max((turned(model, one.turn) for one in ways), key=_slenderness)
    if draw >= lying:
        return turned(model, ways[0].turn)
    if name in _OPEN and draw < 0.12 and ways[-1].upright < -0.9:
        return turned(model, ways[-1].turn)
    return turned(model, _one_of(ways, name, rng).turn)


def _one_of(ways: tuple[Resting, ...], name: str, rng: np.random.Generator) -> Resting:
    """Return a way to lie: a box on any side, other things not on their head."""
    chosen = [one for one in ways if name == 'box' or abs(one.upright) < 0.9] or list(ways)
    return chosen[int(rng.integers(len(chosen)))]


def _slenderness(model: Model) -> float:
    size = np.ptp(model.vertices, axis=0)
    return float(size[2] / size[:2].min())


def _gloss(name: str, rng: np.random.Generator) -> float:
    if name in _GLASSY or (name in ('bottle', 'jar', 'vase') and rng.random() < 0.15):
        return float(rng.uniform(0.5, 0.95))
    if name in _SHINY or rng.random() < 0.1:
        return float(rng.uniform(0.1, 0.5))
    return 0.0
