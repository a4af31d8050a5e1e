"""Draws coloured points as a solid-looking scene, in software."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.jit import kernel

_BACKGROUND = np.array([247, 247, 248], dtype=np.uint8)
_FIELD_OF_VIEW = 0.75   # rad, of the picture's height
_NEAR = 0.15            # m
_LARGEST_SPLAT = 64     # pixels
_OVERLAP = 1.5          # of a voxel's size, so that slanted surfaces close
_RELIEF = 2.6           # strength of the shading of steps in depth


@dataclasses.dataclass(frozen=True)
class Viewpoint:
    """Where a view is drawn from: metres in the map frame, z up."""

    eye: npt.NDArray[np.float64]
    target: npt.NDArray[np.float64]

    def axes(self) -> npt.NDArray[np.float64]:
        """Return right, down and forward as rows (3, 3)."""
        forward = self.target - self.eye
        forward = forward / np.linalg.norm(forward)
        right = np.cross(forward, [0.0, 0.0, 1.0])
        right = right / max(float(np.linalg.norm(right)), 1e-9)
        return np.stack([right, np.cross(forward, right), forward])


@dataclasses.dataclass(frozen=True)
class View:
    """What a viewpoint shows.

    image  (height, width, 3) uint8
    index  (height, width) int64, which point each pixel shows, -1 = none
    """

    image: npt.NDArray[np.uint8]
    index: npt.NDArray[np.int64]


def draw(
    points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8], voxel_size: float,
    viewpoint: Viewpoint, width: int, height: int,
) -> View:
    """Draw points (n, 3), metres, of colours (n, 3) as squares of the size of a voxel.

    The nearest point wins each pixel; depth steps are shaded as in Boucheny, "Interactive
    scientific visualization of large datasets" (2009), eye-dome lighting.
    """
    index, depth = nearest(points, voxel_size, viewpoint, width, height)
    shown = index >= 0
    image = np.tile(_BACKGROUND, (height, width, 1))
    image[shown] = (colors[index[shown]] * _relief(depth)[shown][:, None]).astype(np.uint8)
    return View(image, index)


def project(
    points: npt.NDArray[np.floating], viewpoint: Viewpoint, width: int, height: int
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return pixels (n, 2) as (u, v) and depths (n,), metres, of points (n, 3)."""
    local = (points.astype(np.float64) - viewpoint.eye) @ viewpoint.axes().T
    focal = _focal_length(height)
    safe = np.maximum(local[:, 2], _NEAR)
    pixels = focal * local[:, :2] / safe[:, None] + [(width - 1) / 2, (height - 1) / 2]
    return pixels, local[:, 2]


def _focal_length(height: int) -> float:
    return float(height / (2 * np.tan(_FIELD_OF_VIEW / 2)))


def nearest(
    points: npt.NDArray[np.float32], voxel_size: float, viewpoint: Viewpoint, width: int,
    height: int,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
    """Return which point is nearest in each pixel (height, width), -1 = none, and its depth, m."""
    pixels, depth = project(points, viewpoint, width, height)
    side = _OVERLAP * _focal_length(height) * voxel_size / np.maximum(depth, _NEAR)
    splat = np.clip(np.ceil(side), 1, _LARGEST_SPLAT).astype(np.int64)
    corner = np.floor(pixels - splat[:, None] / 2 + 0.5).astype(np.int64)
    index = np.full((height, width), -1, dtype=np.int64)
    shortest = np.full((height, width), np.inf)
    _splat(corner, splat, depth, index, shortest)
    return index, shortest


@kernel
def _splat(corner, splat, depth, index, shortest):  # type: ignore[no-untyped-def]
    height, width = index.shape
    for i in range(len(splat)):
        if depth[i] <= _NEAR:
            continue
        left, top = max(corner[i, 0], 0), max(corner[i, 1], 0)
        right, bottom = min(corner[i, 0] + splat[i], width), min(corner[i, 1] + splat[i], height)
        for v in range(top, bottom):
            for u in range(left, right):
                if depth[i] < shortest[v, u]:
                    shortest[v, u] = depth[i]
                    index[v, u] = i


def _relief(depth: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Return how light each pixel is, in (0, 1], darker where a neighbour is nearer."""
    logs = np.log2(np.clip(depth, 1e-3, 1e3).astype(np.float32))
    total = np.zeros_like(logs)
    for reach in (1, 2, 4):
        padded = np.pad(logs, reach, mode='edge')
        for down, right in ((0, reach), (0, -reach), (reach, 0), (-reach, 0)):
            neighbour = padded[reach + down:reach + down + depth.shape[0],
                               reach + right:reach + right + depth.shape[1]]
            step = logs - neighbour
            total += np.clip(step, 0.0, 0.05, out=step)
    return np.exp(-_RELIEF * total)
