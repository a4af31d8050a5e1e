"""Our transform buffer against the real tf2 (C++ BufferCore) that Debian ships."""

import collections
import contextlib
import json
import os
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.ros.transform_buffer import TransformBuffer, TransformError, matrix_from_pose

PACKAGES = [
    'python3-tf2', 'libtf2-2d', 'librostime1d', 'libconsole-bridge1.0', 'libcpp-common0d',
    'libroscpp-serialization0d', 'python3-genpy', 'python3-genmsg', 'python3-geometry-msgs',
    'python3-std-msgs',
]
SAME = {
    'LookupException': 'FrameLookupError',
    'ConnectivityException': 'ConnectivityError',
    'ExtrapolationException': 'ExtrapolationError',
    'ok': 'ok',
}


@pytest.fixture(scope='module')
def cases(tmp_path_factory):
    python = shutil.which('python3', path='/usr/bin')
    if python is None or not shutil.which('apt-get') or not shutil.which('dpkg'):
        pytest.skip('needs a Debian with /usr/bin/python3, apt-get and dpkg')
    folder = tmp_path_factory.mktemp('tf2')
    try:
        subprocess.run(['apt-get', 'download', *PACKAGES], cwd=folder, check=True,
                       capture_output=True, timeout=120)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        pytest.skip("Debian's python3-tf2 cannot be downloaded here")
    for package in folder.glob('*.deb'):
        subprocess.run(['dpkg', '-x', package, folder / 'unpacked'], check=True)
    (folder / 'rospy.py').write_text('from genpy import Duration, Time\n')
    libraries = next((folder / 'unpacked/usr/lib').glob('*/libtf2.so*')).parent
    environment = {
        'PATH': os.environ['PATH'],
        'PYTHONPATH': f'{folder}:{folder}/unpacked/usr/lib/python3/dist-packages',
        'LD_LIBRARY_PATH': str(libraries),
    }
    answered = subprocess.run(
        [python, Path(__file__).with_name('tf2_oracle.py'), '5', '60'], env=environment,
        capture_output=True, text=True, timeout=120)
    if answered.returncode:
        pytest.skip(f'tf2 does not run here: {answered.stderr[-200:]}')
    return json.loads(answered.stdout)


def test_lookups_agree_with_tf2(cases):
    outcomes = collections.Counter()
    largest, newest = 0.0, 0
    for case in cases:
        buffer = TransformBuffer()
        for parent, child, stamp, place, turn, static in case['inserted']:
            with contextlib.suppress(ValueError):  # older than the history: tf2 ignores it too
                buffer.insert(parent, child, stamp, place, turn, static=static)
        for target, source, stamp, (theirs, *pose) in case['questions']:
            try:
                found = (buffer.lookup(target, source, stamp) if stamp
                         else buffer.newest(target, source))
                newest += not stamp
                ours = 'ok'
            except TransformError as error:
                ours = type(error).__name__
            outcomes[theirs, ours] += 1
            if theirs == ours == 'ok':
                largest = max(largest, np.abs(found - matrix_from_pose(*pose)).max())
    # tf2 calls an unknown frame against itself the identity; we refuse it (never identity)
    odd = {pair: count for pair, count in outcomes.items()
           if SAME[pair[0]] != pair[1] and pair != ('ok', 'FrameLookupError')}
    assert odd == {}
    assert outcomes['ok', 'ok'] > 1000
    assert newest > 200
    assert sum(v for k, v in outcomes.items() if k[0] == 'ExtrapolationException') > 200
    assert largest < 1e-9
