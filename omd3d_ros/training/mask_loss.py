"""The loss of the mask decoder: BCE + Dice + a score that predicts IoU, for every layer."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

from omd3d_ros.segmentation.mask_decoder import MaskPrediction

_SCORE = 0.5  # weight, as in OpenMaskDINO3D


def mask_loss(
    found: list[MaskPrediction], kept: Tensor, target: Tensor, count: Tensor, whole: float,
    seed_iou: float,
) -> Tensor:
    """Return the loss summed over the predictions, plus that of the seed's predicted IoU, kept.

    target (K,) is the true part of each superpoint and count (K,) its voxels; whole is how many
    voxels the object has, those out of reach included; seed_iou is the seed's true IoU.
    """
    total = _SCORE * (kept - seed_iou).square()
    true = target * count
    for one in found:
        wrong = functional.binary_cross_entropy_with_logits(
            one.logits, target, weight=count, reduction='sum')
        soft = one.logits.sigmoid() * count
        dice = 1 - 2 * (soft * target).sum() / (soft.sum() + true.sum()).clamp(min=1)
        inside = one.logits.detach() > 0
        shared = true[inside].sum()
        iou = shared / (count[inside].sum() + whole - shared).clamp(min=1)
        total = total + wrong / count.sum() + dice + _SCORE * (one.score - iou).square()
    return torch.as_tensor(total)
