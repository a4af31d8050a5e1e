"""An object and how far it answers a command."""

from __future__ import annotations

import dataclasses

from scipy.special import expit

from omd3d_ros.segmentation.scene import SceneObject


@dataclasses.dataclass(frozen=True)
class ScoredObject:
    """An object with its log-odds to be meant, rounded for repeatability."""

    found: SceneObject
    odds: float

    @property
    def score(self) -> float:
        """The probability of that, [0, 1]."""
        return round(float(expit(self.odds)), 4)
