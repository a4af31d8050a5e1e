"""The object encoder: names an object from how it looks, what it measures and how it is shaped.

What is known of an object becomes one vector, which is compared with a vector for each name. A
name's vector comes from the embedding of its text, plus a part of its own where the name was
trained, so that a name nobody trained can be added by its text alone (Frome et al., DeViSE,
NeurIPS 2013). Two opinions are added to the comparison: what the image network itself saw, and
how well the size fits the name.
"""

from __future__ import annotations

import dataclasses
import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.segmentation.image_network import FEATURES
from omd3d_ros.segmentation.object_features import COLOR, OBJECT_FEATURES, SHAPE, SIZE
from omd3d_ros.segmentation.point_network import PointNetwork
from omd3d_ros.settings import check_settings, setting

_LEAST_SEEN = 1e-3  # probability of a name under which the image network says nothing of it
_OCTAVES = 0.5  # beyond a name's sizes, over which it becomes implausible
_LEAST_PLAUSIBLE = -8.0  # nats
_HIDDEN_CLOUDS = 0.3  # share of objects, in training, whose points are hidden


@dataclasses.dataclass(frozen=True)
class ObjectEncoderSettings:
    """What the encoder is made of. The switches are for ablation."""

    width: int = setting(256, 'numbers of an object', low=8, high=4096)
    text_width: int = setting(384, 'numbers of a text', low=1, high=8192)
    detail_width: int = setting(128, 'numbers of size, shape and colour', low=8, high=4096)
    cloud_width: int = setting(128, 'numbers of the point network', low=8, high=4096)
    dropout: float = setting(0.4, 'share of features hidden in training', low=0.0, high=0.95)
    input_dropout: float = setting(
        0.12, 'share of objects, in training, of which one input is hidden', low=0.0, high=0.9)
    noise: float = setting(
        0.3, 'noise on features in training, in their own deviations', low=0.0, high=10.0)
    appearance: bool = setting(True, 'whether image features count')
    words: bool = setting(True, "whether the image network's own classes count")
    shape: bool = setting(True, 'whether shape and colour count')
    size: bool = setting(True, 'whether size and height count')
    cloud: bool = setting(True, 'whether what the point network sees counts')

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True, eq=False)
class ObjectInputs:
    """What is known of B objects with at most V views.

    views     (B, V, 1280) image features; quality (B, V), 0 where there is no view
    opinions  (B, V, N) probability of each name by the image network's own classes
    features  (B, OBJECT_FEATURES), see ObjectDescription.above
    largest   (B,) largest extent, metres
    clouds    (B, P, CLOUD_NUMBERS), see PointNetwork
    """

    views: Tensor
    quality: Tensor
    opinions: Tensor
    features: Tensor
    largest: Tensor
    clouds: Tensor

    def __len__(self) -> int:
        return len(self.features)

    def rows(self, chosen: Tensor) -> ObjectInputs:
        """Return some of the objects."""
        return ObjectInputs(*(getattr(self, field.name)[chosen]
                              for field in dataclasses.fields(self)))


