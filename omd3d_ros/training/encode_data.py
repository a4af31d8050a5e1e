"""What the object encoder learns from: objects as the map holds them, with their true names."""

from __future__ import annotations

import dataclasses
import io
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from omd3d_ros.mapping.whole_file import whole_file

_STEP = 0.0005  # metres, to which points are stored
_QUALITY = 92  # of stored crops


@dataclasses.dataclass(frozen=True, eq=False)
class ObjectSample:
    """One object of n voxels with V views.

    name      household word, '' for what is none or no single thing
    model     id of its model
    points    (n, 3) float32, metres above the floor, z up; colors (n, 3) uint8
    crops     V crops of the object, best first: (side, side, 3) uint8
    features  (V, 1280) float32, what the image network says of the crops
    quality   (V,) float32, of the views, (0, 1]
    whole     whether the voxels are all of the object and nothing else
    """

    name: str
    model: str
    points: npt.NDArray[np.float32]
    colors: npt.NDArray[np.uint8]
    crops: tuple[npt.NDArray[np.uint8], ...]
    features: npt.NDArray[np.float32]
    quality: npt.NDArray[np.float32]
    whole: bool


def save_samples(samples: Sequence[ObjectSample], path: Path) -> None:
    """Write samples into one file, whole or not at all."""
    images = [_packed(image) for sample in samples for image in sample.crops]
    points = np.concatenate([np.zeros((0, 3), np.float32), *(one.points for one in samples)])
    arrays: dict[str, Any] = {
        'names': np.array([one.name for one in samples], np.str_),
        'models': np.array([one.model for one in samples], np.str_),
        'whole': np.array([one.whole for one in samples], bool),
        'voxels': np.array([len(one.points) for one in samples], np.int64),
        'views': np.array([len(one.features) for one in samples], np.int64),
        'points': np.round(points / _STEP).astype(np.int16),
        'colors': np.concatenate([np.zeros((0, 3), np.uint8), *(one.colors for one in samples)]),
        'features': np.concatenate(
            [np.zeros((0, 1280)), *(one.features for one in samples)]).astype(np.float16),
        'quality': np.concatenate(
            [np.zeros(0), *(one.quality for one in samples)]).astype(np.float32),
        'bytes': np.array([len(image) for image in images], np.int64),
        'crops': np.frombuffer(b''.join(images), np.uint8),
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as beside:
        np.savez(beside, **arrays)


def load_samples(path: Path, *, crops: bool = False) -> list[ObjectSample]:
    """Read what ``save_samples`` wrote, with the crops only when asked for.

    Raises ValueError naming the file when it is no such file.
    """
    try:
        with np.load(path, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files if crops or name != 'crops'}
        voxels = np.cumsum([0, *arrays['voxels']])
        views = np.cumsum([0, *arrays['views']])
        ends = np.cumsum([0, *arrays['bytes']])
        found = []
        for number, name in enumerate(arrays['names']):
            of_points = slice(voxels[number], voxels[number + 1])
            of_views = slice(views[number], views[number + 1])
            found.append(ObjectSample(
                str(name), str(arrays['models'][number]),
                arrays['points'][of_points].astype(np.float32) * np.float32(_STEP),
                arrays['colors'][of_points],
                tuple(_unpacked(arrays['crops'][ends[at]:ends[at + 1]])
                      for at in range(of_views.start, of_views.stop)) if crops else (),
                arrays['features'][of_views].astype(np.float32), arrays['quality'][of_views],
                bool(arrays['whole'][number])))
    except (OSError, KeyError, ValueError, IndexError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f'{path}: no usable samples: {error}') from error
    return found


def load_folder(folder: Path) -> list[ObjectSample]:
    """Read every file of samples in a folder, in order of their names; ValueError without any."""
    files = sorted(folder.glob('*.npz'))
    if not files:
        raise ValueError(f'{folder}: no files of samples')
    return [sample for file in files for sample in load_samples(file)]


def _packed(image: npt.NDArray[np.uint8]) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, 'JPEG', quality=_QUALITY)
    return buffer.getvalue()


def _unpacked(data: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    return np.asarray(Image.open(io.BytesIO(data.tobytes())))
