"""Where the map lies: fixed in odom while clouds are fused, placed in map when it is told of."""

from __future__ import annotations

import threading

import numpy as np

from omd3d_ros.mapping.keyframes import view_change
from omd3d_ros.ros.transform_buffer import Matrix, TransformError, inverse
from omd3d_ros.ros.transforms import TransformSource

MOVED_BY = 1e-3  # m
TURNED_BY = 1e-4  # rad


class AnchorError(TransformError):
    """It is not known where odom_frame lies in map_frame."""


def has_moved(before: Matrix, now: Matrix) -> bool:
    """Tell whether two poses (4, 4) of the map differ by more than 1 mm or 0.1 mrad."""
    moved, turned = view_change(before, now)
    return moved > MOVED_BY or turned > TURNED_BY


class MapAnchor:
    """Holds ``odom_from_fusion``: the pose of the frame in which map and objects keep their place.

    With an ``odom_frame`` sensors are located in it, at their stamps; it drifts, but never jumps.
    Where all that was fused lies in ``map_frame`` is asked anew for every answer, so that a jump
    of map_from_odom (a loop closure) moves the map as a whole and smears nothing. Without an
    ``odom_frame``, what is called odom here is map_frame itself.

    Matrices are (4, 4) float64, read-only, metres. Safe to use from several threads, but
    ``odom_from_fusion`` may be set only together with the map that it belongs to.
    """

    def __init__(
        self, transforms: TransformSource, map_frame: str, odom_frame: str = ''
    ) -> None:
        self._transforms = transforms
        self._map_frame = map_frame
        self._odom_frame = odom_frame or map_frame
        self._odom_from_fusion = _frozen(np.eye(4))
        self._noticed: Matrix | None = None
        self._jumps = 0
        self._lock = threading.Lock()

    @property
    def odom_frame(self) -> str:
        """The frame in which sensors are located."""
        return self._odom_frame

    @property
    def jumps(self) -> int:
        """How often map_from_odom was found elsewhere than before, by 1 mm or 0.1 mrad."""
        return self._jumps

    @property
    def odom_from_fusion(self) -> Matrix:
        """The anchor of the present map: the identity, unless it was loaded."""
        return self._odom_from_fusion

    @odom_from_fusion.setter
    def odom_from_fusion(self, pose: Matrix) -> None:
        self._odom_from_fusion = _frozen(pose)

    def odom_from(self, frame: str, stamp_ns: int) -> Matrix:
        """Return ``odom_from_frame`` at a stamp in ns; raises TransformError."""
        return self._transforms.lookup(self._odom_frame, frame, stamp_ns)

    def odom_from_viewpoint(self, frame: str, stamp_ns: int) -> Matrix:
        """Return ``odom_from_frame`` at a stamp in ns, of map_frame the newest.

        Raises TransformError.
        """
        if frame == self._map_frame:
            return inverse(self.map_from_odom())
        return self.odom_from(frame, stamp_ns)

    def map_from_odom(self) -> Matrix:
        """Return the newest ``map_from_odom``; the identity without an odom_frame.

        "Newest" is right here and only here: this is no sensor's pose, which belongs to its
        stamp, but what localisation believes by now about everything that odometry ever told.

        Raises AnchorError when there is none.
        """
        if self._odom_frame == self._map_frame:
            return _frozen(np.eye(4))
        try:
            pose = _frozen(self._transforms.newest(self._map_frame, self._odom_frame))
        except TransformError as error:
            raise AnchorError(
                f'it is not known where {self._odom_frame!r} lies in {self._map_frame!r}: {error}'
            ) from error
        with self._lock:
            if self._noticed is None or has_moved(self._noticed, pose):
                self._jumps += self._noticed is not None
                self._noticed = pose
        return pose

    def map_from_fusion(self, odom_from_fusion: Matrix | None = None) -> Matrix:
        """Return where a map with this anchor (default: the present map's) lies by now.

        One answer takes this once, so that all of it is placed alike. Raises AnchorError.
        """
        anchor = self._odom_from_fusion if odom_from_fusion is None else odom_from_fusion
        return self.map_from_odom() @ anchor

    def fusion_from(
        self, odom_from_frame: Matrix, odom_from_fusion: Matrix | None = None
    ) -> Matrix:
        """Return a frame's pose in a map with this anchor (default: the present map's)."""
        anchor = self._odom_from_fusion if odom_from_fusion is None else odom_from_fusion
        return inverse(anchor) @ odom_from_frame

    def anchor_at(self, map_from_fusion: Matrix) -> Matrix:
        """Return the ``odom_from_fusion`` with which a map lies there now. Raises AnchorError."""
        return inverse(self.map_from_odom()) @ map_from_fusion


def _frozen(pose: Matrix) -> Matrix:
    copy = np.array(pose, np.float64)
    copy.flags.writeable = False
    return copy
