"""Rays that meet boxes: the analytic scenes of the benchmarks, compiled with numba.

The slab test of T. L. Kay and J. T. Kajiya, "Ray Tracing Complex Scenes", SIGGRAPH 1986.
"""

from __future__ import annotations

import numba
import numpy as np
import numpy.typing as npt

Boxes = npt.NDArray[np.float64]  # (N, 2, 3) low and high corners, metres


@numba.njit(cache=True, nogil=True, error_model='numpy')
def _cast(origin, directions, hull, boxes, distance, hit):  # type: ignore[no-untyped-def]
    for ray in range(len(directions)):
        inverse_x = 1.0 / directions[ray, 0]
        inverse_y = 1.0 / directions[ray, 1]
        inverse_z = 1.0 / directions[ray, 2]
        nearest, index = np.inf, -1
        for box in range(-1, len(boxes)):
            low, high = (hull[0], hull[1]) if box < 0 else (boxes[box, 0], boxes[box, 1])
            a, b = (low[0] - origin[0]) * inverse_x, (high[0] - origin[0]) * inverse_x
            c, d = (low[1] - origin[1]) * inverse_y, (high[1] - origin[1]) * inverse_y
            e, f = (low[2] - origin[2]) * inverse_z, (high[2] - origin[2]) * inverse_z
            enter = max(min(a, b), min(c, d), min(e, f))
            leave = min(max(a, b), max(c, d), max(e, f))
            if box < 0:
                nearest = leave
            elif 0.0 < enter < leave and enter < nearest:
                nearest, index = enter, box
        distance[ray], hit[ray] = nearest, index


def cast_rays(
    origin: npt.NDArray[np.float64],
    directions: npt.NDArray[np.float64],
    hull: npt.NDArray[np.float64],
    boxes: Boxes,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
    """Return how many lengths of its direction each ray goes, and the box that stops it.

    origin      (3,) inside the hull and outside the boxes, metres
    directions  (N, 3) of any length
    hull        (2, 3) the walls around all; index -1
    """
    distance = np.empty(len(directions))
    hit = np.empty(len(directions), np.int32)
    directions = np.where(np.abs(directions) < 1e-12, 1e-12, directions)
    _cast(origin, directions, hull, boxes, distance, hit)
    return distance, hit


def touched_by_surfaces(
    low: npt.NDArray[np.float64], size: float, hull: npt.NDArray[np.float64], boxes: Boxes
) -> npt.NDArray[np.bool_]:
    """Return which cubes (N, 3), by their low corners, meet a surface of the boxes or the hull."""
    inside_hull = ((low > hull[0]) & (low + size < hull[1])).all(axis=1)
    touched = ~inside_hull & ((low < hull[1]) & (low + size > hull[0])).all(axis=1)
    for box_low, box_high in boxes:
        meets = ((low <= box_high) & (low + size >= box_low)).all(axis=1)
        within = ((low > box_low) & (low + size < box_high)).all(axis=1)
        touched |= meets & ~within
    return np.asarray(touched)
