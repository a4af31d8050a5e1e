"""The mask of a chosen proposal refined over superpoints by one query.

Masked cross-attention is B. Cheng et al., "Masked-attention Mask Transformer" (CVPR 2022): each
layer looks only at what the layer before took for the object.
"""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from omd3d_ros.segmentation.superpoint_table import (
    GEOMETRY,
    SeedView,
    SuperpointTable,
    view_from_seed,
)
from omd3d_ros.segmentation.weights_file import read_weights
from omd3d_ros.settings import check_settings, setting

PART = 'mask decoder'


@dataclasses.dataclass(frozen=True)
class MaskDecoderSettings:
    """The decoder's size and reach; raises ValueError naming the field that is out of range."""

    features: int = setting(32, 'channels of the U-Net', low=1, high=1024)
    seg: int = setting(576, 'width of the hidden state of [SEG]', low=1, high=16384)
    width: int = setting(64, 'of query and keys, a multiple of the heads', low=4, high=1024)
    heads: int = setting(4, 'of the attention', low=1, high=64)
    layers: int = setting(4, 'of masked cross-attention', low=1, high=12)
    growth: float = setting(0.3, 'of the seed box, a share of its size', low=0.0, high=5.0)
    margin: float = setting(0.1, 'around the grown box', unit='m', low=0.0, high=5.0)
    gain: float = setting(
        0.02, 'predicted IoU by which a mask must beat its seed', low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)
        if self.width % self.heads:
            raise ValueError(f'width={self.width}: must be a multiple of heads={self.heads}')


class MaskPrediction(NamedTuple):
    """What one layer says: logits (K,) of the superpoints, and the predicted IoU of that mask."""

    logits: Tensor
    score: Tensor


class MaskNetwork(nn.Module):
    """A query that looks at superpoints again and again."""

    def __init__(self, settings: MaskDecoderSettings) -> None:
        super().__init__()
        self.settings = settings
        width, token = settings.width, settings.features + GEOMETRY
        self.keys = nn.Sequential(nn.Linear(token, 2 * width), nn.ReLU(),
                                  nn.Linear(2 * width, width), nn.LayerNorm(width))
        self.seed = nn.Linear(token, width)
        self.seg = nn.Linear(settings.seg, width, bias=False)
        self.attend = nn.ModuleList(nn.MultiheadAttention(width, settings.heads, batch_first=True)
                                    for _ in range(settings.layers))
        self.feed = nn.ModuleList(
            nn.Sequential(nn.Linear(width, 2 * width), nn.ReLU(), nn.Linear(2 * width, width))
            for _ in range(settings.layers))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(2 * settings.layers + 1))
        self.mask = nn.Sequential(nn.Linear(width, width), nn.ReLU(), nn.Linear(width, width))
        # an untrained decoder answers with the seed
        self.keep = nn.Parameter(torch.tensor(4.0))
        self.judge = nn.Sequential(nn.Linear(3 * width, width), nn.ReLU(), nn.Linear(width, 1))

    def forward(
        self, tokens: Tensor, share: Tensor, count: Tensor, seg: Tensor | None = None
    ) -> tuple[list[MaskPrediction], Tensor]:
        """Return layers + 1 predictions, the last the best, and the seed's own predicted IoU.

        tokens (K, features + GEOMETRY), share (K,) and count (K,) are a SeedView's; seg (seg,).
        """
        keys = self.keys(tokens)
        weight = share * count
        query = self.seed((weight[:, None] * tokens).sum(0) / weight.sum())
        if seg is not None:
            query = query + self.seg(seg)
        query = self.norms[0](query)
        found = [self._predict(query, keys, share, count)]
        for layer, (attend, feed) in enumerate(zip(self.attend, self.feed, strict=True)):
            hidden = ~attended(found[-1].logits, share)
            seen = attend(query[None, None], keys[None], keys[None], need_weights=False,
                          key_padding_mask=hidden[None])[0][0, 0]
            query = self.norms[2 * layer + 1](query + seen)
            query = self.norms[2 * layer + 2](query + feed(query))
            found.append(self._predict(query, keys, share, count))
        return found, self._score(query, keys, share, count)

    def _predict(self, query: Tensor, keys: Tensor, share: Tensor, count: Tensor,
                 ) -> MaskPrediction:
        logits = keys @ self.mask(query) / self.settings.width ** 0.5 + self.keep * (share - 0.5)
        return MaskPrediction(
            logits, self._score(query, keys, (logits.detach() > 0).float(), count))

    def _score(self, query: Tensor, keys: Tensor, mask: Tensor, count: Tensor) -> Tensor:
        """Return the predicted IoU of a mask (K,) of shares; what is left out counts too."""
        def mean(weight: Tensor) -> Tensor:
            return (weight[:, None] * keys).sum(0) / weight.sum().clamp(min=1)

        told = torch.cat([query, mean(mask * count), mean((1 - mask) * count)])
        return self.judge(told)[0].sigmoid()


def attended(logits: Tensor, share: Tensor) -> Tensor:
    """Return what of K superpoints the next layer sees; the seed where the mask is empty."""
    inside = logits.detach() > 0
    return inside if bool(inside.any()) else share > 0


class MaskDecoder:
    """Refines masks with a trained network.

    seg_width  numbers of the hidden state of [SEG] that it was trained with
    """

    def __init__(self, network: MaskNetwork) -> None:
        self._network = network.eval()
        self.seg_width = network.settings.seg

    @staticmethod
    def load(folder: Path, device: torch.device) -> MaskDecoder:
        """Load weights; ValueError naming the folder where they are not usable."""
        stored = read_weights(folder, PART)
        network = MaskNetwork(stored.build(MaskDecoderSettings))
        stored.load_into(network)
        return MaskDecoder(network.to(device))

    def choose(
        self, table: SuperpointTable, points: npt.NDArray[np.float32],
        seed: npt.NDArray[np.int32], seg: Tensor | None,
    ) -> tuple[npt.NDArray[np.int64] | None, float]:
        """Return the superpoints of the refined mask, None to keep the seed, and the score.

        points (n, 3), metres, and superpoints (n,) are of the seed's voxels.
        """
        settings = self._network.settings
        view = view_from_seed(table, points, seed, settings.growth, settings.margin)
        with torch.inference_mode():
            found, kept = self._network(*_tensors(view, self._network.keep.device), seg)
        best = found[-1].logits.cpu().numpy() > 0
        score, before = float(found[-1].score), float(kept)
        if not best.any() or score < before + settings.gain:
            return None, before
        return view.rows[best], score


def _tensors(view: SeedView, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    tokens, share, count = (torch.from_numpy(np.ascontiguousarray(value)).to(device)
                            for value in (view.tokens, view.share, view.count))
    return tokens, share, count
