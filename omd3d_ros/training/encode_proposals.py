"""Makes samples for the object encoder out of proposals: what it will really be asked about."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from omd3d_ros.evaluation.generated_scenes import TrueScene
from omd3d_ros.evaluation.voxel_sets import set_overlaps
from omd3d_ros.segmentation.crops import crop, find_views
from omd3d_ros.segmentation.image_network import INPUT_SIZE, EfficientNetLite2
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.training.encode_data import ObjectSample
from omd3d_ros.training.encode_scenes import looked_at

_SAME, _WHOLE = 0.4, 0.8  # IoU with an object from which a proposal is it, and all of it
_OTHER = 0.1  # IoU below which a proposal is no object at all; between, it is neither
_HARDLY_SEEN = 0.3  # share of a proposal's voxels that may be of objects that were hardly seen
_FEWEST = 10  # voxels


def proposal_samples(
    scene: TrueScene, proposals: Sequence[Proposal], network: EfficientNetLite2,
    settings: AppearanceSettings,
) -> list[ObjectSample]:
    """Return a sample for each proposal that is an object, or clearly none."""
    points, colors = scene.snapshot.points, scene.snapshot.colors
    floor = np.array([0, 0, np.percentile(points[:, 2], 1)], np.float32)
    overlaps = set_overlaps([one.voxels for one in proposals], scene.masks, len(points))
    made = []
    for proposal, row in zip(proposals, overlaps, strict=True):
        voxels, best = proposal.voxels, float(row.max(initial=0.0))
        unsure = _OTHER <= best < _SAME
        if unsure or len(voxels) < _FEWEST or np.isin(
                voxels, scene.ignored).mean() > _HARDLY_SEEN:
            continue
        place = int(row.argmax()) if best >= _SAME else None
        views = find_views([points[voxels]], scene.keyframes, settings)[0]
        made.append(ObjectSample(
            '' if place is None else scene.known.objects[place].name,
            'scrap' if place is None else scene.models[place],
            points[voxels] - floor, colors[voxels],
            tuple(crop(view, settings.crop_margin, INPUT_SIZE) for view in views),
            np.zeros((0, 0), np.float32), np.array([view.quality for view in views], np.float32),
            whole=best >= _WHOLE))
    return looked_at(made, network)
