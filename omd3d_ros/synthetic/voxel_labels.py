"""The truth of fused voxels: which object each one shows, and what is known of the objects."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.voxel_grid import voxel_keys
from omd3d_ros.synthetic.arrangement import PlacedModel
from omd3d_ros.synthetic.scene_file import SceneObject

_SAMPLES = 256


def majority(
    snapshot: MapSnapshot, points: npt.NDArray[Any], numbers: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """Return the number that most points (P, 3) of each voxel carry, -1 where none is known."""
    if not len(points):
        return np.full(len(snapshot.points), -1)
    known, place = np.unique(voxel_keys(points, snapshot.voxel_size), return_inverse=True)
    width = int(numbers.max()) + 2
    pairs, counts = np.unique(place * width + numbers + 1, return_counts=True)
    order = np.lexsort((counts, pairs // width))
    winner = np.full(len(known), -1)
    winner[pairs[order] // width] = pairs[order] % width - 1  # the most frequent is written last
    keys = voxel_keys(snapshot.points, snapshot.voxel_size)
    at = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    return np.where(known[at] == keys, winner[at], -1)


def described(
    thing: PlacedModel, snapshot: MapSnapshot, labels: npt.NDArray[np.int32]
) -> SceneObject:
    """Return what is known of a thing, from its model and its voxels."""
    own = labels == thing.number
    fitted = fit_box(thing.model.vertices)
    corners = thing.model.vertices[thing.model.faces]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]),
                          axis=1)
    visible, color = 0.0, None
    if own.any() and area.sum() > 0:
        distance = cKDTree(snapshot.points[own]).query(_spread(corners, area))[0]
        visible = float(np.mean(distance < 1.5 * snapshot.voxel_size))
        r, g, b = (int(v) for v in np.median(snapshot.colors[own], axis=0))
        color = (r, g, b)
    cx, cy, cz = (float(v) for v in fitted.center)
    sx, sy, sz = (float(v) for v in fitted.size)
    return SceneObject(thing.number, thing.name, thing.model_id, (cx, cy, cz), float(fitted.yaw),
                       (sx, sy, sz), color, thing.supported_by, thing.inside_of, visible)


def _spread(corners: npt.NDArray[np.float64], area: npt.NDArray[np.float64]
            ) -> npt.NDArray[np.float64]:
    """Return points (_SAMPLES, 3) spread evenly over triangles (F, 3, 3), without chance."""
    count = np.arange(_SAMPLES)
    face = np.searchsorted(np.cumsum(area), (count + 0.5) / _SAMPLES * area.sum())
    # the plastic number's multiples fill a square evenly (Roberts 2018), folded to a triangle
    u, v = (0.7548776662 * count) % 1, (0.5698402910 * count) % 1
    u, v = np.where(u + v > 1, 1 - u, u), np.where(u + v > 1, 1 - v, v)
    weights = np.stack([1 - u - v, u, v], axis=1)
    return np.asarray(np.einsum('nk,nkd->nd', weights,
                                corners[np.minimum(face, len(corners) - 1)]))
