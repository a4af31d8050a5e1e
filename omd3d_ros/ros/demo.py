# ruff: noqa: T201
"""The demo: a real node fuses a recorded room and finds what four sentences mean.

    python -m omd3d_ros.ros.demo [--out demo_out]

Needs no display. Leaves picture.png, results.json and node.log in the folder ``--out``.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile
from rclpy.signals import SignalHandlerOptions
from sensor_msgs.msg import PointCloud2

from omd3d_ros.drawing.picture import Highlight, Panel, draw_picture
from omd3d_ros.msg import SegmentationResult, SegmentedObjectArray
from omd3d_ros.ros.conversions import cloud_from_message, nanoseconds
from omd3d_ros.ros.frame_player import FramePlayer
from omd3d_ros.ros.node_client import NodeClient, NodeUnavailableError
from omd3d_ros.ros.node_process import NodeProcess
from omd3d_ros.ros.recording import Recording, open_recording
from omd3d_ros.ros.result_table import result_record, result_table, status_name
from omd3d_ros.segmentation.box import OrientedBox

ROOM = Path(__file__).resolve().parents[1] / 'data' / 'demo_room'
_PROFILE_VARIABLE = 'FASTRTPS_DEFAULT_PROFILES_FILE'
_RATE = 8.0            # frames a second
_PERCEPTION_PERIOD = 6.0  # s: one look while the room is played, one when it is complete
_READY_WAIT = 120.0    # s, the first start compiles kernels and converts weights
_FUSED_WAIT = 20.0
_MAP_WAIT = 15.0
_OBJECTS_WAIT = 240.0  # s, seconds on an idle computer
_DEADLINE = 60.0       # s for an answer
_VOXEL = 0.02          # m, the node's default voxel_size
_LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


class DemoError(Exception):
    """The demo cannot go on."""


@dataclasses.dataclass(frozen=True)
class Sentence:
    """What is said, the status it should get, and how many objects in which boxes at least."""

    text: str
    expected: str
    least: int
    boxes: tuple[OrientedBox, ...]

    def is_met(self, result: SegmentationResult) -> bool:
        """Whether a result is as expected: the best object, and enough others, in the boxes."""
        if status_name(result.status) != self.expected:
            return False
        if not self.least:
            return not result.objects
        centers = np.array([[one.centroid.x, one.centroid.y] for one in result.objects])
        inside = np.stack([box.covers(centers) for box in self.boxes])
        return bool(inside[:, 0].any()) and int(inside.any(axis=1).sum()) >= self.least


def read_sentences(path: Path) -> list[Sentence]:
    """Return the commands that come with a recording, from its objects.json."""
    content = json.loads(path.read_text(encoding='utf-8'))
    return [Sentence(said['text'], said['expect'], len(said['targets']), tuple(
        OrientedBox(np.array(one['center']), one['yaw'], np.array(one['size']))
        for one in content['objects'] if one['name'] in said['targets']))
        for said in content['commands']]


class _Watch:
    """Keeps the newest diagnostics and map of the node, and sends it frames and commands."""

    def __init__(self, node: Node) -> None:
        self.health: dict[str, str] = {}
        self.map: PointCloud2 | None = None
        self.objects: SegmentedObjectArray | None = None
        self.client = NodeClient(node)
        self.player = FramePlayer(node)
        node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        node.create_subscription(PointCloud2, '/omd3d/map_points', self._on_map, _LATCHED)
        node.create_subscription(
            SegmentedObjectArray, '/omd3d/objects', self._on_objects, _LATCHED)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.rpartition('/')[2] == 'omd3d':
                self.health = {entry.key: entry.value for entry in status.values}

    def _on_map(self, message: PointCloud2) -> None:
        self.map = message

    def _on_objects(self, message: SegmentedObjectArray) -> None:
        self.objects = message

    def integrated(self) -> int:
        """Return how many clouds are in the map."""
        return int(self.health.get('clouds_integrated', 0))


def _wait_for(condition: Any, seconds: float, what: str, process: NodeProcess) -> None:
    end = time.monotonic() + seconds
    while not condition():
        if not process.running():
            raise DemoError(f'the node has ended:\n{process.last_lines()}')
        if time.monotonic() > end:
            raise DemoError(f'waited {seconds:.0f} s in vain for {what}:\n{process.last_lines()}')
        time.sleep(0.05)


def _play(watch: _Watch, recording: Recording, process: NodeProcess) -> None:
    """Send the recording and wait until the whole of it is in the map that is published."""
    newest = 0
    due = time.monotonic()
    for frame in recording:
        time.sleep(max(0.0, due - time.monotonic()))
        due = max(due, time.monotonic() - 1.0) + 1 / _RATE
        newest = watch.player.send(frame)
    watch.player.finish()
    _wait_for(lambda: watch.integrated() >= len(recording), _FUSED_WAIT,
              f'{len(recording)} clouds to be fused', process)
    _wait_for(lambda: watch.map is not None and nanoseconds(watch.map.header.stamp) >= newest,
              _MAP_WAIT, 'the finished map', process)


def _panel(sentence: Sentence, result: SegmentationResult) -> Panel:
    highlights = tuple(
        Highlight(thing.label, cloud_from_message(thing.points).points().reshape(-1, 3))
        for thing in result.objects if thing.points.width)
    return Panel(f'“{sentence.text}”', f'{status_name(result.status)}: {result.answer}', highlights)


def _say_all(
    watch: _Watch, sentences: list[Sentence]
) -> list[tuple[Sentence, SegmentationResult]]:
    answered = []
    for sentence in sentences:
        print(f'\n> {sentence.text}', flush=True)
        _, result = watch.client.ask(sentence.text, _DEADLINE)
        print(result_table(result), flush=True)
        if not sentence.is_met(result):
            print(f'  expected {sentence.expected}, in {sentence.least} place(s) at least')
        answered.append((sentence, result))
    return answered


def _run(
    watch: _Watch, process: NodeProcess, recording: Recording, sentences: list[Sentence], out: Path
) -> bool:
    """Return whether every sentence got what it should."""
    def step(text: str) -> None:
        print(f'[{time.monotonic() - started:5.1f} s] {text}', flush=True)

    started = time.monotonic()
    step('starting the node and its models')
    _wait_for(lambda: watch.health.get('worker') == 'ready'
              and watch.health.get('state') == 'active', _READY_WAIT, 'the node', process)
    alone = watch.player.wait(10.0)
    if alone:
        raise DemoError(f'nothing listens to {", ".join(alone)}')
    step(f'ready; playing {len(recording)} posed depth frames')
    _play(watch, recording, process)
    step(f'{watch.integrated()} clouds fused into {watch.health.get("map_voxels")} voxels')
    revision = int(watch.health['map_revision'])
    _wait_for(lambda: watch.objects is not None and watch.objects.map_revision >= revision,
              _OBJECTS_WAIT, 'the objects of the finished map', process)
    step(f'{len(watch.objects.objects) if watch.objects else 0} objects found in it')
    answered = _say_all(watch, sentences)
    print()
    step('drawing the map')
    (out / 'results.json').write_text(
        json.dumps([result_record(result) for _, result in answered], indent=1) + '\n')
    if watch.map is None:
        raise DemoError('the map was not published')
    room = cloud_from_message(watch.map)
    draw_picture(
        room.points().reshape(-1, 3).astype(np.float32), room.colors().reshape(-1, 3), _VOXEL,
        [_panel(*pair) for pair in answered], out / 'picture.png')
    step(f'wrote {out / "picture.png"}')
    good = sum(sentence.is_met(result) for sentence, result in answered)
    print(f'{good} of {len(answered)} sentences came out as expected')
    return good == len(answered)


@contextlib.contextmanager
def _ros() -> Iterator[_Watch]:
    rclpy.init(args=[], signal_handler_options=SignalHandlerOptions.NO)
    node = Node('omd3d_demo')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    watch = _Watch(node)

    def spin() -> None:
        with contextlib.suppress(ExternalShutdownException):
            executor.spin()

    spinning = threading.Thread(target=spin, daemon=True)
    spinning.start()
    try:
        yield watch
    finally:
        executor.shutdown()
        spinning.join(5)
        watch.client.destroy()
        watch.player.destroy()
        node.destroy_node()
        rclpy.try_shutdown()


@contextlib.contextmanager
def _own_domain() -> Iterator[None]:
    """Keep to this computer, in a domain that no other robot or demo uses."""
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    profile = _shared_memory_profile()
    if profile is not None:
        os.environ.setdefault(_PROFILE_VARIABLE, str(profile))
    try:
        from domain_coordinator import domain_id
    except ImportError:
        yield
        return
    with domain_id() as domain:
        os.environ['ROS_DOMAIN_ID'] = str(domain)
        yield


def _shared_memory_profile() -> Path | None:
    """Return config/shm.xml as installed by pip or colcon, or of this source tree."""
    here = Path(__file__).resolve()
    prefixes = [*os.environ.get('AMENT_PREFIX_PATH', '').split(os.pathsep), sys.prefix]
    places = [Path(prefix) / 'share' / 'omd3d_ros' for prefix in prefixes if prefix]
    for place in (*places, here.parents[2]):
        if (place / 'config' / 'shm.xml').is_file():
            return place / 'config' / 'shm.xml'
    return None


def main(args: list[str] | None = None) -> int:
    """Run the demo; return 0 when every sentence came out as expected, else 1."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--recording', type=Path, default=ROOM,
                        help='folder of posed frames with objects.json (default: the shipped room)')
    parser.add_argument('--out', type=Path, default=Path('demo_out'), help='folder to write to')
    options = parser.parse_args(args)
    options.out.mkdir(parents=True, exist_ok=True)
    try:
        recording = open_recording(options.recording)
        sentences = read_sentences(options.recording / 'objects.json')
    except (ValueError, OSError) as error:
        parser.error(str(error))
    good, complaint = False, ''
    with _own_domain():
        process = NodeProcess(
            options.out / 'node.log', {'perception_period': _PERCEPTION_PERIOD})
        try:
            with _ros() as watch:
                good = _run(watch, process, recording, sentences, options.out)
        except (DemoError, NodeUnavailableError, TimeoutError) as error:
            print(f'demo: {error}', file=sys.stderr)
        except KeyboardInterrupt:
            print('demo: interrupted', file=sys.stderr)
        finally:
            complaint = process.stop()
    print(f'demo: {complaint}' if complaint else 'the node has ended, nothing is left over')
    return 0 if good and not complaint else 1


if __name__ == '__main__':
    sys.exit(main())
