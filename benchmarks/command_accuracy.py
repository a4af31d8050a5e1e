"""Print how often commands are understood, by kind, on scenes written by hand.

    python benchmarks/command_accuracy.py
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from omd3d_ros.evaluation.command_cases import load_command_cases
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_settings import LanguageModelSettings, ReasonerSettings
from omd3d_ros.segmentation.reasoner import Reasoner

CASES = Path(__file__).parents[1] / 'test' / 'segmentation' / 'command_cases.json'


def main() -> None:
    language_model = LanguageModel(LanguageModelSettings())
    reasoner = Reasoner(ReasonerSettings(), language_model)
    cases = load_command_cases(CASES)
    for scene in {case.scene.map_id: case.scene for case in cases}.values():
        reasoner.prepare(scene)
    right, seconds = [], []
    for case in cases:
        started = time.perf_counter()
        right.append(case.is_right(reasoner.answer(case.scene, case.command, None)))
        seconds.append(time.perf_counter() - started)
    print(language_model.model)
    print(f'{"kind":10}{"tuning":>16}{"held out":>16}{"chance":>10}')
    for kind in ('explicit', 'synonym', 'color', 'implicit', 'plural', 'absent'):
        row = f'{kind:10}'
        for held_out in (False, True):
            of_kind = [ok for ok, case in zip(right, cases, strict=True)
                       if (case.kind, case.held_out) == (kind, held_out)]
            row += f'{sum(of_kind):6d}/{len(of_kind):<3d}{sum(of_kind) / len(of_kind):6.2f}'
        chance = statistics.mean(case.chance for case in cases if case.kind == kind)
        print(row + (f'{chance:10.2f}' if kind not in ('plural', 'absent') else f'{"-":>10}'))
    print(f'seconds a command: median {statistics.median(seconds):.2f}, '
          f'p95 {statistics.quantiles(seconds, n=20)[-1]:.2f}, '
          f'{statistics.mean(len(c.scene.objects) for c in cases):.0f} objects a scene')


if __name__ == '__main__':
    main()
