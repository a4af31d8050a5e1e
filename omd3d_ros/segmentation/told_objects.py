"""What the language model is told of the objects of a scene."""

from __future__ import annotations

from collections.abc import Sequence

from omd3d_ros.segmentation.description import BLANK, color_words, size_word
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.segmentation.scene_prompt import PromptObject

_MOVED = 0.1  # of the probability of an object's names, up to which it is told as before


class ToldObjects:
    """Tells objects as they were told before, while they hardly changed.

    Names move a little with every look, and whatever comes after an object that is told otherwise
    must be read again.
    """

    def __init__(self, *, names: bool = True) -> None:
        """Take whether objects are told with their names."""
        self._names = names
        self._before: dict[tuple[str, str], PromptObject] = {}

    def tell(self, map_id: str, objects: Sequence[SceneObject]) -> list[PromptObject]:
        """Return what is told of the objects of a map, and remember it."""
        told = {(map_id, found.id): told_of(found, names=self._names) for found in objects}
        for key, now in told.items():
            before = self._before.get(key)
            if before is not None and now.nearly(before, _MOVED):
                told[key] = before
        self._before = told
        return list(told.values())


def told_of(found: SceneObject, *, names: bool = True) -> PromptObject:
    """Return what the prompt tells of an object, with or without its names."""
    named = [(label, score) for label, score in zip(found.labels, found.label_scores, strict=True)
             if names and label not in BLANK]
    size = size_word(found.box.size, named[0][0] if named else '')
    return PromptObject(
        tuple(label for label, _ in named), tuple(round(score, 3) for _, score in named),
        color_words(found.colors), '' if size == 'medium' else size)
