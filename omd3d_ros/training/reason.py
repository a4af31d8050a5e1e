"""Training of the 3D language model on scenes and commands: ``omd3d_train reason``."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor

from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.scene_prompt import Encoder
from omd3d_ros.segmentation.seg_network import (
    SceneText,
    SegNetwork,
    SegNetworkSettings,
)
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.synthetic.language.lessons import Lesson, draw_lesson, need_lessons
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.sample import CommandSample
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.training.perceived_scene import (
    NameConfusion,
    PerceivedScene,
    misnamed,
    perceived,
)
from omd3d_ros.training.processes import moved
from omd3d_ros.training.reason_data import (
    Vocabulary,
    Wanted,
    drawn_identifiers,
    lesson_text,
    scene_text,
    wanted,
)
from omd3d_ros.training.reason_loss import (
    ReasonLoss,
    reason_accuracy,
    reason_loss,
    word_accuracy,
    word_loss,
)
from omd3d_ros.training.run_folder import RunFolder
from omd3d_ros.training.schedule import cosine, step_generator

_REPORT, _SAVE, _CHECK = 10, 25, 50  # steps
_DEV_SCENES = 12
_AT_ONCE = 48  # sentences


@dataclasses.dataclass(frozen=True)
class ReasonSettings:
    """How the 3D language model is trained."""

    network: SegNetworkSettings = dataclasses.field(default_factory=SegNetworkSettings)
    steps: int = setting(1000, 'steps', low=1, high=10_000_000)
    scenes: int = setting(2, 'scenes a step and process', low=0, high=1000)
    lessons: int = setting(24, 'sentences without a scene, a step and process', low=0, high=1000)
    commands: int = setting(14, 'commands a scene', low=1, high=1000)
    things: int = setting(14, 'most things on the furniture of a made-up scene', low=1, high=100)
    made_up: float = setting(0.5, 'share of made-up scenes, where there are others', low=0.0,
                             high=1.0)
    rate: float = setting(3e-4, 'highest learning rate', low=0.0, high=1.0)
    head_rate: float = setting(1.5e-3, 'the same of heads and own tokens', low=0.0, high=1.0)
    decay: float = setting(0.01, 'weight decay', low=0.0, high=1.0)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True, eq=False)
class ReasonSource:
    """Where training takes what it needs from.

    scenes  scenes as they were perceived; may be empty, then all are made up
    """

    evidence: NameEvidence
    confusion: NameConfusion
    encode: Encoder
    scenes: Sequence[PerceivedScene]

    @functools.cached_property
    def vocabulary(self) -> Vocabulary:
        """All household words."""
        return Vocabulary.of_household(self.evidence, self.encode)

    def lesson(self, lessons: Sequence[Lesson]) -> tuple[SceneText, Tensor]:
        """Return sentences without a scene, and what each means (C, W), as Wanted.words."""
        text = lesson_text(lessons, self.evidence, self.encode, self.vocabulary)
        return text, torch.from_numpy(
            np.stack([lesson.meant for lesson in lessons]).astype(np.float32))

    def draw(
        self, settings: ReasonSettings, split: str, rng: np.random.Generator
    ) -> tuple[SceneText, Wanted, tuple[CommandSample, ...]]:
        """Return a scene, what is wanted, and the commands; a split is one of SPLITS."""
        while True:
            if self.scenes and rng.random() >= settings.made_up:
                seen = self.scenes[int(rng.integers(len(self.scenes)))]
                seen = misnamed(seen, self.confusion, rng)
            else:
                made = made_up_scene(rng, int(rng.integers(4, settings.things + 1)))
                seen = perceived(made, self.confusion, rng)
            samples = write_commands(seen.scene, split, settings.commands, rng)
            if samples and seen.objects:
                break
        if not settings.network.names:
            seen = dataclasses.replace(seen, objects=tuple(
                dataclasses.replace(one, names=(), scores=()) for one in seen.objects))
        text = scene_text(seen, [sample.text for sample in samples], self.evidence, self.encode,
                          drawn_identifiers(len(seen.objects), rng), self.vocabulary)
        return text, wanted(seen, samples), samples


def train_reason(
    settings: ReasonSettings, language_model: Any, the_token: int, source: ReasonSource,
    folder: Path, start: dict[str, Tensor] | None = None,
) -> SegNetwork:
    """Train, or go on where the folder's run stopped; return the network.

    start is the state dict of an earlier run to begin with; parts that it lacks, or has
    otherwise, begin anew. One
    process of several, when it was started by ``accelerate launch``.
    """
    # without features in a scene, or references in its commands, parts of the network rest
    accelerator = Accelerator(
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)])
    run = RunFolder(folder, settings, writes=accelerator.is_main_process)
    torch.manual_seed(settings.seed)
    network = SegNetwork(settings.network, language_model, the_token)
    if start is not None:
        own = network.state_dict()
        network.load_state_dict({**own, **{
            name: value for name, value in start.items()
            if name in own and own[name].shape == value.shape}})
    adapter, rest = list(network.lora.parameters()), [
        value for name, value in network.named_parameters() if not name.startswith('lora.')]
    optimizer = torch.optim.AdamW(
        [{'params': adapter, 'top': settings.rate}, {'params': rest, 'top': settings.head_rate}],
        settings.rate, weight_decay=settings.decay)
    state, begin = run.resume(), 0
    if state is not None:
        network.load_state_dict(state['network'])
        optimizer.load_state_dict(state['optimizer'])
        begin = int(state['step'])
    network.backbone.to(accelerator.device)
    shared, optimizer = accelerator.prepare(network, optimizer)
    recent: list[list[float]] = []
    learned: list[float] = []
    for step in range(begin, settings.steps):
        rng = step_generator(settings.seed, step, accelerator.process_index)
        for group in optimizer.param_groups:
            group['lr'] = group['top'] * cosine(step, settings.steps)
        optimizer.zero_grad()
        lessons, losses = _learn(shared, settings, source, accelerator, rng)
        learned += lessons
        recent += losses
        accelerator.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        done = step + 1
        last = done == settings.steps
        if done % _REPORT == 0 or last:
            figures = {}
            if learned:
                figures['lessons'] = float(np.mean(learned))
            if recent:
                figures |= zip(ReasonLoss._fields, np.mean(recent, 0).tolist(), strict=True)
            recent.clear()
            learned.clear()
            if done % _CHECK == 0 or last:
                with accelerator.autocast():
                    figures.update(_checked(network, settings, source, accelerator.device))
            run.report(done, settings.steps, figures)
        if done % _SAVE == 0 or last:
            run.save({'step': done, 'network': network.state_dict(),
                      'optimizer': optimizer.state_dict()})
    return network.eval()


def _learn(
    shared: Any, settings: ReasonSettings, source: ReasonSource, accelerator: Accelerator,
    rng: np.random.Generator,
) -> tuple[list[float], list[list[float]]]:
    """Add up a step's gradients; return the loss of its lessons, if any, and of its scenes."""
    learned, losses = [], []
    if settings.lessons:
        told, meant = source.lesson([draw_lesson(rng) for _ in range(settings.lessons)])
        called = shared(moved(told, accelerator.device)).words
        of_words = word_loss(called, meant.to(accelerator.device))
        accelerator.backward(of_words)
        learned.append(float(of_words.detach()))
    for _ in range(settings.scenes):
        text, want, _samples = source.draw(settings, 'train', rng)
        loss = reason_loss(shared(moved(text, accelerator.device)),
                           moved(want, accelerator.device))
        accelerator.backward(loss.total / settings.scenes)
        losses.append([float(value.detach()) for value in loss])
    return learned, losses


