"""Training of the mask decoder: ``omd3d_train mask``."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from omd3d_ros.segmentation.mask_decoder import MaskDecoderSettings, MaskNetwork
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.training.mask_data import MaskSample
from omd3d_ros.training.mask_loss import mask_loss
from omd3d_ros.training.run_folder import RunFolder
from omd3d_ros.training.schedule import cosine, step_generator

_REPORT, _SAVE, _CHECK = 25, 100, 250  # steps


@dataclasses.dataclass(frozen=True)
class MaskTrainingSettings:
    """How the mask decoder is trained."""

    network: MaskDecoderSettings = dataclasses.field(default_factory=MaskDecoderSettings)
    steps: int = setting(1500, 'steps', low=1, high=10_000_000)
    seeds: int = setting(12, 'seeds a step', low=1, high=10_000)
    rate: float = setting(1e-3, 'highest learning rate', low=0.0, high=1.0)
    decay: float = setting(0.05, 'weight decay', low=0.0, high=10.0)
    silent: float = setting(0.3, 'share of seeds without [SEG]', low=0.0, high=1.0)
    noise: float = setting(0.05, 'noise on the numbers of superpoints', low=0.0, high=10.0)
    dropped: float = setting(0.1, 'share of superpoints that are not shown', low=0.0, high=0.9)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


def train_mask(
    settings: MaskTrainingSettings, train: Sequence[MaskSample], dev: Sequence[MaskSample],
    folder: Path,
) -> MaskNetwork:
    """Train, or go on where the folder's run stopped; return the network."""
    run = RunFolder(folder, settings)
    torch.manual_seed(settings.seed)
    network = MaskNetwork(settings.network)
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate,
                                  weight_decay=settings.decay)
    state, begin = run.resume(), 0
    if state is not None:
        network.load_state_dict(state['network'])
        optimizer.load_state_dict(state['optimizer'])
        begin = int(state['step'])
    recent: list[float] = []
    for step in range(begin, settings.steps):
        rng = step_generator(settings.seed, step)
        for group in optimizer.param_groups:
            group['lr'] = settings.rate * cosine(step, settings.steps)
        optimizer.zero_grad()
        for row in rng.integers(len(train), size=settings.seeds):
            loss = _loss(network, _varied(train[row], settings, rng), settings, rng)
            (loss / settings.seeds).backward()
            recent.append(float(loss.detach()))
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        done = step + 1
        last = done == settings.steps
        if done % _REPORT == 0 or last:
            figures = {'loss': float(np.mean(recent))}
            recent.clear()
            if done % _CHECK == 0 or last:
                figures.update({f'dev {name}': value
                                for name, value in measure_masks(network, dev).items()})
            run.report(done, settings.steps, figures)
        if done % _SAVE == 0 or last:
            run.save({'step': done, 'network': network.state_dict(),
                      'optimizer': optimizer.state_dict()})
    return network.eval()


def _loss(
    network: MaskNetwork, sample: MaskSample, settings: MaskTrainingSettings,
    rng: np.random.Generator,
) -> Tensor:
    seg = None if rng.random() < settings.silent else torch.from_numpy(sample.seg)
    target, count = torch.from_numpy(sample.target), torch.from_numpy(sample.count)
    found, kept = network(torch.from_numpy(sample.tokens), torch.from_numpy(sample.share), count,
                          seg)
    return mask_loss(found, kept, target, count, sample.whole, sample.seed_iou)


def _varied(
    sample: MaskSample, settings: MaskTrainingSettings, rng: np.random.Generator
) -> MaskSample:
    """Leave out some superpoints, but never the whole seed, and roughen the others' numbers."""
    kept = (rng.random(len(sample.count)) >= settings.dropped) | (sample.share > 0)
    tokens = sample.tokens[kept]
    return dataclasses.replace(
        sample, share=sample.share[kept], count=sample.count[kept], target=sample.target[kept],
        tokens=tokens + rng.normal(0, settings.noise, tokens.shape).astype(np.float32))


@torch.no_grad()
def measure_masks(network: MaskNetwork, samples: Sequence[MaskSample]) -> dict[str, float]:
    """Return mean IoUs: of the seeds, of what the decoder answers, and of the best superpoints.

    best takes the superpoints that are mostly the object's: no choice of them is much better.
    """
    network.eval()
    rows = []
    for one in samples:
        found, kept = network(torch.from_numpy(one.tokens), torch.from_numpy(one.share),
                              torch.from_numpy(one.count), torch.from_numpy(one.seg))
        chosen = found[-1].logits.numpy() > 0
        better = bool(chosen.any()) and float(
            found[-1].score) >= float(kept) + network.settings.gain
        rows.append([one.seed_iou, one.iou(chosen) if better else one.seed_iou,
                     one.iou(one.target > 0.5), float(better)])
    network.train()
    seed, answer, best, changed = np.mean(rows, axis=0).tolist()
    return {'seed IoU': seed, 'IoU': answer, 'best IoU': best, 'changed': changed}
