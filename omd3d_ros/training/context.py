"""Learns which names are common in which kinds of scenes: ``omd3d_train context``."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from scipy.special import logsumexp

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.scene_context import PART, SceneContextSettings
from omd3d_ros.segmentation.weights_file import save_weights
from omd3d_ros.training.loop_options import add_setting_options, loop_settings

_PASSES = 60
_MOST = 2  # of one name that count in a scene: six chairs are no more of a dining room
_UNSEEN = 0.5  # objects of each name more than there are
_SPREAD = 2.0  # factor by which kinds differ from the average at first
_LEAST = 1e-3  # share of the scenes


def add_context(commands: Any) -> None:
    """Add the command ``context`` to the subparsers of a program."""
    parser = commands.add_parser('context', help='which names are common in which scenes')
    parser.add_argument('--scenes', type=Path, nargs='+', required=True,
                        help='folders of generated scenes, of the split train')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument('--export', type=Path, required=True, help='folder of the weights')
    parser.add_argument('--threads', type=int, default=1)
    add_setting_options(parser, SceneContextSettings())
    parser.set_defaults(run=_context)


def name_counts(folders: Sequence[Path], names: Sequence[str]) -> npt.NDArray[np.float64]:
    """Return how often names stand in generated scenes (S, N); ValueError without any scene."""
    places = {name: place for place, name in enumerate(names)}
    rows = []
    for path in (path for folder in folders for path in sorted(folder.glob('*.json'))):
        row = np.zeros(len(names))
        for one in json.loads(path.read_text())['objects']:
            if one['name'] in places:
                row[places[one['name']]] += 1
        rows.append(np.minimum(row, _MOST))
    if not rows:
        raise ValueError(f'scenes={[str(folder) for folder in folders]}: no scenes')
    return np.array(rows)


def fit_context(
    counts: npt.NDArray[np.float64], settings: SceneContextSettings, seed: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the log-shares of kinds (K,) and the log-lifts (K, N), by expectation-maximisation.

    counts (S, N) are those of names in scenes.
    """
    rng = np.random.default_rng(seed)
    average = counts.sum(axis=0) + _UNSEEN
    average /= average.sum()
    chances = average * _SPREAD ** rng.uniform(-1, 1, (settings.kinds, counts.shape[1]))
    chances /= chances.sum(axis=1, keepdims=True)
    kinds = np.full(settings.kinds, -np.log(settings.kinds))
    for _ in range(_PASSES):
        fits = counts @ np.log(chances).T + kinds
        owned = np.exp(fits - logsumexp(fits, axis=1, keepdims=True))
        chances = owned.T @ counts + settings.smoothing * average
        chances /= chances.sum(axis=1, keepdims=True)
        shares = owned.mean(axis=0) + _LEAST
        kinds = np.log(shares / shares.sum())
    return kinds, np.log(chances / average)


def _context(options: argparse.Namespace) -> None:
    names = household_vocabulary().words
    settings = loop_settings(options, SceneContextSettings())
    counts = name_counts(options.scenes, names)
    kinds, lifts = fit_context(counts, settings, options.seed)
    for kind in np.argsort(-kinds):
        typical = np.argsort(-np.exp(lifts[kind]) * lifts[kind] * counts.sum(axis=0))[:8]
        sys.stdout.write(f'{np.exp(kinds[kind]):.2f}  '
                         f'{", ".join(names[place] for place in typical)}\n')
    save_weights(options.export, PART, {
        'kinds': torch.from_numpy(kinds), 'lifts': torch.from_numpy(lifts)}, settings, {
            'names': list(names), 'scenes': len(counts), 'seed': options.seed})
    sys.stdout.write(f'{len(counts)} scenes, {int(counts.sum())} objects\n')
