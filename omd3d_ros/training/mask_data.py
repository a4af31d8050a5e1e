"""What the mask decoder learns from: proposals in superpoints, and the masks they should have."""

from __future__ import annotations

import dataclasses
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from torch import Tensor

from omd3d_ros.evaluation.generated_scenes import TrueScene
from omd3d_ros.evaluation.voxel_sets import set_overlaps
from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.segmentation.mask_decoder import MaskDecoderSettings
from omd3d_ros.segmentation.mask_scene import MaskScene
from omd3d_ros.segmentation.scene import SceneObject
from omd3d_ros.segmentation.superpoint_table import view_from_seed

_OF_SUPERPOINTS = ('tokens', 'share', 'count', 'target')
_OF_SEEDS = ('whole', 'seed_iou', 'seg')
_LEAST = 0.2  # IoU of a seed and an object from which the object is what is wanted


@dataclasses.dataclass(frozen=True, eq=False)
class MaskSample:
    """A seed's K superpoints, as a SeedView's, and the truth.

    target    (K,) float32, the part of each superpoint that is of the object
    whole     voxels of the object
    seed_iou  of the seed as it is
    seg       (D,) float32, hidden state of [SEG] for a command that names the object
    """

    tokens: npt.NDArray[np.float32]
    share: npt.NDArray[np.float32]
    count: npt.NDArray[np.float32]
    target: npt.NDArray[np.float32]
    whole: int
    seed_iou: float
    seg: npt.NDArray[np.float32]

    def iou(self, chosen: npt.NDArray[np.bool_]) -> float:
        """Return the IoU of some superpoints (K,) with the object."""
        shared = float((self.target * self.count)[chosen].sum())
        return shared / max(float(self.count[chosen].sum()) + self.whole - shared, 1.0)


def mask_samples(
    scene: TrueScene, masks: MaskScene, objects: Sequence[SceneObject], states: Sequence[Tensor],
    settings: MaskDecoderSettings,
) -> Iterator[MaskSample]:
    """Yield a sample for each perceived object that is at least roughly a true one.

    states are the hidden states of [SEG] for the true objects, in their order.
    """
    count = len(masks.table.count)
    for found in objects:
        seed = masks.voxels_of(found.points)
        if not len(seed):
            continue
        overlaps = set_overlaps([seed], scene.masks, len(scene.snapshot))[0]
        if overlaps.max(initial=0.0) < _LEAST:
            continue
        best = int(overlaps.argmax())
        view = view_from_seed(masks.table, scene.snapshot.points[seed], masks.superpoints[seed],
                              settings.growth, settings.margin)
        inside = np.bincount(masks.superpoints[scene.masks[best]], minlength=count)
        target = (inside / masks.table.count)[view.rows].astype(np.float32)
        yield MaskSample(view.tokens, view.share, view.count, target, len(scene.masks[best]),
                         float(overlaps[best]), states[best].numpy().astype(np.float32))


def save_mask_samples(samples: Sequence[MaskSample], path: Path) -> None:
    """Write samples, one or more, into one file, whole or not at all."""
    arrays: dict[str, Any] = {name: np.concatenate([getattr(one, name) for one in samples])
                              for name in _OF_SUPERPOINTS}
    arrays |= {name: np.array([getattr(one, name) for one in samples]) for name in _OF_SEEDS}
    arrays['tokens'] = arrays['tokens'].astype(np.float16)
    arrays['lengths'] = np.array([len(one.count) for one in samples])
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        np.savez(beside, **arrays)


def load_mask_samples(path: Path) -> list[MaskSample]:
    """Read what ``save_mask_samples`` wrote; ValueError naming the file when it is no such file."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        cuts = np.cumsum(arrays['lengths'])[:-1]
        tokens, share, count, target = (
            np.split(arrays[name].astype(np.float32), cuts) for name in _OF_SUPERPOINTS)
        whole, seed_iou, seg = (arrays[name] for name in _OF_SEEDS)
        return [MaskSample(tokens[row], share[row], count[row], target[row], int(whole[row]),
                           float(seed_iou[row]), seg[row])
                for row in range(len(arrays['lengths']))]
    except (OSError, KeyError, ValueError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f'{path}: no usable samples of masks: {error}') from error


def load_mask_folder(folder: Path) -> list[MaskSample]:
    """Read every file of samples in a folder, in order of their names; ValueError without any."""
    files = sorted(folder.glob('*.npz'))
    if not files:
        raise ValueError(f'{folder}: no files of samples of masks')
    return [sample for file in files for sample in load_mask_samples(file)]
