# ruff: noqa: T201
"""Show what the commands are like: ``python -m omd3d_ros.synthetic.language --help``."""

from __future__ import annotations

import argparse

import numpy as np

from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.sample import SPLITS
from omd3d_ros.synthetic.language.statistics import statistics
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.text_table import aligned


def main() -> None:
    """Print counts, or commands for a made-up scene."""
    parser = argparse.ArgumentParser(
        prog='python -m omd3d_ros.synthetic.language', description=main.__doc__)
    parser.add_argument('--statistics', action='store_true',
                        help='print how many names, needs, templates and samples there are')
    parser.add_argument('--examples', type=int, default=0, metavar='N',
                        help='print up to N commands for a made-up scene')
    parser.add_argument('--split', choices=SPLITS, default='train')
    parser.add_argument('--seed', type=int, default=0)
    options = parser.parse_args()
    rng = np.random.default_rng(options.seed)
    if options.statistics:
        print(statistics(rng))
    if options.examples > 0:
        print(_examples(options.split, options.examples, rng))
    if not options.statistics and options.examples <= 0:
        parser.error('nothing to do: give --statistics or --examples N')


def _examples(split: str, count: int, rng: np.random.Generator) -> str:
    scene = made_up_scene(rng)
    objects = [(str(known.id), known.name, ' and '.join(known.colors), known.material,
                *(f'{value:.2f}' for value in known.box.center)) for known in scene.objects]
    samples = [(sample.kind, sample.text, ' '.join(map(str, sample.targets)), sample.answer_text)
               for sample in write_commands(scene, split, count, rng)]
    return '\n'.join((
        *aligned((('id', 'name', 'colours', 'material', 'x', 'y', 'z'), *objects), (4, 5, 6)), '',
        *aligned((('kind', 'text', 'targets', 'answer'), *samples))))


if __name__ == '__main__':
    main()
