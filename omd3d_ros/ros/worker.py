"""The worker process: torch, the models, perceiving and reasoning. It never touches ROS."""

from __future__ import annotations

import collections
import contextlib
import ctypes
import json
import logging
import os
import signal
import socket
import sys
import time

from omd3d_ros.mapping.keyframes import Keyframe
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
from omd3d_ros.segmentation.scene import Answer, Scene
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings, from_mapping

_PR_SET_PDEATHSIG = 1
_log = logging.getLogger('omd3d.worker')


class Worker:
    """Serves requests one after the other until the node has gone."""

    def __init__(self, channel: Channel, segmenter: Segmenter) -> None:
        self._channel = channel
        self._segmenter = segmenter
        self._keyframes: dict[int, Keyframe] = {}
        # the node may still ask about the scene before the one that was just perceived
        self._scenes: collections.deque[Scene] = collections.deque(maxlen=2)

    def run(self) -> None:
        """Serve until the channel is closed."""
        self._channel.send(Ready(self._segmenter.model))
        while True:
            try:
                request = self._channel.receive()
            except ChannelClosedError:
                return
            self._channel.send(self._reply(request))

    def _reply(self, request: Request) -> Reply:
        started = time.monotonic()
        try:
            body = self._serve(request.body)
            return Reply(request.number, time.monotonic() - started, body)
        except Exception as error:  # a bad request must not end the worker
            _log.exception('%s failed', type(request.body).__name__)
            reason = f'{type(error).__name__}: {error}'
            return Reply(request.number, time.monotonic() - started, None, reason)

    def _serve(self, body: Perceive | Reason | Restore) -> Scene | Answer | None:
        if isinstance(body, Perceive):
            self._keyframes.update({frame.key: frame for frame in body.new})
            self._keyframes = {key: self._keyframes[key] for key in body.keyframe_keys}
            frames = tuple(self._keyframes.values())
            scene = self._segmenter.perceive(body.snapshot, frames)
            self._scenes.append(scene)
            return scene
        if isinstance(body, Restore):
            self._keyframes.clear()
            self._scenes.clear()
            self._segmenter.restore(body.map_id, body.objects)
            return None
        for scene in self._scenes:
            if (scene.map_id, scene.revision) == (body.map_id, body.revision):
                return self._segmenter.reason(scene, body.command, body.map_from_viewpoint)
        raise LookupError(f'map {body.map_id} revision {body.revision} was not perceived here')


def _end_with_parent(parent: int) -> None:
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(0)


def main() -> None:
    """Run with: the channel's descriptor, the parent's process id, the settings as JSON."""
    logging.basicConfig(level=logging.INFO, format='[%(levelname)s] [%(name)s]: %(message)s')
    descriptor, parent, settings_text = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    _end_with_parent(parent)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the node ends its worker itself
    os.nice(10)
    channel = Channel(socket.socket(fileno=descriptor))
    try:
        settings: SegmenterSettings = from_mapping(json.loads(settings_text))
        segmenter = Segmenter(settings)
    except Exception as error:
        _log.exception('cannot load the models')
        channel.send(LoadFailed(f'{type(error).__name__}: {error}'))
        sys.exit(1)
    with contextlib.suppress(ChannelClosedError):
        Worker(channel, segmenter).run()


if __name__ == '__main__':
    main()
