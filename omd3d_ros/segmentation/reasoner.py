"""Chooses the objects that a command means."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.command import clean_command
from omd3d_ros.segmentation.command_reading import CommandReading, read_command
from omd3d_ros.segmentation.description import BLANK, COLORS, color_shares, describe
from omd3d_ros.segmentation.label_fit import LabelFit
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_settings import ReasonerSettings
from omd3d_ros.segmentation.scene import (
    Answer,
    ObjectState,
    Outcome,
    Scene,
    SceneObject,
    Selection,
)
from omd3d_ros.segmentation.scored_object import ScoredObject

# Names that say nothing about what a thing is for.
# Log-odds that an object answers a command. Set on the tuning scenes of
# test/segmentation/command_cases.json.
_OFFSET = 1.6
_FIT_OF_UNKNOWN = -6.0  # nats; what a thing with no good name is worth
_DOUBT = 0.2  # share of an object's names that stays with "something else"
_NAMED_WEIGHT = 5.0
_NOT_NAMED_PENALTY = 4.0
_ENOUGH_NAME = 0.25  # share of an object's names that takes the whole penalty away
_INVOLVED_WEIGHT = 1.0
_WRONG_COLOR = 3.0  # off the log-odds of an object without the colour asked for
_ENOUGH_COLOR = 0.5  # share of an object's surface
_WRONG_SIZE = 3.0  # off the log-odds for each rank away from the size asked for
_RIVAL = 3.0  # nats under the best log-odds, within which objects compete in size


class Reasoner:
    """Answers commands with the objects of a scene. Not thread-safe.

    An object's score has two sources. The language model judges what its names are for
    (see LabelFit), which is all there is for "bring me something to drink from". Where the
    command names a thing outright ("the mug", "the couch"), an object that bears the name, or
    a synonym of it, has direct evidence and wins clearly; one that does not is held back.
    Colour and size words then re-rank. The same scene and command give the same answer.

    model       what chooses, for reports
    """

    model = 'rules'

    def __init__(self, settings: ReasonerSettings, language_model: LanguageModel) -> None:
        self._settings = settings
        self._label_fit = LabelFit(language_model)

    def prepare(self, scene: Scene) -> None:
        """Work ahead on the names of a scene, so that the first command is answered sooner."""
        self._label_fit.prepare(label for found in scene.objects for label in _labels(found))

    def answer(
        self,
        scene: Scene,
        command: str,
        map_from_viewpoint: npt.NDArray[np.float64] | None,
    ) -> Answer:
        """Choose the objects that a command means.

        map_from_viewpoint is the 4x4 pose of the frame the command was said in, or None. This
        reasoner reads no directions from it. Stale objects are not considered. Raises
        ValueError when the command is empty, too long or not text.
        """
        command = clean_command(command, self._settings.max_command_length)
        reading = read_command(command)
        present = [found for found in scene.objects if found.state != ObjectState.STALE]
        ranked = self._rank(present, command, reading)
        return self._decide(ranked, reading)

    def _rank(
        self, objects: list[SceneObject], command: str, reading: CommandReading
    ) -> list[ScoredObject]:
        """Score objects, best first; equal scores in the order of the ids."""
        labels = [label for found in objects for label in _labels(found)]
        fits = self._label_fit.fits(command, labels) if objects else {}
        odds = [_log_odds(found, fits, reading) - _color_penalty(found, reading.color)
                for found in objects]
        odds = _ranked_by_size(objects, odds, reading.size)
        scored = [ScoredObject(found, round(one, 3))
                  for found, one in zip(objects, odds, strict=True)]
        return sorted(scored, key=lambda one: (-one.odds, one.found.id))

    def _decide(self, ranked: list[ScoredObject], reading: CommandReading) -> Answer:
        settings = self._settings
        best = ranked[0].score if ranked else 0.0
        if best < settings.found_by_rules:
            return Answer(Outcome.NOT_FOUND, 'I found nothing that fits.', (),
                          _alternatives(ranked, settings.max_alternatives))
        outcome = Outcome.OK if best >= settings.confidence else Outcome.LOW_CONFIDENCE
        certain = reading.definite and reading.outright
        margin = (settings.plural_margin if reading.plural
                  else settings.ambiguity if certain else 0.0)
        chosen = [one for one in ranked
                  if one.score >= settings.found_by_rules and one.odds >= ranked[0].odds - margin]
        if not (reading.plural or certain):  # "a chair", "something to sit on": any will do
            chosen = chosen[:1]
        elif not reading.plural and len(chosen) > 1 and outcome == Outcome.OK:
            outcome = Outcome.AMBIGUOUS
        selections = tuple(
            Selection(one.found.id, one.score, one.found.points, one.found.colors)
            for one in chosen)
        return Answer(outcome, _sentence(outcome, [one.found for one in chosen]), selections,
                      _alternatives(ranked[len(chosen):], settings.max_alternatives))


def _labels(found: SceneObject) -> list[str]:
    return [label for label in found.labels if label not in BLANK]


def _shares(found: SceneObject) -> dict[str, float]:
    """Return how far each name counts; they sum to less than 1, the rest is doubt."""
    total = sum(found.label_scores) + _DOUBT
    pairs = zip(found.labels, found.label_scores, strict=True)
    return {label: score / total for label, score in pairs if label not in BLANK}


def _log_odds(
    found: SceneObject, fits: dict[str, float], reading: CommandReading
) -> float:
    shares = _shares(found)
    expected = math.exp(_FIT_OF_UNKNOWN) * (1 - sum(shares.values())) + sum(
        share * math.exp(fits[label]) for label, share in shares.items())
    odds = _OFFSET + math.log(expected)
    if reading.named:
        bears_name = sum(share for label, share in shares.items() if label in reading.named)
        if not reading.outright:
            return odds + _INVOLVED_WEIGHT * bears_name
        odds += _NAMED_WEIGHT * bears_name
        odds -= _NOT_NAMED_PENALTY * (1 - min(1.0, bears_name / _ENOUGH_NAME))
    return odds


def _color_penalty(found: SceneObject, color: str) -> float:
    if not color:
        return 0.0
    share = float(color_shares(found.colors)[COLORS.index(color)])
    return _WRONG_COLOR * (1 - min(1.0, share / _ENOUGH_COLOR))


def _ranked_by_size(
    objects: list[SceneObject], odds: list[float], wanted: int
) -> list[float]:
    """Hold back objects that are not the largest (wanted 1) or smallest (-1) of their rivals."""
    if wanted == 0 or not odds:
        return odds
    rivals = [i for i, one in enumerate(odds) if one >= max(odds) - _RIVAL]
    rivals.sort(key=lambda i: -wanted * float(objects[i].box.size.max()))
    ranks = {i: rank for rank, i in enumerate(rivals)}
    return [one - _WRONG_SIZE * ranks.get(i, 0) for i, one in enumerate(odds)]


def _alternatives(ranked: list[ScoredObject], most: int) -> tuple[tuple[str, float], ...]:
    return tuple((one.found.id, one.score) for one in ranked[:most])


def _sentence(outcome: Outcome, chosen: list[SceneObject]) -> str:
    names = [describe(found) for found in chosen]
    listed = ', '.join(names[:-1]) + f' and {names[-1]}' if len(names) > 1 else names[0]
    if outcome == Outcome.AMBIGUOUS:
        return f'Which one? I found {listed}.'
    if outcome == Outcome.LOW_CONFIDENCE:
        return f'I am not sure: perhaps {listed}.'
    return f'I found {listed}.'
