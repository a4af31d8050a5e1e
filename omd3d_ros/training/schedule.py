"""Learning rates over a run, and the randomness of one step."""

from __future__ import annotations

import math

import numpy as np
import torch

_WARM_UP = 40  # steps until the full rate
_FLOOR = 0.02  # share of the full rate that is left at the end


def cosine(step: int, steps: int) -> float:
    """Return the factor of the learning rate: a short rise, then half a cosine down."""
    rise = min(1.0, (step + 1) / _WARM_UP)
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / max(steps, 1))))
    return rise * (_FLOOR + (1 - _FLOOR) * fall)


def step_generator(seed: int, step: int, process: int = 0) -> np.random.Generator:
    """Return the randomness of a step, and seed torch with it.

    It depends on nothing before the step, so a resumed run is the run it would have been.
    """
    rng = np.random.default_rng([seed, step, process])
    torch.manual_seed(int(rng.integers(2**62)))
    return rng
