"""A room of boxes seen by a noisy depth camera, rendered analytically with numpy."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout

ROOM_LOW, ROOM_HIGH = np.array([-3.0, -3.0, 0.0]), np.array([3.0, 3.0, 3.0])


@dataclasses.dataclass(frozen=True)
class Frame:
    """A cloud (640x480, 32 bytes a point) with its pose; stamp in ns."""

    cloud: Cloud
    map_from_camera: npt.NDArray[np.float64]
    stamp_ns: int


def furniture(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return (24, 2, 3) low and high corners of boxes on the floor and on a table, metres."""
    boxes = [[[1.2, -0.6, 0.7], [2.0, 0.6, 0.75]]]
    for x in (1.22, 1.96):
        for y in (-0.58, 0.56):
            boxes.append([[x, y, 0.0], [x + 0.02, y + 0.02, 0.7]])
    for index in range(19):
        angle, distance = rng.uniform(0, 2 * np.pi), rng.uniform(1.9, 2.6)
        size = rng.uniform(0.15, 0.7, 3)
        low = [distance * np.cos(angle) - size[0] / 2, distance * np.sin(angle) - size[1] / 2, 0]
        if index > 9:
            low[2] = 0.75
        boxes.append([low, list(np.array(low) + size)])
    return np.array(boxes)


def orbit_pose(turn: float) -> npt.NDArray[np.float64]:
    """Return map_from_camera (optical frame) of a camera that looks outwards from a circle."""
    t = 2 * np.pi * turn
    yaw, pitch = t + 0.2 * np.sin(5 * t), -0.18 + 0.15 * np.sin(2 * t)
    forward = np.array(
        [np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)]
    )
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = [0.6 * np.cos(t), 0.6 * np.sin(t), 1.3 + 0.15 * np.sin(3 * t)]
    return pose


def render_depth(
    boxes: npt.NDArray[np.float64], camera: PinholeCamera, pose: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return depth (H, W) metres and the index of the box hit (-1 the room), by the slab test."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=2
    )
    directions = (rays @ pose[:3, :3].T).astype(np.float32)
    inverse = 1 / np.where(np.abs(directions) < 1e-9, np.float32(1e-9), directions)
    origin = pose[:3, 3]
    depth = np.full(u.shape, np.inf, np.float32)
    for bound in (ROOM_LOW, ROOM_HIGH):
        distance = (bound - origin).astype(np.float32) * inverse
        depth = np.minimum(depth, np.where(distance > 0, distance, np.inf).min(axis=2))
    hit = np.full(u.shape, -1, np.int32)
    for index, (low, high) in enumerate(boxes):
        first = (low - origin).astype(np.float32) * inverse
        second = (high - origin).astype(np.float32) * inverse
        enter = np.minimum(first, second).max(axis=2)
        leave = np.maximum(first, second).min(axis=2)
        nearer = (enter < leave) & (enter > 0) & (enter < depth)
        depth[nearer], hit[nearer] = enter[nearer], index
    return depth, hit


def render_frame(
    boxes: npt.NDArray[np.float64],
    camera: PinholeCamera,
    turn: float,
    stamp_ns: int,
    rng: np.random.Generator,
) -> Frame:
    """Render a cloud with the noise, dropouts and shadows of a structured-light camera.

    Noise as in C. V. Nguyen et al., "Modeling Kinect Sensor Noise", 3DIMPVT 2012.
    """
    pose = orbit_pose(turn)
    depth, hit = render_depth(boxes, camera, pose)
    edge = np.zeros(depth.shape, bool)
    edge[:, 1:] |= np.abs(np.diff(depth, axis=1)) > 0.1
    edge[1:] |= np.abs(np.diff(depth, axis=0)) > 0.1
    noisy = depth + rng.normal(size=depth.shape) * (0.0012 + 0.0019 * (depth - 0.4) ** 2)
    noisy[edge | (rng.random(depth.shape) < 0.03)] = np.nan
    packed = np.zeros((*depth.shape, 8), np.float32)
    packed[:, :, :3] = camera.backproject(noisy.astype(np.float32))
    shade = rng.integers(40, 200, (len(boxes) + 1, 3), np.uint8)[hit]
    packed.view(np.uint8)[:, :, 16:19] = shade
    width, height = camera.width, camera.height
    layout = PointLayout(width, height, 32, 32 * width, 0, 4, 8, has_color=True, r=18, g=17, b=16)
    return Frame(Cloud(packed.reshape(-1).view(np.uint8), layout), pose, stamp_ns)
