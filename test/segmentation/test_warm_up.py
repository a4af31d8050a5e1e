"""After warm_up, in a process of its own, no kernel of perceiving is left to compile."""

import subprocess
import sys

CHECK = """
import importlib, pkgutil
from numba.core.dispatcher import Dispatcher
import omd3d_ros.segmentation as package
from omd3d_ros.segmentation.warm_up import warm_up
warm_up()
for name in ('voxel_grid', 'normals', 'superpoints', 'stacks', 'walls', 'furniture', 'planes',
             'vote_groups'):
    module = importlib.import_module(f'{package.__name__}.{name}')
    for kernel, found in vars(module).items():
        if isinstance(found, Dispatcher) and found.__module__ == module.__name__:
            print(name, kernel, len(found.signatures))
"""


def test_every_kernel_has_been_compiled():
    ran = subprocess.run([sys.executable, '-c', CHECK], capture_output=True, text=True, check=True)
    counts = {tuple(line.split()[:2]): int(line.split()[2]) for line in ran.stdout.splitlines()}
    assert len(counts) >= 6
    inlined = {('voxel_grid', '_slot')}  # only ever called from other kernels
    assert {kernel for kernel, count in counts.items() if not count} <= inlined
