"""The 3D language model at work: a scene is read once, each command in one short pass."""

from __future__ import annotations

import copy
import dataclasses
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.scene_prompt import (
    Encoder,
    PromptObject,
    command_tokens,
    scene_prompt,
)
from omd3d_ros.segmentation.seg_network import NameStates, Reading, SegNetwork, name_tokens


@dataclasses.dataclass(frozen=True, eq=False)
class ReadScene:
    """A scene that was read: the language model's memory of it, and of its n objects.

    told_as  (T, D) embeddings of the scene's tokens
    cache    keys and values of those
    hidden   (T, D) hidden states of those
    objects  (n, D) hidden states at the objects' ends
    named    the objects' names
    """

    told: tuple[PromptObject, ...]
    told_as: Tensor
    cache: Any
    hidden: Tensor
    objects: Tensor
    named: NameStates

    @property
    def length(self) -> int:
        """How many tokens the scene has."""
        return len(self.hidden)

    def common(self, told_as: Tensor) -> int:
        """Return how many of the first tokens are those of another scene."""
        least = min(len(self.told_as), len(told_as))
        alike = (self.told_as[:least] == told_as[:least]).all(dim=1)
        return int(alike.long().cumprod(0).sum())


class SceneReader:
    """Reads scenes and commands with a trained SegNetwork. Not thread-safe.

    names  whether objects are told with their names
    """

    def __init__(self, network: SegNetwork, encode: Encoder, evidence: NameEvidence) -> None:
        self._network, self._encode, self._evidence = network.eval(), encode, evidence
        self._device = network.own_words.device
        self.names = network.settings.names
        self._last: ReadScene | None = None

    def read_scene(
        self, told: Sequence[PromptObject], identifiers: Sequence[int],
        features: Sequence[Sequence[float]] = (),
    ) -> ReadScene:
        """Read a scene of n objects, with their features where the network was trained with them.

        A feature of another length counts as unknown.

        This is the slow part, done when the scene changed. What it has in common with the scene
        before, from the first object on, is not read again.
        """
        prompt = scene_prompt(told, identifiers, self._encode)
        network, device = self._network, self._device
        texts = torch.from_numpy(self._evidence.texts(told))
        with torch.inference_mode():
            embedded = network.embed(
                torch.tensor(prompt.tokens, device=device),
                self._features(features),
                torch.tensor(prompt.features, device=device))
            cache, hidden = self._continued(embedded)
            names, shares = name_tokens(told, self._encode)
            named = network.name_states(names.to(device), texts.to(device), shares.to(device))
        self._last = ReadScene(tuple(told), embedded, cache, hidden, hidden[list(prompt.ends)],
                               named)
        return self._last

    def _continued(self, embedded: Tensor) -> tuple[Any, Tensor]:
        """Return the cache and the hidden states (T, D) of a scene's tokens."""
        last = self._last
        kept = 0 if last is None else min(last.common(embedded), len(embedded) - 1)
        cache, before = None, embedded[:0]
        if last is not None and kept:
            cache, before = copy.deepcopy(last.cache), last.hidden[:kept]
            if last.length > kept:
                cache.crop(kept - last.length)
        hidden, cache = self._network.states(
            embedded[kept:], past_key_values=cache, use_cache=True)
        return cache, torch.cat([before, hidden])

    def _features(self, features: Sequence[Sequence[float]]) -> Tensor | None:
        width = self._network.settings.feature
        if not width or not features:
            return None
        return torch.tensor([one if len(one) == width else [0.0] * width for one in features],
                            device=self._device, dtype=torch.float32)

    def read_command(self, scene: ReadScene, command: str) -> Reading:
        """Read a clean command on a scene: a Reading of one row, on the CPU."""
        tokens = torch.tensor(command_tokens(command, self._encode), device=self._device)
        said = self._evidence.said([command])
        compared = torch.from_numpy(self._evidence.compare([command], said, scene.told))
        network = self._network
        with torch.inference_mode():
            embedded = network.embed(tokens, None, tokens[:0])
            try:
                hidden, _ = network.states(
                    embedded, past_key_values=scene.cache, use_cache=True)
            finally:
                added = scene.cache.get_seq_length() - scene.length
                if added:
                    scene.cache.crop(-added)  # forget the command
            read = network.read(scene.objects, hidden[-2:-1], hidden[-1:], scene.named,
                                compared.to(self._device),
                                torch.from_numpy(said).to(self._device), None)
        return Reading(*(part.float().cpu() for part in read))
