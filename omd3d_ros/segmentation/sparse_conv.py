"""Sparse convolution in plain torch, with the weights of spconv: (out, k, k, k, in), no bias.

Exact and differentiable on any device. Where CUDA is, spconv does the same faster with the same
state dict (sparse_spconv.py).

B. Graham, M. Engelcke, L. van der Maaten, "3D Semantic Segmentation with Submanifold Sparse
Convolutional Networks", CVPR 2018.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

from omd3d_ros.segmentation.sparse_grid import SparseGrid

_MIDDLE = 13


class _Submanifold(torch.autograd.Function):
    """Sums over the 27 neighbours, a pair of opposite offsets at a time."""

    @staticmethod
    def forward(ctx: Any, features: Tensor, weight: Tensor, pairs: Any) -> Tensor:  # type: ignore[override]
        kernel = weight.reshape(weight.shape[0], 27, -1)
        result = features @ kernel[:, _MIDDLE].T
        for number, (source, target) in enumerate(pairs):
            if len(source):
                result.index_add_(0, target, features[source] @ kernel[:, number].T)
                result.index_add_(0, source, features[target] @ kernel[:, 26 - number].T)
        ctx.save_for_backward(features, weight)
        ctx.pairs = pairs
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:  # type: ignore[override]
        features, weight = ctx.saved_tensors
        kernel = weight.reshape(weight.shape[0], 27, -1)
        gradient = gradient.contiguous()
        of_features = gradient @ kernel[:, _MIDDLE] if ctx.needs_input_grad[0] else None
        of_kernel = torch.empty_like(kernel)
        of_kernel[:, _MIDDLE] = gradient.T @ features
        for number, (source, target) in enumerate(ctx.pairs):
            at_source, at_target = gradient[source], gradient[target]
            of_kernel[:, number] = at_target.T @ features[source]
            of_kernel[:, 26 - number] = at_source.T @ features[target]
            if of_features is not None:
                of_features.index_add_(0, source, at_target @ kernel[:, number])
                of_features.index_add_(0, target, at_source @ kernel[:, 26 - number])
        return of_features, of_kernel.view_as(weight), None


def _weights(out_channels: int, side: int, in_channels: int, share: float) -> nn.Parameter:
    """Return weights whose outputs vary as their inputs do, if a share of the cells is filled."""
    scale = math.sqrt(2 / (side**3 * in_channels * share))
    return nn.Parameter(torch.randn(out_channels, side, side, side, in_channels) * scale)


class SubmanifoldConv(nn.Module):
    """3x3x3 convolution whose output has the voxels of its input."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = _weights(out_channels, 3, in_channels, 0.3)

    def forward(self, features: Tensor, grid: SparseGrid, level: int) -> Tensor:
        """Return (N, out) for features (N, in) of a level's voxels."""
        pairs = grid.levels[level].neighbors
        result: Tensor = _Submanifold.apply(features, self.weight.to(features.dtype), pairs)  # type: ignore[no-untyped-call]
        return result


class HalvingConv(nn.Module):
    """2x2x2 convolution of stride 2: from a level to the next."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = _weights(out_channels, 2, in_channels, 0.5)

    def forward(self, features: Tensor, grid: SparseGrid, level: int) -> Tensor:
        """Return (M, out) of level + 1 for features (N, in) of a level."""
        halving = grid.halvings[level]
        parts = _by_corner(features[halving.order], halving.counts, self.weight)
        result = torch.zeros(
            halving.size, self.weight.shape[0], dtype=features.dtype, device=features.device
        )
        return result.index_add(0, halving.parent[halving.order], parts)


class DoublingConv(nn.Module):
    """Inverse of a 2x2x2 convolution of stride 2: from level + 1 back to a level's voxels."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__()
        self.weight = _weights(out_channels, 2, in_channels, 0.25)

    def forward(self, features: Tensor, grid: SparseGrid, level: int) -> Tensor:
        """Return (N, out) of a level for features (M, in) of level + 1."""
        halving = grid.halvings[level]
        coarse = features[halving.parent[halving.order]]
        parts = _by_corner(coarse, halving.counts, self.weight)
        return torch.empty_like(parts).index_copy(0, halving.order, parts)


def _by_corner(features: Tensor, counts: list[int], weight: Tensor) -> Tensor:
    """Multiply the rows of each corner with that corner's weights."""
    kernel = weight.to(features.dtype).reshape(weight.shape[0], 8, -1)
    parts = [rows @ kernel[:, i].T for i, rows in enumerate(features.split(counts))]
    return torch.cat(parts)
