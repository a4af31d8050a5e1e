"""Run every benchmark, one after the other; results as JSON in benchmarks/out/."""

import subprocess
import sys
from pathlib import Path

PROGRAMS = ('fusion', 'node')  # these write JSON
ROWS = ('tables', 'real-commands')  # of omd3d_evaluate; the others need generated scenes


def main() -> int:
    folder = Path(__file__).resolve().parent
    out = folder / 'out'
    out.mkdir(exist_ok=True)
    commands = [
        [sys.executable, str(folder / f'{name}.py'), '--json', str(out / f'{name}.json')]
        for name in PROGRAMS]
    commands += [
        [sys.executable, '-m', 'omd3d_ros.evaluation.program', row, '--out', str(out / row),
         '--systems', 'ours'] for row in ROWS]
    commands.append([sys.executable, str(folder / 'command_accuracy.py')])
    failed = 0
    for command in commands:
        print('---', *command[1:3], flush=True)
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == '__main__':
    sys.exit(main())
