"""Run every benchmark, one after the other; results as JSON in benchmarks/out/."""

import subprocess
import sys
from pathlib import Path

PROGRAMS = ('fusion', 'tables', 'real_commands', 'node')  # these write JSON


def main() -> int:
    folder = Path(__file__).resolve().parent
    out = folder / 'out'
    out.mkdir(exist_ok=True)
    failed = 0
    for name in PROGRAMS:
        print(f'--- {name}', flush=True)
        command = [sys.executable, str(folder / f'{name}.py'), '--json', str(out / f'{name}.json')]
        failed += subprocess.run(command, check=False).returncode != 0
    accuracy = [sys.executable, str(folder / 'command_accuracy.py')]
    return failed + (subprocess.run(accuracy, check=False).returncode != 0)


if __name__ == '__main__':
    sys.exit(main())
