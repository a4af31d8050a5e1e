import numpy as np
import pytest

from omd3d_ros.segmentation.group_judge import OWN, describe_groups, judged_groups
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.vote_groups import VoteGroupSettings, vote_tree
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.segmentation.voxel_grid import VoxelGrid
from omd3d_ros.training.judged_scene import group_truth

SIZE = 0.01


def block(low, shape):
    cells = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1).reshape(-1, 3)
    return (np.array(low) + cells + 0.5) * SIZE


@pytest.fixture
def pair():
    """Two blocks that touch: the voxels, and which of the two each belongs to."""
    points = np.concatenate([block((0, 0, 0), (8, 8, 8)), block((8, 0, 0), (8, 8, 8))])
    owner = np.repeat([0, 1], 512)
    return VoxelGrid.of_points(points.astype(np.float32), SIZE), owner


def tree_of(grid, embedding, probability=None, **settings):
    count = len(grid)
    probability = np.ones(count, np.float32) if probability is None else probability
    votes = VoxelVotes(probability, np.zeros((count, 3), np.float32),
                       embedding.astype(np.float32), np.zeros((count, 4), np.float32))
    return vote_tree(grid, votes, 5 * SIZE, VoteGroupSettings(vote_weight=0.0, **settings)), votes


def chosen(tree, owner, bar=0.3):
    """Return what a judge that knows the truth takes; owner counts from 1, 0 is structure."""
    return judged_groups(tree, group_truth(tree, owner)[0], bar)


def test_touching_things_are_parted_by_their_embeddings(pair):
    grid, owner = pair
    rng = np.random.default_rng(0)
    tree, _ = tree_of(grid, np.eye(3)[owner] * 2 + rng.normal(0, 0.05, (len(grid), 3)))
    labels, judged = chosen(tree, owner + 1)
    assert labels.max() == 1
    assert len(set(labels[owner == 0])) == len(set(labels[owner == 1])) == 1
    assert (judged > 0.99).all()


def test_like_embeddings_make_one_thing_even_across_a_gap():
    grid = VoxelGrid.of_points(np.concatenate([
        block((0, 0, 0), (6, 6, 6)), block((12, 0, 0), (6, 6, 6))]).astype(np.float32), SIZE)
    tree, _ = tree_of(grid, np.zeros((len(grid), 3)))
    assert set(chosen(tree, np.ones(len(grid), int))[0]) == {0}


def test_of_a_whole_and_its_parts_that_is_taken_which_is_judged_better(pair):
    grid, owner = pair
    tree, _ = tree_of(grid, np.eye(3)[owner] * 2)
    count = len(tree.merges) + 1
    whole = np.zeros(2 * count - 1)
    whole[-1] = 0.9
    assert set(judged_groups(tree, whole, 0.3)[0]) == {0}
    parts = group_truth(tree, owner + 1)[0].astype(float)
    parts[-1] = 0.9
    labels, judged = judged_groups(tree, parts, 0.3)
    assert set(labels) == {0, 1}
    assert (judged > 0.99).all()


def test_what_is_judged_badly_is_left_out_and_joins_nothing(pair):
    grid, owner = pair
    tree, _ = tree_of(grid, np.eye(3)[owner] * 2)
    labels, judged = chosen(tree, np.where(owner == 0, 1, 0), bar=0.6)
    assert set(labels[owner == 0]) == {0}
    assert set(labels[owner == 1]) == {-1}
    assert len(judged) == 1


def test_what_is_no_object_has_no_group(pair):
    grid, owner = pair
    zeros = np.zeros((len(grid), 3))
    tree, _ = tree_of(grid, zeros, (owner == 0).astype(np.float32))
    labels, _ = chosen(tree, owner + 1)
    assert set(labels[owner == 0]) == {0}
    assert set(labels[owner == 1]) == {-1}
    nothing, votes = tree_of(grid, zeros, np.zeros(len(grid), np.float32))
    surface = surface_of(grid)
    assert describe_groups(nothing, votes, surface).shape == (0, 2 * OWN + 1 + 4)
    assert set(judged_groups(nothing, np.zeros(0), 0.3)[0]) == {-1}


def surface_of(grid):
    count = len(grid)
    return VoxelSurface(grid.points, np.tile(np.float32([0, 0, 1]), (count, 1)),
                        np.zeros(count, np.float32), np.full((count, 3), 90, np.uint8),
                        grid.points[:, 2], grid.points[:, 2], np.zeros(count, np.uint8))


def test_a_group_is_described_alike_wherever_it_stands_and_however_it_is_turned():
    size = (10, 4, 6)
    grids = [VoxelGrid.of_points(points.astype(np.float32), SIZE) for points in (
        block((0, 0, 0), size), block((50, -30, 0), size),
        block((0, 0, 0), size)[:, [1, 0, 2]])]
    rows = []
    for grid in grids:
        tree, votes = tree_of(grid, np.zeros((len(grid), 3)))
        described = describe_groups(tree, votes, surface_of(grid))
        assert described.shape == (2 * len(tree.merges) + 1, 2 * OWN + 1 + 4)
        assert np.isfinite(described).all()
        rows.append(described[-1])
    np.testing.assert_allclose(rows[1], rows[0], atol=1e-3)
    np.testing.assert_allclose(rows[2], rows[0], atol=1e-3)


def test_crumbs_join_what_is_near_and_vanish_elsewhere():
    points = np.concatenate([block((0, 0, 0), (6, 6, 6)), block((6, 0, 0), (1, 2, 2)),
                             block((60, 0, 0), (1, 2, 2))]).astype(np.float32)
    owner = np.repeat([1, 2, 3], (216, 4, 4))
    tree, _ = tree_of(VoxelGrid.of_points(points, SIZE), 3.0 * owner[:, None], min_voxels=10)
    labels, judged = chosen(tree, owner)
    assert set(labels[:220]) == {0}
    assert set(labels[220:]) == {-1}
    assert len(judged) == 1


def test_no_more_first_pieces_than_allowed_and_the_same_result_twice(pair):
    grid, owner = pair
    rng = np.random.default_rng(1)
    embedding = np.eye(3)[owner] * 2 + rng.normal(0, 0.3, (len(grid), 3))
    tree, _ = tree_of(grid, embedding, max_pieces=40)
    assert tree.pieces.max() < 40
    few = chosen(tree, owner + 1)[0]
    again = chosen(tree_of(grid, embedding, max_pieces=40)[0], owner + 1)[0]
    assert (few == again).all()
    assert len(set(few[owner == 0]) & set(few[owner == 1])) == 0


def test_a_map_of_single_voxels_is_grouped_in_the_end():
    alone = block((0, 0, 0), (9, 9, 9)) * 3
    points = np.concatenate([alone, block((60, 0, 0), (6, 6, 6))]).astype(np.float32)
    owner = np.repeat([0, 1], (729, 216))
    tree, _ = tree_of(VoxelGrid.of_points(points, SIZE), 4.0 * owner[:, None], max_pieces=50)
    labels, _ = chosen(tree, owner)
    assert set(labels[729:]) == {labels[-1]} != {-1}
    assert set(labels[:729]) == {-1}


def test_an_empty_map_has_no_groups():
    grid = VoxelGrid.of_points(np.zeros((0, 3), np.float32), SIZE)
    tree, _ = tree_of(grid, np.zeros((0, 3)))
    assert judged_groups(tree, np.zeros(0), 0.3)[0].shape == (0,)
