"""Photographs single models among others, as a robot sees them, to learn their names from.

A studio scene is one model on a table or on the floor, with other models around it and perhaps a
wall behind, looked at by a depth camera from a few sides. Only the part of the images around the
model is rendered, so that thousands of them take minutes.
"""

from __future__ import annotations

import dataclasses
import io
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy.ndimage import gaussian_filter

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.segmentation.voxel_grid import voxel_keys
from omd3d_ros.synthetic.depth_camera import DepthCamera, looking
from omd3d_ros.synthetic.sensor_faults import SensorSettings, measured_color, measured_depth
from omd3d_ros.synthetic.soft_light import SoftLight, drawn_light
from omd3d_ros.synthetic.studio_set import StudioSet

FOCAL = 525.0  # pixels, of a 640x480 depth camera
_WINDOW = (64, 280)  # pixels a side of what is rendered
_AROUND = 1.8  # times the model's size in the image
_PIXELS = (30.0, 180.0)  # size of a model in an image
_DISTANCE = (0.45, 4.5)  # metres
_FEWEST = 40  # pixels of a model to count as seen
_VIEWS = (0.4, 0.3, 0.3)  # share of shots with 1, 2, 3 views


@dataclasses.dataclass(frozen=True, eq=False)
class Shot:
    """What a map would hold of one studio scene: N voxels, and the images.

    points (N, 3) float32 metres, z up; colors (N, 3) uint8; owner (N,) int64: 0 the model
    itself, above 0 another model, below 0 structure. support and floor are heights, metres.
    """

    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    owner: npt.NDArray[np.int64]
    keyframes: tuple[Keyframe, ...]
    voxel_size: float
    floor: float
    support: float


def photograph(scene: StudioSet, rng: np.random.Generator, views: int = 0) -> Shot | None:
    """Look at a scene from ``views`` sides, by default 1 to 3; None where nothing is seen."""
    views = views or 1 + int(rng.choice(len(_VIEWS), p=_VIEWS))
    tall = scene.models[0].vertices
    low, high = tall.min(axis=0), tall.max(axis=0)
    middle, reach = (low + high) / 2, float(np.linalg.norm(high - low))
    start = rng.uniform(0, 2 * np.pi) if scene.open_side is None else (
        scene.open_side + rng.uniform(-1.1, 1.1))
    frames, parts = [], []
    look = drawn_light(rng), SensorSettings().drawn(rng)
    distance = _distance(reach, rng)
    for step in range(views):
        turn = start + step * rng.choice([-1, 1]) * rng.uniform(0.25, 0.9)
        eye = _eye(middle, distance * rng.uniform(0.85, 1.2), turn, scene.support, rng)
        taken = _picture(scene, eye, middle, reach, step, look, rng)
        if taken is not None:
            frames.append(taken[0])
            parts.append(taken[1:])
    if not frames:
        return None
    size = 0.01 if rng.random() < (0.75 if scene.on_table else 0.15) else 0.02
    points, colors, owner = (np.concatenate(part) for part in zip(*parts, strict=True))
    points, colors, owner = _fused(points, colors, owner, size)
    if np.count_nonzero(owner == 0) < 8:
        return None
    return Shot(points, colors, owner, tuple(frames), size, 0.0, scene.support)


def _distance(reach: float, rng: np.random.Generator) -> float:
    pixels = np.exp(rng.uniform(*np.log(_PIXELS)))
    return float(np.clip(FOCAL * reach / pixels, max(_DISTANCE[0], 0.9 * reach), _DISTANCE[1]))


