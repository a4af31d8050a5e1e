"""The queue of commands: each is answered exactly once, by its deadline."""

from __future__ import annotations

import collections
import contextlib
import dataclasses
import enum
import itertools
import logging
import threading
import time
from collections.abc import Callable

from omd3d_ros.segmentation.scene import Answer, Scene

_log = logging.getLogger('omd3d.commands')
_WATCH_PERIOD = 0.02


class Status(enum.IntEnum):
    """Numbers as in msg/SegmentationResult.msg."""

    OK = 0
    NOT_FOUND = 1
    AMBIGUOUS = 2
    LOW_CONFIDENCE = 3
    MAP_EMPTY = 4
    MAP_STALE = 5
    TF_UNAVAILABLE = 6
    MODEL_UNAVAILABLE = 7
    TIMEOUT = 8
    CANCELED = 9
    INVALID_COMMAND = 10
    BUSY = 11


@dataclasses.dataclass(frozen=True)
class CommandResult:
    """How a command ended; times in seconds.

    ``scene`` is the one that was searched. It and the answer are in the map frame.
    """

    status: Status
    text: str
    answer: Answer | None = None
    scene: Scene | None = None
    viewpoint_frame: str = ''
    queue_time: float = 0.0
    perception_time: float = 0.0
    reasoning_time: float = 0.0
    model: str = ''


class Command:
    """One command on its way. ``finish`` counts once; later calls change nothing."""

    def __init__(
        self,
        command_id: str,
        text: str,
        viewpoint_frame: str,
        deadline: float,
        *,
        on_finish: Callable[[Command, CommandResult], None],
        on_stage: Callable[[str, float], None] = lambda stage, progress: None,
        is_canceled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.command_id = command_id
        self.text = text
        self.viewpoint_frame = viewpoint_frame
        self.arrived = time.monotonic()
        self.deadline = self.arrived + deadline
        self.started = self.arrived
        self.on_stage = on_stage
        self.is_canceled = is_canceled
        self.result: CommandResult | None = None
        self._on_finish = on_finish
        self._lock = threading.Lock()
        self._finished = threading.Event()

    @property
    def finished(self) -> bool:
        """Whether the command has been answered."""
        return self._finished.is_set()

    @property
    def remaining(self) -> float:
        """Seconds to the deadline; 0 when it has passed or the command is answered."""
        return 0.0 if self.finished else max(self.deadline - time.monotonic(), 0.0)

    def finish(self, result: CommandResult) -> bool:
        """Answer the command; False when it has been answered before."""
        with self._lock:
            if self.result is not None:
                return False
            self.result = result
        try:
            self._on_finish(self, result)
        except Exception as error:  # an answer that cannot be told must not end the others
            _log.exception('the answer to %s could not be told', self.command_id)
            failed = CommandResult(Status.MODEL_UNAVAILABLE, f'{type(error).__name__}: {error}')
            with contextlib.suppress(Exception):
                self._on_finish(self, failed)
        finally:
            self._finished.set()
        return True

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the command is answered."""
        return self._finished.wait(timeout)


class CommandQueue:
    """Serves commands one after the other in a thread of its own.

    ``serve(command)`` returns the result; it should give up when ``command.finished``. Deadlines
    and cancellations are watched by a second thread, so that a command that waits or hangs is
    answered in time all the same.
    """

    def __init__(self, serve: Callable[[Command], CommandResult], *, size: int) -> None:
        self._serve = serve
        self._size = size
        self._changed = threading.Condition()
        self._waiting: collections.deque[Command] = collections.deque()
        self._alive: set[Command] = set()
        self._numbers = itertools.count(1)
        self._closing = False
        self._threads = [
            threading.Thread(target=self._run, name='commands', daemon=True),
            threading.Thread(target=self._watch, name='command-watch', daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def next_id(self) -> str:
        """Return an id for a command that came without one."""
        return f'command-{next(self._numbers)}'

    def offer(self, command: Command) -> None:
        """Queue a command; answers BUSY at once when the queue is full."""
        with self._changed:
            full = len(self._waiting) >= self._size or self._closing
            if not full:
                self._waiting.append(command)
                self._alive.add(command)
                self._changed.notify_all()
        if full:
            command.finish(CommandResult(
                Status.BUSY, f'{self._size} commands are waiting already; try again later.'))

    def close(self) -> None:
        """Answer what is left with CANCELED and end the threads."""
        with self._changed:
            self._closing = True
            left = list(self._alive)
            self._waiting.clear()
            self._changed.notify_all()
        for command in left:
            command.finish(CommandResult(Status.CANCELED, 'The node was deactivated.'))
        for thread in self._threads:
            thread.join()

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                command = self._waiting.popleft()
            command.started = time.monotonic()
            if not command.finished:
                try:
                    result = self._serve(command)
                except Exception as error:  # one bad command must not end the others
                    _log.exception('a command failed')
                    result = CommandResult(
                        Status.MODEL_UNAVAILABLE, f'{type(error).__name__}: {error}')
                waited = command.started - command.arrived
                command.finish(dataclasses.replace(result, queue_time=waited))
            with self._changed:
                self._alive.discard(command)

    def _watch(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._alive or self._closing)
                if self._closing:
                    return
                alive = list(self._alive)
            now = time.monotonic()
            for command in alive:
                self._end_early(command, now)
            time.sleep(_WATCH_PERIOD)

    def _end_early(self, command: Command, now: float) -> None:
        if not command.finished:
            if command.is_canceled():
                status, text = Status.CANCELED, 'The command was canceled.'
            elif now >= command.deadline:
                status, text = Status.TIMEOUT, 'The deadline passed.'
            else:
                return
            started = command.started if command.started > command.arrived else now
            command.finish(CommandResult(status, text, queue_time=started - command.arrived))
        with self._changed:
            self._alive.discard(command)
            if command in self._waiting:
                self._waiting.remove(command)
