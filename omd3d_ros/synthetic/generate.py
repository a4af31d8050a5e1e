"""Generate scenes with ground truth.

``omd3d_generate --count 60 --split train --kind mixed --out FOLDER --libraries FOLDER``
"""

from __future__ import annotations

import argparse
import dataclasses
import multiprocessing
import sys
import time
from pathlib import Path

from PIL import Image

from omd3d_ros.synthetic.furniture_package import fetch_libraries
from omd3d_ros.synthetic.model_shelf import (
    SPLITS,
    ModelShelf,
    library_entries,
    own_entries,
    scanned_entries,
    studied_entries,
)
from omd3d_ros.synthetic.preview import drawn
from omd3d_ros.synthetic.scene_file import load_scene, save_scene
from omd3d_ros.synthetic.scene_maker import KINDS, make_scene, stage_settings
from omd3d_ros.synthetic.sensor_faults import SensorSettings

_shelf: ModelShelf | None = None


@dataclasses.dataclass(frozen=True)
class Task:
    """A scene to make: which one, and where it and its preview go."""

    kind: str
    seed: int
    index: int
    split: str
    path: Path
    preview: Path | None


def open_shelf(libraries: Path | None, cad: Path | None, split: str) -> ModelShelf:
    """Return the models of a split: our own, and those of the folders given."""
    entries = (*own_entries(), *studied_entries())
    if libraries is not None:
        entries += library_entries(libraries)
    if cad is not None:
        entries += scanned_entries(cad)
    return ModelShelf(entries, split)


def _start_worker(libraries: Path | None, cad: Path | None, split: str) -> None:
    global _shelf
    _shelf = open_shelf(libraries, cad, split)


def _make(task: Task) -> tuple[Task, str | None]:
    """Make and write a scene; return it with what went wrong, if anything did."""
    if _shelf is None:
        raise RuntimeError('the worker has no models')
    try:
        scene = make_scene(_shelf, task.kind, task.seed, task.index, task.split)
        save_scene(scene, task.path)
        if task.preview is not None:
            Image.fromarray(drawn(scene)).save(task.preview / f'{task.path.name}.png')
    except Exception as error:  # one scene must not end a run of hours
        return task, f'{type(error).__name__}: {error}'
    return task, None


def tasks(
    count: int, shelf: ModelShelf, split: str, kind: str, seed: int, out: Path,
    preview: Path | None, *, resume: bool,
) -> list[Task]:
    """Return the scenes to make; with resume, without those that are there, whole and the same."""
    found = []
    for index in range(count):
        one = KINDS[index % 2] if kind == 'mixed' else kind
        path = out / f'{split}_{one}_{seed}_{index:06d}'
        if resume and path.with_suffix('.json').exists():
            wanted = stage_settings(shelf, one, seed, index, split, SensorSettings())
            try:
                stored = load_scene(path).settings
            except ValueError:
                stored = {}  # damaged: make it again
            if all(stored.get(key) == value for key, value in wanted.items()):
                continue
        found.append(Task(one, seed, index, split, path, preview))
    return found


def generate(todo: list[Task], out: Path, workers: int, libraries: Path | None, cad: Path | None
             ) -> int:
    """Make scenes with processes of their own; return how many failed, listed in failures.txt."""
    started, failed = time.monotonic(), 0
    context = multiprocessing.get_context('spawn')
    split = todo[0].split if todo else SPLITS[0]
    with context.Pool(workers, _start_worker, (libraries, cad, split)) as pool:
        for done, (task, error) in enumerate(pool.imap_unordered(_make, todo), start=1):
            if error is not None:
                failed += 1
                with (out / 'failures.txt').open('a') as listed:
                    listed.write(f'{task.path.name} {error}\n')
            spent = time.monotonic() - started
            sys.stdout.write(f'\r{done} of {len(todo)} scenes, {failed} failed, '
                             f'{3600 * done / spent:.0f} an hour, '
                             f'{spent / done * (len(todo) - done):.0f} s left ')
            sys.stdout.flush()
    sys.stdout.write('\n')
    return failed


def main(arguments: list[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else '')
    parser.add_argument('--count', type=int, default=10)
    parser.add_argument('--split', choices=SPLITS, default='train')
    parser.add_argument('--kind', choices=(*KINDS, 'mixed'), default='mixed')
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--libraries', type=Path,
                        help='cache of the furniture libraries, filled where it is empty;\n'
                             'without it, only things of our own')
    parser.add_argument('--cad', type=Path,
                        help='folder of scanned models: PLY files and a manifest.json')
    parser.add_argument('--workers', type=int, default=2)
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--resume', action='store_true',
                        help='keep scenes that are whole and made with the same settings')
    parser.add_argument('--preview', type=Path)
    options = parser.parse_args(arguments)
    for folder in (options.out, options.preview):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    if options.libraries is not None:
        fetch_libraries(options.libraries)
    shelf = open_shelf(options.libraries, options.cad, options.split)
    todo = tasks(options.count, shelf, options.split, options.kind, options.seed, options.out,
                 options.preview, resume=options.resume)
    if generate(todo, options.out, options.workers, options.libraries, options.cad):
        sys.exit(1)


if __name__ == '__main__':
    main()
