"""Where a robot may stand to face an object."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox

_DIRECTIONS = 72
_ROBOT_RADIUS = 0.3  # m
_ROBOT_HEIGHT = 1.5  # m
_STEP_HEIGHT = 0.1  # m, lower things do not stop a robot


@dataclasses.dataclass(frozen=True)
class ApproachPose:
    """A pose on the floor, x forward: position (3,) in metres, yaw in radians, map frame."""

    position: npt.NDArray[np.float64]
    yaw: float


def approach_poses(
    voxels: npt.NDArray[np.float32],
    box: OrientedBox,
    distance: float,
    count: int,
    start: npt.NDArray[np.float64] | None,
) -> tuple[ApproachPose, ...]:
    """Return up to ``count`` poses that face the box from ``distance`` m before its sides.

    A pose is offered where a cylinder the size of a robot holds none of the map's voxels (N, 3);
    the floor is the map's lowest layer (second percentile of z). Nearest to ``start`` (3,)
    first, else in order of direction.
    """
    if not (math.isfinite(distance) and 0 < distance <= 10):
        raise ValueError(f'distance={distance}: must lie in (0, 10] m')
    if not 1 <= count <= _DIRECTIONS:
        raise ValueError(f'count={count}: must lie in [1, {_DIRECTIONS}]')
    floor = float(np.percentile(voxels[:, 2], 2)) if len(voxels) else 0.0
    tall = voxels[(voxels[:, 2] > floor + _STEP_HEIGHT) & (voxels[:, 2] < floor + _ROBOT_HEIGHT)]
    poses = []
    for angle in np.linspace(-math.pi, math.pi, _DIRECTIONS, endpoint=False):
        ahead = np.array([math.cos(angle), math.sin(angle)])
        place = box.center[:2] + ahead * (_reach(box, angle) + distance)
        near = ((tall[:, :2] - place) ** 2).sum(axis=1) < _ROBOT_RADIUS**2
        if not near.any():
            facing = math.atan2(-ahead[1], -ahead[0])
            poses.append(ApproachPose(np.array([*place, floor]), facing))
    if start is not None:
        poses.sort(key=lambda pose: float(np.linalg.norm(pose.position[:2] - start[:2])))
    return tuple(poses[:count])


def _reach(box: OrientedBox, angle: float) -> float:
    """Return how far the box's footprint reaches from its centre in a direction."""
    local = angle - box.yaw
    reaches = [half / abs(part) for half, part in (
        (box.size[0] / 2, math.cos(local)), (box.size[1] / 2, math.sin(local)))
        if abs(part) > 1e-9]
    return float(min(reaches))
