"""What a row of the evaluation found out, on disk: results.json, table.txt, pictures."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.drawing.picture import Highlight, Panel, draw_picture
from omd3d_ros.evaluation.figure import Figure
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.text_table import aligned, printable


@dataclasses.dataclass(frozen=True, eq=False)
class Failure:
    """A case that went wrong, to be drawn.

    title           what was wanted, and ``given`` what was answered
    true, answered  (name, (n,) int64 voxels of the snapshot) of what stands out in each panel
    """

    snapshot: MapSnapshot
    title: str
    given: str
    true: tuple[tuple[str, Any], ...]
    answered: tuple[tuple[str, Any], ...]


@dataclasses.dataclass(frozen=True, eq=False)
class Report:
    """The figures of one row for one system.

    about   what it was measured on, and with which models
    cases   one dictionary of plain values for each case, for results.json
    """

    row: str
    system: str
    figures: tuple[Figure, ...]
    about: dict[str, Any]
    cases: tuple[dict[str, Any], ...] = ()
    failures: tuple[Failure, ...] = ()

    def table(self) -> str:
        """Return the figures as text."""
        head = ('', 'value', '95 %', 'chance', 'count')
        lines = aligned([head, *(figure.cells() for figure in self.figures)], (1, 2, 3, 4))
        facts = ', '.join(f'{key} {value}' for key, value in self.about.items())
        return printable(f'{self.row}: {self.system} ({facts})') + '\n' + '\n'.join(lines)

    def as_json(self) -> dict[str, Any]:
        """Return plain values for ``json.dump``."""
        return {'row': self.row, 'system': self.system, 'about': self.about,
                'figures': [figure.as_json() for figure in self.figures],
                'cases': list(self.cases)}


def write_reports(reports: Sequence[Report], folder: Path, pictures: int) -> str:
    """Write results.json, table.txt and so many pictures of each report; return the table."""
    folder.mkdir(parents=True, exist_ok=True)
    table = '\n\n'.join(report.table() for report in reports) + '\n'
    tree = [report.as_json() for report in reports]
    (folder / 'results.json').write_text(json.dumps(tree, indent=1) + '\n', encoding='utf-8')
    (folder / 'table.txt').write_text(table, encoding='utf-8')
    for report in reports:
        for number, failure in enumerate(_some(report.failures, pictures)):
            draw_failure(failure, folder / f'{report.row}_{report.system}_{number:02d}.png')
    return table


def draw_failure(failure: Failure, path: Path) -> None:
    """Write a picture: what was meant on the left, what was answered on the right."""
    snapshot = failure.snapshot
    panels = [
        Panel(title, below, tuple(
            Highlight(name, snapshot.points[voxels]) for name, voxels in parts if len(voxels)))
        for title, below, parts in (
            (failure.title, 'meant', failure.true), (failure.given, 'answered', failure.answered))]
    draw_picture(snapshot.points, snapshot.colors, snapshot.voxel_size, panels, path)


def _some(failures: Sequence[Failure], most: int) -> list[Failure]:
    """Return failures spread evenly over all of them, so that every scene has its share."""
    if len(failures) <= most:
        return list(failures)
    places = np.linspace(0, len(failures) - 1, most).round().astype(int)
    return [failures[place] for place in places]
