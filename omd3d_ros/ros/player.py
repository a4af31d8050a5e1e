# ruff: noqa: T201
"""The program omd3d_play: plays a recording or a rosbag2 to a node."""

from __future__ import annotations

import argparse
import functools
import signal
import sys
import time
from pathlib import Path

import rclpy
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from omd3d_ros.ros.bag import Bag
from omd3d_ros.ros.bag_player import BagPlayer
from omd3d_ros.ros.frame_player import FramePlayer
from omd3d_ros.ros.recording import Recording, open_recording

NO_LISTENER, BAD_PATH = 1, 2
_PROGRESS_PERIOD = 2.0


def _positive(text: str) -> float:
    value = float(text)
    if not 0 < value < 1e6:
        raise argparse.ArgumentTypeError(f'{text}: must be above 0')
    return value


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='omd3d_play',
        description='Play a folder of posed RGB-D frames, or a rosbag2, to a node.')
    parser.add_argument('path', type=Path, help='folder of frames, rosbag2 folder, or .mcap file')
    parser.add_argument('--rate', type=_positive, default=10.0, metavar='HZ',
                        help='frames a second (folders; default 10)')
    parser.add_argument('--speed', type=_positive, default=1.0, metavar='FACTOR',
                        help='times the recorded pace (bags; default 1)')
    parser.add_argument('--loop', action='store_true', help='play again and again')
    parser.add_argument('--mode', choices=('points', 'rgbd'),
                        help='clouds or images (default: clouds, or what the bag holds)')
    parser.add_argument('--node', default='/omd3d', help='the node to play to (default /omd3d)')
    parser.add_argument('--frame', default='camera', help="the camera's frame (folders)")
    parser.add_argument('--map-frame', default='map', help='the frame of the poses (folders)')
    parser.add_argument('--bytes-per-point', type=int, choices=(16, 32), default=32)
    parser.add_argument('--wait', type=float, default=10.0, metavar='SECONDS',
                        help='for the node to listen, 0: do not care (default 10)')
    return parser.parse_args(arguments)


class _Progress:
    """Prints how many of how many were sent, every two seconds."""

    def __init__(self, total: int | None) -> None:
        self.sent = 0
        self._of = '' if total is None else f' of {total}'
        self._next = time.monotonic() + _PROGRESS_PERIOD

    def on_sent(self, _: int) -> None:
        """Count one."""
        self.sent += 1
        if time.monotonic() >= self._next:
            self._next += _PROGRESS_PERIOD
            print(f'{self.sent}{self._of} sent', flush=True)


def _open(path: Path) -> Recording | Bag:
    """Return what lies at a path; raise ValueError naming what is wrong with it."""
    if not path.exists():
        raise ValueError(f'{path}: does not exist')
    if path.is_file() or (path / 'metadata.yaml').is_file():
        return Bag(path)
    return open_recording(path)


def _play(node: Node, source: Recording | Bag, options: argparse.Namespace) -> int:
    player: FramePlayer | BagPlayer
    if isinstance(source, Recording):
        player = FramePlayer(
            node, options.node, mode=options.mode or 'points', frame=options.frame,
            map_frame=options.map_frame, bytes_per_point=options.bytes_per_point)
        play = functools.partial(player.play, source, options.rate)
        total = None if options.loop else len(source)
    else:
        player = BagPlayer(node, source, options.node, mode=options.mode, speed=options.speed)
        play, total = functools.partial(player.play), None
    progress = _Progress(total)
    try:
        if options.wait > 0:
            alone = player.wait(options.wait)
            if alone:
                print(f'omd3d_play: nothing listens to {", ".join(alone)}', file=sys.stderr)
                return NO_LISTENER
        while play(progress.on_sent) and options.loop:
            pass
        player.finish()
    except KeyboardInterrupt:
        print('stopped')
    finally:
        player.destroy()
    print(f'{progress.sent} {"clouds" if player.mode == "points" else "depth images"} sent')
    return 0


def main(args: list[str] | None = None) -> int:
    """Play until the end or Ctrl-C; return 0, 1 when nothing listens, 2 for a bad path."""
    options = _arguments(remove_ros_args(sys.argv if args is None else ['', *args])[1:])
    try:
        source = _open(options.path)
    except ValueError as error:
        print(f'omd3d_play: {error}', file=sys.stderr)
        return BAD_PATH
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = Node('omd3d_play')
    try:
        return _play(node, source, options)
    except ValueError as error:   # found only while reading
        print(f'omd3d_play: {error}', file=sys.stderr)
        return BAD_PATH
    finally:
        signal.signal(signal.SIGTERM, before)
        node.destroy_node()
        rclpy.try_shutdown()
        if isinstance(source, Bag):
            source.close()


if __name__ == '__main__':
    sys.exit(main())
