"""What is known of a generated scene, for commands to be written for it."""

from __future__ import annotations

import numpy as np

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.description import color_words
from omd3d_ros.synthetic.language.known_scene import KnownObject, KnownScene
from omd3d_ros.synthetic.scene_file import GeneratedScene

_LEAST_VISIBLE = 0.05  # share of the surface
_LEAST_VOXELS = 10
_BASE_FROM_OPTICAL = np.array([[0.0, 0, 1], [-1, 0, 0], [0, -1, 0]])  # x forward, y left, z up


def known_scene(scene: GeneratedScene) -> KnownScene:
    """Return the objects that the recording has seen, and where it was seen from last.

    Left out are objects without a name, and those of which less than a twentieth of the surface
    or 10 voxels were seen; what stands on or in one of these stands on nothing known (None), as
    what stands on the floor (0 in the scene). A thing in another (inside_of) is in it and not on
    it: a vase between the boards of a bookcase is in the bookcase, one on a shelf's board on the
    shelf (see level_place.py). Colours are those of the object's own voxels.
    """
    counts = np.bincount(scene.instance, minlength=max(
        (one.id for one in scene.objects), default=0) + 1)
    seen = {one.id for one in scene.objects
            if one.name and one.visible >= _LEAST_VISIBLE and counts[one.id] >= _LEAST_VOXELS}
    objects = []
    for one in scene.objects:
        if one.id not in seen:
            continue
        inside = one.inside_of if one.inside_of in seen else None
        support = one.supported_by if one.supported_by in seen else None
        objects.append(KnownObject(
            one.id, one.name, OrientedBox(np.array(one.center), one.yaw, np.array(one.size)),
            color_words(scene.colors[scene.instance == one.id]),
            supported_by=None if support == inside else support, inside_of=inside,
            visible=min(one.visible, 1.0)))
    pose = np.eye(4)
    pose[:3, :3] = scene.viewpoint[:3, :3] @ _BASE_FROM_OPTICAL.T
    pose[:3, 3] = scene.viewpoint[:3, 3]
    return KnownScene(tuple(objects), pose)
