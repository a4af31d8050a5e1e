"""Train the networks: ``omd3d_train --help``.

Runs are resumed where they stopped.

Several processes, each with its share of every step's scenes (detect, reason): ``accelerate launch
--multi_gpu --num_processes 4 -m omd3d_ros.training.program reason ...``; see docs/training.md.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_reasoner import PART as REASON
from omd3d_ros.segmentation.model_settings import LanguageModelSettings, TextEncoderSettings
from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.scene_prompt import Encoder
from omd3d_ros.segmentation.seg_network import SegNetwork, SegNetworkSettings
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import read_settings
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.segmentation.vote_network import VoteNetworkSettings
from omd3d_ros.segmentation.vote_proposals import PART as VOTES
from omd3d_ros.segmentation.weights_file import read_weights, save_weights
from omd3d_ros.training.context import add_context
from omd3d_ros.training.detect import DetectSettings, train_detect
from omd3d_ros.training.encode_prepare import add_samples
from omd3d_ros.training.encode_program import add_encode
from omd3d_ros.training.judge_program import add_judge
from omd3d_ros.training.loop_options import add_loop_options, loop_settings
from omd3d_ros.training.mask_program import add_mask
from omd3d_ros.training.perceive import perceive_scenes
from omd3d_ros.training.perceived_file import load_perceived, save_perceived
from omd3d_ros.training.perceived_scene import NameConfusion, PerceivedScene
from omd3d_ros.training.prepared_scenes import add_scene_options, prepared_scenes
from omd3d_ros.training.processes import writes_results
from omd3d_ros.training.reason import ReasonSettings, ReasonSource, train_reason
from omd3d_ros.training.words import WordsSettings, train_words

_CHECKED_ON = 20  # development scenes


def main(arguments: list[str] | None = None) -> None:
    """Run the program."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    detect = commands.add_parser('detect', help='the vote network, which proposes objects')
    add_scene_options(detect)
    detect.add_argument('--voxel-size', type=float, default=0.02)
    detect.add_argument('--start-from', type=Path, help='weights of an earlier run')
    add_loop_options(detect, DetectSettings())
    detect.set_defaults(run=_detect)
    add_judge(commands)
    add_samples(commands)
    add_encode(commands)
    add_context(commands)
    add_mask(commands)
    perceive = commands.add_parser('perceive', help='scenes as they are perceived, for reason')
    perceive.add_argument('--scenes', type=Path, required=True, help='folder of generated scenes')
    perceive.add_argument('--out', type=Path, required=True, help='file of perceived scenes')
    perceive.add_argument('--settings', type=Path, help='JSON of SegmenterSettings')
    perceive.add_argument('--threads', type=int, default=1)
    perceive.set_defaults(run=_perceive)
    reason = commands.add_parser('reason', help='the 3D language model, which reads commands')
    reason.add_argument('--perceived', type=Path, nargs='*', default=[],
                        help='files of perceived scenes; others are made up')
    reason.add_argument('--start-from', type=Path, help='weights of an earlier run')
    add_loop_options(reason, ReasonSettings())
    reason.set_defaults(run=_reason)
    words = commands.add_parser('words', help='what household words are for, within reason')
    words.add_argument('--start-from', type=Path, required=True, help='weights of reason')
    add_loop_options(words, WordsSettings())
    words.set_defaults(run=_words)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    options.run(options)


def _detect(options: argparse.Namespace) -> None:
    train, dev = prepared_scenes(options)
    size = VoteNetworkSettings(voxel_size=options.voxel_size)
    settings = loop_settings(options, DetectSettings(), network=size)
    sys.stdout.write(f'{len(train)} scenes to train on, {len(dev)} for development\n')
    start = read_weights(options.start_from, VOTES).tensors if options.start_from else None
    network = train_detect(settings, train, dev[:_CHECKED_ON], options.run_folder, start)
    if options.export is not None and writes_results():
        save_weights(options.export, VOTES, network.state_dict(), settings.network, {
            'largest': options.largest, 'training': dataclasses.asdict(settings),
            'trained on': len(train)})


def _perceive(options: argparse.Namespace) -> None:
    settings = dataclasses.replace(read_settings(options.settings), threads=options.threads)
    save_perceived(options.out, perceive_scenes(Segmenter(settings), options.scenes))


def _reason(options: argparse.Namespace) -> None:
    scenes = [scene for file in options.perceived for scene in load_perceived(file)]
    widths = {scene.features.shape[1] for scene in scenes if scene.features is not None}
    if len(widths) > 1:
        raise ValueError(f'perceived: features of different lengths: {sorted(widths)}')
    settings = loop_settings(options, ReasonSettings(), network=SegNetworkSettings(
        feature=max(widths, default=0)))
    language_model = LanguageModel(LanguageModelSettings(dtype='float32'))
    torch.set_num_threads(options.threads)
    encode = language_model.encode
    start = read_weights(options.start_from, REASON).tensors if options.start_from else None
    network = train_reason(settings, language_model.network, encode(' the')[0],
                           _source(encode, scenes), options.run_folder, start)
    if options.export is not None and writes_results():
        save_weights(options.export, REASON, network.state_dict(), settings.network, {
            'training': dataclasses.asdict(settings), 'language model': language_model.model})


def _words(options: argparse.Namespace) -> None:
    language_model = LanguageModel(LanguageModelSettings())
    torch.set_num_threads(options.threads)
    stored = read_weights(options.start_from, REASON)
    network = SegNetwork(stored.build(SegNetworkSettings), language_model.network,
                         language_model.encode(' the')[0])
    stored.load_into(network)
    settings = loop_settings(options, WordsSettings())
    train_words(settings, network, _source(language_model.encode, ()), options.run_folder)
    if options.export is not None:
        save_weights(options.export, REASON, network.state_dict(), network.settings, {
            **stored.facts, 'training of words': dataclasses.asdict(settings)})


def _source(encode: Encoder, scenes: Sequence[PerceivedScene]) -> ReasonSource:
    texts = TextEncoder(TextEncoderSettings())
    confusion = NameConfusion(texts.embed(household_vocabulary().words))
    return ReasonSource(NameEvidence(texts.embed), confusion, encode, scenes)


if __name__ == '__main__':
    main()
