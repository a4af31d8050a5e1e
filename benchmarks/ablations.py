"""What each part of the segmenter is worth: one switch at a time, on generated scenes.

    python benchmarks/ablations.py --scenes DEV --out FOLDER [--most 24] [--sentences 24]
        [--only NAME ...] [--settings FILE]

Every variant perceives the same scenes and answers the same held-out sentences (dev split). The
folder gets a JSON for each variant, so that a run that was stopped goes on, and ``table.txt``:
masks' AP50 of the proposals, top-1 of the names given the true masks, and of the commands mask
mIoU, Acc@.25, the spatial ones' Acc@.25, and the share of what is not there that is rejected.
"""

from __future__ import annotations

import argparse
import copy
import json
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.command_row import command_reports
from omd3d_ros.evaluation.generated_scenes import true_scenes
from omd3d_ros.evaluation.naming_row import generated_things, naming_report
from omd3d_ros.evaluation.proposal_row import proposal_report
from omd3d_ros.evaluation.report import Report
from omd3d_ros.evaluation.said_scenes import Sentences, said_scenes
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import from_mapping

VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    'everything': {},
    'no vote networks (rules)': {'detector': {'enabled': False}},
    'no appearance (voxels only)': {'appearance': {'views_per_object': 0}},
    'no object encoder (ImageNet)': {'appearance': {'namer': 'words'}},
    'no names as text': {'reasoner': {'names': False}},
    'no LoRA': {'reasoner': {'lora': False}},
    'no evidence of names': {'reasoner': {'evidence': False}},
    'no relations': {'reasoner': {'relations': False}},
    'no mask decoder (proposals)': {'reasoner': {'refine_masks': False}},
    'no trained reasoner (rules)': {'reasoner': {'trained': False}},
}
FIGURES = {
    'AP50': 'AP50', 'names top-1': 'top-1', 'mIoU': 'all: mask mIoU', 'Acc@.25': 'all: Acc@0.25',
    'Acc@.5': 'all: Acc@0.5', 'spatial': 'spatial: Acc@0.25', 'rejected': 'not there: rejected'}


def main() -> None:
    options = arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    base = json.loads(options.settings.read_text()) if options.settings else {}
    chosen = options.only or list(VARIANTS)
    for name in chosen:
        path = options.out / f'{name.split(" (")[0].replace(" ", "_")}.json'
        if not path.exists():
            path.write_text(json.dumps(measured(merged(base, VARIANTS[name]), options)))
        print(row(name, json.loads(path.read_text())), flush=True)
    rows = [row(name, json.loads(path.read_text())) for name in VARIANTS
            if (path := options.out / f'{name.split(" (")[0].replace(" ", "_")}.json').exists()]
    head = ' | '.join(['variant', *FIGURES])
    (options.out / 'table.txt').write_text('\n'.join([head, *rows]) + '\n')


def measured(tree: dict[str, Any], options: argparse.Namespace) -> dict[str, list[float]]:
    """Return figure, count and chance of every figure that the rows have."""
    settings = from_mapping(tree)
    segmenter = Segmenter(settings)
    rng = np.random.default_rng(0)

    def scenes() -> Any:
        return true_scenes(options.scenes, options.most)

    sentences = (Sentences('dev_phrasing', options.sentences, 0),
                 Sentences('dev_intent', max(1, options.sentences // 4), 0))
    reports: list[Report] = [
        proposal_report(scenes(), segmenter, rng),
        naming_report('naming', generated_things(scenes()), settings, rng),
        *command_reports(said_scenes(scenes(), sentences, segmenter, 'perceived'),
                         {'ours': (segmenter.reason, segmenter.model)}, {}, rng)]
    return {one.name: [one.value, one.count] for report in reports for one in report.figures}


def merged(base: dict[str, Any], change: dict[str, Any]) -> dict[str, Any]:
    tree = copy.deepcopy(base)
    for part, values in change.items():
        tree.setdefault(part, {}).update(values)
    return tree


def row(name: str, figures: dict[str, list[float]]) -> str:
    cells = [f'{figures[key][0]:.3f} ({figures[key][1]:.0f})' if key in figures else '-'
             for key in FIGURES.values()]
    return ' | '.join([name, *cells])


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--scenes', type=Path, required=True)
    parser.add_argument('--out', type=Path, required=True)
    parser.add_argument('--most', type=int, default=24, help='the first scenes only')
    parser.add_argument('--sentences', type=int, default=24, help='a scene')
    parser.add_argument('--only', nargs='*', choices=VARIANTS)
    parser.add_argument('--settings', type=Path, help='JSON with fields of SegmenterSettings')
    return parser.parse_args()


if __name__ == '__main__':
    main()
