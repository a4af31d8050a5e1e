"""How things may lie: the turns in which they rest on a plane without falling over."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy.spatial import ConvexHull, QhullError
from scipy.spatial.transform import Rotation

from omd3d_ros.synthetic.model import Model

_STEADY = 0.004  # m, the centre lies at least this far inside the face that a thing rests on
_ALIKE = 0.9  # cosine between faces that count as one way to lie
_MOST = 60  # faces looked at, the largest first
_SAME_FACE = 0.9998  # cosine between triangles of one face


@dataclasses.dataclass(frozen=True, eq=False)
class Resting:
    """A steady way to lie.

    turn      (3, 3) rotation of the model
    upright   cosine between the model's own up and the vertical, [-1, 1]
    """

    turn: npt.NDArray[np.float64]
    upright: float


def resting_ways(model: Model) -> tuple[Resting, ...]:
    """Return the ways in which a model rests on a face of its convex hull, the most upright first.

    The centre of its hull's surface stands for the centre of mass. None for a flat model.
    """
    try:
        hull = ConvexHull(np.unique(np.round(model.vertices, 5), axis=0))
    except QhullError:
        return ()
    corners = hull.points[hull.simplices]
    normals = hull.equations[:, :3]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    areas = np.linalg.norm(across, axis=1) / 2
    center = np.sum(corners.mean(axis=1) * areas[:, None], axis=0) / areas.sum()
    found: list[Resting] = []
    _, first, group = np.unique(np.round(normals, 2), axis=0, return_index=True,
                                return_inverse=True)
    largest = np.argsort(-np.bincount(group.ravel(), areas))[:_MOST]
    for normal in normals[first[largest]]:
        if any(float(normal @ -one.turn[2]) > _ALIKE for one in found):
            continue
        same = normals @ normal > _SAME_FACE
        if _under(corners[same].reshape(-1, 3), normal, center):
            found.append(Resting(_turn_down(normal), float(-normal[2])))
    return tuple(sorted(found, key=lambda one: -one.upright))


def turned(model: Model, turn: npt.NDArray[np.float64]) -> Model:
    """Return a model turned by a rotation (3, 3), again centred and standing on z = 0."""
    vertices = model.vertices @ turn.T
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    shift = np.array([*(-(low + high)[:2] / 2), -low[2]])
    return dataclasses.replace(model, vertices=vertices + shift, normals=model.normals @ turn.T)


def tilted(model: Model, heading: float, angle: float) -> Model:
    """Return a model tilted by an angle (radians) so that its top moves towards a heading."""
    axis = np.array([-np.sin(heading), np.cos(heading), 0.0])
    return turned(model, Rotation.from_rotvec(angle * axis).as_matrix())


def _turn_down(normal: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the rotation (3, 3) that turns a normal straight down."""
    if normal[2] > 0.9999:
        return np.diag([1.0, -1.0, -1.0])
    return np.asarray(Rotation.align_vectors([[0, 0, -1.0]], [normal])[0].as_matrix())


def _under(points: npt.NDArray[np.float64], normal: npt.NDArray[np.float64],
           center: npt.NDArray[np.float64]) -> bool:
    """Tell whether the centre lies over the inside of a face with these corners."""
    first = np.cross(normal, [0.0, 0, 1] if abs(normal[2]) < 0.9 else [1.0, 0, 0])
    first /= np.linalg.norm(first)
    flat = (points - center) @ np.stack([first, np.cross(normal, first)], axis=1)
    try:
        hull = ConvexHull(flat)
    except QhullError:
        return False
    # on its side a round thing rests on a strip that is narrow: there half its width will do
    steady = min(_STEADY, 0.25 * float(np.ptp(flat, axis=0).min()))
    return bool((hull.equations[:, 2] <= -steady).all())
