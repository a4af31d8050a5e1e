"""Rigid transforms as 4x4 matrices named target_from_source."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

_TOLERANCE = 1e-3


def check_pose(pose: Any, name: str) -> npt.NDArray[np.float64]:
    """Return a rigid transform as (4, 4) float64; raise ValueError naming what is wrong with it."""
    matrix = np.asarray(pose)
    if matrix.shape != (4, 4) or matrix.dtype.kind not in 'fiu':
        raise ValueError(f'{name}: shape {matrix.shape} {matrix.dtype}, must be (4, 4) numbers')
    matrix = matrix.astype(np.float64, order='C')
    if not np.isfinite(matrix).all():
        raise ValueError(f'{name}={matrix.tolist()}: must be finite')
    rotation = matrix[:3, :3]
    with np.errstate(over='ignore', invalid='ignore'):
        rigid = np.abs(rotation @ rotation.T - np.eye(3)).max() <= _TOLERANCE
    if not rigid or np.linalg.det(rotation) < 0 or matrix[3].tolist() != [0, 0, 0, 1]:
        raise ValueError(f'{name}={matrix.tolist()}: must be a rotation and a translation')
    return matrix


def inverse_pose(pose: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return source_from_target of a rigid target_from_source."""
    inverse = np.eye(4)
    inverse[:3, :3] = pose[:3, :3].T
    inverse[:3, 3] = -pose[:3, :3].T @ pose[:3, 3]
    return inverse
