"""The upright box around a model, turned with it."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True, eq=False)
class Footprint:
    """A rectangle seen from above, and its lowest and highest point; metres.

    center  (2,)
    half    (2,) half extents along its own axes
    yaw     radians, of its own x axis
    """

    center: npt.NDArray[np.float64]
    half: npt.NDArray[np.float64]
    yaw: float
    low: float
    high: float

    @property
    def axes(self) -> npt.NDArray[np.float64]:
        """Its own x and y axis as rows (2, 2)."""
        c, s = np.cos(self.yaw), np.sin(self.yaw)
        return np.array([[c, s], [-s, c]])

    @property
    def corners(self) -> npt.NDArray[np.float64]:
        """Its corners (4, 2), anticlockwise."""
        signs = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
        return self.center + (signs * self.half) @ self.axes

    def gap(self, other: Footprint) -> float:
        """Return by how much the rectangles are apart; negative where they overlap.

        The largest gap along a side of either (separating axes): exact where they overlap or
        face each other, too small by up to a third corner to corner.
        """
        mine, others = self.corners, other.corners
        axes = np.concatenate([self.axes, other.axes])
        a, b = mine @ axes.T, others @ axes.T
        return float(np.maximum(b.min(axis=0) - a.max(axis=0), a.min(axis=0) - b.max(axis=0)).max())

    def overlaps(self, other: Footprint, gap: float = 0.0) -> bool:
        """Tell whether the boxes are nearer than a gap to each other, seen from above."""
        if self.low >= other.high or self.high <= other.low:
            return False
        away = self.center - other.center
        reach = np.hypot(*self.half) + np.hypot(*other.half) + gap
        return bool(away @ away < reach * reach) and self.gap(other) < gap

    def holds(self, points: npt.NDArray[np.float64], margin: float = 0.0) -> npt.NDArray[np.bool_]:
        """Mark the points (n, 2) in the rectangle enlarged by a margin."""
        local = np.abs((points - self.center) @ self.axes.T)
        return np.asarray((local <= self.half + margin).all(axis=1))


def footprint_of(vertices: npt.NDArray[np.float64], yaw: float) -> Footprint:
    """Return the box around vertices (V, 3) whose sides are turned by yaw, radians."""
    c, s = np.cos(yaw), np.sin(yaw)
    axes = np.array([[c, s], [-s, c]])
    local = vertices[:, :2] @ axes.T
    low, high = local.min(axis=0), local.max(axis=0)
    return Footprint((low + high) / 2 @ axes, (high - low) / 2, float(yaw),
                     float(vertices[:, 2].min()), float(vertices[:, 2].max()))
