"""Trains the object encoder, measures it, and stores its weights: ``omd3d_train encode``."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

import torch

from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.image_network import load_image_network
from omd3d_ros.segmentation.model_settings import TextEncoderSettings
from omd3d_ros.segmentation.object_encoder import ObjectEncoder, ObjectEncoderSettings
from omd3d_ros.segmentation.object_namer import ObjectNamer
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.training.encode import EncodeSettings, new_encoder, texts_of, train_encode
from omd3d_ros.training.encode_data import load_folder
from omd3d_ros.training.encode_report import measure, rows_of
from omd3d_ros.training.encode_table import EncodeTable, make_table
from omd3d_ros.training.loop_options import add_loop_options, loop_settings
from omd3d_ros.training.name_calibration import calibrate
from omd3d_ros.training.processes import writes_results

SWITCHES = ('appearance', 'words', 'shape', 'size', 'cloud')


def add_encode(commands: Any) -> None:
    """Add the command ``encode`` to the subparsers of a program."""
    parser = commands.add_parser('encode', help='the object encoder, which names objects')
    parser.add_argument('--train', type=Path, nargs='+', required=True,
                        help='folders that ``samples`` wrote')
    parser.add_argument('--dev', type=Path, nargs='+', required=True)
    parser.add_argument('--test', type=Path, nargs='*', default=[],
                        help='measured once, after everything was chosen on --dev')
    parser.add_argument('--without', nargs='*', choices=SWITCHES, default=[])
    add_loop_options(parser, EncodeSettings())
    parser.set_defaults(run=_encode)


def _encode(options: argparse.Namespace) -> None:
    """Train the encoder, measure it on held-out models, store its weights."""
    names = list(household_vocabulary().words)
    train, dev = (gathered(folders, names) for folders in (options.train, options.dev))
    network = ObjectEncoderSettings(**dict.fromkeys(options.without, False))
    settings = loop_settings(options, EncodeSettings(), network=network)
    encoder = trained_encoder(settings, names, train, dev, options.run_folder)
    if not writes_results():
        return
    report = {'settings': dataclasses.asdict(settings), 'train': len(train),
              'calibration': calibrate(encoder, dev),
              'dev': {str(folder): measure(encoder, gathered([folder], names), names)
                      for folder in options.dev},
              'test': {str(folder): measure(encoder, gathered([folder], names), names)
                       for folder in options.test}}
    with whole_file(options.run_folder / 'report.json') as beside:
        beside.write_text(json.dumps(report, indent=1) + '\n')
    sys.stdout.write('\n'.join(rows_of(report)) + '\n')
    if options.export:
        ObjectNamer(names, encoder).save(options.export, {
            'training': dataclasses.asdict(settings), 'trained on': len(train),
            'trained names': int(encoder.trained.sum())})


def gathered(folders: list[Path], names: list[str]) -> EncodeTable:
    """Return the samples of some folders as one table."""
    network = load_image_network()
    samples = [sample for folder in folders for sample in load_folder(folder)]
    return make_table(samples, names, network)


def trained_encoder(
    settings: EncodeSettings, names: list[str], train: EncodeTable, dev: EncodeTable, run: Path
) -> ObjectEncoder:
    """Train an encoder of names; those that no training object has are known by text alone."""
    known = {names[place] for place in set(train.target.tolist()) if place < len(names)}
    torch.manual_seed(settings.seed)
    texts = texts_of(names, TextEncoder(TextEncoderSettings()))
    encoder = new_encoder(settings.network, names, known, texts)
    return train_encode(settings, encoder, names, train, dev, run)

