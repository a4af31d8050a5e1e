"""Install tf2_msgs (TFMessage only) with pip where the ROS wheels lack it."""

import sys
from pathlib import Path

from setuptools import Extension, setup

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / 'scripts'))
from interface_build import BuildInterfaces, InterfaceDistribution

setup(
    name='tf2_msgs',
    version='0.36.0',
    distclass=InterfaceDistribution,
    packages=[],
    ext_modules=[Extension('tf2_msgs._interfaces', [])],
    cmdclass={'build_ext': BuildInterfaces},
    data_files=[],
    install_requires=['ros-jazzy-rclpy[fastrtps]', 'ros-jazzy-geometry-msgs'],
    zip_safe=False,
)
