#!/usr/bin/env python3
"""Fuse the real scenes, say every hand-annotated command, and report how well it was answered.

    python3 benchmarks/real_commands.py --recordings ../shared/data --json real_commands.out.json

Runs the map, the keyframes and the segmenter as the node does, without ROS. The figures are
Acc@0.25 (the best selected object is a target), any@0.25 (a selected object is), set-F1@0.25,
not-found accuracy, the level of chance (an object drawn from those perceived) and the ceiling
(a perceived object is a target: what perfect choosing would give).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import time
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.evaluation.command_report import CommandPrediction, report_commands
from omd3d_ros.evaluation.real_commands import RealCommand, RealScene, load_real_commands
from omd3d_ros.evaluation.scenes import read_views
from omd3d_ros.mapping.keyframes import Keyframe, KeyframeStore
from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.scene import Scene
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings

ROOT = Path(__file__).resolve().parents[1]


@dataclasses.dataclass
class FusedScene:
    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    map_from_camera: np.ndarray
    views: int
    seconds: float


def fuse(scene: RealScene, recordings: Path, every: int) -> FusedScene:
    voxel_map = VoxelMap(MapSettings(voxel_size=scene.voxel_size))
    store = KeyframeStore(KeyframeSettings())
    seconds, views = 0.0, 0
    for view in read_views(scene, recordings, every):
        start = time.perf_counter()
        voxel_map.integrate_depth(
            view.depth, view.color, view.camera, view.map_from_camera, view.stamp_ns)
        store.offer(view.stamp_ns, view.color, view.depth, view.camera, view.map_from_camera)
        seconds += time.perf_counter() - start
        views += 1
    return FusedScene(
        voxel_map.snapshot(), store.frames(), view.map_from_camera, views, seconds)


def answer(
    segmenter: Segmenter, scene: Scene, command: RealCommand, fused: FusedScene
) -> tuple[CommandPrediction, dict[str, Any]]:
    start = time.perf_counter()
    result = segmenter.reason(scene, command.text, fused.map_from_camera)
    seconds = time.perf_counter() - start
    by_id = {known.id: known for known in scene.objects}
    chosen = [by_id[selection.object_id] for selection in result.selections]
    prediction = CommandPrediction(
        result.outcome, tuple(known.box for known in chosen),
        tuple(known.box for known in scene.objects))
    detail = {
        'outcome': result.outcome.name, 'answer': result.text, 'seconds': round(seconds, 3),
        'selected': [
            {'id': found.id, 'score': round(picked.score, 3), 'label': (*found.labels, '')[0]}
            for picked, found in zip(result.selections, chosen, strict=True)]}
    return prediction, detail


def percentiles(seconds: list[float]) -> str:
    return (f'median {np.median(seconds) * 1000:.0f} ms, '
            f'p95 {np.percentile(seconds, 95) * 1000:.0f} ms')


def read_arguments() -> argparse.Namespace:
    shared = Path(os.environ.get('OMD3D_SHARED') or ROOT.parent / 'shared')
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--recordings', type=Path, default=shared / 'data')
    parser.add_argument(
        '--commands', type=Path, default=ROOT / 'test' / 'evaluation' / 'real_commands.json')
    parser.add_argument('--scene', action='append', help='only this scene; may be repeated')
    parser.add_argument('--every', type=int, default=1, help='use every n-th view')
    parser.add_argument('--iou', type=float, default=0.25)
    parser.add_argument('--json', type=Path, help='write the whole report to this file')
    return parser.parse_args()


def main() -> None:
    arguments = read_arguments()
    benchmark = load_real_commands(arguments.commands)
    known = [scene.name for scene in benchmark.scenes]
    for name in arguments.scene or []:
        if name not in known:
            raise SystemExit(f'--scene {name}: must be one of {", ".join(known)}')
    segmenter = Segmenter(SegmenterSettings())
    commands, predictions, details, times = [], [], [], []
    for scene in benchmark.scenes:
        if arguments.scene and scene.name not in arguments.scene:
            continue
        fused = fuse(scene, arguments.recordings, arguments.every)
        segmenter.restore(fused.snapshot.map_id, ())
        start = time.perf_counter()
        found = segmenter.perceive(fused.snapshot, fused.keyframes)
        perceiving = time.perf_counter() - start
        print(f'\n{scene.name}: {fused.views} views fused in {fused.seconds:.1f} s, '
              f'{len(fused.snapshot)} voxels, {len(fused.keyframes)} keyframes; '
              f'{len(found.objects)} objects perceived in {perceiving:.1f} s')
        for command in benchmark.on(scene):
            prediction, detail = answer(segmenter, found, command, fused)
            labels = ', '.join(picked['label'] for picked in detail['selected'])
            print(f'  {command.kind:<10}{detail["outcome"]:<16}{command.text} -> {labels}')
            commands.append(command)
            predictions.append(prediction)
            details.append(detail)
            times.append(detail['seconds'])
    report = report_commands(commands, predictions, arguments.iou)
    print(f'\n{segmenter.model}\n{report.table()}\nreasoning: {percentiles(times)} a command')
    if arguments.json:
        tree = report.as_json()
        tree['model'] = segmenter.model
        for entry, detail in zip(tree['commands'], details, strict=True):
            entry.update(detail)
        arguments.json.write_text(json.dumps(tree, indent=1) + '\n', encoding='utf-8')


if __name__ == '__main__':
    main()
