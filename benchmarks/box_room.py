"""A room of boxes seen by a noisy depth camera, rendered analytically."""

from __future__ import annotations

import dataclasses
import sys

import numpy as np
import numpy.typing as npt
from ray_boxes import Boxes, cast_rays

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud, PointLayout

ROOM = np.array([[-3.0, -3.0, 0.0], [3.0, 3.0, 3.0]])
CAMERA = PinholeCamera(640, 480, 525.0, 525.0, 319.5, 239.5)
LARGE_CAMERA = PinholeCamera(1280, 960, 1050.0, 1050.0, 639.5, 479.5)


@dataclasses.dataclass(frozen=True)
class Frame:
    """A cloud of 32 bytes a point with its pose; stamp in ns."""

    cloud: Cloud
    map_from_sensor: npt.NDArray[np.float64]
    stamp_ns: int


def furniture(rng: np.random.Generator) -> Boxes:
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


def facing(
    position: npt.NDArray[np.float64], forward: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return map_from_camera (optical frame) of a level camera that looks along ``forward``."""
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0.0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.stack([right, np.cross(forward, right), forward], axis=1)
    pose[:3, 3] = position
    return pose


def orbit_pose(turn: float) -> npt.NDArray[np.float64]:
    """Return map_from_camera of a camera that looks outwards from a circle."""
    t = 2 * np.pi * turn
    yaw, pitch = t + 0.2 * np.sin(5 * t), -0.18 + 0.15 * np.sin(2 * t)
    forward = [np.cos(yaw) * np.cos(pitch), np.sin(yaw) * np.cos(pitch), np.sin(pitch)]
    position = [0.6 * np.cos(t), 0.6 * np.sin(t), 1.3 + 0.15 * np.sin(3 * t)]
    return facing(np.array(position), np.array(forward))


def render_depth(
    boxes: Boxes, camera: PinholeCamera, pose: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Return depth (H, W) metres and the index of the box hit (-1 the room), without noise."""
    v, u = np.mgrid[0 : camera.height, 0 : camera.width]
    rays = np.stack(
        [(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy, np.ones(u.shape)], axis=2
    )
    depth, hit = cast_rays(pose[:3, 3], rays.reshape(-1, 3) @ pose[:3, :3].T, ROOM, boxes)
    return depth.reshape(u.shape), hit.reshape(u.shape)


def measured_depth(
    depth: npt.NDArray[np.float64], rng: np.random.Generator, flying: float = 0.0
) -> npt.NDArray[np.float64]:
    """Return what a structured-light camera measures: noise, dropouts, shadows at edges as NaN.

    Noise as in C. V. Nguyen et al., "Modeling Kinect Sensor Noise", 3DIMPVT 2012. A share
    ``flying`` of the pixels at edges is measured between what lies before and behind the edge,
    as by a sensor whose pixels average over both.
    """
    near, far = depth.copy(), depth.copy()
    for old, new in (
        (np.s_[:, :-1], np.s_[:, 1:]), (np.s_[:, 1:], np.s_[:, :-1]),
        (np.s_[:-1], np.s_[1:]), (np.s_[1:], np.s_[:-1]),
    ):
        near[new] = np.minimum(near[new], depth[old])
        far[new] = np.maximum(far[new], depth[old])
    edge = far - near > 0.1
    noisy = depth + rng.normal(size=depth.shape) * (0.0012 + 0.0019 * (depth - 0.4) ** 2)
    mixed = near + rng.random(depth.shape) * (far - near)
    noisy[edge] = np.where(rng.random(depth.shape) < flying, mixed, np.nan)[edge]
    noisy[rng.random(depth.shape) < 0.03] = np.nan
    return noisy


def packed_cloud(points: npt.NDArray[np.floating], colors: npt.NDArray[np.uint8]) -> Cloud:
    """Return a cloud of 32 bytes a point, as depth drivers send; (height, width, 3), RGB."""
    height, width = points.shape[:2]
    words = np.zeros((height, width, 8), np.float32)
    words[:, :, :3] = points
    words.view(np.uint8)[:, :, 16:19] = colors[:, :, ::-1]
    layout = PointLayout(width, height, 32, 32 * width, 0, 4, 8, has_color=True, r=18, g=17, b=16)
    return Cloud(words.reshape(-1).view(np.uint8), layout)


def unorganised(cloud: Cloud) -> Cloud:
    """Return the measured points of a cloud as one row, as drivers that filter send them."""
    points, colors = cloud.points().reshape(1, -1, 3), cloud.colors().reshape(1, -1, 3)
    measured = np.isfinite(points[0, :, 2])
    return packed_cloud(points[:, measured], colors[:, measured])


def render_frame(
    boxes: Boxes,
    camera: PinholeCamera,
    pose: npt.NDArray[np.float64],
    stamp_ns: int,
    rng: np.random.Generator,
    flying: float = 0.0,
) -> Frame:
    """Render a cloud as a noisy camera measures it; every box has its own colour."""
    depth, hit = render_depth(boxes, camera, pose)
    noisy = measured_depth(depth, rng, flying)
    shades = np.random.default_rng(2).integers(40, 200, (len(boxes) + 1, 3), np.uint8)
    cloud = packed_cloud(camera.backproject(noisy.astype(np.float32)), shades[hit])
    return Frame(cloud, pose, stamp_ns)


def rendered_frames(count: int, camera: PinholeCamera = CAMERA) -> list[Frame]:
    """Render ``count`` frames of the furnished room, at 10 Hz; 50 are a turn of the orbit."""
    boxes = furniture(np.random.default_rng(1))
    rng = np.random.default_rng(0)
    frames = []
    for index in range(count):
        pose = orbit_pose(0.02 * index)
        frames.append(render_frame(boxes, camera, pose, index * 10**8, rng))
        print(f'\rrendering {index + 1}/{count}', end='', file=sys.stderr, flush=True)
    print(file=sys.stderr)
    return frames
