"""Training of the object encoder on samples of single objects: ``omd3d_train encode``."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator, DistributedDataParallelKwargs
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.object_encoder import ObjectEncoder, ObjectEncoderSettings
from omd3d_ros.segmentation.object_namer import class_matrix, name_texts
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.training.encode_report import measure
from omd3d_ros.training.encode_table import EncodeTable
from omd3d_ros.training.name_likeness import alike
from omd3d_ros.training.processes import moved
from omd3d_ros.training.run_folder import RunFolder
from omd3d_ros.training.schedule import cosine, step_generator

_REPORT, _SAVE, _CHECK = 50, 250, 250  # steps
_WATCHED = ('loss', 'top1', 'top5', 'top1_synonyms', 'top5_synonyms', 'unknown_auc')


@dataclasses.dataclass(frozen=True)
class EncodeSettings:
    """How the object encoder is trained."""

    network: ObjectEncoderSettings = dataclasses.field(default_factory=ObjectEncoderSettings)
    steps: int = setting(1500, 'steps', low=1, high=10_000_000)
    batch: int = setting(256, 'objects a step and process', low=1, high=100_000)
    rate: float = setting(2e-3, 'highest learning rate', low=0.0, high=1.0)
    decay: float = setting(0.5, 'weight decay', low=0.0, high=10.0)
    smoothing: float = setting(
        0.1, "share of a name's truth that goes to names like it", low=0.0, high=0.9)
    hidden_names: float = setting(
        0.1, 'share of the trained names that a step treats as untrained', low=0.0, high=0.9)
    balance: float = setting(
        0.5, 'how evenly names are shown: 0 as often as there are samples, 1 all alike', low=0.0,
        high=1.0)
    average: float = setting(0.995, 'of the averaged weights, kept a step', low=0.0, high=1.0)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


def new_encoder(
    settings: ObjectEncoderSettings, names: list[str], trained: set[str], texts: Tensor
) -> ObjectEncoder:
    """Return an untrained encoder of names; texts (N, T) are their embeddings."""
    vocabulary = household_vocabulary()
    sizes = torch.tensor(np.array([vocabulary.sizes[vocabulary.index(name)] for name in names]))
    shown = torch.from_numpy(class_matrix(names).any(axis=0))
    return ObjectEncoder(settings, texts, sizes, shown,
                         torch.tensor([name in trained for name in names]))


def texts_of(names: list[str], encoder: TextEncoder) -> Tensor:
    """Return the embeddings (N, T) of names."""
    return torch.from_numpy(name_texts(names, encoder))


def train_encode(
    settings: EncodeSettings, encoder: ObjectEncoder, names: list[str], train: EncodeTable,
    dev: EncodeTable, folder: Path,
) -> ObjectEncoder:
    """Train on a table of objects, or go on where the folder's run stopped.

    Returns the encoder with its averaged weights, ready to infer, on the CPU. names are the
    encoder's. One process of several, when it was started by ``accelerate launch``; each draws
    its own batches.
    """
    # an encoder that was shown no views does not use all of its parts
    accelerator = Accelerator(
        kwargs_handlers=[DistributedDataParallelKwargs(find_unused_parameters=True)])
    device = accelerator.device
    run = RunFolder(folder, settings, writes=accelerator.is_main_process)
    _standardise(encoder, train)
    optimizer = torch.optim.AdamW(
        [value for value in encoder.parameters() if value.requires_grad], settings.rate,
        weight_decay=settings.decay)
    state, begin = run.resume(), 0
    if state is not None:
        encoder.load_state_dict(state['network'])
        optimizer.load_state_dict(state['optimizer'])
        begin = int(state['step'])
    truth = targets(names, encoder.trained, settings.smoothing).to(device)
    shared, optimizer = accelerator.prepare(encoder, optimizer)
    average = {name: (value if state is None else state['average'][name].to(device)).clone()
               for name, value in encoder.state_dict().items()}
    dev = moved(dev, device)
    chances = _chances(train.target, settings.balance)
    recent: list[float] = []
    encoder.train()
    for step in range(begin, settings.steps):
        rng = step_generator(settings.seed, step, accelerator.process_index)
        rows = torch.from_numpy(rng.choice(len(chances), settings.batch, p=chances))
        hidden = torch.from_numpy(rng.random(len(names)) < settings.hidden_names).to(device)
        logits = shared(moved(train.inputs.rows(rows), device), hidden)
        # names without samples are neither right nor wrong
        told = torch.cat([encoder.trained, torch.ones(1, dtype=torch.bool, device=device)])
        logits = logits.masked_fill(~told, -1e4)
        wanted = truth[train.target[rows].to(device)]
        loss = -(wanted * F.log_softmax(logits, dim=1)).sum(dim=1).mean()
        for group in optimizer.param_groups:
            group['lr'] = settings.rate * cosine(step, settings.steps)
        optimizer.zero_grad()
        accelerator.backward(loss)
        accelerator.clip_grad_norm_(encoder.parameters(), 2.0)
        optimizer.step()
        keep = min(settings.average, (step + 1) / (step + 10))
        for name, value in encoder.state_dict().items():
            if value.dtype.is_floating_point:
                average[name].lerp_(value, 1 - keep)
        recent.append(float(loss.detach()))
        done = step + 1
        if done % _REPORT == 0 or done == settings.steps:
            figures = {'loss': float(np.mean(recent))}
            recent.clear()
            if done % _CHECK == 0 or done == settings.steps:
                figures.update(_checked(encoder, average, dev, names))
            run.report(done, settings.steps, figures)
        if done % _SAVE == 0 or done == settings.steps:
            run.save({'step': done, 'network': encoder.state_dict(), 'average': average,
                      'optimizer': optimizer.state_dict()})
    encoder.load_state_dict(average)
    return encoder.cpu().eval()


def targets(names: list[str], trained: Tensor, smoothing: float) -> Tensor:
    """Return what each name and, last, no name should score: (N + 1, N + 1), rows sum to 1."""
    likeness = torch.from_numpy(alike(names)).float() * trained
    likeness.fill_diagonal_(0.0)
    total = likeness.sum(dim=1, keepdim=True)
    spread = smoothing * total.clamp(max=1.0) * likeness / total.clamp(min=1e-9)
    rows = torch.zeros(len(names) + 1, len(names) + 1)
    rows[:-1, :-1] = spread
    rows += torch.diag(1 - rows.sum(dim=1))
    return rows


@torch.no_grad()
def _standardise(encoder: ObjectEncoder, table: EncodeTable) -> None:
    """Set the means and deviations that inputs are measured in."""
    views = table.inputs.views[table.inputs.quality > 0]
    if len(views) > 1:
        encoder.view_mean.copy_(views.mean(dim=0))
        encoder.view_scale.copy_(views.std(dim=0).clamp(min=0.02))
    encoder.feature_mean.copy_(table.inputs.features.mean(dim=0))
    if len(table.target) > 1:
        encoder.feature_scale.copy_(table.inputs.features.std(dim=0).clamp(min=0.05))


def _chances(target: Tensor, balance: float) -> np.ndarray:
    """Return how likely each sample is drawn."""
    counts = torch.bincount(target).double()
    weight = (counts[target] ** -balance).numpy()
    return np.asarray(weight / weight.sum(), np.float64)


def _checked(
    encoder: ObjectEncoder, average: dict[str, Tensor], dev: EncodeTable, names: list[str]
) -> dict[str, float]:
    """Return the figures of the averaged weights on objects that are not trained on."""
    present = {name: value.clone() for name, value in encoder.state_dict().items()}
    encoder.load_state_dict(average)
    found = measure(encoder, dev, names)
    encoder.load_state_dict(present)
    encoder.train()
    return {f'dev {name}': found[name] for name in _WATCHED if name in found}