def _eye(
    middle: npt.NDArray[np.float64], distance: float, turn: float, support: float,
    rng: np.random.Generator,
) -> npt.NDArray[np.float64]:
    """Place the camera: above what the model stands on, and where a head or a mast may be."""
    rise = np.radians(rng.uniform(8, 62)) if support > 0.2 else np.radians(rng.uniform(5, 45))
    height = float(np.clip(middle[2] + distance * np.sin(rise), max(support + 0.15, 0.5), 1.9))
    flat = np.sqrt(max(distance ** 2 - (height - middle[2]) ** 2, (0.35 * distance) ** 2))
    return np.array([middle[0] + flat * np.cos(turn), middle[1] + flat * np.sin(turn), height])


def _picture(
    scene: StudioSet, eye: npt.NDArray[np.float64], middle: npt.NDArray[np.float64],
    reach: float, number: int, look: tuple[SoftLight, SensorSettings], rng: np.random.Generator,
) -> tuple[Any, ...] | None:
    """Take one view: the keyframe, and the points (n, 3), colours and owners of its pixels."""
    light, sensor = look
    pose = looking(eye.tolist(), (middle + rng.normal(0, 0.05 * reach, 3)).tolist())
    pixels = FOCAL * reach / float(np.linalg.norm(eye - middle))
    side = int(np.clip(_AROUND * pixels, *_WINDOW)) // 2 * 2
    camera = PinholeCamera(side, side, FOCAL, FOCAL, (side - 1) / 2, (side - 1) / 2)
    view = DepthCamera(scene.models, camera, rng).ideal(pose, light)
    if np.count_nonzero(view.instance == 0) < _FEWEST:
        return None
    seen = measured_depth(view.depth, view.facing, view.albedo, sensor, rng, focal=FOCAL)
    image = developed(measured_color(view.color, sensor, rng), rng)
    # what strays between two surfaces belongs to neither
    valid = (seen.depth > 0) & ~seen.strayed
    local = camera.backproject(seen.depth.astype(np.float32) / 1000)[valid]
    points = local @ pose[:3, :3].T + pose[:3, 3]
    owner = view.instance.reshape(-1)[seen.source.reshape(view.instance.shape)[valid]]
    owner = np.where((owner < 0) | (owner >= scene.things), -1, owner)
    keyframe = Keyframe(number, 1 + number, image, seen.depth, camera, pose)
    return keyframe, points, image[valid], owner


def developed(image: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Give an image the contrast, blur and compression of a cheap camera."""
    values = image.astype(np.float64) / 255
    exposure = np.exp(rng.normal(np.log(0.45), 0.25)) / max(float(values.mean()), 0.05)
    values = np.clip(values * np.clip(exposure, 0.6, 2.0), 0, 1) ** rng.uniform(0.75, 1.3)
    values = values.mean() + (values - values.mean()) * rng.uniform(0.75, 1.15)
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * rng.uniform(0.6, 1.1)
    blur = max(0.0, rng.uniform(-0.3, 1.1))
    values = gaussian_filter(values, (blur, blur, 0)) + rng.normal(
        0, rng.uniform(0, 0.02), values.shape)
    whole = np.clip(255 * values, 1, 255).astype(np.uint8)
    if rng.random() < 0.6:
        buffer = io.BytesIO()
        Image.fromarray(whole).save(buffer, 'JPEG', quality=int(rng.integers(45, 95)))
        whole = np.maximum(np.asarray(Image.open(buffer)), 1)
    return whole


def _fused(
    points: npt.NDArray[Any], colors: npt.NDArray[Any], owner: npt.NDArray[Any], size: float
) -> tuple[Any, Any, Any]:
    """Average points per voxel; a voxel belongs to whom most of its points do."""
    _, place = np.unique(voxel_keys(points, size), return_inverse=True)
    count = np.bincount(place)
    means = [np.stack([np.bincount(place, values[:, axis]) / count for axis in range(3)], axis=1)
             for values in (points, colors.astype(np.float64))]
    width = int(owner.max()) + 2
    votes = np.bincount(place * width + owner + 1, minlength=len(count) * width)
    return (means[0].astype(np.float32), means[1].astype(np.uint8),
            votes.reshape(-1, width).argmax(axis=1) - 1)