def _checked(
    network: SegNetwork, settings: ReasonSettings, source: ReasonSource, device: torch.device
) -> dict[str, float]:
    """Return the shares of held-out phrasings and needs that are read right."""
    network.eval()
    figures: dict[str, float] = {}
    with torch.no_grad():
        for split in ('dev_phrasing', 'dev_intent'):
            rows = []
            for text, want in _dev(settings, source, split):
                rows.append(reason_accuracy(network(moved(text, device)), moved(want, device)))
            for name in rows[0]:
                values = [row[name] for row in rows if not np.isnan(row[name])]
                if values and (split == 'dev_phrasing' or name in ('target', 'none')):
                    figures[f'{split[4:]} {name}'] = float(np.mean(values))
            ways = need_lessons(split)
            right = [_right(network, *source.lesson(ways[start:start + _AT_ONCE]), device)
                     for start in range(0, len(ways), _AT_ONCE)]
            figures[f'{split[4:]} word'] = sum(right) / len(ways)
    network.train()
    return figures


def _right(network: SegNetwork, text: SceneText, meant: Tensor, device: torch.device) -> float:
    """Return how many sentences without a scene have the right best word."""
    return word_accuracy(network(moved(text, device)).words.cpu(), meant) * len(meant)


def _dev(
    settings: ReasonSettings, source: ReasonSource, split: str
) -> Iterator[tuple[SceneText, Wanted]]:
    for number in range(_DEV_SCENES):
        rng = np.random.default_rng([settings.seed, 77, number])
        made = dataclasses.replace(settings, made_up=1.0)
        text, want, _ = source.draw(made, split, rng)
        yield text, want
