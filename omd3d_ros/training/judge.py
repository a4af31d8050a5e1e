"""Training of the judge of groups, on what the vote network says of prepared scenes."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.group_judge import GroupJudge, GroupJudgeSettings
from omd3d_ros.settings import check_settings, setting
from omd3d_ros.training.judged_scene import JudgedScene
from omd3d_ros.training.schedule import cosine


@dataclasses.dataclass(frozen=True)
class JudgeSettings:
    """How the judge of groups is trained."""

    network: GroupJudgeSettings = dataclasses.field(default_factory=GroupJudgeSettings)
    steps: int = setting(6000, 'steps', low=1, high=1_000_000)
    batch: int = setting(1024, 'groups a step', low=1, high=1_000_000)
    rate: float = setting(3e-3, 'highest learning rate', low=0.0, high=1.0)
    decay: float = setting(0.05, 'weight decay', low=0.0, high=10.0)
    noise: float = setting(
        0.1, 'noise on the numbers in training, in their own deviations', low=0.0, high=10.0)
    seed: int = setting(0, 'of everything random', low=0, high=2**31)

    def __post_init__(self) -> None:
        check_settings(self)


def train_judge(
    settings: JudgeSettings, scenes: Sequence[JudgedScene]
) -> GroupJudge:
    """Train on the groups of some scenes; ValueError where they have none."""
    torch.manual_seed(settings.seed)
    rows = torch.from_numpy(np.concatenate([scene.rows[scene.told] for scene in scenes]))
    wanted = torch.from_numpy(np.concatenate([scene.truth[scene.told] for scene in scenes]))
    if len(rows) < 2:
        raise ValueError('scenes: they have no groups')
    judge = GroupJudge(settings.network)
    judge.mean.copy_(rows.mean(dim=0))
    judge.deviation.copy_(rows.std(dim=0).clamp(min=1e-3))
    optimizer = torch.optim.AdamW(judge.parameters(), settings.rate, weight_decay=settings.decay)
    chances = _chances(wanted)
    for step in range(settings.steps):
        for group in optimizer.param_groups:
            group['lr'] = settings.rate * cosine(step, settings.steps)
        drawn = torch.multinomial(chances, settings.batch, replacement=True)
        told = rows[drawn] + settings.noise * judge.deviation * torch.randn(
            settings.batch, rows.shape[1])
        loss = F.binary_cross_entropy_with_logits(judge(told), wanted[drawn])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return judge.eval()


def _chances(wanted: Tensor) -> Tensor:
    """Return how likely each group is drawn: most are crumbs, which would drown the others."""
    bins = (wanted * 10).long().clamp(max=9)
    weight = torch.bincount(bins, minlength=10).double().clamp(min=1).rsqrt()
    return weight[bins]
