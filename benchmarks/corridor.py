"""An endless furnished corridor seen by a noisy depth camera, rendered analytically with numpy.

The corridor runs along x, between walls at y = -2.2 and 2.2 m, and repeats every 6 m. So the
frames of one period serve everywhere: only the robot's pose in the map goes on.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera

PERIOD = 6.0       # m
_RANGE = 5.0       # m, what is farther is not measured
_HALF_WIDTH, _HEIGHT = 2.2, 2.6
_CAMERA_HEIGHT = 1.25
# optical frame (x right, y down, z forward) in the robot's frame (x forward, y left, z up)
_FORWARD = np.array([[0.0, 0.0, 1.0], [-1.0, 0.0, 0.0], [0.0, -1.0, 0.0]])


@dataclasses.dataclass(frozen=True)
class Frame:
    """Images of one camera; poses 4x4, the map's x within the first period of the corridor."""

    color: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.uint16]
    camera: PinholeCamera
    map_from_base: npt.NDArray[np.float64]
    base_from_camera: npt.NDArray[np.float64]


def corridor_boxes(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return (n, 2, 3) low and high corners, metres: four walls, then two tables and 14 things."""
    wide = 1e3
    boxes = [
        [[-wide, -_HALF_WIDTH, -0.1], [wide, _HALF_WIDTH, 0.0]],
        [[-wide, -_HALF_WIDTH, _HEIGHT], [wide, _HALF_WIDTH, _HEIGHT + 0.1]],
        [[-wide, -_HALF_WIDTH - 0.1, 0.0], [wide, -_HALF_WIDTH, _HEIGHT]],
        [[-wide, _HALF_WIDTH, 0.0], [wide, _HALF_WIDTH + 0.1, _HEIGHT]],
    ]
    for side, middle in ((1, 1.5), (-1, 4.5)):
        near, far = sorted((side * 1.1, side * 1.8))
        boxes.append([[middle - 0.7, near, 0.70], [middle + 0.7, far, 0.74]])
        for _ in range(4):
            size = rng.uniform(0.06, 0.3, 3)
            x, y = middle + rng.uniform(-0.5, 0.5), side * rng.uniform(1.25, 1.65)
            boxes.append([[x - size[0] / 2, y - size[1] / 2, 0.74],
                          [x + size[0] / 2, y + size[1] / 2, 0.74 + size[2]]])
        for offset in (1.3, 1.8, 2.3):
            size = rng.uniform(0.25, 0.7, 3)
            x, y = middle + offset, side * rng.uniform(1.3, 1.6)
            boxes.append([[x - size[0] / 2, y - size[1] / 2, 0.0],
                          [x + size[0] / 2, y + size[1] / 2, size[2]]])
    return np.array(boxes)


def _pose(rotation: npt.NDArray[np.float64], position: npt.ArrayLike) -> npt.NDArray[np.float64]:
    pose = np.eye(4)
    pose[:3, :3], pose[:3, 3] = rotation, position
    return pose


def _turned(yaw: float, pitch: float) -> npt.NDArray[np.float64]:
    """Return the rotation about z, then y (pitch > 0 looks down)."""
    c, s = np.cos(yaw), np.sin(yaw)
    about_z = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    c, s = np.cos(pitch), np.sin(pitch)
    return about_z @ np.array([[c, 0.0, s], [0.0, 1.0, 0.0], [-s, 0.0, c]])


def poses_of_period(
    part: float, backwards: bool
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return map_from_base and base_from_camera after this part, in [0, 1), of one period.

    The robot weaves along the corridor and its head looks from side to side.
    """
    turn = 2 * np.pi * part
    yaw = np.pi if backwards else 0.0
    base = _pose(_turned(yaw + 0.1 * np.cos(turn), 0.0),
                 [PERIOD * part, 0.3 * np.sin(turn), 0.0])
    head = _turned(0.7 * np.sin(2 * turn), 0.25 + 0.2 * np.sin(3 * turn))
    return base, _pose(head @ _FORWARD, [0.1, 0.0, _CAMERA_HEIGHT])


def _hits(
    boxes: npt.NDArray[np.float64], origin: npt.NDArray[np.float64],
    directions: npt.NDArray[np.float32],
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.intp]]:
    """Return how far along each ray (..., 3) the first box lies, and which it is (slab test)."""
    inverse = 1 / np.where(np.abs(directions) < 1e-9, np.float32(1e-9), directions)
    depth = np.full(directions.shape[:-1], np.inf, np.float32)
    hit = np.zeros(depth.shape, np.intp)
    for index, (low, high) in enumerate(boxes):
        first = (low - origin).astype(np.float32) * inverse
        second = (high - origin).astype(np.float32) * inverse
        enter = np.minimum(first, second).max(axis=-1)
        leave = np.maximum(first, second).min(axis=-1)
        nearer = (enter < leave) & (enter > 0) & (enter < depth)
        depth[nearer], hit[nearer] = enter[nearer], index
    return depth, hit


def render_period(camera: PinholeCamera, count: int, backwards: bool) -> list[Frame]:
    """Return ``count`` frames along one period, walking backwards or not.

    Noise as in C. V. Nguyen et al., "Modeling Kinect Sensor Noise", 3DIMPVT 2012.
    """
    boxes = corridor_boxes(np.random.default_rng(1))
    colors = np.random.default_rng(2).integers(40, 220, (len(boxes), 3), np.uint8)
    walls, things = boxes[:4], boxes[4:]
    things = np.concatenate([things + np.array([k * PERIOD, 0.0, 0.0]) for k in (-1, 0, 1)])
    thing_colors = np.concatenate([colors[4:]] * 3)
    rng = np.random.default_rng(int(backwards))
    rays = camera.backproject(np.ones((camera.height, camera.width), np.float32))
    frames = []
    for index in range(count):
        part = (1 - index / count) % 1 if backwards else index / count
        base, head = poses_of_period(part, backwards)
        pose = base @ head
        near = np.abs(things.mean(axis=1)[:, 0] - pose[0, 3]) < _RANGE + 1
        depth, hit = _hits(np.concatenate([walls, things[near]]), pose[:3, 3],
                           (rays @ pose[:3, :3].T).astype(np.float32))
        lost = (depth > _RANGE) | (rng.random(depth.shape) < 0.03)
        depth = np.where(lost, np.float32(1.0), depth)
        noise = rng.normal(size=depth.shape) * (0.0012 + 0.0019 * (depth - 0.4) ** 2)
        millimetres = np.where(lost, 0.0, np.rint(1000 * (depth + noise))).astype(np.uint16)
        color = np.concatenate([colors[:4], thing_colors[near]])[hit]
        frames.append(Frame(color, millimetres, camera, base, head))
    return frames
