"""Where objects appear in posed images, and the image crops to name them from."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch.nn import functional as F  # noqa: N812

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.segmentation.model_settings import AppearanceSettings

_SAMPLE = 1024  # points of an object that are projected
_NEAREST = 0.05  # metres in front of the camera
_RELATIVE_TOLERANCE = 0.02  # of the depth, for the noise of depth cameras
_MAX_CUT = 0.25  # share of an object that may lie outside the image
_GOOD_SIZE = 130  # pixels from which on a larger view is not better
_OUTLINE_CELLS = 20  # cells along a side of an object's outline in its crop
_ENOUGH_KNOWN = 0.25  # share of a pixel that must have a colour to count by itself
_BACKGROUND = 0.6  # how far what is not the object fades to grey


@dataclasses.dataclass(frozen=True, eq=False)
class View:
    """An object in an image.

    box      left, top, right, bottom in pixels, right and bottom excluded, inside the image
    pixels   (n, 2) int64, (u, v) of points of the object that are seen
    quality  (0, 1], from how much of the object is seen, how large, and how much is cut off
    """

    keyframe: Keyframe
    box: tuple[int, int, int, int]
    pixels: npt.NDArray[np.int64]
    quality: float

    @property
    def key(self) -> tuple[int, ...]:
        """Return what tells this crop from every other."""
        return (self.keyframe.key, self.keyframe.stamp_ns, *self.box)


def find_views(
    objects: Sequence[npt.NDArray[np.floating]],
    keyframes: Sequence[Keyframe],
    settings: AppearanceSettings,
) -> list[list[View]]:
    """Find the best views of each object, best first.

    objects are point sets (n, 3) in the map frame, metres. A point is seen where the depth image
    agrees with it. Returns at most settings.views_per_object views for each object; none where
    no image shows enough of it.
    """
    samples = [points[::max(1, -(-len(points) // _SAMPLE))] for points in objects]
    if not samples:
        return []
    starts = np.cumsum([0, *map(len, samples)])
    points = np.concatenate(samples).astype(np.float64)
    found: list[list[View]] = [[] for _ in objects]
    for keyframe in keyframes:
        pixels, inside, seen = _look(points, keyframe, settings.depth_tolerance)
        for number, views in enumerate(found):
            part = slice(starts[number], starts[number + 1])
            view = _view(keyframe, pixels[part], inside[part], seen[part], settings)
            if view is not None:
                views.append(view)
    return [
        sorted(views, key=lambda view: (-view.quality, view.key))[:settings.views_per_object]
        for views in found]


def _look(
    points: npt.NDArray[np.float64], keyframe: Keyframe, tolerance: float
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Project points: pixels (n, 2), which lie inside the image, and which are seen."""
    camera = keyframe.camera
    camera_from_map = np.linalg.inv(keyframe.map_from_camera)
    pixels, depth = camera.project(points @ camera_from_map[:3, :3].T + camera_from_map[:3, 3])
    in_front = depth > _NEAREST
    whole = np.rint(np.where(in_front[:, None], pixels, -1.0).clip(-1e6, 1e6)).astype(np.int64)
    inside = in_front & (whole >= 0).all(1) & (whole < (camera.width, camera.height)).all(1)
    measured = np.zeros(len(points))
    measured[inside] = keyframe.depth[whole[inside, 1], whole[inside, 0]] / 1000.0
    near = np.abs(measured - depth) <= tolerance + _RELATIVE_TOLERANCE * depth
    return whole, inside, inside & (measured > 0) & near


