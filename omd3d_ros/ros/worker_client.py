"""The node's side of the worker: starts it, talks to it, restarts it when it dies or hangs."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import enum
import itertools
import json
import logging
import os
import subprocess
import sys
import threading
import time
from typing import Any

from omd3d_ros.ros.channel import Channel, ChannelClosedError
from omd3d_ros.ros.worker_messages import (
    LoadFailed,
    Perceive,
    Ready,
    Reason,
    Reply,
    Request,
    Restore,
)
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings

# OpenMP threads that spin while they wait take the processor from fusing
_THREADS_THAT_YIELD = {'OMP_WAIT_POLICY': 'PASSIVE', 'GOMP_SPINCOUNT': '0'}
_log = logging.getLogger('omd3d.worker')


class WorkerState(enum.Enum):
    """As in /diagnostics."""

    STARTING = 'starting'
    READY = 'ready'
    BUSY = 'busy'
    RESTARTING = 'restarting'
    FAILED = 'failed'


class WorkerLostError(RuntimeError):
    """The worker died, hung or could not start before it replied."""


class WorkerRequestError(RuntimeError):
    """The worker lives, but this request failed in it."""


@dataclasses.dataclass
class _Pending:
    future: concurrent.futures.Future[Reply]
    sent: float


class WorkerClient:
    """Runs one worker process for as long as the client is open.

    ``generation`` counts the workers that became ready: state that was sent to an earlier one is
    gone.
    """

    def __init__(
        self,
        settings: SegmenterSettings,
        *,
        hang_timeout: float,
        first_back_off: float = 0.5,
        longest_back_off: float = 30.0,
    ) -> None:
        self._settings = settings
        self._hang_timeout = hang_timeout
        self._first_back_off = first_back_off
        self._longest_back_off = longest_back_off
        self._changed = threading.Condition()
        self._state = WorkerState.STARTING
        self._channel: Channel | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._pending: dict[int, _Pending] = {}
        self._numbers = itertools.count(1)
        self._closing = False
        self.model = ''
        self.failure = ''
        self.generation = 0
        self._supervisor = threading.Thread(target=self._supervise, name='worker', daemon=True)
        self._watchdog = threading.Thread(target=self._watch, name='worker-watch', daemon=True)
        self._supervisor.start()
        self._watchdog.start()

    @property
    def state(self) -> WorkerState:
        """What the worker is doing now."""
        with self._changed:
            if self._state is WorkerState.READY and self._pending:
                return WorkerState.BUSY
            return self._state

    def wait_ready(self, timeout: float) -> bool:
        """Wait until the worker takes requests; False when it did not within ``timeout`` s."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._state is WorkerState.READY, timeout=max(timeout, 0.0))

    def request(self, body: Perceive | Reason | Restore) -> concurrent.futures.Future[Reply]:
        """Send one request; the future holds its reply or WorkerLostError, WorkerRequestError."""
        future: concurrent.futures.Future[Reply] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()
        with self._changed:
            channel = self._channel
            if self._state is not WorkerState.READY or channel is None:
                future.set_exception(WorkerLostError(f'the worker is {self._state.value}'))
                return future
            number = next(self._numbers)
            self._pending[number] = _Pending(future, time.monotonic())
        try:
            channel.send(Request(number, body))
        except ChannelClosedError as error:
            self._finish(number, WorkerLostError(str(error)))
        return future

    def close(self, timeout: float = 0.3) -> None:
        """End the worker; kill it when it does not end by itself."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            channel, process = self._channel, self._process
        if channel is not None:
            channel.close()
        if process is not None:
            try:
                process.wait(timeout)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._supervisor.join()
        self._watchdog.join()

    def _supervise(self) -> None:
        back_off = self._first_back_off
        while not self._closing:
            started = time.monotonic()
            ready = self._run_once()
            if self._closing:
                return
            lived = time.monotonic() - started
            back_off = (self._first_back_off if ready and lived > 2 * self._longest_back_off
                        else min(back_off * 2, self._longest_back_off))
            state = WorkerState.RESTARTING if ready else WorkerState.FAILED
            self._set_state(state)
            _log.error('worker ended (%s); next start in %.1f s', self.failure, back_off)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, timeout=back_off)

    def _run_once(self) -> bool:
        """Start a worker and serve its replies until it ends; True when it had become ready."""
        channel, theirs = Channel.pair()
        text = json.dumps(dataclasses.asdict(self._settings))
        command = [sys.executable, '-m', 'omd3d_ros.ros.worker',
                   str(theirs.fileno()), str(os.getpid()), text]
        ready = False
        with theirs:
            process = subprocess.Popen(
                command, pass_fds=[theirs.fileno()], env={**os.environ, **_THREADS_THAT_YIELD})
        with self._changed:
            self._process = process
            self._channel = channel
            if self._closing:
                channel.close()
        try:
            first = channel.receive()
            if isinstance(first, LoadFailed):
                self.failure = first.reason
            elif isinstance(first, Ready):
                ready = True
                self.model = first.model
                self.generation += 1
                self._set_state(WorkerState.READY)
                self._receive_replies(channel)
        except ChannelClosedError as error:
            self.failure = self.failure if not ready and self.failure else str(error)
        finally:
            self._end_process(channel, process)
        return ready

    def _receive_replies(self, channel: Channel) -> None:
        while True:
            reply = channel.receive()
            error = WorkerRequestError(reply.error) if reply.error else None
            self._finish(reply.number, error or reply)

    def _end_process(self, channel: Channel, process: subprocess.Popen[bytes]) -> None:
        with self._changed:
            self._channel = None
            if self._state is WorkerState.READY:
                self._state = WorkerState.RESTARTING
            lost = list(self._pending)
            self._changed.notify_all()
        channel.close()
        try:
            code = process.wait(1.0)
        except subprocess.TimeoutExpired:
            process.kill()
            code = process.wait()
        if not self._closing and code:
            self.failure = f'{self.failure or "ended"} (exit code {code})'
        for number in lost:
            self._finish(number, WorkerLostError(self.failure or 'the worker ended'))

    def _finish(self, number: int, outcome: Any) -> None:
        with self._changed:
            pending = self._pending.pop(number, None)
            self._changed.notify_all()
        if pending is None:
            return
        if isinstance(outcome, Exception):
            pending.future.set_exception(outcome)
        else:
            pending.future.set_result(outcome)

    def _set_state(self, state: WorkerState) -> None:
        with self._changed:
            self._state = state
            self._changed.notify_all()

    def _watch(self) -> None:
        """Kill a worker that has not replied for too long: it hangs."""
        while True:
            with self._changed:
                if self._changed.wait_for(lambda: self._closing, timeout=1.0):
                    return
                # requests are served in order: the oldest is the one being worked on
                oldest = min((p.sent for p in self._pending.values()), default=None)
                process = self._process
            if oldest is not None and time.monotonic() - oldest > self._hang_timeout:
                self.failure = f'no reply for {self._hang_timeout:.0f} s'
                if process is not None:
                    process.kill()
