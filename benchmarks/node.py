"""Figures of the whole node over DDS, two processes: clouds, processor, memory, latency.

    python benchmarks/node.py [--recording FOLDER] [--json FILE]

Prints medians and counts. Clouds are 640x480 with 32 bytes a point, sent from this process; the
node runs in another. The processor share is the node's own time over wall time while fusing.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from sensor_msgs.msg import PointCloud2
from tf2_msgs.msg import TFMessage

import omd3d_ros
from omd3d_ros.ros.node_client import NodeClient
from omd3d_ros.ros.recording import open_recording
from omd3d_ros.ros.sensor_messages import cloud_message, transform_message

COMMANDS = ('find the mug', 'bring me something to drink from', 'I want to sit down',
            'where is the elephant', 'find all the books')
TICKS = os.sysconf('SC_CLK_TCK')


def processor_seconds(process_id: int) -> float:
    """User and system time of a process so far."""
    fields = Path(f'/proc/{process_id}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def memory_mb(process_id: int) -> float:
    """Resident memory of a process now, MB."""
    for line in Path(f'/proc/{process_id}/status').read_text().splitlines():
        if line.startswith('VmRSS'):
            return int(line.split()[1]) / 1024
    return float('nan')


class Bench:
    """A node under test, and the publisher and client in this process."""

    def __init__(self) -> None:
        self.node = Node('bench')
        self._points = self.node.create_publisher(PointCloud2, '/omd3d/points', 5)
        self._tf = self.node.create_publisher(TFMessage, '/tf', 100)
        self.diagnostics: dict[str, str] = {}
        self.node.create_subscription(DiagnosticArray, '/diagnostics', self._on_diagnostics, 10)
        self.client = NodeClient(self.node)
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._thread = threading.Thread(target=self._executor.spin, daemon=True)
        self._thread.start()
        self.process = subprocess.Popen(
            [sys.executable, '-m', 'omd3d_ros.ros.node'], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        while self.diagnostics.get('worker') != 'ready':
            time.sleep(0.1)

    def close(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(20)
        self._executor.shutdown()
        self._thread.join(5)
        self.client.destroy()
        self.node.destroy_node()

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        for status in message.status:
            if status.name.endswith('omd3d'):
                self.diagnostics = {value.key: value.value for value in status.values}

    def count(self, name: str) -> int:
        return int(self.diagnostics.get(name, 0))

    def worker(self) -> int:
        children = Path(f'/proc/{self.process.pid}/task').glob('*/children')
        return next(int(pid) for child in children for pid in child.read_text().split())

    def stream(self, frames: list[Any], messages: list[PointCloud2], rate: float,
               seconds: float) -> dict[str, float]:
        """Send clouds at a rate; return how many came through and the node's processor share."""
        time.sleep(1.5)
        before, busy = self.count('clouds_integrated'), processor_seconds(self.process.pid)
        received = self.count('clouds_received')
        start = time.monotonic()
        sent = 0
        while time.monotonic() - start < seconds:
            index = sent % len(frames)
            stamp_ns = self.node.get_clock().now().nanoseconds
            message = messages[index]
            message.header.stamp.sec, message.header.stamp.nanosec = divmod(stamp_ns, 10**9)
            self._tf.publish(TFMessage(transforms=[
                transform_message('map', 'camera', stamp_ns, frames[index].map_from_camera)]))
            self._points.publish(message)
            sent += 1
            time.sleep(max(0.0, start + sent / rate - time.monotonic()))
        took = time.monotonic() - start
        share = (processor_seconds(self.process.pid) - busy) / took
        time.sleep(2.5)
        return {'rate': rate, 'sent': sent, 'sent_rate': sent / took,
                'integrated': self.count('clouds_integrated') - before,
                'received': self.count('clouds_received') - received, 'cpu_share': share}

    def latencies(self, repeats: int, before: Any) -> dict[str, float]:
        """Time commands from goal to result, ms; ``before`` runs ahead of each."""
        times = []
        for k in range(repeats):
            before()
            started = time.monotonic()
            self.client.ask(COMMANDS[k % len(COMMANDS)], deadline=60.0)
            times.append(1e3 * (time.monotonic() - started))
        ordered = sorted(times)
        return {'count': repeats, 'median_ms': statistics.median(times),
                'p95_ms': ordered[min(len(ordered) - 1, round(0.95 * len(ordered)))]}


def measure(frames: list[Any], messages: list[PointCloud2], shm: bool,
            seconds: float) -> dict[str, Any]:
    """Run one node with or without the shared-memory profile."""
    bench = Bench()
    try:
        rows = [bench.stream(frames, messages, rate, seconds) for rate in (10.0, 30.0)]
        result: dict[str, Any] = {'shm': shm, 'streams': rows}
        if shm:
            time.sleep(10)  # let the last pass over the changed map end
            bench.client.ask(COMMANDS[0], deadline=60.0)
            result['cached'] = bench.latencies(40, lambda: None)
            result['changed'] = bench.latencies(
                5, lambda: (time.sleep(4.0), bench.stream(frames, messages, 10.0, 0.2)))
            result['node_rss_mb'] = memory_mb(bench.process.pid)
            result['worker_rss_mb'] = memory_mb(bench.worker())
            result['map_voxels'] = bench.count('map_voxels')
            result['objects'] = bench.count('objects')
        return result
    finally:
        bench.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--recording', type=Path,
                        default=Path(omd3d_ros.__file__).parent / 'data' / 'demo_room')
    parser.add_argument('--seconds', type=float, default=15.0)
    parser.add_argument('--json', type=Path)
    parser.add_argument('--shm', choices=('on', 'off', 'both'), default='both')
    options = parser.parse_args()
    os.environ.setdefault('ROS_AUTOMATIC_DISCOVERY_RANGE', 'LOCALHOST')
    if options.shm == 'both':  # the profile is read once a process
        results = []
        for choice in ('off', 'on'):
            out = Path(f'{options.json or "node_bench"}.{choice}.part')
            subprocess.run([sys.executable, __file__, '--recording', options.recording, '--seconds',
                            str(options.seconds), '--shm', choice, '--json', out], check=True)
            results.append(json.loads(out.read_text()))
            out.unlink()
    else:
        if options.shm == 'on':
            profile = Path(__file__).resolve().parents[1] / 'config' / 'shm.xml'
            os.environ['FASTRTPS_DEFAULT_PROFILES_FILE'] = str(profile)
        rclpy.init()
        frames = list(open_recording(options.recording))
        clouds = [cloud_message(frame, 'camera', 1) for frame in frames]
        results = measure(frames, clouds, options.shm == 'on', options.seconds)
        rclpy.try_shutdown()
        print(json.dumps(results, indent=1))
    if options.json:
        options.json.write_text(json.dumps(results, indent=1))


if __name__ == '__main__':
    main()
