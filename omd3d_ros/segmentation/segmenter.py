"""The segmenter: a map becomes objects, a command becomes masks.

This is the interface that a trained 3D language model fills as well: ``perceive`` turns a map
into a list of objects, ``reason`` turns a command into the objects that it means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.appearance import Appearance
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.reasoner import Reasoner
from omd3d_ros.segmentation.scene import Answer, Observation, Scene, SceneObject
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings
from omd3d_ros.segmentation.tracker import Tracker
from omd3d_ros.segmentation.warm_up import warm_up


class Segmenter:
    """Holds the models and the tracked objects of one map.

    ``model`` names the models, their versions and the hash of their weights.
    """

    def __init__(self, settings: SegmenterSettings) -> None:
        torch.set_num_threads(settings.threads)
        self._settings = settings
        self._tracker = Tracker(settings.tracker)
        self._appearance = Appearance(settings.appearance, torch.device(settings.language.device))
        language_model = LanguageModel(settings.language)
        self._reasoner = Reasoner(settings.reasoner, language_model)
        warm_up()
        self.model = f'{self._appearance.model} + {language_model.model}'

    def perceive(self, snapshot: MapSnapshot, keyframes: Sequence[Keyframe]) -> Scene:
        """Find, name and track the objects of a map."""
        proposals = find_proposals(snapshot, self._settings.proposals)
        names = self._appearance.name(proposals, snapshot, keyframes)
        observations = [
            Observation(proposal, labels, scores)
            for proposal, (labels, scores) in zip(proposals, names, strict=True)]
        objects = self._tracker.update(snapshot, observations, keyframes)
        ordered = tuple(sorted(objects, key=lambda found: (len(found.id), found.id)))
        scene = Scene(snapshot.map_id, snapshot.revision, snapshot.stamp_ns, ordered)
        self._reasoner.prepare(scene)
        return scene

    def reason(
        self, scene: Scene, command: str, map_from_viewpoint: npt.NDArray[np.float64] | None
    ) -> Answer:
        """Choose the objects that a command means; the same scene and command, the same answer.

        ``map_from_viewpoint`` is the 4x4 pose of the frame that "left of" and "behind" are read
        in, or None when it is not known.
        """
        return self._reasoner.answer(scene, command, map_from_viewpoint)

    def restore(self, map_id: str, objects: Sequence[SceneObject]) -> None:
        """Go on with the objects of a loaded map, or of the worker before this one."""
        self._tracker.restore(map_id, objects)
