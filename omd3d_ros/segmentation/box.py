"""Gravity-aligned oriented boxes."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class OrientedBox:
    """A box turned about the vertical axis only.

    center  (3,) float64, metres, map frame
    yaw     radians about +z, of the box's x axis, in (-pi/2, pi/2]
    size    (3,) float64, full extents along the box's own axes, metres
    """

    center: npt.NDArray[np.float64]
    yaw: float
    size: npt.NDArray[np.float64]

    def orientation_xyzw(self) -> tuple[float, float, float, float]:
        """Return the box's orientation as a unit quaternion (x, y, z, w)."""
        return 0.0, 0.0, float(np.sin(self.yaw / 2)), float(np.cos(self.yaw / 2))
