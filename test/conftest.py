"""What all tests share: a ROS domain of their own, strict messages, the shared recordings."""

import contextlib
import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
_RESOURCES = contextlib.ExitStack()


def pytest_configure(config):
    """Set up ROS before anything imports rclpy."""
    import domain_coordinator
    os.environ['ROS_AUTOMATIC_DISCOVERY_RANGE'] = 'LOCALHOST'
    os.environ['ROS_PYTHON_CHECK_FIELDS'] = '1'
    os.environ['ROS_DOMAIN_ID'] = str(_RESOURCES.enter_context(domain_coordinator.domain_id()))
    if (Path(sys.prefix) / 'share' / 'ament_index').is_dir():
        os.environ.setdefault('AMENT_PREFIX_PATH', sys.prefix)


def pytest_unconfigure(config):
    """Give the domain back."""
    _RESOURCES.close()


@pytest.fixture(scope='session')
def shared():
    """Return the folder of the shared recordings, or skip."""
    folder = Path(os.environ.get('OMD3D_SHARED') or ROOT.parent / 'shared')
    if not folder.is_dir():
        pytest.skip(f'no shared recordings: {folder} is missing (OMD3D_SHARED names another)')
    return folder
