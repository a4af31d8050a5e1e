"""Pictures of generated scenes, to look at."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.scene_file import GeneratedScene

_FLOOR, _WALL, _UNKNOWN = (90, 90, 90), (60, 70, 90), (255, 0, 255)


def drawn(scene: GeneratedScene) -> npt.NDArray[np.uint8]:
    """Return the last view's colour and depth, and the voxels by label, from it and from above.

    Magenta voxels are of unknown structure, grey ones floor, bluish ones wall.
    """
    frame = scene.keyframes[-1]
    known = frame.depth[frame.depth > 0]
    low, high = np.percentile(known, [1, 99]) if len(known) else (0, 1)
    tone = np.clip(255 - 215 * (frame.depth - low) / max(high - low, 1), 30, 255)
    depth = np.where(frame.depth > 0, tone, 0).astype(np.uint8)
    height = frame.camera.height
    shown = [frame.color, np.repeat(depth[:, :, None], 3, axis=2), _from_camera(scene),
             _from_above(scene, height)]
    return np.concatenate(shown, axis=1)


def _label_colors(scene: GeneratedScene) -> npt.NDArray[np.uint8]:
    count = int(scene.instance.max(initial=0)) + 1
    palette = np.random.default_rng(1).integers(70, 256, (count, 3))
    palette[:, 0] = np.where(palette.min(axis=1) > 150, 40, palette[:, 0])
    structure = np.array([(0, 0, 0), _FLOOR, _WALL, _UNKNOWN])
    colors = np.where((scene.instance > 0)[:, None], palette[scene.instance],
                      structure[scene.structure])
    return colors.astype(np.uint8)


def _from_camera(scene: GeneratedScene) -> npt.NDArray[np.uint8]:
    frame = scene.keyframes[-1]
    pose, camera = frame.map_from_camera, frame.camera
    pixels, depth = camera.project((scene.points - pose[:3, 3]) @ pose[:3, :3])
    order = np.argsort(-depth)
    order = order[np.isfinite(pixels[order]).all(axis=1)]
    picture = np.zeros((camera.height, camera.width, 3), np.uint8)
    colors, radius = _label_colors(scene)[order], 0.45 * scene.voxel_size * camera.fx
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            near = np.minimum(radius / depth[order], 3)
            u = np.rint(pixels[order, 0] + right * near).astype(int)
            v = np.rint(pixels[order, 1] + down * near).astype(int)
            inside = (u >= 0) & (u < camera.width) & (v >= 0) & (v < camera.height)
            picture[v[inside], u[inside]] = colors[inside]
    return picture


def _from_above(scene: GeneratedScene, height: int) -> npt.NDArray[np.uint8]:
    """Return voxels from above by colour and by label, one above the other, (height, ., 3)."""
    side = height // 2
    things = scene.points[scene.instance > 0]
    center = np.median(things if len(things) else scene.points, axis=0)[:2]
    whole = float(np.ptp(scene.points[:, :2], axis=0).max()) / 2
    reach = 0.6 if scene.voxel_size < 0.015 else whole
    place = (scene.points[:, :2] - center) / reach * side / 2 + side / 2
    x, y = np.floor(place).astype(int).T
    inside = np.logical_and(x >= 0, x < side) & np.logical_and(y >= 0, y < side)
    order = np.argsort(scene.points[:, 2])
    order = order[inside[order]]
    pictures = []
    for colors in (scene.colors, _label_colors(scene)):
        top = np.zeros((side, side, 3), np.uint8)
        top[side - 1 - y[order], x[order]] = colors[order]
        pictures.append(top)
    return np.concatenate(pictures, axis=0)
