"""Samples of objects as tensors, all of them at once."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from omd3d_ros.segmentation.image_network import (
    FEATURES,
    EfficientNetLite2,
    probabilities_of_features,
)
from omd3d_ros.segmentation.object_encoder import ObjectInputs
from omd3d_ros.segmentation.object_features import describe_object
from omd3d_ros.segmentation.object_namer import class_matrix
from omd3d_ros.training.encode_data import ObjectSample

_VIEWS = 3


@dataclasses.dataclass(frozen=True, eq=False)
class EncodeTable:
    """M objects.

    inputs  what the encoder is given
    target  (M,) int64, place of the name; N, the number of names, for none of them
    models  (M,) id of the model of each
    """

    inputs: ObjectInputs
    target: Tensor
    models: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.target)

    def rows(self, chosen: Tensor) -> EncodeTable:
        """Return some of the objects."""
        return EncodeTable(self.inputs.rows(chosen), self.target[chosen],
                           tuple(self.models[int(i)] for i in torch.arange(len(self))[chosen]))


def make_table(
    samples: Sequence[ObjectSample], names: Sequence[str], network: EfficientNetLite2
) -> EncodeTable:
    """Put samples into tensors; the floor is at height 0. A strange name raises ValueError."""
    places = {name: place for place, name in enumerate(names)}
    strange = sorted({one.name for one in samples if one.name} - set(places))
    if strange:
        raise ValueError(f'samples: the name {strange[0]!r} is none of the {len(names)} names')
    matrix = class_matrix(names)
    views = np.zeros((len(samples), _VIEWS, FEATURES), np.float32)
    quality = np.zeros((len(samples), _VIEWS), np.float32)
    opinions = np.zeros((len(samples), _VIEWS, len(names)), np.float32)
    for row, one in enumerate(samples):
        count = min(_VIEWS, len(one.quality))
        views[row, :count], quality[row, :count] = one.features[:count], one.quality[:count]
        opinions[row, :count] = probabilities_of_features(network, one.features[:count]) @ matrix
    told = [describe_object(one.points, one.colors) for one in samples]
    features = np.stack([one.above(0.0) for one in told])
    largest = np.array([one.largest for one in told], np.float32)
    inputs = ObjectInputs(*(torch.from_numpy(array) for array in (
        views, quality, opinions, features, largest, np.stack([one.cloud for one in told]))))
    target = torch.tensor([places.get(one.name, len(names)) for one in samples])
    return EncodeTable(inputs, target, tuple(one.model for one in samples))
