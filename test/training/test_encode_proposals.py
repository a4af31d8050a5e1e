"""Samples of what is proposed: named where it is an object, nameless where it clearly is none."""

import numpy as np
import pytest

from omd3d_ros.evaluation.generated_scenes import true_scene
from omd3d_ros.segmentation.image_network import FEATURES, load_image_network
from omd3d_ros.segmentation.model_settings import AppearanceSettings
from omd3d_ros.segmentation.scene import Proposal
from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
from omd3d_ros.synthetic.scene_maker import make_scene
from omd3d_ros.training.encode_proposals import proposal_samples


@pytest.fixture(scope='module')
def scene():
    shelf = ModelShelf(own_entries(), 'train')
    return true_scene('one', make_scene(shelf, 'tables', 3, 1, 'train'))


def samples_of(scene, *voxels):
    return proposal_samples(scene, [Proposal(np.sort(each), 1.0) for each in voxels],
                            load_image_network(), AppearanceSettings(views_per_object=2))


def test_a_mask_is_named_and_its_larger_part_is_named_but_not_whole(scene):
    mask = max(scene.masks, key=len)
    name = scene.known.objects[[len(one) for one in scene.masks].index(len(mask))].name
    whole, part = samples_of(scene, mask, mask[:int(0.6 * len(mask))])
    assert (whole.name, whole.whole) == (name, True)
    assert (part.name, part.whole) == (name, False)
    assert whole.features.shape == (len(whole.crops), FEATURES)
    assert len(whole.crops) > 0


def test_what_is_no_object_has_no_name_and_a_small_part_teaches_nothing(scene):
    mask = max(scene.masks, key=len)
    owned = np.concatenate([*scene.masks, scene.ignored])
    bare = np.setdiff1d(np.arange(len(scene.snapshot)), owned)[:200]
    made = samples_of(scene, bare, mask[:int(0.25 * len(mask))], mask[:3])
    assert [one.name for one in made] == ['']
    np.testing.assert_allclose(
        made[0].points[:, :2], scene.snapshot.points[bare][:, :2])
