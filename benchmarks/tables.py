"""Objects found on the 45 real cluttered tables of mOSD, by overlap F, without names.

    python benchmarks/tables.py [--shared FOLDER] [--json FILE]

The tables were looked at while the rules were written: a development figure. Reference on the
same tables: plane removal and Euclidean clusters, overlap F .861, found with F > .75: .764.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
from pathlib import Path

import numpy as np

from omd3d_ros.evaluation.metrics import overlap_score
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.voxel_grid import voxel_keys

VOXEL = 0.01
SHARED = Path(os.environ.get('OMD3D_SHARED', Path(__file__).resolve().parents[2] / 'shared'))


def upright(points: np.ndarray) -> np.ndarray:
    """Turn points (n, 3) of a camera that looks at a table so that the table is level, z up."""
    import open3d
    open3d.utility.random.seed(0)
    _, first = np.unique(voxel_keys(points, VOXEL), return_index=True)
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points[first]))
    plane = np.array(cloud.segment_plane(0.01, 3, 500)[0])
    up = plane[:3] * np.sign(plane[3])  # the camera is above the table
    right = np.array([1.0, 0, 0]) - up[0] * up
    right /= np.linalg.norm(right)
    return points @ np.stack([right, np.cross(up, right), up]).T


def table_map(points: np.ndarray, colors: np.ndarray) -> VoxelMap:
    """Fuse points (n, 3), metres, and colours (n, 3) into a map."""
    table = np.zeros(len(points), [('p', '<f4', 3), ('c', 'u1', 3)])
    table['p'], table['c'] = points, colors
    layout = PointLayout(len(points), 1, 15, 15 * len(points), 0, 4, 8, has_color=True,
                         r=12, g=13, b=14)
    voxel_map = VoxelMap(MapSettings(voxel_size=VOXEL, min_range=0.0, clear_misses=0))
    voxel_map.integrate(Cloud(table.view(np.uint8), layout), np.eye(4), 1)
    return voxel_map


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--shared', type=Path, default=SHARED)
    parser.add_argument('--json', type=Path)
    options = parser.parse_args()
    files = sorted((options.shared / 'data' / 'real' / 'mosd').glob('learn*.npz'))
    if not files:
        parser.error(f'{options.shared}: no tables there')
    rows, seconds = [], []
    for file in files:
        stored = np.load(file)
        points = upright(stored['xyz_half_mm'] * 0.0005)
        snapshot = table_map(points, stored['rgb']).snapshot()
        started = time.perf_counter()
        proposals = find_proposals(snapshot, ProposalSettings())
        seconds.append(time.perf_counter() - started)
        labels = np.zeros(len(snapshot), np.int64)
        for number, proposal in enumerate(proposals, start=1):
            labels[proposal.voxels] = number
        keys = voxel_keys(snapshot.points, VOXEL)
        order = np.argsort(keys)
        place = np.searchsorted(keys, voxel_keys(points, VOXEL), sorter=order)
        nearest = order[np.minimum(place, len(order) - 1)]
        same = keys[nearest] == voxel_keys(points, VOXEL)
        rows.append(overlap_score(
            np.where(same, labels[nearest], 0), stored['inst'].astype(np.int64)))
    result = {
        'tables': len(rows),
        'precision': float(np.mean([row.precision for row in rows])),
        'recall': float(np.mean([row.recall for row in rows])),
        'overlap_f': float(np.mean([row.f for row in rows])),
        'found': float(np.mean([row.found for row in rows])),
        'median_s': statistics.median(seconds),
    }
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    main()
