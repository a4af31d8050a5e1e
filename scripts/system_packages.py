"""Find what the system itself must provide, and install it with apt where that is allowed."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

# Debian's and Ubuntu's packages of the shared libraries that open3d and torch are linked to.
PACKAGE_OF_LIBRARY = {
    'libEGL.so.1': 'libegl1',
    'libGL.so.1': 'libgl1',
    'libX11.so.6': 'libx11-6',
    'libgomp.so.1': 'libgomp1',
    'libidn2.so.0': 'libidn2-0',
    'libstdc++.so.6': 'libstdc++6',
    'libudev.so.1': 'libudev1',
    'libusb-1.0.so.0': 'libusb-1.0-0',
}
# Linked to by every import of open3d and torch; their optional parts (tensorflow, CUDA) are not.
CHECKED_LIBRARIES = ('open3d/pybind*.so', 'open3d/libOpen3D.so*', 'open3d/*/pybind*.so',
                     'torch/lib/libtorch_cpu.so', 'torch/lib/libtorch_python.so')


def missing_tools(python_include: Path, version: tuple[int, int]) -> list[str]:
    """Return the packages of what is missing to make a virtual environment and to compile."""
    missing = []
    if shutil.which('c++') is None or shutil.which('cc') is None:
        missing.append('g++')
    if not (python_include / 'Python.h').exists():
        missing.append('python{}.{}-dev'.format(*version))
    if importlib.util.find_spec('ensurepip') is None:
        missing.append('python{}.{}-venv'.format(*version))
    return missing


def missing_libraries(site_packages: Path) -> list[str]:
    """Return the packages of the shared libraries that open3d and torch do not find."""
    names = set()
    for pattern in CHECKED_LIBRARIES:
        for library in site_packages.glob(pattern):
            found = subprocess.run(['ldd', library], capture_output=True, text=True, check=True)
            names |= set(re.findall(r'(\S+) => not found', found.stdout))
    return sorted(PACKAGE_OF_LIBRARY.get(name, name) for name in names)


def provide(packages: list[str], run: Callable[[Sequence[str]], object]) -> None:
    """Install packages with apt-get as root; otherwise stop and name them.

    ``run`` executes one command, and is expected to stop the program when it fails.
    """
    if not packages:
        return
    names = ' '.join(packages)
    if os.geteuid() != 0 or shutil.which('apt-get') is None:
        raise SystemExit(f'\nmake setup stopped.\nThe system lacks: {names}\n'
                         f'Install it, for example: sudo apt-get install {names}')
    print(f'      installing with apt-get: {names}', flush=True)
    os.environ['DEBIAN_FRONTEND'] = 'noninteractive'
    run(['apt-get', 'update'])
    run(['apt-get', 'install', '--yes', '--no-install-recommends', *packages])
