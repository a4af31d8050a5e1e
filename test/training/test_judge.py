"""The judge of groups learns which of them are whole objects."""

import dataclasses

import numpy as np
import pytest

from omd3d_ros.segmentation.group_judge import GroupJudgeSettings, describe_groups
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings, vote_tree
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.segmentation.voxel_grid import VoxelGrid
from omd3d_ros.training.detect_data import UNKNOWN
from omd3d_ros.training.judge import JudgeSettings, train_judge
from omd3d_ros.training.judged_scene import JudgedScene, choose_bar, group_truth, measure_judge

SIZE = 0.02
SETTINGS = JudgeSettings(GroupJudgeSettings(features=2, width=16), steps=150, batch=256)


def scene(seed):
    """Return cubes and, beside each, a slab that belongs to nothing; some voxels are unknown."""
    rng = np.random.default_rng(seed)
    parts, owner, embedding = [], [], []
    for number in range(6):
        for own, shape in ((number + 1, (5, 5, 5)), (0, (9, 9, 1))):
            cells = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1)
            low = np.array([20 * number, 20 * (own > 0), int(rng.integers(0, 4))])
            parts.append((low + cells.reshape(-1, 3) + 0.5) * SIZE)
            owner.append(np.full(len(parts[-1]), own))
            embedding.append(rng.normal(0, 0.05, (len(parts[-1]), 8))
                             + 3 * rng.normal(0, 1, 8))
    points = np.concatenate(parts).astype(np.float32)
    owner = np.concatenate(owner)
    owner[-20:] = UNKNOWN
    count = len(points)
    grid = VoxelGrid.of_points(points, SIZE)
    votes = VoxelVotes(np.ones(count, np.float32), np.zeros((count, 3), np.float32),
                       np.concatenate(embedding).astype(np.float32),
                       np.zeros((count, 2), np.float32))
    surface = VoxelSurface(points, np.tile(np.float32([0, 0, 1]), (count, 1)),
                           np.zeros(count, np.float32), np.full((count, 3), 90, np.uint8),
                           points[:, 2], points[:, 2], np.zeros(count, np.uint8))
    tree = vote_tree(grid, votes, 5 * SIZE, VoteGroupSettings())
    truth, told = group_truth(tree, owner)
    return JudgedScene(tree, describe_groups(tree, votes, surface), truth, told, owner)


@pytest.fixture(scope='module')
def scenes():
    return [scene(seed) for seed in range(4)]


def test_truth_is_the_best_overlap_and_leaves_out_what_nobody_can_tell(scenes):
    one = scenes[0]
    assert one.truth.max() == 1
    assert 0 < one.told.mean() <= 1
    cube = np.unique(one.tree.pieces[one.owner == 1])
    assert (one.truth[cube] <= 1).all()
    assert (one.truth[cube] > 0).all()


def test_the_judge_finds_cubes_in_scenes_that_it_was_not_trained_on(scenes):
    judge = train_judge(SETTINGS, scenes[:3])
    figures = measure_judge(judge, scenes[3:], 0.3)
    assert figures.ap50 > 0.95
    assert figures.found > 0.95
    untrained = train_judge(dataclasses.replace(SETTINGS, steps=1), scenes[:3])
    assert measure_judge(untrained, scenes[3:], 0.3).ap50 < 0.6
    assert choose_bar(judge, scenes[3:]).overlap >= figures.overlap


def test_the_same_seed_gives_the_same_judge(scenes):
    short = dataclasses.replace(SETTINGS, steps=5)
    first, second = (train_judge(short, scenes[:1]).judge(scenes[1].rows) for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_scenes_without_groups_are_refused(scenes):
    empty = dataclasses.replace(scenes[0], rows=scenes[0].rows[:0], truth=scenes[0].truth[:0],
                                told=scenes[0].told[:0])
    with pytest.raises(ValueError, match='no groups'):
        train_judge(SETTINGS, [empty])
