"""Compiles the kernels of mapping and perceiving, so that no cloud and no command waits for it.

    python -m omd3d_ros.segmentation.warm_up

Numba keeps the machine code on disk (see mapping.jit); later starts load it within a second.
"""

from __future__ import annotations

import sys
import time

import numpy as np

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings, vote_tree
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

_VOXEL = 0.02


def warm_up() -> None:
    """Run every kernel of perceiving once, on a floor with a crate and a can on it."""
    steps = (np.arange(60) + 0.5) * _VOXEL
    x, y, z = np.meshgrid(steps, steps, steps[:30], indexing='ij')
    floor = z < _VOXEL
    crate = (np.abs(x - 0.6) < 0.1) & (np.abs(y - 0.6) < 0.1) & (z < 0.2)
    can = (np.abs(x - 0.6) < 0.05) & (np.abs(y - 0.6) < 0.05) & (z < 0.3)
    solid = crate | can
    inner = solid.copy()
    for axis in range(3):
        inner &= np.roll(solid, 1, axis) & np.roll(solid, -1, axis)
    there = floor | (solid & ~inner)
    points = np.stack([x[there], y[there], z[there]], axis=1).astype(np.float32)
    count = len(points)
    find_proposals(MapSnapshot(
        'warm-up', 1, 1, _VOXEL, points, np.full((count, 3), 128, np.uint8),
        np.full(count, 9, np.uint32), np.full(count, 5, np.uint16),
        np.ones(count, np.int64)), ProposalSettings())
    votes = VoxelVotes(np.ones(count, np.float32), np.zeros((count, 3), np.float32),
                       np.zeros((count, 8), np.float32), np.zeros((count, 1), np.float32))
    vote_tree(VoxelGrid.of_points(points, _VOXEL), votes, 5 * _VOXEL, VoteGroupSettings())


def main() -> None:
    """Compile everything and say how long it took."""
    started = time.monotonic()
    VoxelMap(MapSettings()).warm_up()
    sys.stdout.write(f'map kernels: {time.monotonic() - started:.0f} s\n')
    sys.stdout.flush()
    warm_up()
    sys.stdout.write(f'perception kernels too: {time.monotonic() - started:.0f} s\n')


if __name__ == '__main__':
    main()
