"""A lidar of 128 beams in a warehouse: 200,000 points a scan, unorganised, up to 60 m."""

from __future__ import annotations

import numpy as np
from box_room import Frame, packed_cloud
from ray_boxes import Boxes, cast_rays

HALL = np.array([[-70.0, -22.0, 0.0], [70.0, 22.0, 11.0]])
BEAMS, COLUMNS = 128, 1563  # 200,064 rays
MAX_RANGE = 60.0
NOISE = 0.02  # m


def racks(rng: np.random.Generator) -> Boxes:
    """Return pillars, shelves in rows, and pallets on the shelves and in the aisles, metres."""
    boxes = [[[x, y, 0.0], [x + 0.5, y + 0.5, 11.0]]
             for x in range(-60, 61, 20) for y in (-10.25, 9.75)]
    for x in range(-56, 57, 8):
        for y in (-19.0, -15.0, 4.0, 14.0):
            boxes += [[[x, y, z], [x + 6.0, y + 1.2, z + 0.1]] for z in (1.5, 3.5)]
            height = rng.uniform(0.5, 1.8)
            low = [x + rng.uniform(0, 4.5), y + 0.1, 1.6]
            boxes.append([low, [low[0] + 1.2, low[1] + 1.0, low[2] + height]])
    for _ in range(20):
        low = [rng.uniform(-60, 60), rng.choice([-6.0, 7.5]), 0.0]
        boxes.append([low, list(np.array(low) + rng.uniform(0.5, 1.6, 3))])
    return np.array(boxes)


def scan_frames(count: int) -> list[Frame]:
    """Return scans from a vehicle that drives along the hall at 2 m/s, 10 Hz.

    Rays without a return within 60 m, and one in fifty of the others, are not in the cloud.
    """
    boxes = racks(np.random.default_rng(3))
    rng = np.random.default_rng(5)
    elevation, azimuth = np.meshgrid(
        np.radians(np.linspace(-22.5, 22.5, BEAMS)),
        np.linspace(0, 2 * np.pi, COLUMNS, endpoint=False),
    )
    directions = np.stack(
        [np.cos(elevation) * np.cos(azimuth), np.cos(elevation) * np.sin(azimuth),
         np.sin(elevation)], axis=-1,
    ).reshape(-1, 3)
    shades = np.random.default_rng(6).integers(40, 200, (len(boxes) + 1, 3), np.uint8)
    frames = []
    for index in range(count):
        pose = np.eye(4)
        yaw = 0.1 * np.sin(0.3 * index)
        pose[:2, :2] = [[np.cos(yaw), -np.sin(yaw)], [np.sin(yaw), np.cos(yaw)]]
        pose[:3, 3] = [-20.0 + 0.2 * index, 0.5 * np.sin(0.1 * index), 1.9]
        distance, hit = cast_rays(pose[:3, 3], directions @ pose[:3, :3].T, HALL, boxes)
        distance += rng.normal(scale=NOISE, size=len(distance))
        measured = (distance < MAX_RANGE) & (rng.random(len(distance)) > 0.02)
        points = (directions * distance[:, None])[measured]
        cloud = packed_cloud(points[None], shades[hit[measured]][None])
        frames.append(Frame(cloud, pose, index * 10**8))
    return frames
