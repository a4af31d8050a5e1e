"""What tells an object's name besides its looks: size, place, shape and colour of its voxels."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from omd3d_ros.segmentation.description import COLORS, color_shares
from omd3d_ros.segmentation.point_network import CLOUD_POINTS

_SAMPLE = 768  # voxels that shape statistics look at
_NEIGHBORS = 10  # of which a normal is made
_HEIGHTS, _DISTANCES, _RADII = 8, 8, 6  # bins
_STEEPNESS = (0.3, 0.6, 0.9)  # bounds of the bins of a normal's |z|
_EXTENT = (1.0, 99.0)  # percentiles between which an object extends
SIZE_FEATURES = 9
SHAPE_FEATURES = 4 + len(_STEEPNESS) + 1 + 2 * _HEIGHTS + _DISTANCES + _RADII + 4
COLOR_FEATURES = len(COLORS) + 4
OBJECT_FEATURES = SIZE_FEATURES + SHAPE_FEATURES + COLOR_FEATURES
SIZE = slice(0, SIZE_FEATURES)
_HEIGHT = slice(SIZE_FEATURES - 2, SIZE_FEATURES)
SHAPE = slice(SIZE_FEATURES, SIZE_FEATURES + SHAPE_FEATURES)
COLOR = slice(SIZE_FEATURES + SHAPE_FEATURES, OBJECT_FEATURES)


@dataclasses.dataclass(frozen=True, eq=False)
class ObjectDescription:
    """An object's features, wherever the floor is.

    features  (OBJECT_FEATURES,) float64, each of the order of 1, as if it stood on the floor
    cloud     (CLOUD_POINTS, CLOUD_NUMBERS) float32, some of its points, see PointNetwork
    base      height of its lowest points, metres; largest  its largest extent, metres
    """

    features: npt.NDArray[np.float64]
    cloud: npt.NDArray[np.float32]
    base: float
    largest: float

    def above(self, floor: float) -> npt.NDArray[np.float32]:
        """Return the features (OBJECT_FEATURES,) float32 over a floor at a height, metres.

        The parts SIZE, SHAPE and COLOR can be told apart by their slices.
        """
        features = self.features.astype(np.float32)
        features[_HEIGHT] = _height(self.base - floor)
        return features


def describe_object(
    points: npt.NDArray[np.floating], colors: npt.NDArray[np.uint8]
) -> ObjectDescription:
    """Describe an object of n voxels.

    points (n, 3) metres, z up; colors (n, 3) sRGB, 128 where there is none. The order of the
    voxels and their direction about the vertical hardly matter.

    Raises ValueError when points is empty or not (n, 3), or when it is not finite.
    """
    if points.ndim != 2 or points.shape[1] != 3 or not len(points):
        raise ValueError(f'points.shape={points.shape}: must be (n, 3) with n > 0')
    if not np.isfinite(points).all():
        raise ValueError('points: some are not finite')
    if len(colors) != len(points):
        raise ValueError(f'colors: {len(colors)} rows, must be {len(points)}')
    order = np.lexsort(points.T)  # the same voxels in any order are the same object
    chosen = _scattered(order, 0.6180339887)[:_SAMPLE]
    upright, extent, low = _upright(points[chosen].astype(np.float64))
    cloud = np.column_stack([upright, colors[chosen] / 255 - 0.5])
    return ObjectDescription(
        np.concatenate([_size(extent), _shape(upright, extent), _color(colors[order])]),
        cloud[np.arange(CLOUD_POINTS) % len(cloud)].astype(np.float32), low,
        float(object_extent(points).max()))


def _scattered(values: npt.NDArray[Any], step: float) -> npt.NDArray[Any]:
    """Put values into an order without any pattern of theirs: by the fractions of n * step."""
    return np.asarray(values[np.argsort(np.arange(len(values)) * step % 1.0, kind='stable')])


def object_extent(points: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return length, width and height (3,) of points (n, 3), without the outermost per cent."""
    if len(points) == 0:
        return np.zeros(3)
    return _upright(np.asarray(points, np.float64))[1]


