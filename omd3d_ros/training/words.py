"""Training of what words are for, on sentences without a scene: ``omd3d_train words``.

The language model stays as it is. So each sentence is read once, and only the match of commands
and words (word_match.py) learns: a thousand steps take minutes.
"""

from __future__ import annotations

import dataclasses
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.segmentation.seg_network import SegNetwork
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.synthetic.language.lessons import Lesson, draw_lesson, need_lessons
from omd3d_ros.training.reason import ReasonSource
from omd3d_ros.training.reason_loss import word_accuracy, word_loss
from omd3d_ros.training.run_folder import RunFolder
from omd3d_ros.training.schedule import cosine, step_generator

_REPORT, _CHECK = 50, 250  # steps
_AT_ONCE = 16  # sentences that are read in one pass
_SHOWN = 1600  # sentences from one line of progress to the next
_STATES = 'states.pt'
_HELD_OUT = ('dev_phrasing', 'dev_intent')


@dataclasses.dataclass(frozen=True)
class WordsSettings:
    """How the match of commands and words is trained."""

    sentences: int = setting(16000, 'sentences to learn from', low=1, high=10_000_000)
    steps: int = setting(2000, 'steps', low=1, high=10_000_000)
    batch: int = setting(192, 'sentences a step', low=1, high=100_000)
    rate: float = setting(1e-3, 'highest learning rate', low=0.0, high=1.0)
    decay: float = setting(0.05, 'weight decay', low=0.0, high=10.0)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True, eq=False)
class _Told:
    """N sentences: states (N, D) at [SEG], embeddings (N, E), and words meant (N, W)."""

    seen: Tensor
    said: Tensor
    meant: Tensor


def train_words(
    settings: WordsSettings, network: SegNetwork, source: ReasonSource, folder: Path
) -> SegNetwork:
    """Train a network's match of commands and words, or go on where the folder's run stopped."""
    run = RunFolder(folder, settings)
    network.eval().requires_grad_(requires_grad=False)
    match = network.word_match.requires_grad_()
    state = run.resume()
    told = _read_once(settings, network, source, folder / _STATES)
    optimizer = torch.optim.AdamW(match.parameters(), settings.rate, weight_decay=settings.decay)
    begin = 0
    if state is not None:
        match.load_state_dict(state['match'])
        optimizer.load_state_dict(state['optimizer'])
        begin = int(state['step'])
    lesson = source.vocabulary
    recent: list[float] = []
    match.train()
    for step in range(begin, settings.steps):
        rows = torch.from_numpy(step_generator(settings.seed, step, 0).integers(
            len(told['train'].said), size=settings.batch))
        for group in optimizer.param_groups:
            group['lr'] = settings.rate * cosine(step, settings.steps)
        train = told['train']
        called = match(train.seen[rows], train.said[rows],
                       network.words(lesson.words, lesson.texts))
        loss = word_loss(called, train.meant[rows].float())
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        recent.append(float(loss.detach()))
        done = step + 1
        last = done == settings.steps
        if done % _REPORT == 0 or last:
            figures = {'loss': float(np.mean(recent))}
            recent.clear()
            if done % _CHECK == 0 or last:
                match.eval()
                with torch.no_grad():
                    words = network.words(lesson.words, lesson.texts)
                    for name in _HELD_OUT:
                        one = told[name]
                        figures[f'{name[4:]} word'] = word_accuracy(
                            match(one.seen, one.said, words), one.meant.float())
                match.train()
            run.report(done, settings.steps, figures)
        if done % _CHECK == 0 or last:
            run.save({'step': done, 'match': match.state_dict(),
                      'optimizer': optimizer.state_dict()})
    return network.eval()


def _read_once(
    settings: WordsSettings, network: SegNetwork, source: ReasonSource, file: Path
) -> dict[str, _Told]:
    """Read the sentences, or take up what was read of them before."""
    if file.exists():
        stored = torch.load(file, weights_only=True)
        return {name: _Told(*values) for name, values in stored.items()}
    rng = np.random.default_rng([settings.seed, 5])
    lessons = {'train': [draw_lesson(rng) for _ in range(settings.sentences)]}
    lessons |= {split: need_lessons(split) for split in _HELD_OUT}
    told = {name: _read(some, network, source) for name, some in lessons.items()}
    with whole_file(file) as beside:
        torch.save({name: (one.seen, one.said, one.meant) for name, one in told.items()}, beside)
    return told


@torch.no_grad()
def _read(lessons: Sequence[Lesson], network: SegNetwork, source: ReasonSource) -> _Told:
    seen, said, meant = [], [], []
    began = time.monotonic()
    for start in range(0, len(lessons), _AT_ONCE):
        some = lessons[start:start + _AT_ONCE]
        text, means = source.lesson(some)
        seen.append(network(text).seg.float())
        said.append(text.said)
        meant.append(means.to(torch.int8))
        done = start + len(some)
        if done % _SHOWN == 0 or done == len(lessons):
            left = (time.monotonic() - began) / done * (len(lessons) - done)
            sys.stdout.write(f'read {done}/{len(lessons)}  {left / 60:.1f} min left\n')
            sys.stdout.flush()
    return _Told(torch.cat(seen), torch.cat(said), torch.cat(meant))