def _view(
    keyframe: Keyframe,
    pixels: npt.NDArray[np.int64],
    inside: npt.NDArray[np.bool_],
    seen: npt.NDArray[np.bool_],
    settings: AppearanceSettings,
) -> View | None:
    if len(pixels) == 0 or seen.mean() < settings.min_visible:
        return None
    cut = 1.0 - inside.mean()
    (left, top), (right, bottom) = np.percentile(pixels[seen], (1, 99), axis=0).astype(int)
    right, bottom = right + 1, bottom + 1
    size = min(right - left, bottom - top), max(right - left, bottom - top)
    if cut > _MAX_CUT or size[1] < settings.min_pixels:
        return None
    # Half an object's surface faces away from any camera, so half of it seen is all of it.
    shown = min(1.0, 2.0 * float(seen.mean()))
    quality = shown * min(1.0, size[1] / _GOOD_SIZE) * (1.0 - cut) ** 2
    box = int(left), int(top), int(right), int(bottom)
    return View(keyframe, box, pixels[seen], float(quality))


def crop(view: View, margin: float, pixels: int) -> npt.NDArray[np.uint8]:
    """Cut out a square around a view's box and scale it: (pixels, pixels, 3) uint8 RGB.

    The square's side is the box's longer side with the margin (a share of it) on both ends.
    Pixels without a colour (outside the image, or where a cloud has no point) take on the
    colours around them. What is not the object fades towards grey.
    """
    left, top, right, bottom = view.box
    side = max(2, round(max(right - left, bottom - top) * (1 + 2 * margin)))
    x0 = (left + right - side) // 2
    y0 = (top + bottom - side) // 2
    frame = view.keyframe
    ys = slice(max(y0, 0), min(y0 + side, frame.camera.height))
    xs = slice(max(x0, 0), min(x0 + side, frame.camera.width))
    image = torch.zeros(1, 4, side, side)
    known = (frame.color[ys, xs] > 0).any(2) | (frame.depth[ys, xs] > 0)
    inner = image[0, :, ys.start - y0:ys.stop - y0, xs.start - x0:xs.stop - x0]
    inner[:3] = torch.from_numpy(frame.color[ys, xs] * known[..., None]).permute(2, 0, 1)
    inner[3] = torch.from_numpy(known)
    scaled = F.interpolate(image, (pixels, pixels), mode='bilinear', antialias=True)
    filled = _filled(scaled)
    outline = _outline(view.pixels, x0, y0, side, pixels)
    shown = 127.5 + (filled - 127.5) * (1 - _BACKGROUND * (1 - outline))
    return shown[0].round().clamp(0, 255).byte().permute(1, 2, 0).contiguous().numpy()


def _filled(image: torch.Tensor) -> torch.Tensor:
    """Turn colours times weight, and weight, (1, 4, n, n) into colours (1, 3, n, n).

    Where the weight is small, the colours come from ever coarser averages (push and pull:
    Gortler et al., "The Lumigraph", 1996).
    """
    weight = (image[:, 3:] / _ENOUGH_KNOWN).clamp(max=1.0)
    colors = image[:, :3] / image[:, 3:].clamp(min=1e-6)
    size = image.shape[-1]
    if bool((weight == 1.0).all()):
        return colors
    if size == 1:
        return torch.where(weight > 0, colors, 127.5)
    half = F.interpolate(image, (size // 2, size // 2), mode='area')
    coarse = F.interpolate(_filled(half), (size, size), mode='bilinear')
    return colors * weight + coarse * (1 - weight)


def _outline(
    seen: npt.NDArray[np.int64], x0: int, y0: int, side: int, pixels: int
) -> torch.Tensor:
    """Draw where the object is in its crop: (1, 1, pixels, pixels) in [0, 1], soft."""
    cells = ((seen - (x0, y0)) * _OUTLINE_CELLS // side).clip(0, _OUTLINE_CELLS - 1)
    drawn = torch.zeros(1, 1, _OUTLINE_CELLS, _OUTLINE_CELLS)
    drawn[0, 0, cells[:, 1], cells[:, 0]] = 1.0
    drawn = F.max_pool2d(drawn, 3, stride=1, padding=1)
    return F.interpolate(drawn, (pixels, pixels), mode='bilinear')
