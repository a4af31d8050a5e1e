"""A vector for each of a number of objects, from a few of their points.

After PointNet (Qi et al., CVPR 2017): every point goes through the same small network, and what is
largest over all points tells of the whole; a second such network sees that beside each point.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

CLOUD_POINTS = 256
CLOUD_NUMBERS = 6
_TAKEN = 128  # points a step in training
_TURN = 0.15  # radians about z, of the changes in training their deviation
_STRETCH = 0.1  # nats
_SHINE, _TINT = 0.2, 0.08  # nats; of 1
_STRANGE, _PALE = 0.3, 0.3  # share of objects that take on another colour; how far from grey
_CUT, _CUT_SHARE = 0.5, 0.4  # share of objects that a plane cuts; most that it takes away
_LEAST = 0.01  # metres, half of an object's largest extent at least
_HIGHEST = 3.0  # metres
_GIVEN, _FIRST, _LOCAL, _DEEP, _WHOLE = 11, 48, 64, 128, 192  # numbers of a point, in and on
_NOTHING = -1e4


class PointNetwork(nn.Module):
    """Turns clouds (B, P, CLOUD_NUMBERS) into vectors (B, width).

    A cloud's rows are x and y from its middle and z from its base, metres, x along its longer
    side, and red, green and blue from -0.5 to 0.5. The order of the rows means nothing.
    """

    def __init__(self, width: int, dropout: float) -> None:
        super().__init__()
        self.first = nn.Sequential(nn.Linear(_GIVEN, _FIRST), nn.ReLU(),
                                   nn.Linear(_FIRST, _LOCAL), nn.ReLU())
        self.second = nn.Sequential(nn.Linear(2 * _LOCAL, _DEEP), nn.LayerNorm(_DEEP), nn.ReLU(),
                                    nn.Linear(_DEEP, _WHOLE))
        self.join = nn.Sequential(nn.LayerNorm(2 * _WHOLE), nn.Dropout(dropout),
                                  nn.Linear(2 * _WHOLE, width))

    def forward(self, clouds: Tensor) -> Tensor:
        """Return the vectors (B, width) of clouds (B, P, CLOUD_NUMBERS)."""
        kept = torch.ones(clouds.shape[:2], dtype=torch.bool, device=clouds.device)
        if self.training:
            clouds, kept = _varied(clouds)
        gone = ~kept.unsqueeze(2)
        local = self.first(_described(clouds))
        largest = local.masked_fill(gone, _NOTHING).amax(dim=1, keepdim=True)
        both = torch.cat([local, largest.expand_as(local)], dim=2)
        deep = self.second(both)
        mean = deep.masked_fill(gone, 0.0).sum(dim=1) / kept.sum(dim=1, keepdim=True)
        joint: Tensor = self.join(
            torch.cat([deep.masked_fill(gone, _NOTHING).amax(dim=1), mean], dim=1))
        return joint


def _described(clouds: Tensor) -> Tensor:
    """Return what the network is given of each point, (B, P, _GIVEN)."""
    places, colors = clouds[:, :, :3], clouds[:, :, 3:]
    half = places.abs().amax(dim=(1, 2)).clamp(min=_LEAST)[:, None, None]
    level = places / half
    return torch.cat([
        level, level[:, :, :2].norm(dim=2, keepdim=True), places[:, :, 2:].clamp(max=_HIGHEST),
        colors, half.log().expand(-1, clouds.shape[1], -1), level[:, :, :2].square()], dim=2)


def _varied(clouds: Tensor) -> tuple[Tensor, Tensor]:
    """Take some points of each cloud, turned, stretched, coloured and cut at random.

    Returns them (B, P', CLOUD_NUMBERS) and which of them a cut left, (B, P').
    """
    some = torch.randperm(clouds.shape[1], device=clouds.device)[:_TAKEN]
    places, colors = clouds[:, some, :3], clouds[:, some, 3:]

    def drawn(*shape: int) -> Tensor:
        return torch.randn(len(clouds), *shape, device=clouds.device)

    def share(*shape: int) -> Tensor:
        return torch.rand(len(clouds), *shape, device=clouds.device)

    angle = _TURN * drawn()
    cos, sin = angle.cos(), angle.sin()
    turn = torch.stack([cos, -sin, sin, cos], dim=1).view(-1, 2, 2)
    flat = (places[:, :, :2] @ turn) * (share(1, 2) - 0.5).sign()
    places = torch.cat([flat, places[:, :, 2:]], dim=2) * (_STRETCH * drawn(1, 3)).exp()
    colors = colors * (_SHINE * drawn(1, 1)).exp() + _TINT * drawn(1, 3)
    strange = (2 * share(1, 3) - 1) * _PALE + colors - colors.mean(dim=1, keepdim=True)
    colors = torch.where(share(1, 1) < _STRANGE, strange, colors)
    away = (places @ nn.functional.normalize(drawn(3, 1), dim=1)).squeeze(2)
    cut = _CUT_SHARE * share(1) * (share(1) < _CUT)
    least = away.sort(dim=1).values.gather(1, (cut * (away.shape[1] - 1)).long())
    return torch.cat([places, colors], dim=2), away >= least
