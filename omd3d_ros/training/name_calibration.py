"""Makes an encoder's scores probabilities: temperature, and how likely untrained names are."""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.object_encoder import ObjectEncoder
from omd3d_ros.training.encode_table import EncodeTable

_TEMPERATURES = [0.25 * 1.06 ** step for step in range(64)]
_UNTRAINED_SHARE = 0.15  # of all probability on objects of trained names, left to the untrained


@torch.no_grad()
def calibrate(encoder: ObjectEncoder, dev: EncodeTable) -> dict[str, float]:
    """Set an encoder's temperature and the bias of its untrained names on a table.

    The bias leaves a fixed share of the probability to the names that nothing was trained on:
    how often things with such names turn up is no matter of the table. The temperature then is
    the one under which the table's truth is most likely. Returns both.
    """
    encoder.eval()
    encoder.temperature.fill_(1.0)
    if not encoder.trained.all():
        low, high = -30.0, 30.0
        for _ in range(30):
            middle = (low + high) / 2
            encoder.untrained_bias.fill_(middle)
            shares = encoder(dev.inputs).softmax(1)[:, :-1]
            left = float(shares[:, ~encoder.trained].sum(1).mean())
            low, high = (middle, high) if left < _UNTRAINED_SHARE else (low, middle)
    logits = encoder(dev.inputs)
    losses = [float(F.cross_entropy(logits / value, dev.target)) for value in _TEMPERATURES]
    best = _TEMPERATURES[losses.index(min(losses))]
    encoder.temperature.fill_(best)
    return {'temperature': best, 'untrained_bias': float(encoder.untrained_bias)}
