"""The models that scenes are made of: which there are, and in which split each one is."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.catalogue import CatalogueEntry, load_model, read_catalogue
from omd3d_ros.synthetic.furnishings import FURNISHINGS
from omd3d_ros.synthetic.household_names import household_name
from omd3d_ros.synthetic.joinery import JOINERY
from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.scanned_model import ScannedModel, load_scanned, read_scanned
from omd3d_ros.synthetic.support_levels import SupportLevel, support_levels
from omd3d_ros.synthetic.things.makers import STUDIED_MAKERS
from omd3d_ros.synthetic.vessels import MAKERS, make_vessel
from omd3d_ros.synthetic.wall_fittings import WALL_FITTINGS

SPLITS = ('train', 'dev', 'test')
_OWN = 400  # vessels of our own a name
_FURNITURE = 24  # pieces of each maker of furniture
_STUDIED = 32  # things of each maker that is only for training
_STUDIED_SHARE = 0.75  # of the draws of a name whose own models are there to be studied
_TOO_LARGE = 1.15  # times the largest plausible size of a name: another thing, or no true size
_ROOM_MAKERS: dict[str, Callable[[np.random.Generator], Model]] = {
    **JOINERY, **WALL_FITTINGS, **FURNISHINGS}
_LARGEST_FILE = 5e6  # bytes: more triangles than a room of 40 things can afford
# names of what makers make whose key is no household word
_NAMES = {'wall shelf': 'shelf', 'lower cabinet': 'cabinet', 'upper cabinet': 'cabinet'}


@dataclasses.dataclass(frozen=True)
class ShelfEntry:
    """A model: its id, household name ('' where no word means it), and where it comes from.

    entry    of a catalogue's model; None for our own
    maker    key of what makes a thing of our own that is no vessel; '' for others
    studied  whether it is there to be learned from only, see ``studied_entries``
    """

    id: str
    name: str
    entry: CatalogueEntry | ScannedModel | None
    number: int = 0
    maker: str = ''
    studied: bool = False

    @property
    def size(self) -> tuple[float, float, float] | None:
        """The size that the catalogue gives, metres; None for a thing of our own."""
        return None if self.entry is None else self.entry.size

    @property
    def on_wall(self) -> bool:
        """Whether it hangs on a wall or from the ceiling."""
        if self.entry is None:
            return self.maker in WALL_FITTINGS or self.maker == 'ceiling lamp'
        return self.elevation > 0.05

    @property
    def elevation(self) -> float:
        """The height at which its catalogue says that it hangs, metres; 0 on the floor."""
        return self.entry.elevation if isinstance(self.entry, CatalogueEntry) else 0.0

    def load(self) -> Model:
        """Return the model in metres, standing on z = 0."""
        if self.maker:
            makers = STUDIED_MAKERS if self.studied else _ROOM_MAKERS
            number = sorted(makers).index(self.maker)
            return makers[self.maker](np.random.default_rng([number, self.number, 7]))
        if self.entry is None:
            return make_vessel(self.name, self.number)
        if isinstance(self.entry, ScannedModel):
            return load_scanned(self.entry)
        return load_model(self.entry)


class ModelShelf:
    """The models of one split, and a bounded cache of those loaded."""

    def __init__(self, entries: Sequence[ShelfEntry], split: str, cached: int = 1200) -> None:
        chosen = split_models(entries)[split]
        self._by_name: dict[str, list[ShelfEntry]] = {}
        for one in sorted(chosen, key=lambda e: e.id):
            self._by_name.setdefault(one.name, []).append(one)
        self._cached, self._models = cached, dict[str, Model]()
        self._levels = dict[str, tuple[SupportLevel, ...]]()
        listed = '\n'.join(f'{one.id} {one.name}' for one in sorted(chosen, key=lambda e: e.id))
        self.digest = hashlib.sha256(listed.encode()).hexdigest()[:16]

    @property
    def names(self) -> tuple[str, ...]:
        """Names there are models of, sorted; nameless models are under ''."""
        return tuple(sorted(name for name in self._by_name if name))

    def entries(self, name: str) -> tuple[ShelfEntry, ...]:
        """Return the models of a name; none where there is none."""
        return tuple(self._by_name.get(name, ()))

    def load(self, entry: ShelfEntry) -> Model:
        """Return a model, from the cache where it is there; ValueError where it is damaged."""
        if entry.entry is None and not entry.maker:
            return entry.load()  # made in no time
        model = self._models.pop(entry.id, None)
        if model is None:
            try:
                model = entry.load()
            except Exception as error:  # readers of foreign files raise anything
                raise ValueError(f'{entry.id}: {type(error).__name__}: {error}') from error
        self._models[entry.id] = model  # the newest last
        while len(self._models) > self._cached:
            del self._models[next(iter(self._models))]
        return model

    def levels(self, entry: ShelfEntry) -> tuple[SupportLevel, ...]:
        """Return the surfaces of a model that things may stand on."""
        if entry.id not in self._levels:
            known = entry.entry
            surface = known.surface if isinstance(known, CatalogueEntry) else None
            self._levels[entry.id] = support_levels(self.load(entry), surface)
        return self._levels[entry.id]


def own_entries() -> tuple[ShelfEntry, ...]:
    """Return the parametric things: vessels, then furniture and what else is in rooms."""
    return (*(ShelfEntry(f'own/{name}/{number}', name, None, number)
              for name in sorted(MAKERS) for number in range(_OWN)),
            *(ShelfEntry(f'home/{maker}/{number}', _NAMES.get(maker, maker), None, number, maker)
              for maker in sorted(_ROOM_MAKERS) for number in range(_FURNITURE)))


def studied_entries() -> tuple[ShelfEntry, ...]:
    """Return things of our own that all go to train, for names that libraries have few models of.

    What is measured is measured on other people's models of these names: our own of the same
    maker would be easy.
    """
    return tuple(ShelfEntry(f'studied/{maker}/{number}', maker, None, number, maker, studied=True)
                 for maker in sorted(STUDIED_MAKERS) for number in range(_STUDIED))


def own_or_bought(
    entries: Sequence[ShelfEntry], own_share: float, rng: np.random.Generator
) -> list[ShelfEntry]:
    """Return our own models of a name, at this share of the draws, or the libraries'.

    Where only one of the two is there, it is that one; own models that are there to be studied
    come at three draws of four.
    """
    own = [one for one in entries if one.entry is None]
    bought = [one for one in entries if one.entry is not None]
    share = _STUDIED_SHARE if own and own[0].studied else own_share
    return own if own and (not bought or rng.random() < share) else bought


def library_entries(libraries: Path) -> tuple[ShelfEntry, ...]:
    """Return the household models of the unpacked libraries in a folder, one folder each."""
    found = []
    for folder in sorted(path for path in libraries.iterdir() if path.is_dir()):
        for stem, entry in sorted(read_catalogue(folder).items()):
            name = household_name(entry.name, stem)
            if name is None or max(entry.size) > 3.0 or entry.path.stat().st_size > _LARGEST_FILE:
                continue
            if _plausible(name, max(entry.size)):
                found.append(ShelfEntry(f'{folder.name}/{stem}', name, entry))
    return tuple(found)


def _plausible(name: str, largest: float) -> bool:
    known = household_vocabulary()
    low, high = known.sizes[known.index(name)]
    return bool(low / _TOO_LARGE <= largest <= high * _TOO_LARGE)


def scanned_entries(folder: Path) -> tuple[ShelfEntry, ...]:
    """Return the scanned and household models of a folder with a manifest."""
    return tuple(ShelfEntry(f'cad/{one.path.stem}', one.name, one) for one in read_scanned(folder))


def split_models(entries: Sequence[ShelfEntry]) -> dict[str, tuple[ShelfEntry, ...]]:
    """Divide models by a hash of their ids.

    Of n >= 3 models of one kind and source, n / 8 or more go to dev and to test each; of two, one
    goes to train and one to dev or test, by the hash. A single model goes to train: held out, its
    name would be one that nothing was trained on, which tells nothing of naming. So dev and test
    have fewer names than train, but every one of them is known; what rooms need in any split
    (tables, chairs, cases, lamps, what hangs on walls) is made by makers of our own, whose things
    are divided too, each maker's by itself, as are the libraries' models of a name. What is
    studied only goes to train whole.
    """
    groups: dict[tuple[str, str], list[ShelfEntry]] = {}
    parts: dict[str, list[ShelfEntry]] = {split: [] for split in SPLITS}
    for one in entries:
        if one.studied:
            parts['train'].append(one)
            continue
        source = (one.maker or 'vessel') if one.entry is None else 'library'
        groups.setdefault((one.name, source), []).append(one)
    for group in groups.values():
        order = sorted(group, key=lambda e: _hash(e.id))
        if len(order) == 2:
            parts['test' if _hash(order[1].id)[0] in '02468ace' else 'dev'].append(order.pop())
        held = -(-len(order) // 8) if len(order) >= 3 else 0
        parts['test'] += order[len(order) - held:] if held else []
        parts['dev'] += order[:held]
        parts['train'] += order[held:len(order) - held]
    return {split: tuple(found) for split, found in parts.items()}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
