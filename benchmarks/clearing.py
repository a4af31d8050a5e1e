"""How well the map forgets an object that was carried away, and keeps what stands still.

    python benchmarks/clearing.py [--sizes 0.05 0.02] [--json FILE]

A camera drives to and fro on an arc around a box on the floor, between chairs with legs of 2 cm
and rods of 1 cm. Then the box stands elsewhere. Depths have noise; half of the pixels at edges
fly, between what lies before and behind the edge, and the other half are lost. When the box's
old place was seen ten times:

ghosts removed   share of the voxels in the box's place (its surfaces grown by one voxel, without
                 those within 1 cm of something static) that were there before and are gone
static kept      share of the voxels that had been hit in at least 5 frames, and that a static
                 surface passes through, that are still there; thin: of chair legs and rods only
flying           share of all voxels that are farther than 15 cm from every true surface
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from box_room import CAMERA, ROOM, Frame, facing, render_depth, render_frame, unorganised
from ray_boxes import Boxes, touched_by_surfaces

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

PLACE = np.array([[-0.233, -0.287, 0.0], [0.217, 0.263, 0.83]])
MOVED = PLACE + np.array([0.3, 2.1, 0.0])
FRAMES_BEFORE = 40
SIGHTINGS = 10
STRONG_FRAMES = 5
NEAR_STATIC = 0.01  # m, noise of what is static
FLYING = 0.15  # m, more than the noise at any distance in the room


def chair(x: float, y: float) -> Boxes:
    """Return (6, 2, 3): four legs of 2 cm, a seat and a back."""
    legs = [[[x + a, y + b, 0.0], [x + a + 0.02, y + b + 0.02, 0.45]]
            for a in (0.0, 0.41) for b in (0.0, 0.41)]
    seat = [[x, y, 0.45], [x + 0.43, y + 0.43, 0.48]]
    back = [[x, y, 0.48], [x + 0.03, y + 0.43, 0.93]]
    return np.array([*legs, seat, back])


def thin_boxes() -> Boxes:
    """Return rods of 1 cm that stand before and behind the place, and chairs' legs of 2 cm."""
    rods = [[[x, y, 0.0], [x + 0.01, y + 0.01, 1.3]]
            for x, y in ((0.552, 0.113), (0.487, -0.463), (-0.571, 0.204), (0.013, 0.604))]
    return np.concatenate([rods, chair(0.611, 0.373)[:4], chair(-1.117, -0.713)[:4]])


def static_boxes() -> Boxes:
    """Return all that stands still; the thin boxes come first."""
    thick = np.array([
        [[-1.9, 0.9, 0.0], [-0.9, 1.9, 0.7]], [[-2.9, -1.0, 0.0], [-2.3, 1.0, 1.9]],
        [[1.0, -2.8, 0.0], [2.2, -2.2, 1.1]], [[0.0, -0.9, 0.0], [0.25, -0.7, 0.3]],
    ])
    return np.concatenate(
        [thin_boxes(), chair(0.611, 0.373)[4:], chair(-1.117, -0.713)[4:], thick]
    )


def drive_pose(index: int) -> npt.NDArray[np.float64]:
    """Return map_from_camera on an arc of 200 degrees around the place, to and fro."""
    along = np.sin(2 * np.pi * index / FRAMES_BEFORE)
    angle, radius = 1.75 * along, 1.75 + 0.25 * np.cos(0.9 * index)
    position = np.array([radius * np.cos(angle), radius * np.sin(angle), 1.2])
    target = np.array([0.25 * np.sin(1.3 * index), 0.25 * np.cos(0.7 * index), 0.45])
    return facing(position, target - position)


def sees_place(pose: npt.NDArray[np.float64], boxes: Boxes) -> bool:
    """Whether a frame looks through at least half of the place."""
    grid = np.stack(np.meshgrid(*[np.linspace(0.05, 0.95, 7)] * 3), axis=-1).reshape(-1, 3)
    points = PLACE[0] + grid * (PLACE[1] - PLACE[0])
    pixels, depths = CAMERA.project((points - pose[:3, 3]) @ pose[:3, :3])
    inside = (depths > 0) & (np.abs(pixels - [CAMERA.cx, CAMERA.cy]) <
                             [CAMERA.width / 2 - 1, CAMERA.height / 2 - 1]).all(axis=1)
    columns, rows = pixels[inside].astype(int).T
    scene_depth, _ = render_depth(boxes, CAMERA, pose)
    seen = scene_depth[rows, columns] > depths[inside]
    return bool(np.count_nonzero(seen) >= len(points) / 2)


def rendered_drive() -> tuple[list[Frame], list[Frame]]:
    """Return the frames before the box is carried away, and after until its place was seen."""
    rng = np.random.default_rng(4)
    static = static_boxes()
    with_box, without_box = (np.concatenate([static, place[None]]) for place in (PLACE, MOVED))
    before, after = [], []
    for index in range(FRAMES_BEFORE):
        pose = drive_pose(index)
        before.append(render_frame(with_box, CAMERA, pose, index * 10**8, rng, flying=0.5))
    sightings, index = 0, FRAMES_BEFORE
    while sightings < SIGHTINGS:
        pose = drive_pose(index)
        after.append(render_frame(without_box, CAMERA, pose, index * 10**8, rng, flying=0.5))
        sightings += sees_place(pose, without_box)
        index += 3
    return before, after


