"""Gravity-aligned oriented boxes."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError


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

    def moved(self, target_from_source: npt.NDArray[np.float64]) -> OrientedBox:
        """Return the box in another frame, by a rigid transform (4, 4).

        A transform about the vertical keeps the size. One that tilts gives the smallest upright
        box, about the turned x axis, that holds the tilted one.
        """
        rotation = target_from_source[:3, :3]
        forward = rotation[:, :2] @ np.array([np.cos(self.yaw), np.sin(self.yaw)])
        yaw = _half_turn(forward[:2])
        tilt = _about_z(yaw).T @ rotation @ _about_z(self.yaw)
        center = rotation @ np.asarray(self.center, np.float64) + target_from_source[:3, 3]
        return OrientedBox(center, yaw, np.abs(tilt) @ np.asarray(self.size, np.float64))

    def footprint(self) -> npt.NDArray[np.float64]:
        """Return the corners (4, 2) of the box seen from above, anticlockwise, metres."""
        forward = np.array([np.cos(self.yaw), np.sin(self.yaw)]) * self.size[0] / 2
        left = np.array([-np.sin(self.yaw), np.cos(self.yaw)]) * self.size[1] / 2
        center = np.asarray(self.center, np.float64)[:2]
        return np.stack([center - forward - left, center + forward - left,
                         center + forward + left, center - forward + left])

    def covers(
        self, points: npt.NDArray[np.floating], margin: float = 0.0
    ) -> npt.NDArray[np.bool_]:
        """Mark the points (n, 2 or more) over or under the box or this near it, metres."""
        turn = np.array([[np.cos(self.yaw), -np.sin(self.yaw)],
                         [np.sin(self.yaw), np.cos(self.yaw)]])
        along = np.abs((points[:, :2] - np.asarray(self.center)[:2]) @ turn)
        return np.asarray((along <= self.size[:2] / 2 + margin).all(axis=1))


def fit_box(points: npt.NDArray[np.floating]) -> OrientedBox:
    """Return the smallest box about the vertical axis that holds points (n, 3), metres.

    Its footprint is the rectangle of least area around the points seen from above, one side of
    which lies along the convex hull (Freeman and Shapira 1975); its x axis is the longer side.
    Points on one line get a box along it, a single point a box of size 0 with yaw 0.

    Raises
    ------
    ValueError
        When points is empty, not (n, 3) or not finite.

    """
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f'points.shape={points.shape}: must be (n, 3) with n > 0')
    wide = points.astype(np.float64)
    if not np.isfinite(wide).all():
        raise ValueError('points: some are not finite')
    origin = wide.mean(axis=0)
    low, high = (wide - origin).min(axis=0)[2], (wide - origin).max(axis=0)[2]
    flat = wide[:, :2] - origin[:2]
    axes = _rectangle_axes(flat)
    along = flat @ axes.T
    least, most = along.min(axis=0), along.max(axis=0)
    extent = most - least
    if extent[1] > extent[0]:
        axes = np.stack([axes[1], -axes[0]])
        least, most = np.array([least[1], -most[0]]), np.array([most[1], -least[0]])
        extent = extent[::-1]
    center = origin + np.append((least + most) / 2 @ axes, (low + high) / 2)
    return OrientedBox(center, _half_turn(axes[0]), np.append(extent, high - low))


def _rectangle_axes(flat: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the two unit axes, as rows, of the least rectangle around points (n, 2)."""
    try:
        corners = flat[ConvexHull(flat).vertices]
    except (QhullError, ValueError):    # fewer than three points, or all on one line
        start = flat[np.argmax(np.hypot(*flat.T))]
        edge = (flat[np.argmax(np.hypot(*(flat - start).T))] - start)[None]
    else:
        edge = np.roll(corners, -1, axis=0) - corners
    length = np.hypot(edge[:, 0], edge[:, 1])
    if not length.max() > 0:
        return np.eye(2)
    forward = edge[length > 0] / length[length > 0, None]
    left = np.stack([-forward[:, 1], forward[:, 0]], axis=1)
    if len(forward) == 1:
        return np.stack([forward[0], left[0]])
    area = np.ptp(forward @ corners.T, axis=1) * np.ptp(left @ corners.T, axis=1)
    best = int(np.argmin(area))
    return np.stack([forward[best], left[best]])


def _about_z(yaw: float) -> npt.NDArray[np.float64]:
    """Return the rotation (3, 3) by an angle, radians, about +z."""
    cosine, sine = np.cos(yaw), np.sin(yaw)
    return np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])


def _half_turn(axis: npt.NDArray[np.float64]) -> float:
    """Return the angle of an axis (2,), whose two directions are one, in (-pi/2, pi/2]."""
    yaw = float(np.arctan2(axis[1], axis[0]))
    if yaw > np.pi / 2:
        return yaw - np.pi
    return yaw + np.pi if yaw <= -np.pi / 2 else yaw
