"""The node's state on /diagnostics."""

from __future__ import annotations

import dataclasses

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from std_msgs.msg import Header


@dataclasses.dataclass(frozen=True)
class Health:
    """What /diagnostics tells, once a second."""

    state: str
    counts: dict[str, int]
    map_voxels: int
    map_bytes: int
    map_revision: int
    fusion_frame: str
    map_jumps: int
    keyframes: int
    objects: int
    worker: str
    model: str
    last_latency_ms: float
    cloud_rate_hz: float


def _level_and_text(health: Health, dropped: int) -> tuple[bytes, str]:
    if health.worker == 'failed':
        return DiagnosticStatus.ERROR, 'the model cannot be loaded'
    if health.worker == 'restarting':
        return DiagnosticStatus.WARN, 'the worker is restarting'
    received = health.counts.get('clouds_received', 0)
    if dropped > 0.1 * max(received, 10):
        return DiagnosticStatus.WARN, f'{dropped} clouds were dropped'
    return DiagnosticStatus.OK, health.state


def diagnostics_message(health: Health, header: Header, node_name: str) -> DiagnosticArray:
    """Return one status with the keys of the interface."""
    counts = dict(health.counts)
    drops = {key: value for key, value in counts.items() if key.startswith('dropped_')}
    values: dict[str, object] = {
        'state': health.state,
        'clouds_received': counts.pop('clouds_received', 0),
        'clouds_integrated': counts.pop('clouds_integrated', 0),
        'clouds_dropped': sum(drops.values()),
        'cloud_rate_hz': f'{health.cloud_rate_hz:.1f}',
        'map_voxels': health.map_voxels,
        'map_bytes': health.map_bytes,
        'map_revision': health.map_revision,
        'fusion_frame': health.fusion_frame,
        'map_jumps': health.map_jumps,
        'keyframes': health.keyframes,
        'objects': health.objects,
        'worker': health.worker,
        'model': health.model,
        'commands_answered': counts.pop('commands_answered', 0),
        'last_latency_ms': f'{health.last_latency_ms:.1f}',
        **dict(sorted(counts.items())),
    }
    level, text = _level_and_text(health, sum(drops.values()))
    status = DiagnosticStatus(
        level=level, name=node_name, message=text, hardware_id='',
        values=[KeyValue(key=key, value=str(value)) for key, value in values.items()])
    return DiagnosticArray(header=header, status=[status])
