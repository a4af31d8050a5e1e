"""An hour of the node at work: is its memory flat, and is every cloud fused?

    python benchmarks/soak.py [--minutes 60] [--rate 10] [--out benchmarks/out/soak]

Starts the node with its worker, plays a robot that walks along an endless corridor (corridor.py)
and back, at ``--rate`` clouds a second, sends a command every 20 s, and writes a sample every
10 s to OUT.jsonl. At the end, or when it gets SIGTERM or SIGINT, it prints the figures of what it
has measured and writes them to OUT.json. The node's own output is in OUT.log.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / 'benchmarks')]

from soak_report import Asked, Sample, report  # noqa: E402
from soak_robot import Robot, Walk  # noqa: E402

from omd3d_ros.mapping.camera import PinholeCamera  # noqa: E402
from omd3d_ros.ros.commands import Status  # noqa: E402
from omd3d_ros.ros.node_process import NodeProcess  # noqa: E402

COMMANDS = ('find the box', 'bring me something to drink from', 'find all the boxes',
            'where is the elephant', 'find the table', 'what stands left of the table')
_SAMPLE_PERIOD, _COMMAND_PERIOD = 10.0, 20.0
_MB = 2**20


class Soak:
    """One soak: its threads send commands and take samples while the main one sends clouds."""

    def __init__(self, robot: Robot, process: NodeProcess, samples: Path) -> None:
        self._robot, self._process = robot, process
        self._file = samples.open('w')
        self.stopped = threading.Event()
        self.samples: list[Sample] = []
        self.asked: list[Asked] = []
        self.complaints: list[str] = []
        self.started = time.monotonic()
        self._deadline = 0.0

    def run(self, seconds: float, rate: float, deadline: float) -> None:
        """Go on for this long, or until ``stopped`` is set or the node has ended.

        seconds   of the whole soak; deadline: of one command
        rate      clouds a second
        """
        self._deadline = deadline
        self.started = time.monotonic()
        threads = [threading.Thread(target=self._every, args=job, daemon=True) for job in (
            (_SAMPLE_PERIOD, self._sample), (_COMMAND_PERIOD, self._ask))]
        for thread in threads:
            thread.start()
        due = self.started
        while not self.stopped.is_set() and time.monotonic() < self.started + seconds:
            self._robot.send()
            due += 1 / rate
            now = time.monotonic()
            if now > due + 1 / rate:  # late frames are not made up for in a burst
                self._robot.late += 1
                due = now
            self.stopped.wait(max(0.0, due - now))
            if not self._process.running():
                self.complaints.append(f'the node ended:\n{self._process.last_lines()}')
                break
        self.stopped.set()
        for thread in threads:
            thread.join(30.0)
        time.sleep(2.5)  # for the last clouds and the diagnostics that count them
        with contextlib.suppress(psutil.Error):
            self._sample()
        self._file.close()

    def _every(self, period: float, job: Any) -> None:
        due = self.started + period
        while not self.stopped.wait(max(0.0, due - time.monotonic())):
            try:
                job()
            except Exception as error:  # one failure must not end an hour's measurement
                if not self.stopped.is_set():
                    self.complaints.append(f'{job.__name__}: {type(error).__name__}: {error}')
            due = max(due + period, time.monotonic())

    def _ask(self) -> None:
        begun = time.monotonic()
        command = COMMANDS[len(self.asked) % len(COMMANDS)]
        try:
            _, result = self._robot.client.ask(command, deadline=self._deadline)
            status = Status(result.status).name
        except Exception as error:
            status = type(error).__name__
        self.asked.append(Asked(status, time.monotonic() - begun))

    def _sample(self) -> None:
        robot = self._robot
        machine = psutil.cpu_times_percent()  # since the last sample
        sample: Sample = {'seconds': round(time.monotonic() - self.started, 1), 'sent': robot.sent,
                          'sent_late': robot.late, 'asked': len(self.asked),
                          'diagnostics_gap': robot.longest_gap,
                          'machine_busy_percent': round(100 - machine.idle, 1),
                          'machine_steal_percent': machine.steal,
                          'most_map_bytes': robot.most_map_bytes, 'map_points': robot.map_points}
        node = psutil.Process(self._process.pid)
        sample |= _memory('node', node) | {'worker_pid': None}
        sample |= {'worker_rss_mb': None, 'worker_private_mb': None, 'worker_cpu_s': None}
        for child in node.children():
            with contextlib.suppress(psutil.Error):
                if 'omd3d_ros.ros.worker' in child.cmdline():
                    sample |= _memory('worker', child) | {'worker_pid': child.pid}
        for key, value in robot.counts.items():
            sample[key] = int(value) if value.isdigit() else value
        self.samples.append(sample)
        self._file.write(json.dumps(sample) + '\n')
        self._file.flush()


def _memory(name: str, process: psutil.Process) -> Sample:
    """Return resident memory, MB; the private part leaves out shared memory and mapped files."""
    memory, times = process.memory_info(), process.cpu_times()
    return {f'{name}_rss_mb': round(memory.rss / _MB, 2),
            f'{name}_private_mb': round((memory.rss - memory.shared) / _MB, 2),
            f'{name}_cpu_s': round(times.user + times.system, 1),
            f'{name}_threads': process.num_threads()}


@contextlib.contextmanager
def _ros() -> Iterator[None]:
    """Keep to this computer, in a domain of its own, with large clouds through shared memory."""
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    os.environ.setdefault('FASTRTPS_DEFAULT_PROFILES_FILE', str(ROOT / 'config' / 'shm.xml'))
    if (Path(sys.prefix) / 'share' / 'ament_index').is_dir():
        os.environ.setdefault('AMENT_PREFIX_PATH', sys.prefix)
    from domain_coordinator import domain_id
    with domain_id() as domain:
        os.environ['ROS_DOMAIN_ID'] = str(domain)
        import rclpy
        from rclpy.signals import SignalHandlerOptions
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        try:
            yield
        finally:
            rclpy.try_shutdown()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--minutes', type=float, default=60.0)
    parser.add_argument('--rate', type=float, default=10.0, help='clouds a second')
    parser.add_argument('--width', type=int, default=320, help='of the clouds, 4:3, pixels')
    parser.add_argument('--frames', type=int, default=80, help='frames for 6 m of corridor')
    parser.add_argument('--periods', type=int, default=40, help='times 6 m before it turns back')
    parser.add_argument('--max-map-bytes', type=int, default=32_000_000)
    parser.add_argument('--map-radius', type=float, default=0.0,
                        help='the node forgets what is farther from the sensor, m; 0: never')
    parser.add_argument('--deadline', type=float, default=30.0, help='of a command, s')
    parser.add_argument('--watch-map', action='store_true', help='listen to ~/map_points too')
    parser.add_argument('--parameter', action='append', default=[], metavar='NAME=VALUE',
                        help='another parameter of the node')
    parser.add_argument('--out', type=Path, default=ROOT / 'benchmarks' / 'out' / 'soak')
    return parser.parse_args()


def main() -> int:
    options = _options()
    options.out.parent.mkdir(parents=True, exist_ok=True)
    height = options.width * 3 // 4
    focal = 0.82 * options.width
    camera = PinholeCamera(options.width, height, focal, focal,
                           options.width / 2 - 0.5, height / 2 - 0.5)
    walk = Walk(camera, options.frames, options.periods)
    given: dict[str, float | str] = {'max_map_bytes': options.max_map_bytes}
    if options.map_radius:
        given['map_radius'] = options.map_radius
    given |= dict(pair.split('=', 1) for pair in options.parameter)
    with _ros():
        process = NodeProcess(options.out.with_suffix('.log'), given)
        robot = Robot(walk)
        soak = Soak(robot, process, options.out.with_suffix('.jsonl'))
        for which in (signal.SIGTERM, signal.SIGINT):
            signal.signal(which, lambda *_: soak.stopped.set())
        try:
            robot.wait_ready(process, soak.stopped)
            if options.watch_map:
                robot.watch_map()
            soak.run(60 * options.minutes, options.rate, options.deadline)
        finally:
            complaint = process.stop()
            robot.close()
    if complaint:
        soak.complaints.append(complaint)
    figures = {'parameters': given, 'rate': options.rate} | report(
        soak.samples, soak.asked, robot.sent, robot.late, robot.counts, options.max_map_bytes)
    figures['complaints'] = soak.complaints
    text = json.dumps(figures, indent=1)
    options.out.with_suffix('.json').write_text(text + '\n')
    print(text)
    return bool(soak.complaints)


if __name__ == '__main__':
    sys.exit(main())
