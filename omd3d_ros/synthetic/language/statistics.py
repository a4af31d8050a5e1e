"""How much the vocabulary, the needs and the templates hold, by split."""

from __future__ import annotations

import collections

import numpy as np

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.needs import needs
from omd3d_ros.synthetic.language.nouns import kinds
from omd3d_ros.synthetic.language.phrasings import part_of, pools
from omd3d_ros.synthetic.language.sample import KINDS, SPLITS
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.text_table import aligned

_PARTS = ('train', 'dev', 'test')


def statistics(rng: np.random.Generator, scenes: int = 20, commands: int = 30) -> str:
    """Return tables of counts; those of samples are of so many made-up scenes."""
    return '\n\n'.join((_vocabulary(), _needs(), _templates(), _samples(rng, scenes, commands)))


def _vocabulary() -> str:
    words = household_vocabulary()
    true = sum(len(names) - len(loose)
               for names, loose in zip(words.synonyms, words.loose, strict=True))
    serving = frozenset[str]().union(*(need.serves for need in needs()))
    return _table(('vocabulary', 'count'), (
        ('names', str(len(words.words))), ('true synonyms', str(true)),
        ('loose synonyms', str(sum(map(len, words.loose)))),
        ('kinds', str(len({kind for of_word in words.kinds for kind in of_word}))),
        ('kinds that people name', str(len(kinds()))),
        ('names that serve a need', str(len(serving)))))


def _needs() -> str:
    rows = [(part, str(sum(need.part == part for need in needs())),
             str(sum(len(need.said) for need in needs() if need.part == part)))
            for part in _PARTS]
    by_split = [(split, str(sum(bool(need.ways(split)) for need in needs())),
                 str(sum(len(need.ways(split)) for need in needs()))) for split in SPLITS]
    return '\n\n'.join((_table(('needs kept for', 'needs', 'ways to say'), tuple(rows)),
                        _table(('needs in split', 'needs', 'ways to say'),
                                   tuple(by_split))))


def _templates() -> str:
    rows = [(name, *(str(sum(part_of(place) == part for place in range(len(texts))))
                     for part in _PARTS))
            for name, texts in pools().items() if name not in ('opener', 'closer')]
    sums = tuple(str(sum(int(row[column]) for row in rows)) for column in (1, 2, 3))
    return _table(('templates', *_PARTS), (*rows, ('all', *sums)))


def _samples(rng: np.random.Generator, scenes: int, commands: int) -> str:
    rooms = [made_up_scene(rng) for _ in range(scenes)]
    counts = {split: collections.Counter(
        sample.kind for room in rooms for sample in write_commands(room, split, commands, rng))
        for split in SPLITS}
    rows = [(kind, *(str(counts[split][kind]) for split in SPLITS)) for kind in KINDS]
    sums = tuple(str(sum(counts[split].values())) for split in SPLITS)
    return _table((f'samples, {scenes} scenes', *SPLITS), (*rows, ('all', *sums)))


def _table(head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> str:
    return '\n'.join(aligned((head, *rows), range(1, len(head))))
