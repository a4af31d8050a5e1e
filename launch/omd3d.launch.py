"""Start the node omd3d: ``ros2 launch omd3d_ros omd3d.launch.py points:=/camera/points``."""

import os

from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, SetEnvironmentVariable
from launch.conditions import IfCondition
from launch.substitutions import LaunchConfiguration, PathJoinSubstitution
from launch_ros.actions import Node
from launch_ros.substitutions import FindPackageShare

PROFILE_VARIABLE = 'FASTRTPS_DEFAULT_PROFILES_FILE'
CONFIG = [FindPackageShare('omd3d_ros'), 'config']

# Launch argument -> the topic of the node that it stands for.
TOPICS = {
    'points': '~/points',
    'depth': '~/depth/image',
    'camera_info': '~/depth/camera_info',
    'color': '~/color/image',
    'command': '~/command',
}


def generate_launch_description() -> LaunchDescription:
    """Describe the node, its parameters, the topics it reads and its shared memory."""
    own_profile = os.environ.get(PROFILE_VARIABLE)
    arguments = [
        DeclareLaunchArgument(
            'namespace', default_value='', description='ROS namespace of the node'),
        DeclareLaunchArgument(
            'params_file', default_value=PathJoinSubstitution([*CONFIG, 'omd3d.yaml']),
            description='YAML file with the parameters of the node'),
        DeclareLaunchArgument(
            'use_sim_time', default_value='false', description='take the time from /clock'),
        DeclareLaunchArgument(
            'log_level', default_value='info', description='debug, info, warn, error or fatal'),
        DeclareLaunchArgument(
            'shm', default_value='false' if own_profile else 'true',
            description='use config/shm.xml, the Fast DDS profile that lets whole clouds through '
                        f'shared memory (default: true unless {PROFILE_VARIABLE} is set)'),
    ] + [
        DeclareLaunchArgument(name, default_value=topic, description=f'topic to read as {topic}')
        for name, topic in TOPICS.items()
    ]
    profile = SetEnvironmentVariable(
        PROFILE_VARIABLE, PathJoinSubstitution([*CONFIG, 'shm.xml']),
        condition=IfCondition(LaunchConfiguration('shm')))
    node = Node(
        package='omd3d_ros', executable='omd3d_node', name='omd3d', output='screen',
        namespace=LaunchConfiguration('namespace'),
        parameters=[LaunchConfiguration('params_file'),
                    {'use_sim_time': LaunchConfiguration('use_sim_time')}],
        remappings=[(topic, LaunchConfiguration(name)) for name, topic in TOPICS.items()],
        arguments=['--ros-args', '--log-level', LaunchConfiguration('log_level')])
    return LaunchDescription([*arguments, profile, node])
