"""The options of what is trained on generated scenes, and the prepared files that they name."""

from __future__ import annotations

import argparse
import os
from pathlib import Path

from omd3d_ros.training.detect_data import prepare_all


def add_scene_options(parser: argparse.ArgumentParser) -> None:
    """Add which scenes there are, and where they are kept prepared."""
    parser.add_argument('--train', type=Path, nargs='+', required=True,
                        help='folders of generated scenes, of the split train')
    parser.add_argument('--dev', type=Path, nargs='+', required=True, help='of the split dev')
    parser.add_argument('--prepared', type=Path, required=True, help='cache of prepared scenes')
    parser.add_argument('--match', default='', help='only scenes whose names contain this')


def prepared_scenes(options: argparse.Namespace) -> tuple[list[Path], list[Path]]:
    """Prepare what is not yet prepared; return the files to train on and for development."""
    processes = max(1, os.cpu_count() or 1)
    train, dev = (prepare_all(folders, options.prepared / name, processes, options.match)
                  for folders, name in ((options.train, 'train'), (options.dev, 'dev')))
    return train, dev
