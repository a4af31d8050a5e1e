"""Fusing clouds with clearing, against other maps and against what no map can be faster than.

    python benchmarks/fusion.py [--quick] [--frames 60] [--sizes 0.05 0.02 0.01] [--peers ...]
                                [--parts ...] [--json FILE]

All competitors fuse the same frames, in turns in one process, one thread each; figures are
processor milliseconds, medians and 95th percentiles over the frames after the first three.

sizes     640x480, 32 bytes a point, from the message's raw bytes, at every voxel size: a room of
          6 x 6 x 3 m seen from a circle, with structured-light noise (box_room.py). Peers are
          described in fusion_peers.py, floors in fusion_floors.py; how often each was measured
          is in the table. The ratio is peer / ours; for the floors it is ours / floor.
large     the same at 1280x960
lidar     128 beams, 200,000 points, unorganised, up to 60 m, in a warehouse (lidar_hall.py)
scale     the same frames in a map of 0.5 and of 5 million voxels; a snapshot of a million
cold      import, kernels from the disk, first frame, in a fresh process (cold_start.py)
clearing  ghosts of a box carried away, and what stands still (clearing.py)
"""

from __future__ import annotations

import os

os.environ.update(OMP_NUM_THREADS='1', OPENBLAS_NUM_THREADS='1', MKL_NUM_THREADS='1')

import argparse
import json
import platform
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from box_room import LARGE_CAMERA, Frame, rendered_frames
from clearing import clearing_quality, print_clearing
from cold_start import cold_start
from fusion_peers import PEERS, competitors, missing_peers
from fusion_race import WARM_FRAMES, race
from fusion_table import print_race, print_targets, summary, targets
from lidar_hall import MAX_RANGE, scan_frames
from map_scale import map_scale

from omd3d_ros.mapping.settings import MapSettings

PARTS = ('sizes', 'large', 'lidar', 'scale', 'cold', 'clearing')
OUT = Path(__file__).resolve().parent / 'out'
QUICK_FRAMES = 12
FEW_FRAMES = 20  # of the large camera, the lidar and the building


def measure(
    frames: Sequence[Frame], settings: MapSettings, peers: list[str], title: str
) -> dict[str, Any]:
    """Race ours, the floors and peers over frames; print a table and return its figures."""
    ours, *others = competitors(peers, settings)
    results = race([ours, *others], frames, title)
    per_voxel = ours.map.nbytes / max(ours.map.voxel_count, 1)
    print_race(f'{title}, {len(frames)} frames', results)
    print(f'ours: {ours.map.nbytes / 1e6:.0f} MB, {per_voxel:.0f} bytes a voxel, '
          f'{ours.evicted} voxels evicted')
    return {**summary(results), 'bytes_per_voxel': per_voxel, 'voxels': ours.map.voxel_count,
            'evicted': ours.evicted}


def measure_other_clouds(options: argparse.Namespace, peers: list[str]) -> dict[str, Any]:
    """Return figures of the large camera and of the lidar, by voxel size."""
    figures: dict[str, Any] = {}
    some = [name for name in peers if name in ('numpy', 'kiss_icp')]
    few = min(options.frames, FEW_FRAMES)
    if 'large' in options.parts:
        frames = rendered_frames(few, LARGE_CAMERA)
        figures['large'] = {
            f'{size:g}': measure(
                frames, MapSettings(voxel_size=size), some, f'1280x960, {100 * size:g} cm')
            for size in (0.05, 0.02)
        }
    if 'lidar' in options.parts:
        frames = scan_frames(few)
        figures['lidar'] = {
            f'{size:g}': measure(
                frames, MapSettings(voxel_size=size, max_range=MAX_RANGE), some,
                f'lidar of 128 beams, unorganised, {100 * size:g} cm')
            for size in (0.05, 0.1, 0.2)
        }
    return figures


def measure_all(options: argparse.Namespace, peers: list[str]) -> dict[str, Any]:
    """Return the figures of every part that is asked for, and print them as they come."""
    figures: dict[str, Any] = {
        'machine': platform.processor() or platform.machine(), 'frames': options.frames,
        'quick': options.quick,
    }
    frames: list[Frame] = []
    if {'sizes', 'scale', 'cold'} & set(options.parts):
        frames = rendered_frames(options.frames)
    if 'sizes' in options.parts:
        for size in options.sizes:
            title = f'640x480, {100 * size:g} cm'
            figures[f'{size:g}'] = measure(frames, MapSettings(voxel_size=size), peers, title)
    if 'scale' in options.parts:
        figures.update(map_scale(frames[:FEW_FRAMES]))
        print(f'\nA frame at 2 cm among 0.5 / 5 million voxels: {figures["small_ms"]:.2f} / '
              f'{figures["large_ms"]:.2f} ms; snapshot of a million: '
              f'{figures["snapshot_1m_ms"]:.1f} ms')
    if 'cold' in options.parts:
        start = cold_start(frames[0])
        figures.update(cold_start=start, cold_start_s=start['total_s'])
        print('\nCold start: ' + ', '.join(f'{name} {value:.3f}' for name, value in start.items()))
    del frames
    figures.update(measure_other_clouds(options, peers))
    if 'clearing' in options.parts:
        figures['clearing'] = clearing_quality((0.05, 0.02))
        print()
        print_clearing(figures['clearing'])
    return figures


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--frames', type=int, help='default 60')
    parser.add_argument('--sizes', type=float, nargs='+', help='metres; default 0.05 0.02 0.01')
    parser.add_argument('--peers', nargs='*', choices=tuple(PEERS), default=list(PEERS))
    parser.add_argument('--parts', nargs='+', choices=PARTS, default=list(PARTS))
    parser.add_argument('--quick', action='store_true',
                        help=f'{QUICK_FRAMES} frames, 5 and 2 cm: to see that it runs')
    parser.add_argument('--json', type=Path, help='default benchmarks/out/fusion[_quick].json')
    options = parser.parse_args()
    options.frames = options.frames or (QUICK_FRAMES if options.quick else 60)
    options.sizes = options.sizes or ([0.05, 0.02] if options.quick else [0.05, 0.02, 0.01])
    options.json = options.json or OUT / f'fusion{"_quick" if options.quick else ""}.json'
    if options.frames <= WARM_FRAMES:
        parser.error(f'--frames {options.frames}: must be more than {WARM_FRAMES}')
    return options


def main() -> None:
    options = parsed()
    missing = missing_peers(options.peers)
    if missing:
        print(f'not installed, left out: {", ".join(missing)}; make bench-fusion installs them',
              file=sys.stderr)
    figures = measure_all(options, [name for name in options.peers if name not in missing])
    figures['targets'] = targets(figures)
    print_targets(figures['targets'])
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(figures, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
