"""The same training in several processes: two processes learn together, writing one run."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

PROGRAM = Path(__file__).with_name('shared_training.py')


def launched(loop, folder, scene, processes):
    folder.mkdir()
    shutil.copy(scene, folder)
    command = [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node',
               str(processes), str(PROGRAM), loop, str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False,
                          env=os.environ | {'ACCELERATE_USE_CPU': 'true', 'OMP_NUM_THREADS': '1'})
    assert done.returncode == 0, done.stderr[:6000]
    return [torch.load(path) for path in sorted(folder.glob('process_*.pt'))]


@pytest.mark.parametrize('loop', ['detect', 'encode', 'reason'])
def test_two_processes_end_with_the_same_weights_and_learn_from_each_others_scenes(
        loop, prepared, tmp_path):
    first, second = launched(loop, tmp_path / 'two', prepared, 2)
    alone, = launched(loop, tmp_path / 'one', prepared, 1)
    assert first.keys() == alone.keys()
    learned = [name for name in first if 'running_' not in name]  # those are each process's own
    for name in learned:
        torch.testing.assert_close(second[name], first[name], rtol=0, atol=0, msg=name)
    assert any(not torch.allclose(first[name], alone[name]) for name in learned)
    steps = [json.loads(line)['step'] for line in
             (tmp_path / 'two' / 'run' / 'log.jsonl').read_text().splitlines()]
    assert steps == sorted(set(steps))  # told once
