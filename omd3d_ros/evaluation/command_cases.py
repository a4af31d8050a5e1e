"""Scenes and commands written by hand, to choose and check how commands are understood."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.scene import Answer, ObjectState, Outcome, Scene, SceneObject

_RGB = {
    'black': (20, 20, 20), 'grey': (130, 131, 130), 'white': (240, 240, 240),
    'brown': (139, 69, 19), 'red': (200, 30, 30), 'orange': (255, 140, 0),
    'yellow': (240, 210, 40), 'green': (40, 140, 60), 'blue': (40, 80, 200),
    'purple': (128, 0, 128), 'pink': (255, 170, 190)}
_POINTS = 27


@dataclasses.dataclass(frozen=True)
class CommandCase:
    """A command said in a scene, and the ids of the objects that answer it.

    kind      explicit, synonym, color, implicit, plural or absent
    targets   any of them is right; all of them for plural; none for absent
    held_out  its scene was not used to choose settings
    """

    scene: Scene
    kind: str
    command: str
    targets: frozenset[str]
    held_out: bool

    @property
    def chance(self) -> float:
        """Return how often one object drawn at random would be right."""
        return len(self.targets) / len(self.scene.objects)

    def is_right(self, answer: Answer) -> bool:
        """Tell whether an answer selects what it should and nothing else."""
        selected = {selection.object_id for selection in answer.selections}
        if self.kind == 'absent':
            return answer.outcome == Outcome.NOT_FOUND and not selected
        if self.kind == 'plural':
            return selected == self.targets
        return bool(selected) and selected <= self.targets


def load_command_cases(path: Path) -> tuple[CommandCase, ...]:
    """Read cases from a JSON file like test/segmentation/command_cases.json."""
    tree = json.loads(path.read_text())
    scenes = {name: _scene(name, rows) for name, rows in tree['scenes'].items()}
    return tuple(
        CommandCase(scenes[scene], kind, command, frozenset(targets), scene in tree['held_out'])
        for scene, kind, command, targets in tree['cases'])


def _scene(name: str, rows: list[Any]) -> Scene:
    objects = [_scene_object(*row) for row in rows]
    return Scene(name, 1, 0, tuple(sorted(objects, key=lambda one: (len(one.id), one.id))))


def _scene_object(
    identity: str, labels: dict[str, float], color: str, size: list[float], center: list[float]
) -> SceneObject:
    extents, middle = np.array(size), np.array(center)
    grid = np.stack(np.meshgrid(*[np.linspace(-0.5, 0.5, 3)] * 3), -1).reshape(-1, 3)
    points = (middle + extents * grid).astype(np.float32)
    return SceneObject(
        id=identity, labels=tuple(labels), label_scores=tuple(labels.values()), objectness=0.8,
        points=points, colors=np.full((_POINTS, 3), _RGB[color], np.uint8), centroid=middle,
        covariance=np.cov(points.T.astype(np.float64), bias=True),
        box=OrientedBox(middle, 0.0, extents), observations=5, first_seen_ns=0, last_seen_ns=0,
        state=ObjectState.CONFIRMED)
