"""Scanned and drawn household models: PLY files with a manifest of their names and sizes."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.model import Model

# What a manifest's name means where it is not a household word itself. Names that are neither
# (a foam brick, a stamp, a door knob) leave their model without one.
_MEANINGS = {
    'adjustable wrench': 'wrench', 'airplane': 'toy plane', 'alarmclock': 'alarm clock',
    'baseball': 'ball', 'bleach cleanser': 'detergent', 'colored wood blocks': 'building blocks',
    'coffeemug': 'mug', 'cups': 'cup', 'duck': 'rubber duck', 'extra large clamp': 'clamp',
    'flat screwdriver': 'screwdriver', 'fryingpan': 'pan', 'gamecontroller': 'game controller',
    'gelatin box': 'box', 'golf ball': 'ball', 'large clamp': 'clamp', 'large marker': 'marker',
    'lego duplo': 'building blocks', 'lightbulb': 'light bulb', 'master chef can': 'can',
    'medium clamp': 'clamp', 'mini soccer ball': 'ball', 'phillips screwdriver': 'screwdriver',
    'piggybank': 'piggy bank', 'pitcher base': 'pitcher', 'pudding box': 'box',
    'racquetball': 'ball', 'rubberduck': 'rubber duck', 'skillet lid': 'saucepan lid',
    'softball': 'ball', 'sugar box': 'sugar', 'tennis ball': 'ball', 'toy airplane': 'toy plane',
    'train': 'toy train', 'tuna fish can': 'tuna can', 'waterbottle': 'bottle',
    'windex bottle': 'spray bottle', 'wineglass': 'glass', 'wristwatch': 'watch',
}
# Single pieces of a toy, and heaps: their words mean the whole.
_NAMELESS = frozenset(('c_toy_airplane', 'd_toy_airplane', 'e_toy_airplane', 'a_marbles',
                       'b_marbles'))


@dataclasses.dataclass(frozen=True)
class ScannedModel:
    """A PLY file in metres; size (x, y, z); colored: it has colours of its own."""

    name: str
    path: Path
    size: tuple[float, float, float]
    colored: bool


def scanned_name(manifest_name: str) -> str:
    """Return the household word that a manifest's name means, '' where there is none.

    A leading letter (``a_cups``) numbers the variants of one thing.
    """
    if manifest_name in _NAMELESS:
        return ''
    words = manifest_name.split('_')
    plain = ' '.join(words[1:] if len(words[0]) == 1 else words)
    meant = _MEANINGS.get(plain, plain)
    return meant if meant in household_vocabulary().words else ''


def read_scanned(folder: Path) -> tuple[ScannedModel, ...]:
    """Return the models that a folder's manifest.json lists, in order of their files.

    Of models with the same size and number of faces only the first: some manifests list one mesh
    under two names, which splits would tear apart.

    Raises
    ------
    ValueError
        When there is no manifest, or it does not list files with names and extents.

    """
    found: dict[tuple[object, ...], ScannedModel] = {}
    try:
        rows = json.loads((folder / 'manifest.json').read_text())
        for row in sorted(rows, key=lambda one: str(one['file'])):
            x, y, z = (float(v) for v in row['extent_m'])
            one = ScannedModel(scanned_name(row['name']), folder / row['file'], (x, y, z),
                               row['colour'] != 'none')
            if one.path.is_file():
                found.setdefault((x, y, z, row['faces']), one)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise ValueError(f'{folder}: no usable manifest.json: {error}') from error
    return tuple(found.values())


def load_scanned(scanned: ScannedModel) -> Model:
    """Load a model, z up, standing on z = 0; without colours of its own it is light grey."""
    import trimesh
    mesh: Any = trimesh.load(scanned.path, process=False, force='mesh')
    vertices, faces = np.asarray(mesh.vertices, np.float64), np.asarray(mesh.faces, np.int64)
    if not len(faces) or not np.isfinite(vertices).all():
        raise ValueError(f'{scanned.path}: no usable triangles')
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    shift = np.array([*(-(low + high)[:2] / 2), -low[2]])
    colors = np.full((len(faces), 3), 205.0)
    if scanned.colored:
        colors = np.asarray(mesh.visual.vertex_colors, np.float64)[:, :3][faces].mean(axis=1)
    return Model(vertices + shift, np.asarray(mesh.vertex_normals, np.float64), faces, colors,
                 np.zeros((len(vertices), 2)), np.full(len(faces), -1))
