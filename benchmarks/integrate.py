"""Time of fusing 640x480 clouds of 32 bytes a point, against copying them.

Usage: python benchmarks/integrate.py [--frames 60] [--json FILE]

Frames are rendered (box_room.py): a 6 x 6 x 3 m room seen by a camera on a circle, with
structured-light noise. Times are CPU milliseconds of the one thread that fuses, with clearing on.
"""

from __future__ import annotations

import argparse
import json
import platform
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'benchmarks')]

from box_room import Frame, furniture, render_frame  # noqa: E402

from omd3d_ros.mapping.camera import PinholeCamera  # noqa: E402
from omd3d_ros.mapping.cloud import Cloud, PointLayout  # noqa: E402
from omd3d_ros.mapping.settings import MapSettings  # noqa: E402
from omd3d_ros.mapping.voxel_map import VoxelMap  # noqa: E402

CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
SKIPPED = 3


def rendered_frames(count: int) -> list[Frame]:
    boxes = furniture(np.random.default_rng(1))
    rng = np.random.default_rng(0)
    frames = []
    for index in range(count):
        frames.append(render_frame(boxes, CAMERA, 1.2 * index / count, index * 10**8, rng))
        print(f'\rrendering {index + 1}/{count}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return frames


def unorganised(cloud: Cloud) -> Cloud:
    old = cloud.layout
    layout = PointLayout(
        old.count, 1, old.point_step, old.count * old.point_step, old.x, old.y, old.z,
        has_color=True, r=old.r, g=old.g, b=old.b,
    )
    return Cloud(cloud.data, layout)


def milliseconds(action: Callable[..., Any], *arguments: Any) -> float:
    start = time.thread_time()
    action(*arguments)
    return 1000 * (time.thread_time() - start)


def measure(frames: list[Frame], settings: MapSettings, organised: bool) -> dict[str, Any]:
    voxel_map = VoxelMap(settings)
    voxel_map.warm_up()
    times, copies = [], []
    buffer = frames[0].cloud.data.copy()
    for frame in frames:
        cloud = frame.cloud if organised else unorganised(frame.cloud)
        copies.append(milliseconds(np.copyto, buffer, frame.cloud.data))
        pose, stamp = frame.map_from_camera, frame.stamp_ns
        times.append(milliseconds(voxel_map.integrate, cloud, pose, stamp))
    snapshot = milliseconds(voxel_map.snapshot)
    times, copy = times[SKIPPED:], float(np.median(copies))
    median, p95 = float(np.median(times)), float(np.percentile(times, 95))
    return {
        'voxel_size_m': settings.voxel_size, 'organised': organised,
        'clearing': settings.clear_misses > 0, 'copy_ms': copy, 'median_ms': median,
        'p95_ms': p95, 'median_over_copy': median / copy, 'p95_over_copy': p95 / copy,
        'snapshot_ms': snapshot, 'voxels': voxel_map.voxel_count, 'map_bytes': voxel_map.nbytes,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--frames', type=int, default=60)
    parser.add_argument('--json', type=Path, help='write the figures to this file')
    arguments = parser.parse_args()
    if arguments.frames <= SKIPPED:
        parser.error(f'--frames {arguments.frames}: must be more than {SKIPPED}')
    frames = rendered_frames(arguments.frames)
    rows = []
    print('voxel  cloud        clears  median  p95 ms   / copy   p95 / copy  snapshot  voxels   MB')
    for size in (0.05, 0.02):
        for organised, misses in ((True, 2), (True, 0), (False, 2)):
            row = measure(frames, MapSettings(voxel_size=size, clear_misses=misses), organised)
            rows.append(row)
            kind = 'organised' if organised else 'unorganised'
            print(
                f'{size:5.2f}  {kind:11}  {"yes" if misses else "no":6}  {row["median_ms"]:6.2f}'
                f'  {row["p95_ms"]:6.2f}  {row["median_over_copy"]:7.2f}'
                f'  {row["p95_over_copy"]:11.2f}  {row["snapshot_ms"]:8.1f}  {row["voxels"]:8}'
                f'  {row["map_bytes"] / 1e6:5.0f}'
            )
    print(f'copying a frame: {np.median([row["copy_ms"] for row in rows]):.2f} ms')
    if arguments.json:
        figures = {'machine': platform.processor() or platform.machine(), 'rows': rows}
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(json.dumps(figures, indent=2) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