class ObjectEncoder(nn.Module):
    """Scores N names, and "none of them", for objects.

    texts    (N, text_width) embeddings of the names
    sizes    (N, 2) smallest and largest plausible largest dimension, metres
    shown    (N,) bool, which names some class of the image network shows
    trained  (N,) bool, which names have a learned part
    """

    texts: Tensor
    sizes: Tensor
    shown: Tensor
    trained: Tensor
    view_mean: Tensor
    view_scale: Tensor
    feature_mean: Tensor
    feature_scale: Tensor

    def __init__(
        self, settings: ObjectEncoderSettings, texts: Tensor, sizes: Tensor, shown: Tensor,
        trained: Tensor,
    ) -> None:
        super().__init__()
        self.settings = settings
        names, width, detail = len(texts), settings.width, settings.detail_width
        for name, value in (('texts', texts.float()), ('sizes', sizes.float()),
                            ('shown', shown), ('trained', trained),
                            ('view_mean', torch.zeros(FEATURES)),
                            ('view_scale', torch.ones(FEATURES)),
                            ('feature_mean', torch.zeros(OBJECT_FEATURES)),
                            ('feature_scale', torch.ones(OBJECT_FEATURES))):
            self.register_buffer(name, value.clone())
        self.look = nn.Linear(FEATURES, width)
        self.attend = nn.Linear(FEATURES, 1)
        self.unseen_look = nn.Parameter(torch.zeros(width))
        self.detail = nn.Sequential(
            nn.Linear(OBJECT_FEATURES, detail), nn.GELU(), nn.LayerNorm(detail),
            nn.Linear(detail, detail), nn.GELU())
        self.points = PointNetwork(settings.cloud_width, settings.dropout)
        joint = width + detail + settings.cloud_width
        self.join = nn.Sequential(nn.LayerNorm(joint), nn.Linear(joint, width), nn.GELU(),
                                  nn.Dropout(settings.dropout), nn.Linear(width, width))
        self.direct = nn.Linear(width + detail, width)
        self.text = nn.Linear(settings.text_width, width, bias=False)
        self.own = nn.Parameter(torch.zeros(names, width))
        self.bias = nn.Parameter(torch.zeros(names))
        self.untrained_bias = nn.Parameter(torch.zeros(()))
        self.none = nn.Linear(width, 1)
        self.trust = nn.Linear(width, 2)  # in the two opinions
        self.not_shown = nn.Parameter(torch.tensor(1.0))
        self.sharpness = nn.Parameter(torch.tensor(math.log(12.0)))
        self.temperature = nn.Parameter(torch.ones(()), requires_grad=False)
        nn.init.zeros_(self.attend.weight)

    def forward(self, inputs: ObjectInputs, hidden_names: Tensor | None = None) -> Tensor:
        """Return the logits (B, N + 1) of each name, and last of none of them.

        hidden_names (N,) bool are treated as if they had not been trained.
        """
        inputs = self._varied(inputs) if self.training else inputs
        return self.score(self.embed(inputs), inputs, hidden_names)

    def score(
        self, vector: Tensor, inputs: ObjectInputs, hidden_names: Tensor | None = None
    ) -> Tensor:
        """Return the logits (B, N + 1) for what ``embed`` made of the inputs."""
        learned = self.trained if hidden_names is None else self.trained & ~hidden_names
        own = torch.where(learned[:, None], self.own, 0.0)
        names = F.normalize(F.normalize(self.text(self.texts), dim=1) + own, dim=1)
        bias = torch.where(learned, self.bias, self.untrained_bias)
        logits = self.sharpness.exp() * F.normalize(vector, dim=1) @ names.T + bias
        trust = F.softplus(self.trust(vector))
        if self.settings.words:
            logits = logits + trust[:, :1] * self._opinion(inputs)
        if self.settings.size:
            logits = logits + trust[:, 1:] * self._size_fit(inputs.largest)
        return torch.cat([logits, self.none(vector)], dim=1) / self.temperature

    def embed(self, inputs: ObjectInputs) -> Tensor:
        """Return a vector (B, width) for each object; it is the same in any order of views."""
        detail = self.detail(self._details(inputs.features))
        look = self._look(inputs.views, inputs.quality)
        both = torch.cat([look, detail], dim=1)
        joint: Tensor = self.join(torch.cat([both, self._shape(inputs)], dim=1)) + self.direct(both)
        return joint

    def _shape(self, inputs: ObjectInputs) -> Tensor:
        if not self.settings.cloud:
            return inputs.features.new_zeros(len(inputs), self.settings.cloud_width)
        shape: Tensor = self.points(inputs.clouds)
        return shape * self._some(shape, _HIDDEN_CLOUDS) if self.training else shape

    def _look(self, views: Tensor, quality: Tensor) -> Tensor:
        """Pool the views (B, V, 1280), weighted by quality and a learned attention."""
        unseen = self.unseen_look.expand(len(views), -1)
        if not self.settings.appearance or not views.shape[1]:
            return unseen
        level = (views - self.view_mean) / self.view_scale
        weight = quality * self.attend(level).squeeze(2).clamp(-4, 4).exp()
        total = weight.sum(dim=1, keepdim=True)
        mean = (weight.unsqueeze(2) * level).sum(dim=1) / total.clamp(min=1e-9)
        if self.training:
            mean = mean + self.settings.noise * torch.randn_like(mean)
        mean = F.dropout(mean, self.settings.dropout, self.training)
        return torch.where(total > 0, self.look(mean), unseen)

    def _details(self, features: Tensor) -> Tensor:
        level = ((features - self.feature_mean) / self.feature_scale).clamp(-5, 5)
        if self.training:
            level = level + self.settings.noise * torch.randn_like(level)
        kept = torch.ones_like(level)
        for part, used in ((SIZE, self.settings.size), (SHAPE, self.settings.shape),
                           (COLOR, self.settings.shape)):
            if not used:
                kept[:, part] = 0.0
            elif self.training:
                kept[:, part] = self._some(features, self.settings.input_dropout)
        return level * kept

    def _opinion(self, inputs: ObjectInputs) -> Tensor:
        """Return how far the image network's classes speak for each name, (B, N), in nats."""
        total = inputs.quality.sum(dim=1, keepdim=True)
        share = inputs.quality / total.clamp(min=1e-9)
        mean = (share.unsqueeze(2) * inputs.opinions).sum(dim=1)
        heard = (mean / _LEAST_SEEN + 1).log()
        return torch.where(self.shown, heard, self.not_shown) * (total > 0)

    def _size_fit(self, largest: Tensor) -> Tensor:
        """Return the log-plausibility (B, N) of sizes (B,) in metres."""
        size = largest.clamp(min=1e-3).log2().unsqueeze(1)
        low, high = self.sizes.clamp(min=1e-3).log2().T
        octaves = torch.maximum(low - size, size - high).clamp(min=0)
        return (-0.5 * (octaves / _OCTAVES) ** 2).clamp(min=_LEAST_PLAUSIBLE)

    def _varied(self, inputs: ObjectInputs) -> ObjectInputs:
        """Hide all views of some objects, and single views of others."""
        gone = self._some(inputs.features, self.settings.input_dropout)
        quality = inputs.quality * gone
        if quality.shape[1] > 1:
            later = (torch.rand_like(quality[:, 1:]) > 0.3).to(quality.dtype)
            quality = torch.cat([quality[:, :1], quality[:, 1:] * later], dim=1)
        return dataclasses.replace(inputs, quality=quality)

    @staticmethod
    def _some(like: Tensor, share: float) -> Tensor:
        return (torch.rand(len(like), 1, device=like.device) > share).to(like.dtype)


