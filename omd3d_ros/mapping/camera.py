"""The pinhole camera: x right, y down, z forward (REP 103 optical frame)."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True)
class PinholeCamera:
    """Intrinsics of an undistorted image, in pixels; pixel centres at integer coordinates."""

    width: int
    height: int
    fx: float
    fy: float
    cx: float
    cy: float

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise ValueError(f'width={self.width}, height={self.height}: must be at least 1')
        for name in ('fx', 'fy', 'cx', 'cy'):
            value = getattr(self, name)
            if not math.isfinite(value) or (name[0] == 'f' and value <= 0):
                raise ValueError(f'{name}={value}: not a usable intrinsic')

    def project(
        self, points: npt.NDArray[np.floating]
    ) -> tuple[npt.NDArray[np.floating], npt.NDArray[np.floating]]:
        """Project points (N, 3) in the camera's frame, metres.

        Returns pixels (N, 2) as (u, v) and depths (N,) in metres. Points at or behind the
        camera plane get NaN pixels.
        """
        depth = points[:, 2]
        safe = np.where(depth > 0, depth, np.nan)
        u = self.fx * points[:, 0] / safe + self.cx
        v = self.fy * points[:, 1] / safe + self.cy
        return np.stack([u, v], axis=1), depth

    def backproject(self, depth: npt.NDArray[np.floating]) -> npt.NDArray[np.float32]:
        """Turn a depth image (height, width), metres, into points (height, width, 3)."""
        if depth.shape != (self.height, self.width):
            raise ValueError(f'depth.shape={depth.shape}: camera is {self.height}x{self.width}')
        v, u = np.mgrid[0:self.height, 0:self.width].astype(np.float32)
        x = (u - self.cx) / self.fx * depth
        y = (v - self.cy) / self.fy * depth
        return np.stack([x, y, depth], axis=2).astype(np.float32)
