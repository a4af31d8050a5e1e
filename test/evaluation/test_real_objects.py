from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.evaluation.real_commands import load_real_commands
from omd3d_ros.evaluation.real_objects import load_real_objects, real_things

FOLDER = Path(__file__).parent
OBJECTS = load_real_objects(FOLDER / 'real_objects.json')
COMMANDS = load_real_commands(FOLDER / 'real_commands.json')


def test_enough_objects_of_enough_kinds_are_named():
    names = Counter(name for named in (*OBJECTS.tables.values(), *OBJECTS.scenes.values())
                    for name in named.values())
    assert OBJECTS.count == names.total() >= 80
    assert sum(len(named) for named in OBJECTS.tables.values()) >= 50
    assert len(OBJECTS.tables) >= 30
    assert len(names) >= 30
    assert set(OBJECTS.accepted) == set(names)


def test_every_object_is_there_with_voxels_of_its_own(shared):
    seen = 0
    for scene in real_things(OBJECTS, COMMANDS, shared / 'data'):
        masks = [thing.mask for thing in scene.things]
        for thing in scene.things:
            assert len(thing.mask) >= 15, (scene.name, thing.accepted)
        assert len(np.unique(np.concatenate(masks))) > 0.95 * sum(map(len, masks))
        seen += len(masks)
    assert seen == OBJECTS.count


def test_an_object_that_a_scene_does_not_have_is_refused(shared):
    scenes = {'pcl_laptop_box': {'anvil': 'box'}}
    wrong = type(OBJECTS)(OBJECTS.accepted, {}, scenes)
    with pytest.raises(ValueError, match="'anvil'"):
        list(real_things(wrong, COMMANDS, shared / 'data'))
