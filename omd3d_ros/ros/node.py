"""The lifecycle node ``omd3d``: wiring only, the work is done elsewhere."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path

import rclpy
from rcl_interfaces.msg import SetParametersResult
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup
from rclpy.executors import ExternalShutdownException
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn
from rclpy.parameter import Parameter
from std_msgs.msg import Header

from omd3d_ros.ros.diagnostics import diagnostics_message
from omd3d_ros.ros.executor import SteadyExecutor
from omd3d_ros.ros.parameters import Settings, declare_parameters, parameters, read_settings
from omd3d_ros.ros.session import Session

_THREADS = 4
_DIAGNOSTICS_PERIOD = 1.0  # s
_FOLLOW_PERIOD = 0.5  # s, between looks whether the map has moved


class Omd3dNode(LifecycleNode):
    """Fuses clouds into a map and answers commands with the objects they mean."""

    def __init__(self) -> None:
        super().__init__('omd3d')
        declare_parameters(self)
        self.settings: Settings = read_settings(self)
        self._session: Session | None = None
        self._state = 'unconfigured'
        group = MutuallyExclusiveCallbackGroup()
        self._timers_kept = [
            self.create_timer(
                _DIAGNOSTICS_PERIOD, self._guarded(self._publish_diagnostics), group),
            self.create_timer(_FOLLOW_PERIOD, self._guarded(self._follow_map),
                              MutuallyExclusiveCallbackGroup())]
        if self.settings.node.map_publish_period > 0:
            self._timers_kept.append(self.create_timer(
                self.settings.node.map_publish_period, self._guarded(self._publish_map),
                MutuallyExclusiveCallbackGroup()))
        self.add_on_set_parameters_callback(self._on_set_parameters)

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Build the map, compile its kernels, start the worker."""
        try:
            self.settings = read_settings(self)
            self._session = Session(self, self.settings)
        except Exception as error:
            self.get_logger().error(f'cannot configure: {error}')
            return TransitionCallbackReturn.FAILURE
        self._state = 'inactive'
        return super().on_configure(state)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Start to listen to clouds and commands."""
        result = super().on_activate(state)
        if self._session is not None:
            self._session.activate()
        self._state = 'active'
        self.get_logger().info('active')
        return result

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Stop to listen; the map stays."""
        if self._session is not None:
            self._session.deactivate()
        self._state = 'inactive'
        return super().on_deactivate(state)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Drop the map and end the worker."""
        self.close()
        self._state = 'unconfigured'
        return super().on_cleanup(state)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """End everything."""
        self.close()
        self._state = 'finalized'
        return super().on_shutdown(state)

    def close(self) -> None:
        """End the threads and the worker."""
        session, self._session = self._session, None
        if session is not None:
            session.close()

    def _on_set_parameters(self, changes: list[Parameter]) -> SetParametersResult:
        ours = {parameter.name for parameter in parameters()}
        changed = [change.name for change in changes if change.name in ours]
        if changed and self._session is not None:
            return SetParametersResult(
                successful=False,
                reason=f'{", ".join(changed)}: deactivate and clean up the node first')
        return SetParametersResult(successful=True)

    def _publish_diagnostics(self) -> None:
        session = self._session
        if session is None:
            return
        header = Header(stamp=self.get_clock().now().to_msg())
        session.outputs.diagnostics(diagnostics_message(
            session.health(self._state), header, self.get_fully_qualified_name()))

    def _publish_map(self) -> None:
        if self._session is not None and self._state == 'active':
            self._session.publisher.voxels()

    def _follow_map(self) -> None:
        if self._session is not None and self._state == 'active':
            self._session.publisher.follow()

    def _guarded(self, callback: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                callback()
            except Exception as error:  # an exception in a callback would end the node
                if self.context.ok():
                    self.get_logger().error(
                        f'{callback.__name__}: {error}', throttle_duration_sec=5.0)
        return run


def _find_wheels() -> None:
    """Let ament find packages that pip has installed beside this interpreter."""
    if (Path(sys.prefix) / 'share' / 'ament_index').is_dir():
        os.environ.setdefault('AMENT_PREFIX_PATH', sys.prefix)


def main(args: list[str] | None = None) -> None:
    """Run the node until SIGINT or SIGTERM."""
    logging.basicConfig(level=logging.INFO, format='[%(levelname)s] [%(name)s]: %(message)s')
    _find_wheels()
    rclpy.init(args=args)
    node = None
    executor = SteadyExecutor(_THREADS)
    try:
        try:
            node = Omd3dNode()
        except ValueError as error:
            sys.exit(f'omd3d: {error}')
        executor.add_node(node)
        if node.settings.node.autostart:
            node.trigger_configure()
            node.trigger_activate()
        executor.spin()
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    finally:
        if node is not None:
            node.close()
        executor.shutdown(timeout_sec=0.5)
        if node is not None:
            node.destroy_node()
        rclpy.try_shutdown()


if __name__ == '__main__':
    main()
