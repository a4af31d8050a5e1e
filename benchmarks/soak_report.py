"""What a soak measured, from its samples: memory at its beginning and end, clouds, the cap."""

from __future__ import annotations

import collections
import dataclasses
import statistics
from typing import Any

Sample = dict[str, Any]
_WARM_UP = 600.0    # s, after which memory is compared
_WINDOW = 300.0     # s, over which it is averaged
_MEMORIES = ('node_rss_mb', 'node_private_mb', 'worker_rss_mb', 'worker_private_mb')


@dataclasses.dataclass(frozen=True)
class Asked:
    """How a command ended: its status by name, and the seconds from goal to result."""

    status: str
    seconds: float


def _slope(times: list[float], values: list[float]) -> float:
    """Return the least-squares slope; 0 for fewer than two times."""
    if len(times) < 2 or min(times) == max(times):
        return 0.0
    return statistics.linear_regression(times, values).slope


def memory_growth(samples: list[Sample], name: str) -> dict[str, float]:
    """Compare the medians of a memory, MB, over an early and the last window.

    The early window is minutes 10 to 15 and the last one the last 5 minutes; of a soak too short
    for that, the second and the last quarter. The slope is over everything from the early window
    on. Samples without the value (the worker was restarting) do not count.
    """
    seconds = samples[-1]['seconds'] if samples else 0.0
    begin, window = (_WARM_UP, _WINDOW) if seconds >= _WARM_UP + 2 * _WINDOW else (
        seconds / 4, seconds / 4)
    known = [s for s in samples if s[name] is not None and s['seconds'] >= begin]
    early = [s[name] for s in known if s['seconds'] <= begin + window]
    last = [s[name] for s in known if s['seconds'] >= seconds - window]
    if not early or not last:
        return {}
    first, end = statistics.median(early), statistics.median(last)
    slope = _slope([s['seconds'] for s in known], [s[name] for s in known])
    return {
        'from_s': round(begin), 'window_s': round(window), 'early_mb': round(first, 1),
        'end_mb': round(end, 1), 'growth_percent': round(100 * (end / first - 1), 2),
        'slope_mb_per_hour': round(3600 * slope, 1),
        'most_mb': round(max(s[name] for s in known), 1),
    }


def latencies(asked: list[Asked]) -> dict[str, Any]:
    """Return how many commands ended how, and the median and 95th percentile of their times."""
    times = sorted(each.seconds for each in asked)
    if not times:
        return {'asked': 0}
    return {
        'asked': len(asked),
        'by_status': dict(collections.Counter(each.status for each in asked)),
        'p50_ms': round(1e3 * statistics.median(times)),
        'p95_ms': round(1e3 * times[min(len(times) - 1, round(0.95 * len(times)))]),
        'most_ms': round(1e3 * times[-1]),
    }


def clouds(sent: int, late: int, counts: dict[str, str]) -> dict[str, Any]:
    """Return where the clouds went; ``counts`` are the last values of /diagnostics."""
    received, integrated = (int(counts.get(f'clouds_{what}', 0))
                            for what in ('received', 'integrated'))
    dropped = {key.removeprefix('dropped_'): int(value) for key, value in counts.items()
               if key.startswith('dropped_') and int(value)}
    return {'sent': sent, 'sent_late': late, 'received': received, 'integrated': integrated,
            'dropped': dropped, 'lost_in_transport': sent - received,
            'not_integrated': sent - integrated}


def report(
    samples: list[Sample], asked: list[Asked], sent: int, late: int, counts: dict[str, str],
    cap: int,
) -> dict[str, Any]:
    """Return the figures of a soak; ``cap`` is max_map_bytes."""
    most = samples[-1]['most_map_bytes'] if samples else 0
    voxels = [s['map_voxels'] for s in samples]
    return {
        'minutes': round(samples[-1]['seconds'] / 60, 2) if samples else 0.0,
        'clouds': clouds(sent, late, counts),
        'memory': {name: memory_growth(samples, name) for name in _MEMORIES},
        'map': {
            'most_bytes': most, 'cap_bytes': cap, 'within_cap': most <= cap,
            'most_voxels': max(voxels, default=0), 'last_voxels': voxels[-1] if voxels else 0,
            'voxels_evicted': int(counts.get('voxels_evicted', 0)),
            'voxels_cleared': int(counts.get('voxels_cleared', 0)),
        },
        'commands': latencies(asked),
        'answered': {key.removeprefix('answered_'): int(value) for key, value in counts.items()
                     if key.startswith('answered_')},
        'workers': len({s['worker_pid'] for s in samples if s['worker_pid']}),
        'longest_without_diagnostics_s': round(
            max((s['diagnostics_gap'] for s in samples), default=0.0), 1),
    }
