"""The segmenter: a map becomes objects, a command becomes masks.

This is the interface that a trained 3D language model fills as well: ``perceive`` turns a map
into a list of objects, ``reason`` turns a command into the objects that it means.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.appearance import Appearance
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.model_reasoner import ModelReasoner, trained_reasoner
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.reasoner import Reasoner
from omd3d_ros.segmentation.scene import Answer, Observation, Proposal, Scene, SceneObject
from omd3d_ros.segmentation.segmenter_settings import SegmenterSettings
from omd3d_ros.segmentation.tracker import Tracker
from omd3d_ros.segmentation.vote_proposals import VoteDetector
from omd3d_ros.segmentation.warm_up import warm_up


class Segmenter:
    """Holds the models and the tracked objects of one map.

    ``model`` names the models, their versions and the hash of their weights; ``masks`` is what
    the masks of the newest perceived map are refined in, if they are.
    """

    def __init__(self, settings: SegmenterSettings, *, masks: bool = False) -> None:
        """Load the models; with masks, what they are refined in is kept, though none are."""
        torch.set_num_threads(settings.threads)
        self._settings = settings
        self._wants_masks = masks or settings.reasoner.refine_masks
        self.masks: MaskScene | None = None
        self._tracker = Tracker(settings.tracker)
        device = torch.device(settings.language.device)
        self._appearance = Appearance(settings.appearance, device)
        language_model = LanguageModel(settings.language)
        self._detector = (VoteDetector(settings.detector, device)
                          if settings.detector.enabled else None)
        self._reasoner: Reasoner | ModelReasoner = (
            trained_reasoner(settings.reasoner, language_model) if settings.reasoner.trained
            else Reasoner(settings.reasoner, language_model))
        warm_up()
        parts = (self._detector, self._appearance, language_model, self._reasoner)
        self.model = ' + '.join(part.model for part in parts if part is not None)

    def perceive(self, snapshot: MapSnapshot, keyframes: Sequence[Keyframe]) -> Scene:
        """Find, name and track the objects of a map."""
        proposals, self.masks = self._proposed(snapshot, masks=self._wants_masks)
        if isinstance(self._reasoner, ModelReasoner):
            self._reasoner.see(self.masks)
        return self.describe(proposals, snapshot, keyframes)

    def propose(self, snapshot: MapSnapshot) -> tuple[Proposal, ...]:
        """Find the objects of a map only; nothing is remembered."""
        return self._proposed(snapshot, masks=False)[0]

    def _proposed(
        self, snapshot: MapSnapshot, *, masks: bool
    ) -> tuple[tuple[Proposal, ...], MaskScene | None]:
        if self._detector is None:
            return tuple(find_proposals(snapshot, self._settings.proposals)), None
        return self._detector.detect(snapshot, self._settings.proposals, masks=masks)

    def describe(
        self, proposals: Sequence[Proposal], snapshot: MapSnapshot, keyframes: Sequence[Keyframe]
    ) -> Scene:
        """Name and track given proposals of a map, such as true masks."""
        names = self._appearance.name(proposals, snapshot, keyframes)
        observations = [
            Observation(proposal, *named)
            for proposal, named in zip(proposals, names, strict=True)]
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

    def asked(
        self, scene: Scene, commands: Sequence[str]
    ) -> tuple[MaskScene, list[Tensor]] | None:
        """Return what masks are refined in, and the hidden state of [SEG] for each command.

        None without vote networks, the trained reasoner, or masks: there is nothing such then.
        """
        if not isinstance(self._reasoner, ModelReasoner):
            return None
        return self._reasoner.asked(scene, commands)

    def restore(self, map_id: str, objects: Sequence[SceneObject]) -> None:
        """Go on with the objects of a loaded map, or of the worker before this one."""
        self._tracker.restore(map_id, objects)
