"""ROS parameters from settings: declared, described, read back and written as YAML."""

from __future__ import annotations

import dataclasses
import sys
from typing import TYPE_CHECKING, Any

from omd3d_ros.mapping.settings import KeyframeSettings, MapSettings
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings
from omd3d_ros.settings import check_settings, setting

if TYPE_CHECKING:
    from rclpy.node import Node

# parameters that rclpy itself declares
_OWN_TO_RCLPY = ('use_sim_time', 'start_type_description_service', 'qos_overrides.')


@dataclasses.dataclass(frozen=True)
class NodeSettings:
    """What concerns the node itself."""

    map_frame: str = setting('map', 'fixed frame of the map; z up (REP 105)')
    odom_frame: str = setting(
        '', 'frame without jumps to fuse clouds in, so that a jump of its place in map_frame '
        '(a loop closure) moves the map as a whole; empty = fuse in map_frame')
    input: str = setting(
        'points', 'where clouds come from: points = PointCloud2, rgbd = depth and colour images',
        choices=('points', 'rgbd'))
    autostart: bool = setting(True, 'configure and activate at start')
    viewpoint_frame: str = setting(
        '', 'frame in which "left of" and "behind" are read; empty = frame of the last cloud')
    command_deadline: float = setting(
        15.0, 'a command is answered TIMEOUT after this long, unless its goal says otherwise',
        unit='s', low=0.1, high=3600.0)
    command_queue: int = setting(
        8, 'commands that may wait; more are answered BUSY', unit='commands', low=1, high=1000)
    cloud_queue: int = setting(
        10, 'clouds that may wait for their transform; the oldest is dropped when one more comes',
        unit='clouds', low=1, high=100)
    tf_timeout: float = setting(
        0.5, 'a cloud waits this long for its transform, then is dropped', unit='s',
        low=0.0, high=10.0)
    pairing_slack: float = setting(
        0.02, 'depth, colour and camera_info belong together within this difference of stamps',
        unit='s', low=0.0, high=1.0)
    perception_period: float = setting(
        2.0, 'objects are looked for at most this often', unit='s', low=0.1, high=3600.0)
    scene_max_age: float = setting(
        3.0, 'a command is answered from objects found in a map at most this old; 0 = never cached '
        'while the map changes', unit='s', low=0.0, high=3600.0)
    max_map_age: float = setting(
        0.0, 'commands are answered MAP_STALE when nothing was fused for longer; 0 = never',
        unit='s', low=0.0, high=1e6)
    map_publish_period: float = setting(
        2.0, 'the map is published at most this often; 0 = never', unit='s', low=0.0, high=3600.0)
    worker_hang_timeout: float = setting(
        120.0, 'a worker that has not replied for this long is restarted', unit='s',
        low=1.0, high=3600.0)

    def __post_init__(self) -> None:
        check_settings(self)
        if not self.map_frame.strip('/'):
            raise ValueError(f'map_frame={self.map_frame!r}: must not be empty')
        if self.odom_frame.lstrip('/') == self.map_frame.lstrip('/'):
            raise ValueError(f'odom_frame={self.odom_frame!r}: must differ from map_frame')


@dataclasses.dataclass(frozen=True)
class Settings:
    """Every setting of the node, its map, its keyframes and its segmenter."""

    node: NodeSettings = dataclasses.field(default_factory=NodeSettings)
    map: MapSettings = dataclasses.field(default_factory=MapSettings)
    keyframes: KeyframeSettings = dataclasses.field(default_factory=KeyframeSettings)
    segmenter: SegmenterSettings = dataclasses.field(default_factory=SegmenterSettings)


# settings of the node and the map stand at the top level, those of the segmenter under "model"
_PREFIXES = {'node': '', 'map': '', 'keyframes': 'keyframes.', 'segmenter': 'model.'}


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One ROS parameter: its name, the path of its field in ``Settings``, and that field."""

    name: str
    path: tuple[str, ...]
    field: dataclasses.Field[Any]

    @property
    def default(self) -> Any:
        """The field's default as a ROS value (tuples become lists)."""
        value = self.field.default
        return list(value) if isinstance(value, tuple) else value


def parameters() -> tuple[Parameter, ...]:
    """Return every parameter in the order of the settings."""
    found: list[Parameter] = []

    def walk(settings: Any, prefix: str, path: tuple[str, ...]) -> None:
        for field in dataclasses.fields(settings):
            value = getattr(settings, field.name)
            if dataclasses.is_dataclass(value):
                walk(value, f'{prefix}{field.name}.', (*path, field.name))
            else:
                found.append(Parameter(f'{prefix}{field.name}', (*path, field.name), field))

    settings = Settings()
    for group, prefix in _PREFIXES.items():
        walk(getattr(settings, group), prefix, (group,))
    return tuple(found)


