"""The layers of sparse_conv.py made of spconv's, for CUDA: same calls, same state dict.

Imported only where the network runs on CUDA. spconv's CPU build is not used: it gives wrong
results with two threads.
"""

from __future__ import annotations

from typing import Any

import spconv.pytorch as spconv
import torch
from torch import Tensor


class SpconvGrid:
    """Stands for a SparseGrid; spconv finds the neighbours itself, once for each level."""

    def __init__(self, coordinates: Tensor, halvings: int) -> None:
        """Take coordinates (N, 4) int64 on a CUDA device: batch and three voxel indices."""
        moved = coordinates.contiguous().clone()
        coarsest = 1 << halvings
        low = torch.div(moved[:, 1:].amin(0), coarsest, rounding_mode='floor') * coarsest
        moved[:, 1:] -= low
        shape = [(extent // coarsest + 1) * coarsest for extent in moved[:, 1:].amax(0).tolist()]
        features = torch.zeros(len(moved), 1, device=moved.device)
        batches = int(moved[:, 0].max()) + 1
        self.levels: dict[int, Any] = {
            0: spconv.SparseConvTensor(features, moved.int(), shape, batches)
        }


class SubmanifoldConv(spconv.SubMConv3d):  # type: ignore[misc]
    """As sparse_conv.SubmanifoldConv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 3, bias=False)

    def forward(self, features: Tensor, grid: SpconvGrid, level: int) -> Tensor:
        """Return (N, out) for features (N, in) of a level's voxels."""
        self.indice_key = f'same{level}'
        result: Tensor = super().forward(grid.levels[level].replace_feature(features)).features
        return result


class HalvingConv(spconv.SparseConv3d):  # type: ignore[misc]
    """As sparse_conv.HalvingConv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 2, stride=2, bias=False)

    def forward(self, features: Tensor, grid: SpconvGrid, level: int) -> Tensor:
        """Return (M, out) of level + 1 for features (N, in) of a level."""
        self.indice_key = f'half{level}'
        coarse = super().forward(grid.levels[level].replace_feature(features))
        grid.levels[level + 1] = coarse
        result: Tensor = coarse.features
        return result


class DoublingConv(spconv.SparseInverseConv3d):  # type: ignore[misc]
    """As sparse_conv.DoublingConv."""

    def __init__(self, in_channels: int, out_channels: int) -> None:
        super().__init__(in_channels, out_channels, 2, indice_key='half0', bias=False)

    def forward(self, features: Tensor, grid: SpconvGrid, level: int) -> Tensor:
        """Return (N, out) of a level for features (M, in) of level + 1."""
        self.indice_key = f'half{level}'
        coarse = grid.levels[level + 1].replace_feature(features)
        result: Tensor = super().forward(coarse).features
        return result
