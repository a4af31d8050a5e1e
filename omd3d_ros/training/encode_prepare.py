"""Makes the object encoder's samples: renders models, cuts them out, pools their image features.

``omd3d_train samples --split train --count 6000 --libraries FOLDER --cad FOLDER --out FOLDER``,
or, for the objects of generated scenes, ``--split train --count 12 --scenes FOLDER --out FOLDER``,
or, for what the segmenter proposes there, with ``--proposals SETTINGS`` besides
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.generated_scenes import true_scene
from omd3d_ros.segmentation.image_network import load_image_network
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import read_settings
from omd3d_ros.synthetic.catalogue import CatalogueEntry, read_catalogue
from omd3d_ros.synthetic.household_names import household_name
from omd3d_ros.synthetic.model_shelf import (
    SPLITS,
    ModelShelf,
    ShelfEntry,
    library_entries,
    own_entries,
    scanned_entries,
    studied_entries,
)
from omd3d_ros.synthetic.scene_file import load_scene
from omd3d_ros.training.encode_data import ObjectSample, save_samples
from omd3d_ros.training.encode_proposals import proposal_samples
from omd3d_ros.training.encode_scenes import scene_samples
from omd3d_ros.training.encode_studio import SampleStudio

_SHARD = 100
# Words in a catalogue's name under which what no household word names is a fair "unknown":
# neither near to a household thing nor part of a building.
_UNFIT = frozenset(('slot', 'pool', 'sidewalk', 'crossing', 'room', 'window', 'door', 'plug'))
_PEOPLE = frozenset(('female', 'male', 'boy', 'girl'))
_LARGEST = 2.5  # metres


def person_entries(libraries: Path) -> tuple[ShelfEntry, ...]:
    """Return the people of the libraries, who are in no generated scene."""
    return tuple(dataclasses.replace(one, name='person') for one in _nameless(libraries)
                 if _PEOPLE & _words(one))


def stranger_entries(libraries: Path) -> tuple[ShelfEntry, ...]:
    """Return the models of the libraries that no household word names."""
    return tuple(one for one in _nameless(libraries) if not (_UNFIT | _PEOPLE) & _words(one))


def _words(entry: ShelfEntry) -> set[str]:
    name = entry.entry.name if isinstance(entry.entry, CatalogueEntry) else ''
    return set(name.lower().split())


def _nameless(libraries: Path) -> list[ShelfEntry]:
    found = []
    for folder in sorted(path for path in libraries.iterdir() if path.is_dir()):
        for stem, entry in sorted(read_catalogue(folder).items()):
            if (household_name(entry.name) is None and max(entry.size) < _LARGEST
                    and entry.path.stat().st_size < 5e6):
                found.append(ShelfEntry(f'{folder.name}/{stem}', '', entry))
    return found


def strangers_of(entries: tuple[ShelfEntry, ...], split: str) -> tuple[ShelfEntry, ...]:
    """Divide strangers: a fifth to dev, a fifth to test, the rest to train."""
    number = SPLITS.index(split)
    places = {0: (0, 1, 2), 1: (3,), 2: (4,)}[number]
    return tuple(one for place, one in enumerate(entries) if place % 5 in places)


def add_samples(commands: Any) -> None:
    """Add the command ``samples`` to the subparsers of a program."""
    parser = commands.add_parser('samples', help='objects with names, for encode')
    parser.add_argument('--split', choices=SPLITS, default='train')
    parser.add_argument('--count', type=int, default=6000,
                        help='samples in all, or, with --scenes, the most of one scene')
    parser.add_argument('--libraries', type=Path, help='folder of the furniture libraries')
    parser.add_argument('--scenes', type=Path, help='folder of generated scenes')
    parser.add_argument('--proposals', type=Path, metavar='SETTINGS',
                        help='JSON of SegmenterSettings; with --scenes: samples of what is '
                        'proposed there instead of true masks')
    parser.add_argument('--cad', type=Path, help='scanned models with a manifest')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--views', type=int, default=3, help='most views of an object')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--threads', type=int, default=1)
    parser.set_defaults(run=_samples)


def _samples(options: argparse.Namespace) -> None:
    """Make samples. Shards that are there already are not made again."""
    if options.scenes is None and options.libraries is None:
        raise ValueError('one of --scenes and --libraries is needed')
    if options.proposals and not options.scenes:
        raise ValueError('--proposals needs --scenes')
    _from_scenes(options) if options.scenes else _from_studio(options)


def _from_scenes(options: argparse.Namespace) -> None:
    """Make a file of samples of each scene that is there."""
    network, settings = load_image_network(), AppearanceSettings(views_per_object=options.views)
    segmenter = Segmenter(read_settings(options.proposals)) if options.proposals else None
    # rooms and tables in turn, so that a run that is cut short has both
    paths = sorted(options.scenes.glob('*.json'), key=lambda path: path.stem.split('_')[::-1])
    for path in paths:
        target = options.out / f'{path.stem}.npz'
        if target.exists():
            continue
        scene = load_scene(path.with_suffix(''))
        if segmenter is not None:
            seen = true_scene(path.stem, scene)
            made = proposal_samples(seen, segmenter.propose(seen.snapshot), network, settings)
        else:
            seed = int.from_bytes(path.stem.encode()[-16:], 'big')
            rng = np.random.default_rng([options.seed, seed])
            made = scene_samples(scene, network, settings, rng, most=options.count,
                                 exact=options.split != 'train')
        save_samples(made, target)
        sys.stdout.write(f'{target.name}\n')
        sys.stdout.flush()


def _from_studio(options: argparse.Namespace) -> None:
    """Make files of samples of the models of a split."""
    entries = (*own_entries(), *studied_entries(), *library_entries(options.libraries),
               *(scanned_entries(options.cad) if options.cad else ()))
    shelf = ModelShelf((*entries, *person_entries(options.libraries)), options.split)
    studio = SampleStudio(
        shelf, strangers_of(
            (*stranger_entries(options.libraries), *(one for one in entries if not one.name)),
            options.split),
        load_image_network(), AppearanceSettings(views_per_object=options.views),
        options.seed + SPLITS.index(options.split),
        even=options.split != 'train')
    began, failed = time.monotonic(), 0
    for start in range(0, options.count, _SHARD):
        path = options.out / f'{options.split}_{options.seed}_{start:06d}.npz'
        if path.exists():
            continue
        made: list[ObjectSample] = []
        for index in range(start, min(start + _SHARD, options.count)):
            sample = studio.make(index)
            if sample is None:
                failed += 1
            else:
                made.append(sample)
        save_samples(made, path)
        spent = time.monotonic() - began
        sys.stdout.write(f'{start + _SHARD}/{options.count}  {spent:.0f} s  {failed} not seen\n')
        sys.stdout.flush()

