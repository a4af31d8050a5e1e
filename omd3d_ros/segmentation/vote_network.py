"""A sparse U-Net that tells for each voxel whether it is of an object, and of which.

Three heads: object or not, the offset to the object's centre (C. Qi et al., "Deep Hough Voting",
ICCV 2019), and an embedding in which voxels of one object are near (B. De Brabandere et al.,
2017; here pairs are trained, with a logistic of the squared distance).
"""

from __future__ import annotations

import dataclasses
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from omd3d_ros.segmentation import sparse_conv, voxel_features
from omd3d_ros.segmentation.sparse_unet import SparseUNet, SparseUNetSettings
from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class VoteNetworkSettings:
    """The network's size; raises ValueError naming the field that is out of range."""

    channels: tuple[int, ...] = (32, 48, 64, 96, 128)
    blocks: tuple[int, ...] = (1, 1, 1, 1, 2)
    embedding: int = setting(8, 'components of the embedding', low=3, high=64)
    hidden: int = setting(64, 'width of the heads', low=1, high=1024)
    voxel_size: float = setting(0.02, 'of the maps it is for', unit='m', low=0.002, high=0.5)

    def __post_init__(self) -> None:
        check_settings(self)

    @property
    def reach(self) -> float:
        """The length that offsets are counted in, metres."""
        return 5 * self.voxel_size


class Votes(NamedTuple):
    """What the network says of N voxels.

    object     (N,) logit
    offset     (N, 3) to the object's centre, metres
    embedding  (N, E); two voxels nearer than 1 are rather of one object, see same_object
    features   (N, channels[0]) of the U-Net, for those who want more
    """

    object: Tensor
    offset: Tensor
    embedding: Tensor
    features: Tensor


class VoteNetwork(nn.Module):
    """The U-Net and its heads."""

    def __init__(self, settings: VoteNetworkSettings, layers: Any = sparse_conv) -> None:
        super().__init__()
        self.settings = settings
        width = settings.channels[0]
        self.unet = SparseUNet(
            SparseUNetSettings(voxel_features.COUNT, settings.channels, settings.blocks), layers)
        self.heads = nn.Sequential(
            nn.Linear(width, settings.hidden), nn.ReLU(),
            nn.Linear(settings.hidden, 4 + settings.embedding))
        # far apart is another object, until the network has learned better
        place = torch.zeros(settings.embedding, 3)
        place[:3] = 0.25 * torch.eye(3)
        self.place = nn.Parameter(place)
        self.sharpness = nn.Parameter(torch.tensor(3.0))

    def forward(self, features: Tensor, points: Tensor, grid: Any) -> Votes:
        """Take features (N, COUNT) and points (N, 3), metres, of the grid's voxels."""
        inner = self.unet(features, grid)
        out = self.heads(inner)
        reach = self.settings.reach
        embedding = out[:, 4:] + (points / reach) @ self.place.T
        return Votes(out[:, 0], reach * out[:, 1:4], embedding, inner)


    def same_object(self, first: Tensor, second: Tensor) -> Tensor:
        """Return the logit (P,) that pairs of embeddings (P, E) are of one object."""
        return self.sharpness * (1 - (first - second).square().sum(1))
