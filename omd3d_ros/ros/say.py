# ruff: noqa: T201
"""The program omd3d_say: sends one command to a node and prints what it selected."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import signal
import sys
import threading

import rclpy
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions
from rclpy.utilities import remove_ros_args

from omd3d_ros.ros.node_client import NodeClient, NodeUnavailableError
from omd3d_ros.ros.result_table import result_record, result_table

NO_ANSWER, INTERRUPTED = 64, 130
_EXIT_DOC = """exit code: the result's status (0 OK, 1 NOT_FOUND, 2 AMBIGUOUS, 3 LOW_CONFIDENCE,
4 MAP_EMPTY, 5 MAP_STALE, 6 TF_UNAVAILABLE, 7 MODEL_UNAVAILABLE, 8 TIMEOUT, 9 CANCELED,
10 INVALID_COMMAND, 11 BUSY); 64 when no node answers, 65 for wrong arguments"""
_WRONG_ARGUMENTS = 65


class _Parser(argparse.ArgumentParser):
    """Ends with a code that is no status: argparse's own 2 would read as AMBIGUOUS."""

    def error(self, message: str) -> None:  # type: ignore[override]
        self.print_usage(sys.stderr)
        self.exit(_WRONG_ARGUMENTS, f'{self.prog}: {message}\n')


def _seconds(text: str) -> float:
    value = float(text)
    if not (math.isfinite(value) and value >= 0):
        raise argparse.ArgumentTypeError(f'{text}: must be 0 or more')
    return value


def _arguments(arguments: list[str]) -> argparse.Namespace:
    parser = _Parser(
        prog='omd3d_say', description='Ask a node for what a sentence means.', epilog=_EXIT_DOC)
    parser.add_argument('command', help='for example: "bring me something to drink from"')
    parser.add_argument('--node', default='/omd3d', help='the node to ask (default /omd3d)')
    parser.add_argument('--deadline', type=_seconds, default=0.0, metavar='SECONDS',
                        help="for the answer (default: the node's command_deadline)")
    parser.add_argument('--viewpoint', default='', metavar='FRAME',
                        help='the frame that "left of" and "behind" are read in')
    parser.add_argument('--wait', type=_seconds, default=10.0, metavar='SECONDS',
                        help='for the node to come up (default 10)')
    parser.add_argument('--json', action='store_true', help='print the result as JSON')
    return parser.parse_args(arguments)


def _ask(client: NodeClient, options: argparse.Namespace) -> int:
    shown = ''

    def on_stage(stage: str, _: float) -> None:
        nonlocal shown
        if stage != shown:
            shown = stage
            print(f'... {stage}', file=sys.stderr, flush=True)

    try:
        _, result = client.ask(
            options.command, options.deadline, options.viewpoint,
            None if options.json else on_stage, server_wait=options.wait)
    except (NodeUnavailableError, TimeoutError) as error:
        print(f'omd3d_say: {error}', file=sys.stderr)
        return NO_ANSWER
    except KeyboardInterrupt:
        print('omd3d_say: canceled', file=sys.stderr)
        return INTERRUPTED
    print(json.dumps(result_record(result), indent=1) if options.json else result_table(result))
    return int(result.status)


def _spin(executor: SingleThreadedExecutor) -> None:
    with contextlib.suppress(ExternalShutdownException):
        executor.spin()


def main(args: list[str] | None = None) -> int:
    """Send the command, print its result; return the exit code that --help tells."""
    options = _arguments(remove_ros_args(sys.argv if args is None else ['', *args])[1:])
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    node = Node('omd3d_say')
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    spinning = threading.Thread(target=_spin, args=(executor,), daemon=True)
    client = NodeClient(node, options.node)
    spinning.start()
    try:
        return _ask(client, options)
    finally:
        signal.signal(signal.SIGTERM, before)
        executor.shutdown()
        spinning.join(5)
        client.destroy()
        node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    sys.exit(main())
