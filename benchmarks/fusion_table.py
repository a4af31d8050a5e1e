"""The tables of the fusion benchmark, in 100 columns, and the targets beside its figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fusion_race import Result

FLOOR_NAMES = ('memcpy', 'floor')

# By voxel size: how many times slower a peer is at least; milliseconds at most.
FASTER = {
    'octomap_rays': {'0.05': 100.0, '0.02': 150.0},
    'voxelblockgrid': {'0.05': 2.0, '0.02': 3.0},
    'numpy': {'0.05': 25.0, '0.02': 25.0},
}
MILLISECONDS = {'0.05': 4.0, '0.02': 8.0}
OVER_FLOOR = {'0.05': 5.0}
BYTES = {'0.02': 100.0}
# By where in the figures.
AT_LEAST: dict[tuple[str, ...], float] = {
    ('clearing', 'ghosts_removed'): 0.97, ('clearing', 'static_kept'): 0.999,
}
AT_MOST: dict[tuple[str, ...], float] = {
    ('flat',): 1.2, ('snapshot_1m_ms',): 15.0, ('cold_start_s',): 1.0,
}


def summary(results: Sequence[Result]) -> dict[str, Any]:
    """Return the figures of a race whose first result is ours.

    ratio   peer / ours, so that larger is better for us; for the floors ours / floor
    """
    ours = results[0]
    medians = {result.name: result.median_ms for result in results[1:]}
    return {
        'ours_ms': ours.median_ms, 'ours_p95_ms': ours.p95_ms, 'floor_ms': medians['floor'],
        'memcpy_ms': medians['memcpy'],
        'ratio': {
            name: ours.median_ms / median if name in FLOOR_NAMES else median / ours.median_ms
            for name, median in medians.items()
        },
        'rows': {
            result.name: {'median_ms': result.median_ms, 'p95_ms': result.p95_ms,
                          'frames': result.frames, 'map': result.size}
            for result in results
        },
    }


def print_race(title: str, results: Sequence[Result]) -> None:
    ours = results[0].median_ms
    print(f'\n{title}; processor ms a frame')
    print(f'{"":20} {"clears":8} {"frames":>6} {"median":>8} {"p95":>8}  {"":15} map')
    for result in results:
        ratio = ''
        if result.name in FLOOR_NAMES:
            ratio = f'ours is {ours / result.median_ms:.1f} x'
        elif result is not results[0]:
            ratio = f'{result.median_ms / ours:.1f} x ours'
        print(f'{result.name:20} {result.clears:8} {result.frames:6} {result.median_ms:8.2f} '
              f'{result.p95_ms:8.2f}  {ratio:15} {result.size}')


def targets(figures: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what was aimed at beside what was measured, of the parts that were measured."""
    rows: list[dict[str, Any]] = []

    def add(name: str, figure: float | None, limit: float, at_least: bool) -> None:
        if figure is not None:
            met = figure >= limit if at_least else figure <= limit
            rows.append({'name': name, 'figure': figure, 'limit': limit,
                         'at_least': at_least, 'met': met})

    for size, race in figures.items():
        if not (isinstance(race, dict) and size in MILLISECONDS):
            continue
        where = f'at {100 * float(size):g} cm'
        add(f'ms a frame {where}', race['ours_ms'], MILLISECONDS[size], False)
        for peer, limits in FASTER.items():
            add(f'x faster than {peer} {where}', race['ratio'].get(peer), limits[size], True)
        if size in OVER_FLOOR:
            add(f'x the read+key floor {where}', race['ratio']['floor'], OVER_FLOOR[size], False)
        if size in BYTES:
            add(f'bytes a voxel {where}', race['bytes_per_voxel'], BYTES[size], False)
    for bounds, at_least in ((AT_MOST, False), (AT_LEAST, True)):
        for keys, limit in bounds.items():
            figure: Any = figures
            for key in keys:
                figure = figure.get(key) if figure is not None else None
            add(' '.join(keys), figure, limit, at_least)
    return rows


def print_targets(rows: Sequence[dict[str, Any]]) -> None:
    print('\nTargets')
    for row in rows:
        bound = 'at least' if row['at_least'] else 'at most'
        print(f'{"met" if row["met"] else "MISSED":7} {row["figure"]:10.4g}  {bound:8} '
              f'{row["limit"]:<6g}  {row["name"]}')
