"""The program behind ``make setup``."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / 'scripts'))
import environment  # noqa: E402
import system_packages  # noqa: E402


@pytest.fixture
def bare_environment(tmp_path):
    """A copy of what ``make setup`` reads, with an empty .venv beside it."""
    for name in ('setup.py', 'pyproject.toml'):
        (tmp_path / name).write_bytes((ROOT / name).read_bytes())
    (tmp_path / 'scripts').mkdir()
    for path in (ROOT / 'scripts').glob('*.py'):
        (tmp_path / 'scripts' / path.name).write_bytes(path.read_bytes())
    subprocess.run([sys.executable, '-m', 'venv', tmp_path / '.venv'], check=True)
    return tmp_path


@pytest.mark.skipif(Path('/dev/nvidia0').exists(), reason='there is a GPU to run CUDA builds')
def test_setup_takes_no_cuda_build_of_torch_without_a_gpu(bare_environment):
    wheels = bare_environment / 'wheels'
    wheels.mkdir()
    version = re.search(r"TORCH = '(.+)'", (ROOT / 'setup.py').read_text()).group(1)
    # A valid wheel of the kind that pip would take if it were asked for torch alone.
    write_wheel(wheels, version)
    done = install_torch(bare_environment, wheels)
    assert done.returncode == 1
    assert 'no NVIDIA GPU' in done.stderr
    assert f'torch-{version}+cpu' in done.stderr
    assert not list(bare_environment.glob('.venv/lib/python*/site-packages/torch*'))
    write_wheel(wheels, f'{version}+cpu')
    done = install_torch(bare_environment, wheels)
    assert done.returncode == 0, done.stderr
    assert list(bare_environment.glob('.venv/lib/python*/site-packages/torch*+cpu.dist-info'))


def install_torch(root: Path, wheels: Path) -> subprocess.CompletedProcess:
    variables = dict(os.environ, PIP_NO_INDEX='1', PIP_FIND_LINKS=str(wheels),
                     PIP_CONFIG_FILE=os.devnull, PYTHONPATH=str(root / 'scripts'))
    return subprocess.run(
        [sys.executable, '-c', 'import environment; environment._install_torch()'],
        env=variables, capture_output=True, text=True, check=False)


def write_wheel(folder: Path, version: str) -> None:
    info = f'torch-{version}.dist-info'
    with zipfile.ZipFile(folder / f'torch-{version}-py3-none-any.whl', 'w') as wheel:
        wheel.writestr(f'{info}/METADATA',
                       f'Metadata-Version: 2.1\nName: torch\nVersion: {version}\n')
        wheel.writestr(f'{info}/WHEEL', 'Wheel-Version: 1.0\nGenerator: test\n'
                                        'Root-Is-Purelib: true\nTag: py3-none-any\n')
        wheel.writestr(f'{info}/RECORD', f'{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n')


def test_setup_names_what_the_system_lacks_when_it_may_not_install(tmp_path, monkeypatch):
    monkeypatch.setenv('PATH', str(tmp_path))
    packages = system_packages.missing_tools(tmp_path, (3, 11))
    assert packages == ['g++', 'python3.11-dev']
    with pytest.raises(SystemExit, match=r'apt-get install g\+\+ python3.11-dev'):
        system_packages.provide(packages, run=lambda command: pytest.fail('ran a command'))


def test_setup_finds_libraries_that_are_missing(tmp_path, monkeypatch):
    if shutil.which('cc') is None:
        pytest.skip('no C compiler')
    name = 'libomd3dabsent.so.1'
    monkeypatch.setitem(system_packages.PACKAGE_OF_LIBRARY, name, 'package-of-it')
    source = tmp_path / 'library.c'
    source.write_text('int answer(void) { return 42; }\n')
    (tmp_path / 'open3d').mkdir()
    build = ['cc', '-shared', '-fPIC', '-Wl,--no-as-needed', source, '-o']
    subprocess.run([*build, tmp_path / name, f'-Wl,-soname,{name}'], check=True)
    subprocess.run([*build, tmp_path / 'open3d' / 'pybind.so', tmp_path / name], check=True)
    assert system_packages.missing_libraries(tmp_path) == ['package-of-it']


@pytest.mark.skipif(not environment.STAMP.exists(), reason='make setup has not run here')
def test_a_second_setup_is_quick():
    done = json.loads(environment.STAMP.read_text())
    if done != {step.name: environment._key(step.inputs) for step in environment._steps()}:
        pytest.skip('sources changed since the last make setup')
    begin = time.monotonic()
    run = subprocess.run([sys.executable, ROOT / 'scripts' / 'environment.py'],
                         capture_output=True, text=True, check=True)
    assert run.stdout.startswith('.venv is ready')
    assert time.monotonic() - begin < 5.0
