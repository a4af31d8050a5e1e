"""Where compiled kernels are kept when the package's own folder cannot be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

PROGRAM = """
import numpy as np
from omd3d_ros.mapping.jit import kernel
from omd3d_ros.mapping.blocks import directory_slot
assert int(directory_slot(5, 64)) < 64
print(directory_slot._cache.cache_path if hasattr(directory_slot._cache, 'cache_path') else None)
"""


@pytest.fixture
def sealed_package(tmp_path: Path) -> Path:
    """A copy of the package in which no cache can be made: a file stands where it would be.

    Taking away the permission to write would not stop root, as whom tests may run.
    """
    ignore = shutil.ignore_patterns('__pycache__', '*.so')
    (tmp_path / 'omd3d_ros').mkdir()
    for name in ('__init__.py', 'settings.py'):
        shutil.copy(ROOT / 'omd3d_ros' / name, tmp_path / 'omd3d_ros' / name)
    target = tmp_path / 'omd3d_ros' / 'mapping'
    shutil.copytree(ROOT / 'omd3d_ros' / 'mapping', target, ignore=ignore)
    (target / '__pycache__').write_text('')
    return tmp_path


def cache_path(package: Path, **environment: str) -> str:
    kept = {key: value for key, value in os.environ.items() if key != 'NUMBA_CACHE_DIR'}
    done = subprocess.run(
        [sys.executable, '-c', PROGRAM], cwd=package, capture_output=True, text=True, timeout=120,
        env={**kept, 'PYTHONPATH': str(package), **environment}, check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_users_cache_folder_serves_a_read_only_package(
    sealed_package: Path, tmp_path: Path
) -> None:
    home = tmp_path / 'home'
    found = Path(cache_path(sealed_package, HOME=str(home), XDG_CACHE_HOME=str(home / '.cache')))
    assert home in found.parents
    assert list(found.glob('*.nbi'))


def test_numba_cache_dir_comes_first(sealed_package: Path, tmp_path: Path) -> None:
    chosen = tmp_path / 'chosen'
    found = Path(cache_path(sealed_package, NUMBA_CACHE_DIR=str(chosen)))
    assert chosen in found.parents
    assert list(found.glob('*.nbi'))


def test_without_any_place_to_write_kernels_still_run(
    sealed_package: Path, tmp_path: Path
) -> None:
    blocked = tmp_path / 'blocked'
    blocked.write_text('')
    found = cache_path(
        sealed_package, HOME=str(blocked / 'home'), XDG_CACHE_HOME=str(blocked / 'cache')
    )
    assert found == 'None'


CALLED = 'from omd3d_ros.mapping.jit import inlined\n@inlined\ndef one():\n    return {}\n'
CALLING = """
from omd3d_ros.mapping.jit import kernel
from called import one
@kernel
def two():
    return 2 * one()
"""


def test_a_kernel_is_compiled_anew_when_one_that_it_calls_was_changed(tmp_path: Path) -> None:
    environment = {**os.environ, 'PYTHONPATH': f'{tmp_path}:{ROOT}'}
    (tmp_path / 'calling.py').write_text(CALLING)
    for value in (3, 5):
        (tmp_path / 'called.py').write_text(CALLED.format(value))
        done = subprocess.run(
            [sys.executable, '-B', '-c', 'from calling import two; print(two())'], cwd=tmp_path,
            env=environment, capture_output=True, text=True, timeout=120, check=False,
        )
        assert (done.returncode, done.stdout.strip()) == (0, str(2 * value)), done.stderr


FUSING = """
import numpy as np
from omd3d_ros.mapping.cloud import Cloud, PointLayout
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
points = np.random.default_rng(0).normal(size=(1, 500, 3)).astype(np.float32)
cloud = Cloud(points.reshape(-1).view(np.uint8), PointLayout(500, 1, 12, 6000, 0, 4, 8))
voxel_map = VoxelMap(MapSettings())
voxel_map.integrate(cloud, np.eye(4), 0)
print(voxel_map.voxel_count)
"""


def test_two_nodes_that_start_together_share_one_cache(tmp_path: Path) -> None:
    cache = tmp_path / 'cache'
    environment = {**os.environ, 'NUMBA_CACHE_DIR': str(cache), 'PYTHONPATH': str(ROOT)}

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, '-c', FUSING], cwd=tmp_path, env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )

    both = [start(), start()]
    told = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], told
    assert told[0][0] == told[1][0]
    assert int(told[0][0]) > 400
    written = {path: path.stat().st_mtime_ns for path in cache.rglob('*.nb?')}
    third = start()
    output, errors = third.communicate(timeout=300)
    assert (third.returncode, output) == (0, told[0][0]), errors
    assert written
    assert written == {path: path.stat().st_mtime_ns for path in cache.rglob('*.nb?')}
