"""Names objects with the trained object encoder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from omd3d_ros.segmentation.description_memory import DescriptionMemory
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.image_network import CLASSES, FEATURES
from omd3d_ros.segmentation.object_encoder import (
    ObjectEncoder,
    ObjectEncoderSettings,
    ObjectInputs,
    with_names,
)
from omd3d_ros.segmentation.seen_object import SeenObject
from omd3d_ros.segmentation.text_encoder import TextEncoder
from omd3d_ros.segmentation.weights_file import SHIPPED, read_weights, save_weights

PART = 'object encoder'
FOLDER = SHIPPED / 'object_encoder'
_TEXT = 'a {}'  # how a name is said to the text encoder


class ObjectNamer:
    """Scores N names for objects.

    names   the names in the order of the scores
    model   name and weights hash, for reports
    """

    def __init__(self, names: Sequence[str], encoder: ObjectEncoder, model: str = '') -> None:
        if len(names) != len(encoder.texts):
            raise ValueError(f'names: {len(names)}, must be {len(encoder.texts)}')
        self.names, self.model = tuple(names), model
        self._encoder = encoder.eval().requires_grad_(requires_grad=False)
        self._class_to_name = class_matrix(self.names)
        self._memory = DescriptionMemory()

    @classmethod
    def load(cls, folder: Path = FOLDER, device: torch.device | None = None) -> ObjectNamer:
        """Load trained weights; ValueError naming the folder when they cannot be used."""
        stored = read_weights(folder, PART)
        names = stored.names()
        settings = stored.build(ObjectEncoderSettings)
        count, none = len(names), torch.zeros(len(names), dtype=torch.bool)
        encoder = ObjectEncoder(settings, torch.zeros(count, settings.text_width),
                                torch.zeros(count, 2), none, none)
        stored.load_into(encoder)
        return cls(names, encoder.to(device or torch.device('cpu')),
                   f'object encoder sha256:{stored.sha256[:12]}')

    def save(self, folder: Path, facts: dict[str, object]) -> str:
        """Write the weights with their names and some facts; return their sha256."""
        return save_weights(folder, PART, self._encoder.state_dict(), self._encoder.settings,
                            {'names': list(self.names), **facts})

    def with_texts(
        self, names: Sequence[str], sizes: Sequence[tuple[float, float]], texts: TextEncoder
    ) -> ObjectNamer:
        """Return a namer that knows more names, by their texts and sizes (metres) alone."""
        known = sorted(set(names) & set(self.names))
        if known:
            raise ValueError(f'names={known}: are known already')
        device = self._encoder.texts.device
        grown = with_names(
            self._encoder, torch.from_numpy(name_texts(names, texts)).to(device),
            torch.tensor(sizes, dtype=torch.float32, device=device).reshape(-1, 2))
        return ObjectNamer((*self.names, *names), grown, self.model)

    def probabilities(
        self, objects: Sequence[SeenObject], floor: float
    ) -> npt.NDArray[np.float64]:
        """Return the probability of each name for each object, (B, N), as ``encode`` does."""
        return self.encode(objects, floor)[0]

    def encode(
        self, objects: Sequence[SeenObject], floor: float
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float32]]:
        """Return the probability of each name (B, N), and a unit feature of each object (B, F).

        Probabilities of an object sum to 1 at most; what is missing is the probability that no
        name is right. floor is the floor's height, metres.
        """
        width = self._encoder.settings.width
        if not objects:
            return np.zeros((0, len(self.names))), np.zeros((0, width), np.float32)
        inputs = self._inputs(objects, floor)
        with torch.inference_mode():
            vectors = self._encoder.embed(inputs)
            shares = self._encoder.score(vectors, inputs).double().softmax(1)[:, :-1]
            features = torch.nn.functional.normalize(vectors, dim=1)
        return np.asarray(shares.cpu().numpy(), np.float64), features.cpu().numpy()

    def _inputs(self, objects: Sequence[SeenObject], floor: float) -> ObjectInputs:
        most = max(1, *(len(one.quality) for one in objects))
        views = np.zeros((len(objects), most, FEATURES), np.float32)
        quality = np.zeros((len(objects), most), np.float32)
        opinions = np.zeros((len(objects), most, len(self.names)), np.float32)
        for row, one in enumerate(objects):
            count = len(one.quality)
            views[row, :count], quality[row, :count] = one.features, one.quality
            opinions[row, :count] = one.classes @ self._class_to_name
        told = [self._memory.describe(one.points, one.colors) for one in objects]
        features = np.stack([one.above(floor) for one in told])
        largest = np.array([one.largest for one in told], np.float32)
        clouds = np.stack([one.cloud for one in told])
        device = self._encoder.texts.device

        def tensor(array: npt.NDArray[np.float32]) -> Tensor:
            return torch.from_numpy(array).to(device)

        return ObjectInputs(tensor(views), tensor(quality), tensor(opinions), tensor(features),
                            tensor(largest), tensor(clouds))


def class_matrix(names: Sequence[str]) -> npt.NDArray[np.float32]:
    """Return which ImageNet classes show which names: (1000, N) of 0 and 1."""
    vocabulary = household_vocabulary()
    classes = dict(zip(vocabulary.words, vocabulary.classes, strict=True))
    matrix = np.zeros((CLASSES, len(names)), np.float32)
    for column, name in enumerate(names):
        matrix[list(classes.get(name, ())), column] = 1.0
    return matrix


def name_texts(names: Sequence[str], texts: TextEncoder) -> npt.NDArray[np.float32]:
    """Embed names, each with its true synonyms at half its weight: (N, T), unit rows."""
    vocabulary = household_vocabulary()
    places = {word: place for place, word in enumerate(vocabulary.words)}
    said: list[str] = []
    weights, owners = [], []
    for row, name in enumerate(names):
        others: tuple[str, ...] = ()
        if name in places:
            loose = set(vocabulary.loose[places[name]])
            others = tuple(one for one in vocabulary.synonyms[places[name]] if one not in loose)
        for text, weight in ((name, 1.0), *((one, 0.5 / len(others)) for one in others)):
            said.append(_TEXT.format(text))
            weights.append(weight)
            owners.append(row)
    rows = texts.embed(said) * np.array(weights, np.float32)[:, None]
    mixed = np.zeros((len(names), rows.shape[1]), np.float32)
    np.add.at(mixed, np.array(owners, np.int64), rows)
    return np.asarray(mixed / np.linalg.norm(mixed, axis=1, keepdims=True), np.float32)
