"""Build ROS interfaces for pip: run a package's CMakeLists.txt and pack what it installs.

Used by the ``setup.py`` of this package and of ``compat/tf2_msgs``; colcon reads the same
CMakeLists.txt and does not come here.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

from setuptools.command.build_ext import build_ext
from setuptools.dist import Distribution

WHEELS_CMAKE = Path(__file__).resolve().parent / 'wheels.cmake'
GENERATED = ('msg', 'srv', 'action')


def ros_prefix() -> Path:
    """Return the prefix that holds share/ament_cmake and the other build packages."""
    spec = importlib.util.find_spec('rosidl_cmake')
    if spec is None or spec.origin is None:
        raise SystemExit('rosidl_cmake is missing: install what pyproject.toml requires')
    return Path(spec.origin).resolve().parents[4]


class BuildInterfaces(build_ext):
    """Builds the interfaces in place of C extensions, and adds their files to the wheel."""

    def run(self) -> None:
        """Configure, build, stage; then hand the Python part and the data files to setuptools."""
        name = self.distribution.get_name()
        source = Path.cwd()
        work = source / self.get_finalized_command('build').build_base / 'interfaces'
        stage = self._cmake_install(source, work)
        package = next(stage.glob(f'lib/python3*/site-packages/{name}'))
        target = source / name if self.inplace else source / self.build_lib / name
        target.mkdir(parents=True, exist_ok=True)
        for old in target.glob('*.so'):
            old.unlink()
        for folder in GENERATED:
            shutil.rmtree(target / folder, ignore_errors=True)
            if (package / folder).is_dir():
                shutil.copytree(package / folder, target / folder)
        for library in package.glob('*.so'):
            shutil.copy2(library, target)
        if not (target / '__init__.py').exists():
            shutil.copy2(package / '__init__.py', target)
        self._add_data_files(stage, source, name)

    def _cmake_install(self, source: Path, work: Path) -> Path:
        """Run CMake below ``work`` and return the folder it installed into."""
        stage = work / 'stage'
        tools = f'{sys.executable} {ros_prefix()} {shutil.which("cmake")}'
        record = work / 'tools.txt'
        # A CMake cache names the tools of the environment it was made in: never use another's.
        reusable = record.exists() and record.read_text() == tools
        shutil.rmtree(stage if reusable else work, ignore_errors=True)
        stage.mkdir(parents=True)
        record.write_text(tools)
        env = dict(os.environ)
        for key in ('AMENT_PREFIX_PATH', 'CMAKE_PREFIX_PATH'):
            env[key] = os.pathsep.join(filter(None, (str(ros_prefix()), env.get(key))))
        generator = ['-G', 'Ninja'] if shutil.which('ninja') else []
        subprocess.run(
            ['cmake', '-S', source, '-B', work / 'cmake', *generator,
             f'-DCMAKE_INSTALL_PREFIX={stage}', '-DCMAKE_BUILD_TYPE=Release',
             '-DBUILD_TESTING=OFF', f'-DPython3_EXECUTABLE={sys.executable}',
             f'-DCMAKE_PROJECT_INCLUDE={WHEELS_CMAKE}'], check=True, env=env)
        subprocess.run(
            ['cmake', '--build', work / 'cmake', '--target', 'install',
             '--parallel', str(os.cpu_count() or 1)], check=True, env=env)
        return stage

    def _add_data_files(self, stage: Path, source: Path, name: str) -> None:
        """Add everything but Python modules: share/, include/, lib/lib*.so, lib/<package>/."""
        for file in sorted(path for path in stage.rglob('*') if path.is_file()):
            relative = file.relative_to(stage)
            top, second = relative.parts[:2]
            if top in ('share', 'include') or (
                    top == 'lib' and (second.startswith('lib') or second == name)):
                self.distribution.data_files.append(
                    (str(relative.parent), [os.path.relpath(file, source)]))

    def get_outputs(self) -> list[str]:
        """Return nothing: no file is an extension module of setuptools' kind."""
        return []

    def get_output_mapping(self) -> dict[str, str]:
        """Return nothing, see ``get_outputs``."""
        return {}


class InterfaceDistribution(Distribution):
    """A distribution whose data files are installed by editable installs too."""

    def has_data(self) -> bool:
        """Answer the question ``editable_wheel`` asks before it installs data files."""
        return bool(self.has_data_files())
