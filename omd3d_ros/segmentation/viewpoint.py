"""The frame that "left" and "behind" are read in, from whatever frame a robot gives."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_BODY_FROM_OPTICAL = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])


def body_viewpoint(
    map_from_frame: npt.NDArray[np.float64] | None,
) -> npt.NDArray[np.float64] | None:
    """Return map_from_viewpoint (4, 4) with x forward, y left, z up (REP 103).

    A frame whose y axis points more down than its z axis points up is taken for an optical one
    (x right, y down, z forward): clouds come in these. None where the frame is not known, is not
    finite, or looks straight up or down and so has no heading.
    """
    if map_from_frame is None or not np.isfinite(map_from_frame).all():
        return None
    pose = np.array(map_from_frame, np.float64)
    if -pose[2, 1] > pose[2, 2]:
        pose[:3, :3] = pose[:3, :3] @ _BODY_FROM_OPTICAL.T
    return pose if float(np.hypot(pose[0, 0], pose[1, 0])) > 1e-3 else None
