"""A node in a process of its own, as the demo starts, watches and ends it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

_STOP_WAIT = 8.0   # s from SIGINT to SIGKILL


class NodeProcess:
    """omd3d_node with its output in a file, and parameters other than its defaults."""

    def __init__(self, log: Path, parameters: Mapping[str, float | str] | None = None) -> None:
        self.log = log
        given = [part for name, value in (parameters or {}).items()
                 for part in ('-p', f'{name}:={value}')]
        with log.open('wb') as output:
            self._process = subprocess.Popen(
                [sys.executable, '-m', 'omd3d_ros.ros.node', '--ros-args', *given],
                stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                start_new_session=True)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def running(self) -> bool:
        """Return whether the process lives."""
        return self._process.poll() is None

    def last_lines(self, count: int = 8) -> str:
        """Return the end of its output."""
        return '\n'.join(self.log.read_text(errors='replace').splitlines()[-count:])

    def stop(self) -> str:
        """End it with SIGINT, and its children where need be; return what went wrong, or ''."""
        children = _children(self._process.pid)
        if self.running():
            self._process.send_signal(signal.SIGINT)
        complaints = []
        try:
            code = self._process.wait(_STOP_WAIT)
            if code != 0:
                complaints.append(f'the node ended with code {code}')
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            complaints.append(f'the node did not end within {_STOP_WAIT:.0f} s of SIGINT')
        left = _still_there(children)
        for pid in left:
            os.kill(pid, signal.SIGKILL)
            complaints.append(f'its process {pid} was left over')
        return ', '.join(complaints)


def _children(pid: int) -> dict[int, str]:
    """Return the process's children with their start times, which tell processes apart."""
    found = {}
    for listing in Path(f'/proc/{pid}/task').glob('*/children'):
        for child in listing.read_text().split():
            found[int(child)] = _start_time(int(child))
    return found


def _start_time(pid: int) -> str:
    """Return a process's start time, '' when it is gone or only its exit code is left."""
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return ''
    return '' if fields[0] == 'Z' else fields[19]


def _still_there(processes: dict[int, str], grace: float = 2.0) -> list[int]:
    end = time.monotonic() + grace
    while True:
        left = [pid for pid, start in processes.items() if start and _start_time(pid) == start]
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.1)
