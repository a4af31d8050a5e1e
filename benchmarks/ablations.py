"""What each part of the segmenter is worth: one switch at a time, on generated scenes.

    python benchmarks/ablations.py --scenes DEV --out FOLDER [--most 24] [--sentences 24]
        [--settings FILE]

Every variant answers the same held-out sentences (dev split). Those that differ in reasoning
only answer on the objects that the whole system perceived. The folder gets a JSON for each way
to perceive, so that a run that was stopped goes on, and ``table.txt``: masks' AP50 of the
proposals, top-1 of the names given the true masks, and of the commands mask mIoU, Acc@.25, the
implicit and the spatial ones' Acc@.25, and the share of what is not there that is rejected.
"""

from __future__ import annotations

import argparse
import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.command_row import command_reports
from omd3d_ros.evaluation.competitors import Answerer
from omd3d_ros.evaluation.generated_scenes import TrueScene, true_scenes
from omd3d_ros.evaluation.naming_row import generated_things, naming_report
from omd3d_ros.evaluation.proposal_row import proposal_report
from omd3d_ros.evaluation.report import Report
from omd3d_ros.evaluation.said_scenes import Sentences, said_scenes
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_reasoner import ModelReasoner, trained_reasoner
from omd3d_ros.segmentation.reasoner import Reasoner
from omd3d_ros.segmentation.scene import Answer, Scene
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings, from_mapping

WHOLE = 'everything'
PERCEIVING: dict[str, dict[str, dict[str, Any]]] = {
    WHOLE: {},
    'no vote networks (rules)': {'detector': {'enabled': False}},
    'no appearance (voxels only)': {'appearance': {'views_per_object': 0}},
    'no object encoder (ImageNet)': {'appearance': {'namer': 'words'}},
    'no scene context': {'appearance': {'context': False}},
}
REASONING: dict[str, dict[str, Any]] = {
    'no names as text': {'names': False},
    'no LoRA': {'lora': False},
    'no evidence of names': {'evidence': False},
    'no relations': {'relations': False},
    'no mask decoder (proposals by identifier)': {'refine_masks': False},
    'no trained reasoner (rules)': {'trained': False},
}
FIGURES = {
    'AP50': 'AP50', 'names top-1': 'top-1', 'mIoU': 'all: mask mIoU', 'Acc@.25': 'all: Acc@0.25',
    'Acc@.5': 'all: Acc@0.5', 'implicit': 'implicit: Acc@0.25', 'spatial': 'spatial: Acc@0.25',
    'rejected': 'not there: rejected'}
Figures = dict[str, list[float]]


class Switched:
    """A reasoner with other switches, on what another segmenter perceives."""

    def __init__(self, perceives: Segmenter, settings: SegmenterSettings) -> None:
        language_model = LanguageModel(settings.language)
        self._perceives = perceives
        self._reasoner = (trained_reasoner(settings.reasoner, language_model)
                          if settings.reasoner.trained
                          else Reasoner(settings.reasoner, language_model))

    def answer(self, scene: Scene, command: str, map_from_viewpoint: Any) -> Answer:
        if isinstance(self._reasoner, ModelReasoner):
            self._reasoner.see(self._perceives.masks)
        return self._reasoner.answer(scene, command, map_from_viewpoint)


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    base = json.loads(options.settings.read_text()) if options.settings else {}
    rows = [' | '.join(['variant', *FIGURES])]
    for name, change in PERCEIVING.items():
        path = options.out / f'{name.split(" (")[0].replace(" ", "_")}.json'
        if not path.exists():
            path.write_text(json.dumps(measured(name, merged(base, change), options)))
        rows += [row(variant, figures) for variant, figures in json.loads(path.read_text()).items()]
        (options.out / 'table.txt').write_text('\n'.join(rows) + '\n')
    print('\n'.join(rows))


def measured(name: str, tree: dict[str, Any], options: argparse.Namespace) -> dict[str, Figures]:
    """Return figure and count of every figure of a way to perceive, and what reasons on it."""
    settings = from_mapping(tree)
    segmenter = Segmenter(settings)
    rng = np.random.default_rng(0)
    systems: dict[str, tuple[Answerer, str]] = {name: (segmenter.reason, segmenter.model)}
    if name == WHOLE:
        systems |= {variant: (Switched(segmenter, from_mapping(
            merged(tree, {'reasoner': change}))).answer, variant)
            for variant, change in REASONING.items()}

    def scenes() -> Iterator[TrueScene]:
        return true_scenes(options.scenes, options.most)

    sentences = (Sentences('dev_phrasing', options.sentences, 0),
                 Sentences('dev_intent', max(1, options.sentences // 4), 0))
    commands = command_reports(
        said_scenes(scenes(), sentences, segmenter, 'perceived'), systems, {}, rng)
    figures = {one.system: figures_of(one) for one in commands}
    if 'detector' in PERCEIVING[name] or name == WHOLE:
        figures[name] |= figures_of(proposal_report(scenes(), segmenter, rng))
    if 'appearance' in PERCEIVING[name] or name == WHOLE:
        figures[name] |= figures_of(
            naming_report('naming', generated_things(scenes()), settings, rng))
    return figures


def figures_of(report: Report) -> Figures:
    return {one.name: [one.value, one.count] for one in report.figures}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    tree = copy.deepcopy(base)
    for part, values in change.items():
        tree.setdefault(part, {}).update(values)
    return tree


def row(name: str, figures: Figures) -> str:
    cells = [f'{figures[key][0]:.3f} ({figures[key][1]:.0f})' if key in figures else '-'
             for key in FIGURES.values()]
    return ' | '.join([name, *cells])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--scenes', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--most', type=int, default=24, help='the first scenes only')
    parser.add_argument('--sentences', type=int, default=24, help='a scene')
    parser.add_argument('--settings', type=Path, help='JSON with fields of SegmenterSettings')
    return parser.parse_args()


if __name__ == '__main__':
    main()
