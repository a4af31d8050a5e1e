"""What a map file holds, with all positions in the map frame."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.map_file import MapContents
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.placement import placed_scene, placed_snapshot
from omd3d_ros.segmentation.scene import Scene, SceneObject
from omd3d_ros.segmentation.stored_objects import objects_of_map


@dataclasses.dataclass(frozen=True, eq=False)
class PlacedMap:
    """A map as it lay in the map frame when it was saved; metres.

    settings         the parameters that the map was made with; empty when the file has none
    map_from_fusion  (4, 4) float64, what took the positions of the file here
    """

    snapshot: MapSnapshot
    keyframes: tuple[Keyframe, ...]
    objects: tuple[SceneObject, ...]
    settings: dict[str, Any]
    map_from_fusion: npt.NDArray[np.float64]


def placed_map(contents: MapContents) -> PlacedMap:
    """Return the contents of a map file in the map frame.

    Raises ValueError when an object's record is not one of an object.
    """
    snapshot, pose = contents.snapshot, contents.map_from_fusion
    scene = Scene(
        snapshot.map_id, snapshot.revision, snapshot.stamp_ns, objects_of_map(contents.objects))
    keyframes = tuple(
        dataclasses.replace(frame, map_from_camera=pose @ frame.map_from_camera)
        for frame in contents.keyframes)
    return PlacedMap(
        placed_snapshot(snapshot, pose), keyframes, placed_scene(scene, pose).objects,
        contents.settings, pose)