def voxel_indices(snapshot: MapSnapshot) -> npt.NDArray[np.int64]:
    """Return the index (N, 3) of every voxel; 1e-4 voxel is above the rounding of float32."""
    scaled = snapshot.points.astype(np.float64) / snapshot.voxel_size
    return np.floor(scaled + 1e-4).astype(np.int64)


def row_keys(indices: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return one number for every row."""
    biased = indices + (1 << 20)
    return np.asarray(biased[:, 0] << 42 | biased[:, 1] << 21 | biased[:, 2])


def score(before: MapSnapshot, after: MapSnapshot) -> dict[str, Any]:
    """Compare the map before the box was carried away with the one after its place was seen."""
    size = before.voxel_size
    indices = voxel_indices(before)
    low = indices * size
    left = np.isin(row_keys(indices), row_keys(voxel_indices(after)))
    centers = low + size / 2
    in_place = ((centers > PLACE[0] - size) & (centers < PLACE[1] + size)).all(axis=1)
    static = static_boxes()
    near = touched_by_surfaces(low - NEAR_STATIC, size + 2 * NEAR_STATIC, ROOM, static)
    ghosts = in_place & ~near
    strong = before.frames >= STRONG_FRAMES
    kept = strong & touched_by_surfaces(low, size, ROOM, static)
    meets_thin = [((low <= box[1]) & (low + size >= box[0])).all(axis=1) for box in thin_boxes()]
    thin = kept & np.any(meets_thin, axis=0) & (low[:, 2] > NEAR_STATIC)
    return {
        'ghosts': int(ghosts.sum()), 'ghosts_removed': 1 - float(left[ghosts].mean()),
        'static': int(kept.sum()), 'static_kept': float(left[kept].mean()),
        'thin': int(thin.sum()), 'thin_kept': float(left[thin].mean()),
        'flying_before': _flying(before, PLACE), 'flying_after': _flying(after, MOVED),
    }


def _flying(snapshot: MapSnapshot, box: npt.NDArray[np.float64]) -> float:
    """Return the share of voxels that are far from every true surface; the box stands there."""
    low = voxel_indices(snapshot) * snapshot.voxel_size
    boxes = np.concatenate([static_boxes(), box[None]])
    size = snapshot.voxel_size + 2 * FLYING
    return 1 - float(touched_by_surfaces(low - FLYING, size, ROOM, boxes).mean())


def measure(
    size: float, organised: bool, drive: tuple[list[Frame], list[Frame]]
) -> dict[str, Any]:
    """Return the scores of one map, with the settings that a robot has by default."""
    voxel_map = VoxelMap(MapSettings(voxel_size=size))
    snapshots = []
    for frames in drive:
        for frame in frames:
            cloud = frame.cloud if organised else unorganised(frame.cloud)
            voxel_map.integrate(cloud, frame.map_from_sensor, frame.stamp_ns)
        snapshots.append(voxel_map.snapshot())
    return {'voxel_size': size, 'organised': organised, **score(*snapshots)}


def clearing_quality(sizes: Sequence[float]) -> dict[str, Any]:
    """Return the worst shares of all sizes, organised and unorganised, and a row for each."""
    print('clearing: rendering', file=sys.stderr)
    drive = rendered_drive()
    rows = []
    for size in sizes:
        for organised in (True, False):
            print(f'clearing: {100 * size:g} cm', file=sys.stderr)
            rows.append(measure(size, organised, drive))
    return {
        'ghosts_removed': min(row['ghosts_removed'] for row in rows),
        'static_kept': min(row['static_kept'] for row in rows),
        'frames_before': len(drive[0]), 'frames_after': len(drive[1]), 'rows': rows,
    }


def print_clearing(quality: dict[str, Any]) -> None:
    print(f'A box carried away after {quality["frames_before"]} frames; then '
          f'{quality["frames_after"]} frames, {SIGHTINGS} of which look through its place')
    print('voxel  cloud        ghosts  removed   static     kept   thin    kept  flying  ... after')
    for row in quality['rows']:
        kind = 'organised' if row['organised'] else 'unorganised'
        print(f'{row["voxel_size"]:5.2f}  {kind:11}  {row["ghosts"]:6}  '
              f'{row["ghosts_removed"]:7.4f}  {row["static"]:7}  {row["static_kept"]:7.5f}  '
              f'{row["thin"]:5}  {row["thin_kept"]:6.4f}  {row["flying_before"]:6.4f}  '
              f'{row["flying_after"]:9.4f}')


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--sizes', type=float, nargs='+', default=[0.05, 0.02], help='metres')
    parser.add_argument('--json', type=Path, help='write the figures to this file')
    options = parser.parse_args()
    quality = clearing_quality(options.sizes)
    print_clearing(quality)
    if options.json:
        options.json.write_text(json.dumps(quality, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
