"""Whether a view saw something at a place, or looked through it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.keyframes import Keyframe


@dataclasses.dataclass(frozen=True)
class Sight:
    """What one view tells of points (n, 3), as (n,) bool; both False where it tells nothing.

    through   something was measured clearly behind the point
    in_place  something was measured at the point
    """

    through: npt.NDArray[np.bool_]
    in_place: npt.NDArray[np.bool_]


def look(
    view: Keyframe, points: npt.NDArray[np.floating], margin: float, relative: float
) -> Sight:
    """Compare points (n, 3), map frame, with the depth image of a view.

    A depth is at a point when it differs by at most margin (metres) + relative * depth, and
    clearly behind it when it is larger by more.
    """
    rotation, position = view.map_from_camera[:3, :3], view.map_from_camera[:3, 3]
    pixels, depth = view.camera.project((points.astype(np.float64) - position) @ rotation)
    with np.errstate(invalid='ignore'):
        inside = ((pixels > -0.5) & (pixels < (view.camera.width - 0.5,
                                               view.camera.height - 0.5))).all(axis=1)
    measured = np.zeros(len(points))
    u, v = np.rint(pixels[inside]).astype(np.int64).T
    measured[inside] = view.depth[v, u] / 1000.0
    allowed = margin + relative * depth
    known = measured > 0
    behind = measured - depth
    return Sight(known & (behind > allowed), known & (np.abs(behind) <= allowed))


def is_seen_through(
    points: npt.NDArray[np.floating],
    views: Sequence[Keyframe],
    share: float,
    margin: float,
    relative: float,
) -> bool:
    """Tell whether the newest view that knows points (n, 3) looks through this share of them.

    A view knows them when it looks through that share of them, or when something is in place at
    more of them than it looks through; it then overrules older ones.
    """
    for view in sorted(views, key=lambda view: view.stamp_ns, reverse=True):
        sight = look(view, points, margin, relative)
        through, in_place = sight.through.sum(), sight.in_place.sum()
        if through >= share * len(points):
            return True
        if in_place >= share / 2 * len(points) and in_place > through:
            return False
    return False
