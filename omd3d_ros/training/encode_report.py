"""Figures of an object encoder on objects whose names are known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.object_encoder import ObjectEncoder
from omd3d_ros.training.encode_table import EncodeTable
from omd3d_ros.training.name_likeness import accepted

_BINS = 10
_FIGURES = ('top1', 'top5', 'top1_synonyms', 'top5_synonyms', 'top1_names', 'unknown_auc',
            'calibration_error')


@torch.no_grad()
def measure(encoder: ObjectEncoder, table: EncodeTable, names: Sequence[str]) -> dict[str, float]:
    """Return figures of an encoder on a table.

    objects, names, models    how many there are; others: how many are none of the names
    loss                      cross-entropy, nats
    top1, top5                share named rightly, among the first five names
    top1_synonyms, ...        a name that truly means the thing is right, too: a mug is a cup
    top1_names                mean over the names of their shares, each name counting the same
    unknown_auc               how well the best name's probability tells things without a name
    calibration_error         mean distance of probability and share right, over ten bins
    chance1, chance5          shares that always naming the most frequent names gives
    """
    encoder.eval()
    logits = encoder(table.inputs)
    shares = logits.softmax(1)
    named = table.target < len(names)
    found = figures_of(shares[named][:, :-1], table.target[named], names)
    found['loss'] = float(F.cross_entropy(logits, table.target))
    found['models'] = float(len({one for one, real in zip(table.models, named, strict=True)
                                 if real}))
    best = shares[:, :-1].max(dim=1).values
    found['others'] = float((~named).sum())
    if (~named).any() and named.any():
        below = best[~named][:, None] - best[named][None]
        found['unknown_auc'] = float(((below < 0).float() + 0.5 * (below == 0).float()).mean())
    return found


def figures_of(shares: Tensor, target: Tensor, names: Sequence[str]) -> dict[str, float]:
    """Return the figures of probabilities (M, N) for objects whose names (M,) are known."""
    if not len(target):
        return {'objects': 0.0, 'names': 0.0}
    first = shares.topk(min(5, shares.shape[1]), dim=1).indices
    hit = first == target[:, None]
    right = torch.from_numpy(accepted(names))[target].gather(1, first)
    counts = torch.bincount(target, minlength=len(names)).double()
    by_name = torch.bincount(target, hit[:, 0].double(), minlength=len(names)) / counts.clamp(min=1)
    common = torch.sort(counts / counts.sum(), descending=True).values
    return {'objects': float(len(target)), 'names': float((counts > 0).sum()),
            'top1': float(hit[:, 0].float().mean()), 'top5': float(hit.any(1).float().mean()),
            'top1_synonyms': float(right[:, 0].float().mean()),
            'top5_synonyms': float(right.any(1).float().mean()),
            'top1_names': float(by_name[counts > 0].mean()),
            'calibration_error': _calibration_error(
                shares.max(dim=1).values.numpy(), right[:, 0].numpy()),
            'chance1': float(common[0]), 'chance5': float(common[:5].sum())}


def _calibration_error(said: np.ndarray, right: np.ndarray) -> float:
    """Return the expected calibration error (Guo et al., ICML 2017)."""
    place = np.clip((said * _BINS).astype(np.int64), 0, _BINS - 1)
    total = 0.0
    for number in range(_BINS):
        inside = place == number
        if inside.any():
            total += inside.mean() * abs(said[inside].mean() - right[inside].mean())
    return float(total)


def rows_of(report: dict[str, Any]) -> list[str]:
    """Return a report's figures as lines of text."""
    lines = []
    for split in ('dev', 'test'):
        for folder, found in report[split].items():
            shown = '  '.join(f'{name} {found[name]:.3f}' for name in _FIGURES if name in found)
            lines.append(
                f'{split} {folder.rsplit("/", 1)[-1]}: {found["objects"]:.0f} objects, '
                f'{found["names"]:.0f} names, chance {found.get("chance1", 0):.3f} / '
                f'{found.get("chance5", 0):.3f}  {shown}')
    return lines
