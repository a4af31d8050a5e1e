"""Makes samples for the object encoder out of generated scenes, with the masks that they hold."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from omd3d_ros.segmentation.crops import crop, find_views
from omd3d_ros.segmentation.image_network import INPUT_SIZE, EfficientNetLite2, crop_features
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.synthetic.scene_file import STRUCTURES, GeneratedScene, SceneObject
from omd3d_ros.training.encode_data import ObjectSample
from omd3d_ros.training.encode_masks import imperfect, scrap

_FEWEST = 10  # voxels
_SEEN = 0.03  # share of an object's surface
_SCRAPS, _SPOILED = 0.05, 0.4  # shares of samples
_AROUND = 0.3  # metres around an object that its mask may reach into


def scene_samples(
    scene: GeneratedScene, network: EfficientNetLite2, settings: AppearanceSettings,
    rng: np.random.Generator, *, most: int, exact: bool,
) -> list[ObjectSample]:
    """Return samples of at most ``most`` objects of a scene, with the lowest voxel as floor.

    exact takes the true masks only, for measuring. Objects of catalogues come before those of
    our own, which there is no lack of.
    """
    counts = np.bincount(scene.instance, minlength=1)
    seen = [one for one in scene.objects
            if one.visible >= _SEEN and counts[one.id] >= _FEWEST] if len(counts) > 1 else []
    rank = rng.random(len(seen)) + [one.model.startswith(('own/', 'home/')) for one in seen]
    order = [seen[i] for i in np.argsort(rank)[:most]]
    floor = float(np.percentile(scene.points[:, 2], 1))
    made = [_sample(scene, one, floor, settings, rng, exact=exact) for one in order]
    return looked_at([one for one in made if one is not None], network)


def _sample(
    scene: GeneratedScene, one: SceneObject, floor: float, settings: AppearanceSettings,
    rng: np.random.Generator, *, exact: bool,
) -> ObjectSample | None:
    own = scene.points[scene.instance == one.id]
    box = (scene.points > own.min(axis=0) - _AROUND) & (scene.points < own.max(axis=0) + _AROUND)
    near = np.flatnonzero(box.all(axis=1))
    of = scene.instance[near]
    owner = np.where(of == one.id, 0, np.where(of > 0, of, -1))
    owner[scene.structure[near] == STRUCTURES.index('unknown')] = -1
    kind = 1.0 if exact else rng.random()
    if kind < _SCRAPS:
        chosen = scrap(scene.points[near], owner, rng)
    elif kind < _SCRAPS + _SPOILED:
        chosen = imperfect(scene.points[near], owner, rng)
    else:
        chosen = owner == 0
    if np.count_nonzero(chosen) < _FEWEST:
        return None
    points, colors = scene.points[near[chosen]], scene.colors[near[chosen]]
    views = find_views([points], scene.keyframes, settings)[0]
    level = np.array([0, 0, floor], np.float32)
    none = np.zeros((0, 0), np.float32)
    return ObjectSample(
        '' if kind < _SCRAPS else one.name, 'scrap' if kind < _SCRAPS else one.model,
        points - level, colors,
        tuple(crop(view, settings.crop_margin, INPUT_SIZE) for view in views), none,
        np.array([view.quality for view in views], np.float32),
        whole=kind >= _SCRAPS + _SPOILED)


def looked_at(
    samples: Sequence[ObjectSample], network: EfficientNetLite2
) -> list[ObjectSample]:
    """Add the features of the crops, of all samples at once."""
    crops = [image for one in samples for image in one.crops]
    features = crop_features(network, crops, 8)
    ends = np.cumsum([0, *(len(one.crops) for one in samples)])
    return [dataclasses.replace(one, features=features[start:end])
            for one, start, end in zip(samples, ends[:-1], ends[1:], strict=True)]
