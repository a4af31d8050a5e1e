"""Trains the mask decoder: ``omd3d_train mask-samples`` and ``omd3d_train mask``."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from pathlib import Path
from typing import Any

from omd3d_ros.evaluation.generated_scenes import scene_files, true_scene
from omd3d_ros.segmentation.mask_decoder import PART, MaskDecoderSettings
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import read_settings
from omd3d_ros.segmentation.weights_file import save_weights
from omd3d_ros.synthetic.scene_file import load_scene
from omd3d_ros.training.loop_options import add_loop_options, loop_settings
from omd3d_ros.training.mask import MaskTrainingSettings, measure_masks, train_mask
from omd3d_ros.training.mask_data import load_mask_folder, mask_samples, save_mask_samples


def add_mask(commands: Any) -> None:
    """Add the commands ``mask-samples`` and ``mask`` to the subparsers of a program."""
    samples = commands.add_parser('mask-samples', help='proposals with true masks, for mask')
    samples.add_argument('--scenes', type=Path, required=True, help='folder of generated scenes')
    samples.add_argument('--out', type=Path, required=True)
    samples.add_argument('--settings', type=Path, help='JSON of SegmenterSettings')
    samples.add_argument('--threads', type=int, default=1)
    samples.set_defaults(run=_samples)
    mask = commands.add_parser('mask', help='the decoder that refines the masks of answers')
    mask.add_argument('--train', type=Path, required=True, help='folder that mask-samples wrote')
    mask.add_argument('--dev', type=Path, required=True)
    add_loop_options(mask, MaskTrainingSettings())
    mask.set_defaults(run=_mask)


def _samples(options: argparse.Namespace) -> None:
    """Perceive scenes, ask for each object, and keep what the decoder is to make of it."""
    settings = dataclasses.replace(read_settings(options.settings), threads=options.threads)
    segmenter = Segmenter(settings, masks=True)
    for path in scene_files(options.scenes):
        target = options.out / f'{path.stem}.npz'
        if target.exists():
            continue
        scene = true_scene(path.stem, load_scene(path))
        segmenter.restore(scene.snapshot.map_id, ())
        perceived = segmenter.perceive(scene.snapshot, scene.keyframes)
        asked = segmenter.asked(perceived, [f'the {one.name}' for one in scene.known.objects])
        if asked is None:
            raise ValueError('settings: masks need the vote networks and the trained reasoner')
        masks, states = asked
        made = list(mask_samples(scene, masks, perceived.objects, states, MaskDecoderSettings()))
        if made:
            save_mask_samples(made, target)
        sys.stdout.write(f'{target.name}: {len(made)}\n')
        sys.stdout.flush()


def _mask(options: argparse.Namespace) -> None:
    train, dev = load_mask_folder(options.train), load_mask_folder(options.dev)
    settings = loop_settings(options, MaskTrainingSettings(), network=MaskDecoderSettings(
        seg=len(train[0].seg)))
    network = train_mask(settings, train, dev, options.run_folder)
    found = measure_masks(network, dev)
    sys.stdout.write(f'{len(train)} seeds to train on, {len(dev)} for development: {found}\n')
    if options.export is not None:
        save_weights(options.export, PART, network.state_dict(), settings.network, {
            'development': {'seeds': len(dev), **found},
            'training': dataclasses.asdict(settings), 'trained on': len(train)})
