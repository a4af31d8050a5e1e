"""Trains the judge of groups for a vote network: ``omd3d_train judge``."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from omd3d_ros.segmentation.group_judge import PART
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings
from omd3d_ros.segmentation.vote_proposals import load_votes
from omd3d_ros.segmentation.weights_file import save_weights
from omd3d_ros.training.detect_data import load_prepared
from omd3d_ros.training.judge import JudgeSettings, train_judge
from omd3d_ros.training.judged_scene import BARS, JudgedScene, choose_bar
from omd3d_ros.training.loop_options import add_setting_options, loop_settings
from omd3d_ros.training.prepared_scenes import add_scene_options, prepared_scenes


def add_judge(commands: Any) -> None:
    """Add the command ``judge`` to the subparsers of a program."""
    parser = commands.add_parser('judge', help='the judge of which groups of votes are objects')
    parser.add_argument('--votes', type=Path, required=True,
                        help='weights that detect exported; the judge is stored in them')
    add_scene_options(parser)
    parser.add_argument('--most', type=int, default=120, help='scenes to train on')
    parser.add_argument('--bar', type=float, nargs='*', default=BARS,
                        help='judgements to try, from which on a group is taken')
    parser.add_argument('--threads', type=int, default=1)
    add_setting_options(parser, JudgeSettings())
    parser.set_defaults(run=_judge)


def _judge(options: argparse.Namespace) -> None:
    """Train the judge, and choose on development scenes from what IoU on a group is taken."""
    network, largest, digest = load_votes(options.votes)
    groups = VoteGroupSettings()
    train, dev = prepared_scenes(options)
    told = [[JudgedScene.of_scene(network, load_prepared(path).without_larger(largest), groups)
             for path in files] for files in (train[:options.most], dev)]
    settings = loop_settings(options, JudgeSettings())
    judge = train_judge(settings, told[0])
    figures = choose_bar(judge, told[1], options.bar)
    sys.stdout.write(f'{len(told[0])} scenes to train on, {len(dev)} for development: {figures}\n')
    save_weights(options.votes / 'judge', PART, judge.state_dict(),
                 dataclasses.replace(settings.network, bar=figures.bar), {
                     'votes': digest, 'groups': dataclasses.asdict(groups),
                     'development': {'scenes': len(dev), **dataclasses.asdict(figures)},
                     'training': dataclasses.asdict(settings), 'trained on': len(told[0])})
