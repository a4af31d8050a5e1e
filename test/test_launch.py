"""The launch file: the command line that it describes, and the node that this starts.

launch and launch_ros are only on native installations, so the few classes that the launch file
uses are imitated here, just far enough to turn its description into a command line.
"""

import os
import runpy
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest
import rclpy
from ament_index_python.packages import get_package_prefix, get_package_share_directory
from lifecycle_msgs.srv import GetState
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

ROOT = Path(__file__).resolve().parents[1]
PROFILE = 'FASTRTPS_DEFAULT_PROFILES_FILE'


class Described:
    """Any action or substitution: keeps what it was made with."""

    def __init__(self, *parts, **options):
        self.parts, self.options = parts, options


class DeclareLaunchArgument(Described):
    pass


class SetEnvironmentVariable(Described):
    pass


class IfCondition(Described):
    pass


class LaunchConfiguration(Described):
    pass


class PathJoinSubstitution(Described):
    pass


class FindPackageShare(Described):
    pass


class NodeAction(Described):
    pass


class LaunchDescription(list):
    """The actions, in order."""


@pytest.fixture
def description(monkeypatch):
    """Return a function that loads the launch file and gives its actions."""
    modules = {
        'launch': {'LaunchDescription': LaunchDescription},
        'launch.actions': {'DeclareLaunchArgument': DeclareLaunchArgument,
                           'SetEnvironmentVariable': SetEnvironmentVariable},
        'launch.conditions': {'IfCondition': IfCondition},
        'launch.substitutions': {'LaunchConfiguration': LaunchConfiguration,
                                 'PathJoinSubstitution': PathJoinSubstitution},
        'launch_ros': {},
        'launch_ros.actions': {'Node': NodeAction},
        'launch_ros.substitutions': {'FindPackageShare': FindPackageShare},
    }
    for name, content in modules.items():
        module = ModuleType(name)
        vars(module).update(content)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.delenv(PROFILE, raising=False)

    def load():
        path = Path(get_package_share_directory('omd3d_ros')) / 'launch' / 'omd3d.launch.py'
        return runpy.run_path(str(path))['generate_launch_description']()

    return load


def text(value, arguments):
    """Perform a substitution."""
    if isinstance(value, LaunchConfiguration):
        return arguments[value.parts[0]]
    if isinstance(value, FindPackageShare):
        return get_package_share_directory(value.parts[0])
    if isinstance(value, PathJoinSubstitution):
        return os.path.join(*(text(part, arguments) for part in value.parts[0]))  # noqa: PTH118
    assert isinstance(value, str)
    return value


def evaluate(actions, **given):
    """Return the command line of the node and the variables it is started with."""
    arguments, variables = {}, {}
    command = None
    for action in actions:
        if isinstance(action, DeclareLaunchArgument):
            name = action.parts[0]
            assert action.options['description']
            arguments[name] = given.pop(name, None) or text(
                action.options['default_value'], arguments)
        elif isinstance(action, SetEnvironmentVariable):
            condition = text(action.options['condition'].parts[0], arguments)
            assert condition in ('true', 'false')
            if condition == 'true':
                name, value = action.parts
                variables[name] = text(value, arguments)
        else:
            command = command_line(action.options, arguments)
    assert not given, f'the launch file declares no {given}'
    return command, variables


def command_line(options, arguments):
    """Compose the command line the way launch_ros does."""
    program = Path(get_package_prefix(options['package'])) / 'lib' / options['package']
    command = [str(program / options['executable']), *(
        text(argument, arguments) for argument in options['arguments'])]
    command += ['--ros-args', '-r', f'__node:={options["name"]}']
    namespace = text(options['namespace'], arguments)
    if namespace:
        command += ['-r', f'__ns:=/{namespace.lstrip("/")}']
    for parameters in options['parameters']:
        if isinstance(parameters, dict):
            for name, value in parameters.items():
                command += ['-p', f'{name}:={text(value, arguments)}']
        else:
            command += ['--params-file', text(parameters, arguments)]
    for source, target in options['remappings']:
        command += ['-r', f'{source}:={text(target, arguments)}']
    return command


def test_the_files_that_launch_names_are_installed(description):
    command, variables = evaluate(description())
    assert os.access(command[0], os.X_OK)
    assert Path(command[command.index('--params-file') + 1]).is_file()
    assert Path(variables[PROFILE]).name == 'shm.xml'
    assert Path(variables[PROFILE]).is_file()


def test_shared_memory_can_be_left_out(description):
    assert evaluate(description(), shm='false')[1] == {}


def test_a_profile_of_the_user_is_kept(description, monkeypatch):
    monkeypatch.setenv(PROFILE, '/somewhere/profile.xml')
    assert evaluate(description())[1] == {}


def test_topics_stay_the_nodes_own_unless_they_are_given(description):
    command, _ = evaluate(description(), depth='/camera/depth')
    remaps = [command[index + 1] for index, part in enumerate(command) if part == '-r']
    assert remaps == [
        '__node:=omd3d', '~/points:=~/points', '~/depth/image:=/camera/depth',
        '~/depth/camera_info:=~/depth/camera_info', '~/color/image:=~/color/image',
        '~/command:=~/command']


@pytest.fixture
def watcher():
    """A node that looks at the others from outside, and its executor."""
    context = Context()
    rclpy.init(context=context)
    node = Node('watcher', context=context)
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)
    yield node, executor
    node.destroy_node()
    context.try_shutdown()


@pytest.mark.timeout(180)
def test_the_described_node_starts_and_ends(description, watcher, tmp_path):
    node, executor = watcher
    command, variables = evaluate(
        description(), namespace='robot', points='/camera/points', log_level='warn')
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ['PATH']])
    with (tmp_path / 'log').open('wb') as log:
        process = subprocess.Popen(
            command, env=os.environ | variables | {'PATH': path}, stdout=log, stderr=log)
    try:
        state = wait_for_state(node, executor, '/robot/omd3d/get_state', 'active', process)
        said = (tmp_path / 'log').read_text()
        assert state == 'active', f'{state}: {said}'
        subscribers = node.get_subscriptions_info_by_topic('/camera/points')
        assert [(info.node_name, info.node_namespace) for info in subscribers] == [
            ('omd3d', '/robot')]
        assert node.count_subscribers('/robot/omd3d/command') == 1
        process.send_signal(signal.SIGINT)
        assert process.wait(10.0) == 0, (tmp_path / 'log').read_text()
    finally:
        process.kill()
        process.wait()


def wait_for_state(node, executor, service, wanted, process, seconds=120.0):
    """Ask until the node is in the wanted state, has ended or the time is over."""
    client = node.create_client(GetState, service)
    end = time.monotonic() + seconds
    state = 'not there'
    while state != wanted and time.monotonic() < end and process.poll() is None:
        answer = client.call_async(GetState.Request())
        patience = time.monotonic() + 2.0
        while not answer.done() and time.monotonic() < patience:
            executor.spin_once(timeout_sec=0.1)
        if answer.done():
            state = answer.result().current_state.label
        time.sleep(0.1)
    return state if process.poll() is None else f'ended with {process.returncode}'