def with_names(
    encoder: ObjectEncoder, texts: Tensor, sizes: Tensor
) -> ObjectEncoder:
    """Return an encoder that also scores names known by their texts and sizes alone.

    texts (M, text_width); sizes (M, 2) metres. The new names come after those there are; no
    class of the image network shows them.
    """
    if texts.ndim != 2 or texts.shape[1] != encoder.settings.text_width:
        raise ValueError(f'texts.shape={tuple(texts.shape)}: must be '
                         f'(M, {encoder.settings.text_width})')
    if sizes.shape != (len(texts), 2):
        raise ValueError(f'sizes.shape={tuple(sizes.shape)}: must be ({len(texts)}, 2)')
    none = torch.zeros(len(texts), dtype=torch.bool)
    grown = ObjectEncoder(
        encoder.settings, torch.cat([encoder.texts, texts]), torch.cat([encoder.sizes, sizes]),
        torch.cat([encoder.shown, none]), torch.cat([encoder.trained, none]))
    state = encoder.state_dict()
    for name, value in grown.state_dict().items():
        old = state[name]
        value[:len(old)].copy_(old) if value.shape != old.shape else value.copy_(old)
    for name in ('texts', 'sizes'):
        getattr(grown, name)[len(encoder.texts):] = texts if name == 'texts' else sizes
    return grown.train(encoder.training)
