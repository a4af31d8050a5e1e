"""Which voxels are neighbours: the index maps of sparse convolutions, computed once a scene."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

_MAX_CELLS = 1 << 62


class Level(NamedTuple):
    """The voxels of one resolution.

    coordinates  (N, 4) int64: batch, then three indices of at least 0
    neighbors    13 pairs of (input, output) rows, int64: for each of the first 13 of the 27
                 offsets, the voxels that have a voxel there; the others mirror them
    """

    coordinates: Tensor
    neighbors: list[tuple[Tensor, Tensor]]


class Halving(NamedTuple):
    """How the voxels of a level lie in those of the next, twice as large.

    parent  (N,) int64  row of the voxel that each lies in
    order   (N,) int64  the rows by the corner of the parent that they lie in
    counts  8 numbers   how many lie in each corner
    size    voxels of the next level
    """

    parent: Tensor
    order: Tensor
    counts: list[int]
    size: int


class SparseGrid:
    """Voxels at ``halvings + 1`` resolutions, each half as fine as the one before."""

    def __init__(self, coordinates: Tensor, halvings: int) -> None:
        """Take coordinates (N, 4) int64: batch (at least 0) and three voxel indices.

        Raises ValueError when they have another shape or type, repeat, or span too far.
        """
        if coordinates.dtype != torch.int64 or coordinates.dim() != 2 or coordinates.shape[1] != 4:
            raise ValueError(
                f'coordinates: {coordinates.dtype} {tuple(coordinates.shape)}, must be int64 (N, 4)'
            )
        if len(coordinates) and int(coordinates[:, 0].min()) < 0:
            raise ValueError('coordinates: a batch index is below 0')
        self.levels: list[Level] = []
        self.halvings: list[Halving] = []
        here = _from_zero(coordinates, halvings)
        for level in range(halvings + 1):
            self.levels.append(Level(here, _neighbors(here)))
            if level < halvings:
                halving, here = _halved(here)
                self.halvings.append(halving)


def _from_zero(coordinates: Tensor, halvings: int) -> Tensor:
    """Move the indices to begin near 0, by whole voxels of the coarsest level."""
    moved = coordinates.contiguous().clone()
    if len(moved):
        coarsest = 1 << halvings
        low = torch.div(moved[:, 1:].amin(0), coarsest, rounding_mode='floor') * coarsest
        moved[:, 1:] -= low
    return moved


def _keys(coordinates: Tensor, extents: list[int]) -> Tensor:
    key = coordinates[:, 0]
    for axis in (1, 2, 3):
        key = key * extents[axis] + coordinates[:, axis]
    return key


def _extents(coordinates: Tensor, border: int) -> list[int]:
    if not len(coordinates):
        return [1, 1, 1, 1]
    extents: list[int] = (coordinates.amax(0) + 1 + border).tolist()
    cells = 1
    for extent in extents:
        cells *= extent
    if cells > _MAX_CELLS:
        raise ValueError(f'coordinates: they span {extents} voxels, too many to number')
    return extents


def _neighbors(coordinates: Tensor) -> list[tuple[Tensor, Tensor]]:
    """Return the pairs of every offset before the middle one, by search in sorted keys."""
    count = len(coordinates)
    inner = coordinates.clone()
    inner[:, 1:] += 1
    extents = _extents(inner, 1)
    keys, order = torch.sort(_keys(inner, extents))
    if count and bool((keys[1:] == keys[:-1]).any()):
        raise ValueError('coordinates: a voxel is there twice')
    pairs = []
    for number in range(13):
        steps = [number // 9 - 1, number // 3 % 3 - 1, number % 3 - 1]
        shift = (steps[0] * extents[2] + steps[1]) * extents[3] + steps[2]
        wanted = keys + shift
        place = torch.searchsorted(keys, wanted).clamp_(max=max(count - 1, 0))
        found = torch.nonzero(keys[place] == wanted).squeeze(1)
        pairs.append((order[place[found]], order[found]))
    return pairs


def _halved(coordinates: Tensor) -> tuple[Halving, Tensor]:
    parents = coordinates.clone()
    parents[:, 1:] >>= 1
    extents = _extents(parents, 0)
    keys, parent = torch.unique(_keys(parents, extents), return_inverse=True)
    columns = []
    for axis in (3, 2, 1):
        columns.append(keys % extents[axis])
        keys = torch.div(keys, extents[axis], rounding_mode='floor')
    coarse = torch.stack([keys, *reversed(columns)], dim=1)
    inside = coordinates[:, 1:] & 1
    corner = (inside[:, 0] * 2 + inside[:, 1]) * 2 + inside[:, 2]
    order = torch.argsort(corner, stable=True)
    counts: list[int] = torch.bincount(corner, minlength=8).tolist()
    return Halving(parent, order, counts, len(coarse)), coarse