def _upright(
    points: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], float]:
    """Turn points about z until the longer side is x, and move their middle and base to 0.

    Returns them, their extents (3,), and the height that their base had.
    """
    flat = points[:, :2] - points[:, :2].mean(axis=0)
    axes = np.linalg.eigh(flat.T @ flat)[1][:, ::-1]
    turned = np.column_stack([flat @ axes, points[:, 2]])
    low, high = np.percentile(turned, _EXTENT, axis=0)
    extent = high - low
    if extent[1] > extent[0]:
        turned, low, extent = turned[:, [1, 0, 2]], low[[1, 0, 2]], extent[[1, 0, 2]]
    middle = low + extent / 2
    return turned - [middle[0], middle[1], low[2]], extent, float(low[2])


def _size(extent: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    logs = np.log(np.maximum(extent, 0.01) / 0.2)
    largest = np.log(max(float(extent.max()), 0.01) / 0.2)
    return np.array([*logs, largest, logs.mean(), logs[2] - logs[0], logs[1] - logs[0],
                     *_height(0.0)])


def _height(above: float) -> tuple[float, float]:
    return min(above, 3.0), float(above > 0.25)


def _shape(
    upright: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    middle = upright.mean(axis=0)
    spread = np.sqrt(np.maximum(np.linalg.eigvalsh(np.cov(upright.T, bias=True)), 0))[::-1]
    spread = spread / max(float(spread[0]), 1e-6)
    steep, planar = _normals(upright)
    half = max(float(extent[:2].max()) / 2, 0.01)
    away = np.linalg.norm(upright[:, :2], axis=1) / half
    level = np.clip(upright[:, 2] / max(float(extent[2]), 0.01) * _HEIGHTS, 0, _HEIGHTS - 1)
    level = level.astype(np.int64)
    count = np.bincount(level, minlength=_HEIGHTS)
    reach = np.bincount(level, away, minlength=_HEIGHTS) / np.maximum(count, 1)
    pairs = np.linalg.norm(upright - _scattered(upright, 0.4142135624), axis=1)
    pairs = pairs / max(float(np.linalg.norm(extent)), 0.01)
    return np.concatenate([
        spread[1:], [middle[2] / max(float(extent[2]), 0.01) - 0.5, float(planar)], steep,
        4 * count / count.sum(), reach, 4 * _shares(pairs, _DISTANCES, 1.0),
        4 * _shares(away, _RADII, 1.2), _outline(upright, extent)])


def _shares(values: npt.NDArray[np.float64], bins: int, most: float) -> npt.NDArray[np.float64]:
    counts = np.bincount(np.clip(values / most * bins, 0, bins - 1).astype(np.int64),
                         minlength=bins)
    return counts / max(len(values), 1)


def _normals(points: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.float64], float]:
    """Return the shares (4,) of normals by |z|, and how flat neighbourhoods are, [0, 1]."""
    if len(points) < 4:
        return np.full(len(_STEEPNESS) + 1, 1 / (len(_STEEPNESS) + 1)), 0.0
    near = cKDTree(points).query(points, k=min(_NEIGHBORS, len(points)))[1]
    local = points[near] - points[near].mean(axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(np.einsum('nki,nkj->nij', local, local))
    places = np.searchsorted(_STEEPNESS, np.abs(vectors[:, 2, 0]))
    shares = np.bincount(places, minlength=len(_STEEPNESS) + 1) / len(points)
    flat = 1 - 3 * values[:, 0] / np.maximum(values.sum(axis=1), 1e-12)
    return shares, float(flat.mean())


def _outline(
    upright: npt.NDArray[np.float64], extent: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """Return the shares of 8 by 8 cells covered from above, the front and the side, and the rim.

    The rim is the share of the cells covered from above that are not among the inner 4 by 4.
    """
    cells = np.clip((upright / np.maximum(extent, 0.01) + [0.5, 0.5, 0]) * 8, 0, 7).astype(int)
    shares = []
    for first, second in ((0, 1), (0, 2), (1, 2)):
        grid = np.zeros((8, 8), bool)
        grid[cells[:, first], cells[:, second]] = True
        shares.append(float(grid.mean()))
        if second == 1:
            rim = float(grid.sum() - grid[2:6, 2:6].sum()) / float(grid.sum())
    return np.array([*shares, rim])


def _color(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    shares = color_shares(colors)
    if shares.sum() == 0:
        return np.zeros(COLOR_FEATURES)
    values = colors / 255.0
    grey = values.mean(axis=1)
    return np.concatenate([
        2 * shares, [float(grey.mean()), 3 * float(grey.std()),
                     3 * float((values.max(axis=1) - values.min(axis=1)).mean()), 1.0]])