def build_settings(values: dict[str, Any]) -> Settings:
    """Return settings from parameter values by name; names that are missing keep the default.

    Raises
    ------
    ValueError
        Naming the parameter that is unknown or out of range.

    """
    tree: dict[str, Any] = {}
    known = {parameter.name: parameter for parameter in parameters()}
    for name, value in values.items():
        if name not in known:
            raise ValueError(f'parameter {name!r} is unknown')
        branch = tree
        *parents, leaf = known[name].path
        for parent in parents:
            branch = branch.setdefault(parent, {})
        branch[leaf] = tuple(value) if isinstance(known[name].field.default, tuple) else value
    try:
        return _replace(Settings(), tree)
    except ValueError as error:
        raise ValueError(f'parameter {error}') from error


def _replace(settings: Any, tree: dict[str, Any]) -> Any:
    changes = {
        name: _replace(getattr(settings, name), value) if isinstance(value, dict) else value
        for name, value in tree.items()
    }
    return dataclasses.replace(settings, **changes)


def _descriptor(parameter: Parameter) -> Any:
    from rcl_interfaces.msg import FloatingPointRange, IntegerRange, ParameterDescriptor
    metadata = parameter.field.metadata
    unit = f' [{metadata["unit"]}]' if metadata['unit'] else ''
    descriptor = ParameterDescriptor(description=f'{metadata["doc"]}{unit}')
    if metadata['choices']:
        descriptor.additional_constraints = f'one of {", ".join(metadata["choices"])}'
    low, high = metadata['low'], metadata['high']
    if low is not None and high is not None:
        if isinstance(parameter.default, float):
            descriptor.floating_point_range = [
                FloatingPointRange(from_value=float(low), to_value=float(high))]
        elif isinstance(parameter.default, int):
            descriptor.integer_range = [IntegerRange(from_value=int(low), to_value=int(high))]
    return descriptor


def declare_parameters(node: Node) -> None:
    """Declare every parameter on a node.

    Raises
    ------
    ValueError
        Naming the parameter that was given at start but is unknown or out of range.

    """
    known = parameters()
    names = {parameter.name for parameter in known}
    for given in node._parameter_overrides:  # rclpy has no public way to ask for them
        if given not in names and not given.startswith(_OWN_TO_RCLPY):
            raise ValueError(f'parameter {given!r} is unknown')
    for parameter in known:
        try:
            node.declare_parameter(parameter.name, parameter.default, _descriptor(parameter))
        except Exception as error:  # rclpy's own texts do not always name the parameter
            raise ValueError(f'parameter {parameter.name!r}: {error}') from error


def read_settings(node: Node) -> Settings:
    """Return the settings that the node's parameters hold now; ValueError by name when wrong."""
    return build_settings({p.name: node.get_parameter(p.name).value for p in parameters()})


def _yaml_value(value: Any) -> str:
    if isinstance(value, bool):
        return 'true' if value else 'false'
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, float) and value == int(value) and abs(value) >= 1e6:
        return f'{value:.1f}'
    return repr(value)


def yaml_text() -> str:
    """Return config/omd3d.yaml: every parameter with its default, unit and range."""
    lines = [
        '# Parameters of the node omd3d. Written by: python -m omd3d_ros.ros.parameters',
        '/**:',
        '  ros__parameters:',
    ]
    open_path: tuple[str, ...] = ()
    for parameter in parameters():
        *parents, leaf = parameter.name.split('.')
        shared = 0
        while shared < min(len(parents), len(open_path)) and parents[shared] == open_path[shared]:
            shared += 1
        for depth in range(shared, len(parents)):
            lines.append(f'{"  " * (depth + 2)}{parents[depth]}:')
        open_path = tuple(parents)
        indent = '  ' * (len(parents) + 2)
        metadata = parameter.field.metadata
        limits = [f'[{metadata["unit"]}]'] if metadata['unit'] else []
        if metadata['low'] is not None or metadata['high'] is not None:
            limits.append(f'{metadata["low"]} .. {metadata["high"]}')
        if metadata['choices']:
            limits.append(' | '.join(metadata['choices']))
        lines.append(f'{indent}# {metadata["doc"]}{"  " if limits else ""}{" ".join(limits)}')
        lines.append(f'{indent}{leaf}: {_yaml_value(parameter.default)}')
    return '\n'.join(lines) + '\n'


if __name__ == '__main__':
    sys.stdout.write(yaml_text())
