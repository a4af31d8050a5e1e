"""Competitors fuse the same frames in one process, in turns; the processor time of each."""

from __future__ import annotations

import abc
import dataclasses
import gc
import sys
import time
from collections.abc import Callable, Sequence

import numpy as np
from box_room import Frame

from omd3d_ros.mapping.cloud import Cloud

WARM_FRAMES = 3  # not measured


class Competitor(abc.ABC):
    """Something that fuses frames.

    clears   whether it removes what is seen through
    every    it is measured on every n-th frame only
    clock    processor seconds of the calling thread, or of the process for what may have threads
    """

    name: str
    clears = '-'
    every = 1
    clock: Callable[[], float] = staticmethod(time.thread_time)

    @abc.abstractmethod
    def fuse(self, frame: Frame) -> None:
        """Fuse a frame; this is measured."""

    @abc.abstractmethod
    def size(self) -> str:
        """Say how large the map is."""

    def prepare(self, frame: Frame) -> None:  # noqa: B027
        """Do before ``fuse`` what is not measured: nothing, if the message is read as it is."""

    def skip(self, frame: Frame) -> None:  # noqa: B027
        """Do what fills the map with a frame that is not measured."""


@dataclasses.dataclass(frozen=True)
class Result:
    """Processor milliseconds a frame of one competitor, over the frames that were measured."""

    name: str
    clears: str
    frames: int
    median_ms: float
    p95_ms: float
    size: str


def race(competitors: Sequence[Competitor], frames: Sequence[Frame], title: str) -> list[Result]:
    """Let all fuse every frame, in an order that rotates, and return a result for each.

    Before each one's turn the frame is copied into one buffer, as a middleware does with a
    message: each finds it in the same place and as near to the processor.
    """
    buffer = np.empty(max(frame.cloud.data.size for frame in frames), np.uint8)
    times: dict[str, list[float]] = {competitor.name: [] for competitor in competitors}
    gc.collect()
    gc.disable()
    try:
        for index, frame in enumerate(frames):
            print(f'\r{title}: frame {index + 1}/{len(frames)}', end='', file=sys.stderr,
                  flush=True)
            for place in range(len(competitors)):
                competitor = competitors[(index + place) % len(competitors)]
                if index >= WARM_FRAMES and (index - WARM_FRAMES) % competitor.every:
                    competitor.skip(frame)
                    continue
                seconds = _turn(competitor, frame, buffer)
                if index >= WARM_FRAMES:
                    times[competitor.name].append(1000 * seconds)
    finally:
        gc.enable()
        print(file=sys.stderr)
    return [_result(competitor, times[competitor.name]) for competitor in competitors]


def _turn(competitor: Competitor, frame: Frame, buffer: np.ndarray) -> float:
    competitor.prepare(frame)
    data = buffer[: frame.cloud.data.size]
    np.copyto(data, frame.cloud.data)
    message = dataclasses.replace(frame, cloud=Cloud(data, frame.cloud.layout))
    begin = competitor.clock()
    competitor.fuse(message)
    return competitor.clock() - begin


def _result(competitor: Competitor, times: Sequence[float]) -> Result:
    return Result(
        competitor.name, competitor.clears, len(times), float(np.median(times)),
        float(np.percentile(times, 95)), competitor.size(),
    )
