# ruff: noqa: T201
"""The program omd3d_evaluate: measures the segmenter, one row of docs/evaluation.md each time."""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from omd3d_ros.evaluation.command_row import command_reports
from omd3d_ros.evaluation.competitors import SYSTEMS, answerers
from omd3d_ros.evaluation.generated_scenes import true_scenes
from omd3d_ros.evaluation.naming_row import generated_things, naming_report
from omd3d_ros.evaluation.proposal_row import proposal_report
from omd3d_ros.evaluation.question_row import question_reports
from omd3d_ros.evaluation.real_command_row import real_command_reports
from omd3d_ros.evaluation.real_commands import load_real_commands
from omd3d_ros.evaluation.real_objects import load_real_objects, real_things
from omd3d_ros.evaluation.report import Report, write_reports
from omd3d_ros.evaluation.said_scenes import OBJECTS, Sentences, said_scenes
from omd3d_ros.evaluation.table_row import table_reports
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings, read_settings

ROOT = Path(__file__).resolve().parents[2]
TRUTH = ROOT / 'test' / 'evaluation'
ROWS = ('tables', 'proposals', 'naming', 'real-naming', 'commands', 'real-commands', 'questions')
_GENERATED = ('proposals', 'naming', 'commands', 'questions')
_PERCEIVING = ('tables', 'proposals', 'commands', 'real-commands', 'questions')
_FAILED = 1


def main(arguments: list[str] | None = None) -> int:
    """Run the program; return its exit code."""
    options = _arguments(arguments)
    rows = ROWS if options.row == 'all' else (options.row,)
    try:
        settings = read_settings(options.settings)
        segmenter = Segmenter(settings) if set(rows) & set(_PERCEIVING) else None
        for row in rows:
            if options.row == 'all' and row in _GENERATED and options.scenes is None:
                print(f'{row}: left out, it needs --scenes')
                continue
            start = time.perf_counter()
            reports = _run(row, options, settings, segmenter)
            folder = options.out / row if options.row == 'all' else options.out
            print(write_reports(reports, folder, options.pictures), flush=True)
            print(f'{row}: {time.perf_counter() - start:.0f} s, written to {folder}\n', flush=True)
    except (OSError, ValueError) as error:
        print(f'omd3d_evaluate: {error}', file=sys.stderr)
        return _FAILED
    return 0


def _run(
    row: str, options: argparse.Namespace, settings: SegmenterSettings,
    segmenter: Segmenter | None,
) -> list[Report]:
    rng = np.random.default_rng(options.seed)
    if row == 'naming':
        things = generated_things(true_scenes(options.scenes, options.most))
        return [naming_report(row, things, settings, rng)]
    if row == 'real-naming':
        real = real_things(load_real_objects(options.objects_file),
                           load_real_commands(options.commands_file), options.recordings)
        return [naming_report(row, itertools.islice(real, options.most), settings, rng)]
    if segmenter is None:
        raise ValueError(f'segmenter=None: {row} needs one')
    if row == 'tables':
        return table_reports(options.recordings, segmenter, rng, options.most)
    if row == 'proposals':
        return [proposal_report(true_scenes(options.scenes, options.most), segmenter, rng)]
    systems = answerers(options.systems, segmenter, settings.language)
    if row == 'real-commands':
        return real_command_reports(
            load_real_commands(options.commands_file), options.recordings, segmenter, systems,
            rng, options.scene or ())
    sentences = [Sentences(f'{options.split}_phrasing', options.sentences, options.seed)]
    if row == 'commands':
        needs = max(1, options.sentences // 4)
        sentences.append(Sentences(f'{options.split}_intent', needs, options.seed))
    said = said_scenes(true_scenes(options.scenes, options.most), tuple(sentences), segmenter,
                       options.objects)
    about = {'split': options.split, 'objects': options.objects}
    evaluate = command_reports if row == 'commands' else question_reports
    return evaluate(said, systems, about, rng)


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='omd3d_evaluate', description='Measure the segmenter; see docs/evaluation.md.',
        epilog='exit code: 1 when something cannot be read or written, 2 for wrong arguments')
    parser.add_argument('row', choices=(*ROWS, 'all'), help='what to measure')
    parser.add_argument('--out', type=Path, required=True, metavar='FOLDER',
                        help='gets results.json, table.txt and pictures of failures')
    shared = Path(os.environ.get('OMD3D_SHARED') or ROOT.parent / 'shared')
    parser.add_argument('--recordings', type=Path, default=shared / 'data', metavar='FOLDER',
                        help='real recordings (tables, real-naming, real-commands)')
    parser.add_argument('--scenes', type=Path, metavar='FOLDER',
                        help='scenes of omd3d_generate (the other rows)')
    parser.add_argument('--most', type=_positive, metavar='N', help='the first N scenes only')
    parser.add_argument('--scene', action='append', metavar='NAME',
                        help='only this scene of real-commands; may be repeated')
    parser.add_argument('--systems', type=_systems, default=SYSTEMS,
                        help=f'who answers commands, of {",".join(SYSTEMS)} (default: all)')
    parser.add_argument('--split', choices=('dev', 'test'), default='test',
                        help='held-out phrasings and needs (commands, questions)')
    parser.add_argument('--sentences', type=_positive, default=32, metavar='N',
                        help='sentences a scene, of all kinds; a quarter more are needs')
    given = parser.add_mutually_exclusive_group()
    given.add_argument('--true-masks', dest='objects', action='store_const', const=OBJECTS[1],
                       default=OBJECTS[0], help='give the true masks, named as usual')
    given.add_argument('--true-names', dest='objects', action='store_const', const=OBJECTS[2],
                       help='give the true masks with their true names')
    parser.add_argument('--settings', type=Path, metavar='FILE',
                        help='JSON with fields of SegmenterSettings that differ')
    parser.add_argument('--objects-file', type=Path, default=TRUTH / 'real_objects.json')
    parser.add_argument('--commands-file', type=Path, default=TRUTH / 'real_commands.json')
    parser.add_argument('--pictures', type=int, default=12, metavar='N',
                        help='most pictures of failures of each system')
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args(arguments)
    if options.row in _GENERATED and options.scenes is None:
        parser.error(f'{options.row}: --scenes is needed')
    return options


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f'{text}: must be a number of at least 1')
    return int(text)


def _systems(text: str) -> Sequence[str]:
    names = tuple(text.split(','))
    for name in names:
        if name not in SYSTEMS:
            raise argparse.ArgumentTypeError(f'{name}: must be one of {", ".join(SYSTEMS)}')
    return names


if __name__ == '__main__':
    sys.exit(main())
