"""A residual U-Net on sparse voxels."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from omd3d_ros.segmentation import sparse_conv
from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class SparseUNetSettings:
    """The network's size; raises ValueError naming the field that is out of range."""

    in_channels: int = setting(10, 'features of a voxel', low=1, high=4096)
    channels: tuple[int, ...] = (32, 48, 64, 96)
    blocks: tuple[int, ...] = (1, 1, 1, 2)

    def __post_init__(self) -> None:
        check_settings(self)
        if len(self.channels) != len(self.blocks) or not self.channels:
            raise ValueError(
                f'blocks={self.blocks}: must be as many as channels={self.channels}'
            )
        if min(self.channels) < 1 or min(self.blocks) < 1:
            raise ValueError(f'channels={self.channels}, blocks={self.blocks}: must be at least 1')

    @property
    def halvings(self) -> int:
        """How often the resolution is halved."""
        return len(self.channels) - 1


class SparseLayers(Protocol):
    """Where the layers come from: sparse_conv, or sparse_spconv with the same state dict."""

    SubmanifoldConv: Any
    HalvingConv: Any
    DoublingConv: Any


class ResidualBlock(nn.Module):
    """Two submanifold convolutions with batch norm beside a shortcut (K. He et al., 2016)."""

    def __init__(self, in_channels: int, out_channels: int, layers: SparseLayers) -> None:
        super().__init__()
        self.conv1 = layers.SubmanifoldConv(in_channels, out_channels)
        self.norm1 = nn.BatchNorm1d(out_channels)
        self.conv2 = layers.SubmanifoldConv(out_channels, out_channels)
        self.norm2 = nn.BatchNorm1d(out_channels)
        same = in_channels == out_channels
        self.shortcut = nn.Identity() if same else nn.Linear(in_channels, out_channels, bias=False)

    def forward(self, features: Tensor, grid: Any, level: int) -> Tensor:
        """Return (N, out) for features (N, in) of a level's voxels."""
        inner = torch.relu(self.norm1(self.conv1(features, grid, level)))
        inner = self.norm2(self.conv2(inner, grid, level))
        result: Tensor = torch.relu(inner + self.shortcut(features))
        return result


class SparseUNet(nn.Module):
    """Encoder and decoder with skip connections: (N, in_channels) to (N, channels[0])."""

    def __init__(self, settings: SparseUNetSettings, layers: Any = sparse_conv) -> None:
        super().__init__()
        widths = settings.channels
        self.stem = layers.SubmanifoldConv(settings.in_channels, widths[0])
        self.encoder = nn.ModuleList(
            nn.ModuleList(ResidualBlock(width, width, layers) for _ in range(count))
            for width, count in zip(widths, settings.blocks, strict=True)
        )
        steps = list(itertools.pairwise(widths))
        self.down = nn.ModuleList(layers.HalvingConv(fine, coarse) for fine, coarse in steps)
        self.up = nn.ModuleList(layers.DoublingConv(coarse, fine) for fine, coarse in steps)
        self.decoder = nn.ModuleList(ResidualBlock(2 * fine, fine, layers) for fine, _ in steps)

    def forward(self, features: Tensor, grid: Any) -> Tensor:
        """Return (N, channels[0]) for features (N, in_channels) of the grid's finest voxels."""
        inner = self.stem(features, grid, 0)
        skipped = []
        for level, blocks in enumerate(self.encoder):
            for block in blocks:  # type: ignore[attr-defined]
                inner = block(inner, grid, level)
            if level < len(self.down):
                skipped.append(inner)
                inner = self.down[level](inner, grid, level)
        for level in reversed(range(len(self.up))):
            raised = self.up[level](inner, grid, level)
            inner = self.decoder[level](torch.cat([raised, skipped[level]], 1), grid, level)
        result: Tensor = inner
        return result
