"""What the node and its worker say to each other."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.scene import Answer, Scene, SceneObject


@dataclasses.dataclass(frozen=True)
class Ready:
    """The worker's first message: its models are loaded."""

    model: str


@dataclasses.dataclass(frozen=True)
class LoadFailed:
    """The worker could not load its models and ends; why, for a person."""

    reason: str


@dataclasses.dataclass(frozen=True)
class Perceive:
    """Find the objects of a snapshot.

    ``keyframe_keys`` are those alive, in order; ``new`` holds the ones that this worker has not
    been sent before.
    """

    snapshot: MapSnapshot
    keyframe_keys: tuple[int, ...]
    new: tuple[Keyframe, ...]


@dataclasses.dataclass(frozen=True)
class Reason:
    """Answer a command on the scene of ``map_id`` and ``revision``, one of the last two.

    ``map_from_viewpoint`` (4, 4) is in the frame of that scene, the one that the map is fused in.
    """

    map_id: str
    revision: int
    command: str
    map_from_viewpoint: npt.NDArray[np.float64] | None


@dataclasses.dataclass(frozen=True)
class Restore:
    """Go on with these objects, so that ids survive a restart or a loaded map."""

    map_id: str
    objects: tuple[SceneObject, ...]


@dataclasses.dataclass(frozen=True)
class Request:
    """A message to the worker; its reply carries the same number."""

    number: int
    body: Perceive | Reason | Restore


@dataclasses.dataclass(frozen=True)
class Reply:
    """The worker's answer to one request, with the seconds it took; ``error`` when it failed."""

    number: int
    seconds: float
    body: Scene | Answer | None
    error: str = ''
