"""A registered depth image with its colours."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera


@dataclasses.dataclass(frozen=True, eq=False)
class DepthView:
    """Depth (H, W) as uint16 millimetres or float32 metres, RGB (H, W, 3), and intrinsics."""

    depth: npt.NDArray[np.uint16] | npt.NDArray[np.float32]
    color: npt.NDArray[np.uint8]
    camera: PinholeCamera
