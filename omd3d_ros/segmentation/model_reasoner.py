"""Chooses the objects that a command means, with the trained 3D language model."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.special import expit, log_expit
from torch import Tensor

from omd3d_ros.segmentation.answer_text import answer_text
from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.command import clean_command
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.mask_decoder import MaskDecoder
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.model_settings import ReasonerSettings, TextEncoderSettings
from omd3d_ros.segmentation.name_evidence import NameEvidence, names_in
from omd3d_ros.segmentation.operation_cues import operation_cue
from omd3d_ros.segmentation.operations import OPERATIONS, RELATIONS, carry_out
from omd3d_ros.segmentation.question_cues import question_cue
from omd3d_ros.segmentation.scene import (
    Answer,
    ObjectState,
    Outcome,
    Scene,
    SceneObject,
    Selection,
)
from omd3d_ros.segmentation.scene_prompt import MOST_OBJECTS
from omd3d_ros.segmentation.scene_reader import ReadScene, SceneReader
from omd3d_ros.segmentation.scored_object import ScoredObject
from omd3d_ros.segmentation.seg_network import (
    NUMBERS,
    QUESTIONS,
    Reading,
    SegNetwork,
    SegNetworkSettings,
)
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.segmentation.told_objects import ToldObjects
from omd3d_ros.segmentation.viewpoint import body_viewpoint
from omd3d_ros.segmentation.weights_file import SHIPPED, read_weights

PART = '3D language model'
_SAME = 0.5  # of the smaller of two masks, from which on they are of one thing
_REFERENCES = 4  # likeliest objects that a place may be told by
_NAMED_IN_RELATIONS = 2  # what is meant, and what its place is told by
_CUE = 4.0  # nats for the kind of question that a turn of English tells
_PLACE = 6.0  # nats for the operation that a turn of English tells
_SURE = -1e-6  # log-probability at most
_UNNAMED = 5.0  # nats against a relation when fewer are named


class ModelReasoner:
    """Answers commands on a scene; the scene is read once and remembered. Not thread-safe.

    The network tells for each object whether it is what the command names, which operation on
    places it asks for and what that refers to, and how many are meant. The operation is then
    carried out on the boxes, in the viewpoint's frame.

    model       name and hash of the weights, for reports
    """

    def __init__(
        self, settings: ReasonerSettings, reader: SceneReader, model: str = '3D language model',
        decoder: MaskDecoder | None = None,
    ) -> None:
        """Take a mask decoder where masks are to be refined."""
        self.model = model
        self._settings, self._reader, self._decoder = settings, reader, decoder
        self._masks: MaskScene | None = None
        self._held: tuple[tuple[object, ...], ReadScene] | None = None
        self._told = ToldObjects(names=reader.names)

    def prepare(self, scene: Scene) -> None:
        """Read a scene ahead, so that the first command is answered sooner."""
        self._read(scene)

    def see(self, masks: MaskScene | None) -> None:
        """Take what masks are refined in, from now on."""
        self._masks = masks

    def asked(
        self, scene: Scene, commands: Sequence[str]
    ) -> tuple[MaskScene, list[Tensor]] | None:
        """Return what masks are refined in, and the state of [SEG] (D,) for each command."""
        if self._masks is None:
            return None
        read = self._read(scene)[0]
        return self._masks, [self._reader.read_command(read, command).seg[0]
                             for command in commands]

    def answer(
        self, scene: Scene, command: str, map_from_viewpoint: npt.NDArray[np.float64] | None
    ) -> Answer:
        """Choose the objects that a command means.

        map_from_viewpoint is the 4x4 pose of the frame that "left of" and "behind" are read in,
        of a body or a camera (see body_viewpoint), or None. Stale objects are not considered.
        Raises ValueError when the command is empty, too long or not text.
        """
        command = clean_command(command, self._settings.max_command_length)
        viewpoint = body_viewpoint(map_from_viewpoint)
        read, objects = self._read(scene)
        if not objects:
            return Answer(Outcome.NOT_FOUND, answer_text(
                'command', Outcome.NOT_FOUND, (), (), None, 0.0), (), ())
        reading = self._reader.read_command(read, command)
        odds = reading.targets[0].numpy().astype(np.float64)
        named = float(odds.max())
        operation = _operation(reading, command)
        boxes = [found.box for found in objects]
        floor = min(float(box.center[2] - box.size[2] / 2) for box in boxes)
        if self._settings.relations:
            odds = _placed(operation, boxes, odds, reading.references[0], viewpoint, floor)
        scored = [ScoredObject(found, round(float(one), 3))
                  for found, one in zip(objects, odds, strict=True)]
        ranked = sorted(scored, key=lambda one: (-one.odds, one.found.id))
        number = NUMBERS[int(reading.number[0].argmax())]
        question = _question(reading, command)
        missing = float(expit(float(reading.none[0]) - named))
        outcome, chosen = self._choose(ranked, number, missing, counted=question == 'count')
        selections = _distinct([
            Selection(one.found.id, one.score, *self._mask(scene, one.found, reading.seg[0]))
            for one in chosen])
        if outcome == Outcome.AMBIGUOUS and len(selections) == 1:
            outcome = Outcome.OK
        kept = {one.object_id for one in selections}
        text = answer_text(question, outcome, [
            one.found for one in chosen if one.found.id in kept], objects, viewpoint, floor)
        return Answer(outcome, text, tuple(selections), tuple(
            (one.found.id, one.score)
            for one in ranked[len(chosen):][:self._settings.max_alternatives]))

    def _mask(
        self, scene: Scene, found: SceneObject, seg: Tensor
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        """Return the points and colours of an object, refined where that can be."""
        masks = self._masks
        if self._decoder is None or masks is None or masks.snapshot.map_id != scene.map_id:
            return found.points, found.colors
        return masks.refined(found, self._decoder, seg)

    def _choose(
        self, ranked: list[ScoredObject], number: str, missing: float, *, counted: bool
    ) -> tuple[Outcome, list[ScoredObject]]:
        """Choose among objects, the likeliest first; what is counted is likelier than not."""
        settings = self._settings
        best = ranked[0]
        if best.score < settings.found or missing > settings.missing:
            return Outcome.NOT_FOUND, []
        outcome = Outcome.OK if best.score >= settings.confidence else Outcome.LOW_CONFIDENCE
        if number == 'any':
            return outcome, [best]
        margin = settings.plural_margin if number == 'all' else settings.ambiguity
        least = settings.confidence if counted and number == 'all' else settings.found
        chosen = [one for one in ranked if one is best or (
            one.score >= least and one.odds >= best.odds - margin)]
        if number == 'the' and len(chosen) > 1 and outcome == Outcome.OK:
            outcome = Outcome.AMBIGUOUS
        return outcome, chosen

    def _read(self, scene: Scene) -> tuple[ReadScene, list[SceneObject]]:
        objects = [found for found in scene.objects
                   if found.state != ObjectState.STALE][:MOST_OBJECTS]
        told = self._told.tell(scene.map_id, objects)
        key = (scene.map_id, *((found.id, found.feature, one)
                               for found, one in zip(objects, told, strict=True)))
        if self._held is None or self._held[0] != key:
            self._held = key, self._reader.read_scene(
                told, range(len(told)), [found.feature for found in objects])
        return self._held[1], objects


def _distinct(selections: Sequence[Selection]) -> list[Selection]:
    """Leave out what is the same thing as one before: pieces of it, whose masks were refined."""
    if len(selections) < 2:  # a large mask takes a while to look at
        return list(selections)
    kept: list[Selection] = []
    masks: list[set[bytes]] = []
    for one in selections:
        mask = {row.tobytes() for row in one.points}
        if not any(len(mask & other) > _SAME * min(len(mask), len(other)) for other in masks):
            kept.append(one)
            masks.append(mask)
    return kept


def _operation(reading: Reading, command: str) -> str:
    """Return the likeliest operation, with some weight on turns that tell it.

    One relative to what is not named is less likely: "the mug on the right" and "on the right
    of the sofa" differ in their ends only.
    """
    logits = reading.operation[0].clone()
    if len(names_in(command)) < _NAMED_IN_RELATIONS:
        logits[[OPERATIONS.index(one) for one in RELATIONS]] -= _UNNAMED
    cue = operation_cue(command)
    if cue is not None:
        logits[OPERATIONS.index(cue)] += _PLACE
    return OPERATIONS[int(logits.argmax())]


def _placed(
    operation: str, boxes: Sequence[OrientedBox], odds: npt.NDArray[np.float64], references: Tensor,
    map_from_viewpoint: npt.NDArray[np.float64] | None, floor: float,
) -> npt.NDArray[np.float64]:
    """Return log-odds (n,) of what is named and where it is to be, whatever that refers to.

    odds (n,) are those of being named, references (n,) logits of what the place is told by.
    """
    likely = references.argsort(descending=True, stable=True)[:_REFERENCES].tolist()
    shares = references.log_softmax(0).numpy().astype(np.float64)
    told = [[one] for one in likely]
    if operation not in RELATIONS:
        told = [[]]
    elif operation == 'between':
        told = [list(pair) for pair in itertools.combinations(likely, 2)] or [[]]
    weights = np.array([shares[some].sum() for some in told])
    each = np.array([carry_out(operation, boxes, odds, some, map_from_viewpoint, floor)
                     for some in told])
    placed = np.logaddexp.reduce(each + (weights - np.logaddexp.reduce(weights))[:, None], axis=0)
    if operation in RELATIONS:
        return np.asarray(odds + placed)
    joint = np.minimum(log_expit(odds) + placed, _SURE)  # being the largest is a probability
    return np.asarray(joint - np.log(-np.expm1(joint)))


def _question(reading: Reading, command: str) -> str:
    """Return the likeliest kind of question, with some weight on turns that tell it."""
    logits = reading.question[0].clone()
    cue = question_cue(command)
    if cue is not None:
        logits[QUESTIONS.index(cue)] += _CUE
    return QUESTIONS[int(logits.argmax())]


def trained_reasoner(settings: ReasonerSettings, language_model: LanguageModel) -> ModelReasoner:
    """Load the trained weights beside a language model.

    Raises ValueError naming the folder when they are missing, damaged, or another model's.
    """
    folder = Path(settings.weights) if settings.weights else SHIPPED / 'reason'
    stored = read_weights(folder, PART)
    built = stored.build(SegNetworkSettings)
    network_settings = dataclasses.replace(
        built, names=built.names and settings.names,
        evidence=built.evidence and settings.evidence)
    encode = language_model.encode
    network = SegNetwork(network_settings, language_model.network,
                         encode(' the')[0])
    stored.load_into(network)
    for value in network.lora.values():
        if not settings.lora:
            value.data.zero_()
        value.data = value.data.to(language_model.network.dtype)
    network.merge_lora()
    network.to(next(language_model.network.parameters()).device)
    evidence = NameEvidence(TextEncoder(TextEncoderSettings()).embed)
    return ModelReasoner(settings, SceneReader(network, encode, evidence),
                         f'{folder.name} sha256:{stored.sha256[:12]}',
                         _decoder(settings, network))


def _decoder(settings: ReasonerSettings, network: SegNetwork) -> MaskDecoder | None:
    """Load the mask decoder; ValueError where it does not fit the language model."""
    if not settings.refine_masks:
        return None
    folder = Path(settings.mask_weights) if settings.mask_weights else SHIPPED / 'masks'
    decoder = MaskDecoder.load(folder, network.own_words.device)
    width = network.own_words.shape[1]
    if decoder.seg_width != width:
        raise ValueError(f'{folder}: the mask decoder takes {decoder.seg_width} numbers of [SEG], '
                         f'the language model gives {width}')
    return decoder
