"""How long perceiving and answering take, and how much memory, on the recorded room.

    python benchmarks/segmenter.py [--settings FILE] [--threads 2] [--json FILE]

Medians: loading the models (they were converted before), perceiving the whole room the first
time, perceiving it again when one more frame was fused, and when the same frames were fused over
and over (the robot stands still), perceiving the first frames until they make 50,000 voxels,
perceiving generated tables with things on them, seen once, at 1 cm, perceiving a single view of
the room at 1 cm, and answering a command on the scene that was read already (all commands of
COMMANDS, five times).
The floor beside them is one pass of the image network over one crop, on as many threads.
"""

from __future__ import annotations

import argparse
import itertools
import json
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import psutil

from omd3d_ros.evaluation.generated_scenes import true_scene
from omd3d_ros.mapping.keyframes import KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.ros.recording import open_recording
from omd3d_ros.segmentation.image_network import (
    INPUT_SIZE,
    class_probabilities,
    load_image_network,
)
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import from_mapping
from omd3d_ros.synthetic.generate import open_shelf
from omd3d_ros.synthetic.scene_file import GeneratedScene
from omd3d_ros.synthetic.scene_maker import make_scene

ROOM = Path(__file__).resolve().parents[1] / 'omd3d_ros' / 'data' / 'demo_room'
COMMANDS = (
    'bring me something to drink from', 'find the teddy bear', 'show me all the chairs',
    'the chair nearest to the table', 'where is the bicycle', 'how many chairs are there',
    'I want to sit down', 'the leftmost chair', 'what is on the table', 'it is getting dark')
ROUNDS = 5
SMALL_ROOM = 50_000  # voxels
TABLES = 5


class Room:
    """The recording, fused frame by frame."""

    def __init__(self, voxel_size: float) -> None:
        self.map = VoxelMap(MapSettings(voxel_size=voxel_size))
        self.store = KeyframeStore(KeyframeSettings())
        self.pose = np.eye(4)

    def fuse(self, frame: Any) -> None:
        self.pose = frame.map_from_camera
        self.map.integrate_depth(frame.depth, frame.color, frame.camera, self.pose,
                                 frame.stamp_ns)
        self.store.offer(frame.stamp_ns, frame.color, frame.depth, frame.camera, self.pose)


def timed(function: Any, *arguments: Any) -> tuple[float, Any]:
    started = time.perf_counter()
    result = function(*arguments)
    return time.perf_counter() - started, result


def perceiving(segmenter: Segmenter, room: Room) -> tuple[float, Any]:
    return timed(segmenter.perceive, room.map.snapshot(), room.store.frames())


def single_view_tables() -> Iterator[GeneratedScene]:
    """Return cluttered tables, with things of our own only, that were seen from one place."""
    shelf = open_shelf(None, None, 'test')
    scenes = (make_scene(shelf, 'tables', 0, index, 'test') for index in itertools.count())
    return itertools.islice((one for one in scenes if len(one.keyframes) == 1), TABLES)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--settings', type=Path)
    parser.add_argument('--threads', type=int, default=2)
    parser.add_argument('--json', type=Path)
    options = parser.parse_args()
    tree = json.loads(options.settings.read_text()) if options.settings else {}
    settings = from_mapping({**tree, 'threads': options.threads})
    loading = [timed(Segmenter, settings)[0] for _ in range(2)]
    segmenter = Segmenter(settings)
    frames = list(open_recording(ROOM))
    room = Room(0.02)
    for frame in frames[:-3]:
        room.fuse(frame)
    first, scene = perceiving(segmenter, room)
    again = []
    for frame in frames[-3:]:
        room.fuse(frame)
        seconds, scene = perceiving(segmenter, room)
        again.append(seconds)
    still = []
    for _ in range(2 * ROUNDS):
        room.fuse(frames[-1])
        seconds, scene = perceiving(segmenter, room)
        still.append(seconds)
    answers = [timed(segmenter.reason, scene, command, room.pose)[0]
               for _ in range(ROUNDS) for command in COMMANDS]
    memory = psutil.Process().memory_info().rss
    small, views = [], []
    for _ in range(3):
        part = Room(0.02)
        for frame in frames:
            part.fuse(frame)
            if len(part.map.snapshot()) >= SMALL_ROOM:
                break
        small.append(perceiving(Segmenter(settings), part)[0])
        view = Room(0.01)
        view.fuse(frames[len(frames) // 2])
        views.append(perceiving(Segmenter(settings), view)[0])
    tables = []
    for number, generated in enumerate(single_view_tables()):
        table = true_scene(f'table {number}', generated)
        seconds, found = timed(Segmenter(settings).perceive, table.snapshot, table.keyframes)
        tables.append((len(table.snapshot), len(found.objects), seconds))
    table_voxels, table_objects, table_seconds = map(statistics.median, zip(*tables, strict=True))
    network = load_image_network()
    crop = np.full((INPUT_SIZE, INPUT_SIZE, 3), 128, np.uint8)
    floor = [timed(class_probabilities, network, [crop], 1)[0] for _ in range(5)]
    result = {
        'model': segmenter.model, 'threads': options.threads, 'load_s': loading[-1],
        'voxels': len(room.map.snapshot()), 'objects': len(scene.objects),
        'perceive_first_s': first, 'perceive_again_s': statistics.median(again),
        'perceive_still_s': statistics.median(still), 'small_voxels': len(part.map.snapshot()),
        'perceive_small_s': statistics.median(small),
        'table_voxels': table_voxels, 'table_objects': table_objects,
        'perceive_table_s': table_seconds,
        'view_voxels': len(view.map.snapshot()),
        'perceive_view_s': statistics.median(views), 'answer_median_s': statistics.median(answers),
        'answer_p95_s': statistics.quantiles(answers, n=20)[-1], 'answers': len(answers),
        'floor_crop_s': statistics.median(floor),
        'rss_mb': memory / 1e6}
    print(json.dumps(result, indent=1))
    if options.json:
        options.json.write_text(json.dumps(result, indent=1) + '\n')


if __name__ == '__main__':
    main()
