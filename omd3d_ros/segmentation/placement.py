"""Scenes, answers and maps as they lie in the map frame; they are kept in the fusion frame.

Every function takes ``map_from_fusion``, a rigid transform (4, 4) float64, metres, and returns
its argument itself, uncopied, when that is exactly the identity.
"""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.scene import Answer, Scene, SceneObject

Points = npt.NDArray[np.float32]
Matrix = npt.NDArray[np.float64]


def placed_points(points: Points, map_from_fusion: Matrix) -> Points:
    """Return points (n, 3), metres, in the map frame."""
    if _is_identity(map_from_fusion):
        return points
    rotation, translation = map_from_fusion[:3, :3], map_from_fusion[:3, 3]
    return (points.astype(np.float64) @ rotation.T + translation).astype(np.float32)


def placed_snapshot(snapshot: MapSnapshot, map_from_fusion: Matrix) -> MapSnapshot:
    """Return a map's voxels in the map frame."""
    if _is_identity(map_from_fusion):
        return snapshot
    return dataclasses.replace(snapshot, points=placed_points(snapshot.points, map_from_fusion))


def placed_scene(scene: Scene, map_from_fusion: Matrix) -> Scene:
    """Return the objects of a map in the map frame, their ids as they were."""
    if _is_identity(map_from_fusion):
        return scene
    return dataclasses.replace(
        scene, objects=tuple(_placed_object(o, map_from_fusion) for o in scene.objects))


def placed_answer(answer: Answer, map_from_fusion: Matrix) -> Answer:
    """Return what a command selected in the map frame."""
    if _is_identity(map_from_fusion):
        return answer
    return dataclasses.replace(answer, selections=tuple(
        dataclasses.replace(s, points=placed_points(s.points, map_from_fusion))
        for s in answer.selections))


def _placed_object(found: SceneObject, map_from_fusion: Matrix) -> SceneObject:
    rotation, translation = map_from_fusion[:3, :3], map_from_fusion[:3, 3]
    return dataclasses.replace(
        found,
        points=placed_points(found.points, map_from_fusion),
        centroid=rotation @ found.centroid + translation,
        covariance=rotation @ found.covariance @ rotation.T,
        box=found.box.moved(map_from_fusion))


def _is_identity(pose: Matrix) -> bool:
    return np.array_equal(pose, np.eye(4))
