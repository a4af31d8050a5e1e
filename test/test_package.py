"""The package as it is installed, and the shape of its sources."""

import importlib.metadata
import os
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from ament_index_python.packages import get_package_prefix, get_package_share_directory

import omd3d_ros

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / 'omd3d_ros'
LONGEST_MODULE = 300
GENERATED = {'msg', 'srv', 'action'}


def modules():
    return [path for path in PACKAGE.rglob('*.py')
            if path.relative_to(PACKAGE).parts[0] not in GENERATED]


def test_the_version_is_the_same_everywhere():
    manifest = ElementTree.parse(ROOT / 'package.xml').findtext('version')
    assert omd3d_ros.__version__ == manifest
    share = Path(get_package_share_directory('omd3d_ros'))
    assert ElementTree.parse(share / 'package.xml').findtext('version') == manifest


@pytest.mark.parametrize('folder', ['launch', 'config'])
def test_the_share_folder_holds_what_the_source_holds(folder):
    installed = Path(get_package_share_directory('omd3d_ros')) / folder
    files = [path for path in (ROOT / folder).iterdir() if path.is_file()]
    assert files
    for path in files:
        assert (installed / path.name).read_bytes() == path.read_bytes(), (
            f'{path.name} is out of date in {installed}: install the package again')


@pytest.mark.parametrize('name', ['omd3d_map', 'omd3d_node', 'omd3d_play', 'omd3d_say'])
def test_ros2_run_finds_the_programs(name):
    program = Path(get_package_prefix('omd3d_ros')) / 'lib' / 'omd3d_ros' / name
    assert os.access(program, os.X_OK)
    target = re.search(r'from (omd3d_ros[.\w]+) import main', program.read_text()).group(1)
    assert (ROOT / target.replace('.', '/')).with_suffix('.py').exists()


@pytest.mark.parametrize('name', ['omd3d_map', 'omd3d_node', 'omd3d_play', 'omd3d_say'])
def test_pip_installs_the_same_programs(name):
    try:
        scripts = importlib.metadata.distribution('omd3d_ros').entry_points
    except importlib.metadata.PackageNotFoundError:
        pytest.skip('installed by colcon, not by pip')
    target = next(script.value for script in scripts if script.name == name)
    assert f'from {target.split(":")[0]} import main' in (ROOT / 'scripts' / name).read_text()


def run_python(code: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=False, cwd='/')


def test_mapping_and_conversions_work_without_torch():
    names = [f'omd3d_ros.mapping.{path.stem}' for path in sorted((PACKAGE / 'mapping').glob('*.py'))
             if path.stem != '__init__']
    assert names
    imports = '; '.join(f'import {name}' for name in [*names, 'omd3d_ros.ros.conversions'])
    done = run_python(
        f"import sys; sys.modules['torch'] = sys.modules['transformers'] = None; {imports}")
    assert done.returncode == 0, done.stderr


def test_importing_the_packages_imports_nothing_heavy():
    packages = [f'omd3d_ros.{path.parent.name}' for path in PACKAGE.glob('*/__init__.py')
                if path.parent.name not in GENERATED]
    assert len(packages) >= 4
    heavy = "{'numpy', 'numba', 'torch', 'transformers', 'open3d', 'rclpy'}"
    done = run_python(f'import sys, {", ".join(packages)}; print({heavy} & set(sys.modules))')
    assert done.stdout.strip() == 'set()', done.stdout + done.stderr


def test_no_module_is_too_long():
    lengths = {path.relative_to(ROOT): len(path.read_text().splitlines()) for path in modules()}
    assert {path: length for path, length in lengths.items() if length >= LONGEST_MODULE} == {}


def test_no_module_shadows_the_interfaces():
    assert not {path.stem for path in modules()} & GENERATED
