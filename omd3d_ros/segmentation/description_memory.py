"""Remembers how objects were described: between two looks at a room, most did not change."""

from __future__ import annotations

import collections
import hashlib

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.object_features import ObjectDescription, describe_object

_MOST = 1024  # objects


class DescriptionMemory:
    """Describes objects by their voxels, and remembers those that it described last."""

    def __init__(self) -> None:
        self._known: collections.OrderedDict[bytes, ObjectDescription] = collections.OrderedDict()

    def describe(
        self, points: npt.NDArray[np.floating], colors: npt.NDArray[np.uint8]
    ) -> ObjectDescription:
        """Return what describe_object returns for points (n, 3), metres, and colors (n, 3)."""
        key = hashlib.blake2b(points.tobytes() + colors.tobytes(), digest_size=16).digest()
        if key not in self._known:
            self._known[key] = describe_object(points, colors)
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return self._known[key]
