"""All settings of the segmenter, as the worker receives them."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from omd3d_ros.segmentation.model_settings import (
    AppearanceSettings,
    DetectorSettings,
    LanguageModelSettings,
    ReasonerSettings,
)
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.tracker_settings import TrackerSettings
from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class SegmenterSettings:
    """Settings of perceiving and reasoning."""

    threads: int = setting(2, 'processor threads of the worker', low=1, high=256)
    detector: DetectorSettings = dataclasses.field(default_factory=DetectorSettings)
    proposals: ProposalSettings = dataclasses.field(default_factory=ProposalSettings)
    tracker: TrackerSettings = dataclasses.field(default_factory=TrackerSettings)
    appearance: AppearanceSettings = dataclasses.field(default_factory=AppearanceSettings)
    language: LanguageModelSettings = dataclasses.field(default_factory=LanguageModelSettings)
    reasoner: ReasonerSettings = dataclasses.field(default_factory=ReasonerSettings)

    def __post_init__(self) -> None:
        check_settings(self)


def from_mapping(values: dict[str, Any]) -> SegmenterSettings:
    """Rebuild settings from ``dataclasses.asdict``, after a way through JSON."""
    def rebuild(default: Any, tree: dict[str, Any]) -> Any:
        changes = {}
        for name, value in tree.items():
            old = getattr(default, name)
            if isinstance(value, dict):
                changes[name] = rebuild(old, value)
            else:
                changes[name] = tuple(value) if isinstance(old, tuple) else value
        return dataclasses.replace(default, **changes)

    settings: SegmenterSettings = rebuild(SegmenterSettings(), values)
    return settings


def read_settings(path: Path | None) -> SegmenterSettings:
    """Read a JSON file of the fields that differ; the defaults without one.

    Raises ValueError naming the file that is not usable, OSError where it cannot be read.
    """
    if path is None:
        return SegmenterSettings()
    try:
        tree: dict[str, Any] = json.loads(path.read_text(encoding='utf-8'))
        return from_mapping(tree)
    except (AttributeError, TypeError, ValueError) as error:
        raise ValueError(f'settings={str(path)!r}: {error}') from error
