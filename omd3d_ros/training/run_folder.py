"""A training run on disk: what it was asked for, how far it is, its curves, its checkpoint.

The files are settings.json, log.jsonl (a line a report), curves.png and checkpoint.pt. All are
written whole or not at all, so a run can be killed at any time and resumed.
"""

from __future__ import annotations

import dataclasses
import io
import json
import sys
import time
from pathlib import Path
from typing import Any

import torch

from omd3d_ros.mapping.whole_file import whole_file

_CHECKPOINT, _SETTINGS, _LOG, _CURVES = 'checkpoint.pt', 'settings.json', 'log.jsonl', 'curves.png'


class RunFolder:
    """The folder of one run.

    A run whose folder holds other settings is not continued: ValueError names the difference.
    Only the main process of several writes (``writes``).
    """

    def __init__(self, path: Path, settings: Any, *, writes: bool = True) -> None:
        self.path, self._writes = path, writes
        asked = json.loads(json.dumps(dataclasses.asdict(settings)))
        file = path / _SETTINGS
        if file.exists():
            held = json.loads(file.read_text())
            if held != asked:
                different = sorted(
                    key for key in {*held, *asked} if held.get(key) != asked.get(key))
                raise ValueError(f'{file}: the run there has other settings: '
                                 f'{", ".join(different)}; choose another folder')
        elif writes:
            path.mkdir(parents=True, exist_ok=True)
            self._write(_SETTINGS, json.dumps(asked, indent=1) + '\n')
        self._began, self._first_step = time.monotonic(), 0

    def resume(self) -> dict[str, Any] | None:
        """Return the last state that was saved, on the CPU, or None in a new run."""
        file = self.path / _CHECKPOINT
        if not file.exists():
            return None
        state: dict[str, Any] = torch.load(file, map_location='cpu', weights_only=True)
        self._first_step = int(state['step'])
        self._keep_log_until(self._first_step)
        return state

    def save(self, state: dict[str, Any]) -> None:
        """Write a state of tensors and plain values, with its ``step``, and the curves."""
        if not self._writes:
            return
        buffer = io.BytesIO()
        torch.save(state, buffer)
        with whole_file(self.path / _CHECKPOINT) as beside:
            beside.write_bytes(buffer.getvalue())
        self._draw()

    def report(self, step: int, steps: int, figures: dict[str, float]) -> None:
        """Log figures of a step and show them with the time left."""
        if not self._writes:
            return
        with (self.path / _LOG).open('a') as log:
            log.write(json.dumps({'step': step, **figures}) + '\n')
        done = max(step - self._first_step, 1)
        left = (time.monotonic() - self._began) / done * (steps - step)
        shown = '  '.join(f'{name} {value:.4g}' for name, value in figures.items())
        sys.stdout.write(f'{step}/{steps}  {left / 60:.1f} min left  {shown}\n')
        sys.stdout.flush()

    def history(self) -> list[dict[str, float]]:
        """Return every report so far, in order."""
        file = self.path / _LOG
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []

    def _keep_log_until(self, step: int) -> None:
        """Drop what was logged after the checkpoint: it will be logged again."""
        if self._writes:
            kept = [json.dumps(row) + '\n' for row in self.history() if row['step'] <= step]
            self._write(_LOG, ''.join(kept))

    def _write(self, name: str, text: str) -> None:
        with whole_file(self.path / name) as beside:
            beside.write_text(text)

    def _draw(self) -> None:
        rows = self.history()
        names = sorted({name for row in rows for name in row if name != 'step'})
        if not names:
            return
        from matplotlib.figure import Figure

        figure = Figure(figsize=(12, 2.4 * -(-len(names) // 3)), layout='tight')
        for place, name in enumerate(names, start=1):
            axes = figure.add_subplot(-(-len(names) // 3), 3, place)
            points = [(row['step'], row[name]) for row in rows if name in row]
            axes.plot(*zip(*points, strict=True), linewidth=1)
            axes.set_title(name, fontsize=9)
            axes.grid(alpha=0.3)
        buffer = io.BytesIO()
        figure.savefig(buffer, format='png', dpi=70)
        with whole_file(self.path / _CURVES) as beside:
            beside.write_bytes(buffer.getvalue())
