"""Training of the vote network on generated scenes: ``omd3d_train detect``."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor

from omd3d_ros.segmentation.sparse_grid import SparseGrid
from omd3d_ros.segmentation.vote_network import VoteNetwork, VoteNetworkSettings
from omd3d_ros.segmentation.voxel_features import voxel_cells, voxel_features
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.training.detect_data import UNKNOWN, DetectScene, load_prepared, varied
from omd3d_ros.training.run_folder import RunFolder
from omd3d_ros.training.schedule import cosine, step_generator
from omd3d_ros.training.vote_loss import VoteLoss, vote_loss

_REPORT, _SAVE, _CHECK = 25, 100, 250  # steps


@dataclasses.dataclass(frozen=True)
class DetectSettings:
    """How the vote network is trained."""

    network: VoteNetworkSettings = dataclasses.field(default_factory=VoteNetworkSettings)
    steps: int = setting(2000, 'steps', low=1, high=10_000_000)
    scenes: int = setting(3, 'scenes a step and process', low=1, high=1000)
    largest: float = setting(
        100.0, 'objects with a longer side count as structure', unit='m', low=0.01, high=100.0)
    voxels: int = setting(20_000, 'most voxels of a scene', low=100, high=10_000_000)
    rate: float = setting(2e-3, 'highest learning rate', low=0.0, high=1.0)
    decay: float = setting(0.01, 'weight decay', low=0.0, high=1.0)
    average: float = setting(0.998, 'of the averaged weights, kept a step', low=0.0, high=1.0)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """Voxels of several scenes, N in all; see vote_loss for the arrays."""

    features: Tensor
    points: Tensor
    owner: Tensor
    centers: Tensor
    batch: Tensor
    grid: SparseGrid


def collate(
    scenes: list[DetectScene], settings: VoteNetworkSettings,
    device: torch.device | None = None,
) -> Batch:
    """Put scenes one after another, on a device; their objects are numbered through."""
    parts: list[list[Tensor]] = [[] for _ in range(5)]
    first = 0
    for number, scene in enumerate(scenes):
        points = scene.surface.points
        cells = torch.from_numpy(voxel_cells(points, settings.voxel_size))
        owner = np.where(scene.owner > 0, scene.owner + first, scene.owner)
        row = torch.full((len(points), 1), number)
        for part, value in zip(parts, (
                torch.from_numpy(voxel_features(scene.surface, settings.voxel_size)),
                torch.from_numpy(points), torch.from_numpy(owner),
                torch.from_numpy(scene.centers[1:]), torch.cat([row, cells], 1)), strict=True):
            part.append(value)
        first += len(scene.centers) - 1
    parts[3].insert(0, torch.zeros(1, 3))
    features, points_, owners, centers, coordinates = (
        torch.cat(part).to(device) for part in parts)
    grid = SparseGrid(coordinates, len(settings.channels) - 1)
    return Batch(features, points_, owners, centers, coordinates[:, 0], grid)


def _losses(network: Any, plain: VoteNetwork, batch: Batch) -> VoteLoss:
    votes = network(batch.features, batch.points, batch.grid)
    return vote_loss(plain, votes, batch.points, batch.owner, batch.centers, batch.batch,
                     batch.grid.levels[0].neighbors)


def _checked(network: VoteNetwork, scenes: list[DetectScene], settings: DetectSettings,
             ) -> dict[str, float]:
    """Return the figures of scenes that are not trained on."""
    network.eval()
    torch.manual_seed(0)
    rng = np.random.default_rng(0)
    rows = []
    with torch.no_grad():
        for scene in scenes:
            shown = varied(scene, settings.network.voxel_size, settings.voxels, rng)
            batch = collate([shown], settings.network, network.sharpness.device)
            loss = _losses(network, network, batch)
            votes = network(batch.features, batch.points, batch.grid)
            known = batch.owner != UNKNOWN
            right = ((votes.object > 0) == (batch.owner > 0))[known].float().mean()
            rows.append([float(loss.total), float(loss.miss), float(right), float(loss.contact),
                         float(loss.distant)])
    network.train()
    total, miss, right_, contact, distant = np.mean(rows, axis=0).tolist()
    return {'dev loss': total, 'dev miss mm': 1000 * miss, 'dev object': right_,
            'dev contact': contact, 'dev distant': distant}


def train_detect(
    settings: DetectSettings, train: list[Path], dev: list[Path], folder: Path,
    start: dict[str, Tensor] | None = None,
) -> VoteNetwork:
    """Train on prepared scenes, or go on where the folder's run stopped.

    start is the state dict of an earlier run to begin with. Returns the network with its
    averaged weights. One process of several, when it was started
    by ``accelerate launch``; gradients are averaged over them.
    """
    accelerator = Accelerator()
    device = accelerator.device
    run = RunFolder(folder, settings, writes=accelerator.is_main_process)
    torch.manual_seed(settings.seed)
    network = VoteNetwork(settings.network)
    if start is not None:
        network.load_state_dict(start)
    average = copy.deepcopy(network)
    optimizer = torch.optim.AdamW(network.parameters(), settings.rate,
                                  weight_decay=settings.decay)
    state, begin = run.resume(), 0
    if state is not None:
        network.load_state_dict(state['network'])
        average.load_state_dict(state['average'])
        optimizer.load_state_dict(state['optimizer'])
        begin = int(state['step'])
    shared, optimizer = accelerator.prepare(network, optimizer)
    average.to(device)
    checked = [load_prepared(path).without_larger(settings.largest) for path in dev]
    recent: list[list[float]] = []
    for step in range(begin, settings.steps):
        rng = step_generator(settings.seed, step, accelerator.process_index)
        chosen = [load_prepared(train[i]).without_larger(settings.largest)
                  for i in rng.integers(len(train), size=settings.scenes)]
        batch = collate([varied(scene, settings.network.voxel_size, settings.voxels, rng)
                         for scene in chosen], settings.network, device)
        for group in optimizer.param_groups:
            group['lr'] = settings.rate * cosine(step, settings.steps)
        loss = _losses(shared, network, batch)
        optimizer.zero_grad()
        accelerator.backward(loss.total)
        accelerator.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        _follow(average, network, min(settings.average, (step + 1) / (step + 10)))
        recent.append([float(value.detach()) for value in loss])
        done = step + 1
        if done % _REPORT == 0 or done == settings.steps:
            means = np.mean(recent, axis=0).tolist()
            recent.clear()
            figures = dict(zip(VoteLoss._fields, means, strict=True))
            if done % _CHECK == 0 or done == settings.steps:
                figures.update(_checked(average, checked, settings))
            run.report(done, settings.steps, figures)
        if done % _SAVE == 0 or done == settings.steps:
            run.save({'step': done, 'network': network.state_dict(),
                      'average': average.state_dict(), 'optimizer': optimizer.state_dict()})
    return average.eval()


@torch.no_grad()
def _follow(average: VoteNetwork, network: VoteNetwork, keep: float) -> None:
    """Move the averaged weights a little towards the present ones."""
    for slow, fast in zip(average.state_dict().values(), network.state_dict().values(),
                          strict=True):
        if slow.dtype.is_floating_point:
            slow.lerp_(fast, 1 - keep)
        else:
            slow.copy_(fast)
