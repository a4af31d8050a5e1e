"""Trained weights on disk: a folder with the tensors, their configuration and their hash.

``weights.safetensors`` holds the tensors. ``config.json`` names the part they belong to, the
settings that its network is built from, the sha256 of the tensors' file, and what else is worth
knowing (the command that made them, figures, licences).
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from omd3d_ros.mapping.whole_file import whole_file

SHIPPED = Path(__file__).resolve().parents[1] / 'weights'
_FORMAT = 1
_TENSORS, _CONFIG = 'weights.safetensors', 'config.json'
_Kind = TypeVar('_Kind')
_MOST_SHOWN = 3  # names of tensors in a message


@dataclasses.dataclass(frozen=True, eq=False)
class StoredWeights:
    """What a folder holds.

    folder    where it was read from, for messages
    settings  of the network: plain values, as dataclasses.asdict gives them
    facts     what else was stored beside the weights
    tensors   by name; floating-point ones as float32
    sha256    of the tensors' file
    """

    folder: Path
    settings: dict[str, Any]
    facts: dict[str, Any]
    tensors: dict[str, Tensor]
    sha256: str

    def build(self, kind: type[_Kind], values: dict[str, Any] | None = None) -> _Kind:
        """Return a settings dataclass from the stored settings, or from other stored values.

        ValueError naming the folder where they are another network's, or out of range.
        """
        plain = self.settings if values is None else values
        try:
            return kind(**{name: tuple(value) if isinstance(value, list) else value
                           for name, value in plain.items()})
        except TypeError as error:
            raise ValueError(f'{self.folder}: settings of another network: {error}') from error

    def names(self) -> list[str]:
        """Return the names that were stored beside the weights; ValueError naming the folder."""
        names = self.facts.get('names')
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError(f'{self.folder}: the configuration holds no list of names')
        return names

    def load_into(self, network: nn.Module) -> None:
        """Copy the tensors into a network; ValueError where names or shapes are not the same."""
        wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        held = {name: tuple(value.shape) for name, value in self.tensors.items()}
        wrong = [f'{name} {held[name]}, must be {wanted[name]}'
                 for name in sorted(wanted.keys() & held.keys()) if held[name] != wanted[name]]
        for names, what in ((wanted.keys() - held.keys(), 'is missing'),
                            (held.keys() - wanted.keys(), 'does not belong there')):
            wrong += [f'{name} {what}' for name in sorted(names)]
        if wrong:
            rest = f' and {len(wrong) - _MOST_SHOWN} more' if len(wrong) > _MOST_SHOWN else ''
            raise ValueError(f'{self.folder}: the weights do not fit the network: '
                             f'{"; ".join(wrong[:_MOST_SHOWN])}{rest}')
        network.load_state_dict(self.tensors)


def save_weights(
    folder: Path,
    part: str,
    tensors: Mapping[str, Tensor],
    settings: Any,
    facts: Mapping[str, Any] | None = None,
    dtype: torch.dtype = torch.float16,
) -> str:
    """Write the tensors of a part, such as a state dict, and return the sha256 of their file.

    settings is the dataclass that the network is built from. Floating-point tensors are stored
    as dtype, others as they are. Raises ValueError when a tensor is not finite as dtype.
    """
    stored = {}
    for name, value in sorted(tensors.items()):
        value = value.detach().cpu().contiguous()
        stored[name] = value.to(dtype).clone() if value.is_floating_point() else value.clone()
        if not torch.isfinite(stored[name]).all():
            raise ValueError(f'{name}: some values are not finite as {dtype}')
    data = save(stored)
    digest = hashlib.sha256(data).hexdigest()
    config = {'format': _FORMAT, 'part': part, 'sha256': digest,
              'settings': dataclasses.asdict(settings), **(facts or {})}
    text = json.dumps(config, indent=1, allow_nan=False) + '\n'
    folder.mkdir(parents=True, exist_ok=True)
    with whole_file(folder / _TENSORS) as beside:
        beside.write_bytes(data)
    with whole_file(folder / _CONFIG) as beside:
        beside.write_text(text)
    return digest


def read_weights(folder: Path, part: str) -> StoredWeights:
    """Read the weights of a part.

    Raises
    ------
    ValueError
        Naming the folder, when a file is missing or damaged, or belongs to another part or
        another version of the format.

    """
    try:
        config = json.loads((folder / _CONFIG).read_text())
        data = (folder / _TENSORS).read_bytes()
    except (OSError, ValueError) as error:
        raise ValueError(f'{folder}: no usable weights of the {part}: {error}') from error
    if not isinstance(config, dict) or not isinstance(config.get('settings'), dict):
        raise ValueError(f'{folder}: {_CONFIG} holds no settings')
    if config.get('part') != part:
        raise ValueError(f'{folder}: these are weights of the part {config.get("part")!r}, '
                         f'not of the {part}')
    if config.get('format') != _FORMAT:
        raise ValueError(f'{folder}: format={config.get("format")!r}, must be {_FORMAT}')
    digest = hashlib.sha256(data).hexdigest()
    if digest != config.get('sha256'):
        raise ValueError(f'{folder}: {_TENSORS} is damaged or another file (sha256 '
                         f'{digest[:12]}..., expected {str(config.get("sha256"))[:12]}...)')
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise ValueError(f'{folder}: {_TENSORS} cannot be read: {error}') from error
    wide = {name: value.float() if value.is_floating_point() else value
            for name, value in tensors.items()}
    facts = {key: value for key, value in config.items()
             if key not in ('format', 'part', 'sha256', 'settings')}
    return StoredWeights(folder, config['settings'], facts, wide, digest)
