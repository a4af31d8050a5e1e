"""Two plain ways to choose objects, from their best names alone, for comparison.

Both select every object that bears the name they choose, and read nothing else in the command.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import numpy.typing as npt

from omd3d_ros.segmentation.label_fit import LabelFit
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_settings import LanguageModelSettings, TextEncoderSettings
from omd3d_ros.segmentation.scene import Answer, ObjectState, Outcome, Scene, Selection
from omd3d_ros.segmentation.segmenter import Segmenter
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.settings import check_settings, setting

SYSTEMS = ('ours', 'minilm', 'names')
Answerer = Callable[[Scene, str, Any], Answer]


@dataclasses.dataclass(frozen=True)
class CompetitorSettings:
    """When the competitors find that nothing fits.

    Both bounds are those that tell commands for what is there from the others best (mean of both
    shares right) in the tuning scenes of test/segmentation/command_cases.json.
    """

    least_similarity: float = setting(
        0.3, 'cosine of command and name under which nothing fits', low=-1.0, high=1.0)
    least_fit: float = setting(
        -2.0, 'fit of a name to the command under which nothing fits', unit='nats', low=-50.0,
        high=0.0)

    def __post_init__(self) -> None:
        check_settings(self)


class MinilmChoice:
    """Chooses the name whose sentence embedding is most like the command's."""

    def __init__(self, settings: CompetitorSettings, encoder: TextEncoder) -> None:
        self._least, self._encoder = settings.least_similarity, encoder
        self.model = encoder.model

    def scores(self, command: str, names: Sequence[str]) -> list[float]:
        """Return the cosine of each name with the command."""
        found: list[float] = self._encoder.similarities([command], names)[0].tolist()
        return found

    def answer(
        self, scene: Scene, command: str, map_from_viewpoint: npt.NDArray[Any] | None
    ) -> Answer:
        """Choose objects; the viewpoint is not looked at."""
        return _chosen(scene, command, self.scores, self._least)


class NamesChoice:
    """Chooses the name that the language model finds fittest after the command."""

    def __init__(self, settings: CompetitorSettings, language_model: LanguageModel) -> None:
        self._least, self._fit = settings.least_fit, LabelFit(language_model)
        self.model = language_model.model

    def scores(self, command: str, names: Sequence[str]) -> list[float]:
        """Return each name's fit to the command, nats; 0 is as good as any thing gets."""
        fits = self._fit.fits(command, names)
        return [fits[name] for name in names]

    def answer(
        self, scene: Scene, command: str, map_from_viewpoint: npt.NDArray[Any] | None
    ) -> Answer:
        """Choose objects; the viewpoint is not looked at."""
        return _chosen(scene, command, self.scores, self._least)


def answerers(
    systems: Sequence[str], segmenter: Segmenter, language: LanguageModelSettings
) -> dict[str, tuple[Answerer, str]]:
    """Return how each of the systems answers, and the names of its models.

    Raises ValueError for a name that is none of SYSTEMS.
    """
    made: dict[str, tuple[Answerer, str]] = {}
    for name in systems:
        if name not in SYSTEMS:
            raise ValueError(f'systems={name!r}: must be one of {", ".join(SYSTEMS)}')
        if name == 'ours':
            made[name] = (segmenter.reason, segmenter.model)
        else:
            choice = (
                MinilmChoice(CompetitorSettings(), TextEncoder(TextEncoderSettings()))
                if name == 'minilm' else
                NamesChoice(CompetitorSettings(), LanguageModel(language)))
            made[name] = (choice.answer, choice.model)
    return made


def _chosen(
    scene: Scene, command: str, score: Callable[[str, Sequence[str]], list[float]], least: float
) -> Answer:
    named = [found for found in scene.objects
             if found.labels and found.state is not ObjectState.STALE]
    names = sorted({found.labels[0] for found in named})
    scores = dict(zip(names, score(command, names), strict=True)) if names else {}
    best = max(scores, key=lambda name: (scores[name], name), default='')
    if not scores or scores[best] < least:
        return Answer(Outcome.NOT_FOUND, '', (), ())
    value = min(1.0, max(0.0, scores[best]))
    selections = tuple(
        Selection(found.id, value, found.points, found.colors)
        for found in named if found.labels[0] == best)
    return Answer(Outcome.OK, best, selections, ())
