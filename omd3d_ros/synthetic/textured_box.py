"""Boxes that carry a texture."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.shapes import box

_SIDES = ((1, 2), (0, 2), (0, 1))  # the axes that lie in a face, by the axis of its normal


def textured_box(
    size: tuple[float, float, float], image: npt.NDArray[np.uint8], tile: float | None = None
) -> Model:
    """Return a box of extents (x, y, z), metres, base at z = 0, with a texture on every side.

    tile  side of the square that the image covers, metres; None: it fills each side once
    """
    plain = box(size, (200, 200, 200))
    low, extent = plain.vertices.min(axis=0), np.maximum(np.ptp(plain.vertices, axis=0), 1e-9)
    uv = np.zeros_like(plain.uv)
    for axis, (across, up) in enumerate(_SIDES):
        own = np.abs(plain.normals[:, axis]) > 0.5
        places = plain.vertices[own][:, [across, up]] - low[[across, up]]
        # a whole face ends short of 1, where the texture would begin again
        uv[own] = places / tile if tile else places / extent[[across, up]] * 0.999
    return dataclasses.replace(plain, uv=uv, texture=np.zeros(len(plain.faces), np.int64),
                               images=(image,))
