"""What training in several processes, and on other devices, needs to know."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, TypeVar

import torch
from torch import Tensor

_Value = TypeVar('_Value')


def moved(value: _Value, device: torch.device) -> _Value:
    """Return a dataclass with its tensors, and those of dataclasses in it, on a device."""
    changed: dict[str, Any] = {}
    for field in dataclasses.fields(value):  # type: ignore[arg-type]
        held = getattr(value, field.name)
        if isinstance(held, Tensor):
            changed[field.name] = held.to(device)
        elif dataclasses.is_dataclass(held):
            changed[field.name] = moved(held, device)
    return dataclasses.replace(value, **changed)  # type: ignore[type-var]


def writes_results() -> bool:
    """Whether this process is the one of its launcher's that writes what all have learned."""
    return int(os.environ.get('RANK', '0')) == 0
