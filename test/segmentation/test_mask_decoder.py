import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.mask_decoder import (
    PART,
    MaskDecoder,
    MaskDecoderSettings,
    MaskNetwork,
    attended,
)
from omd3d_ros.segmentation.superpoint_table import SuperpointTable, view_from_seed
from omd3d_ros.segmentation.vote_detector import VoxelVotes
from omd3d_ros.segmentation.voxel_grid import VoxelGrid
from omd3d_ros.segmentation.weights_file import save_weights
from omd3d_ros.training.mask_loss import mask_loss

SMALL = MaskDecoderSettings(features=4, seg=6, width=16, heads=2, layers=3)
TRUTH = np.arange(512)  # the first block; the seed is half of it and a piece of the second
SEED = np.r_[np.arange(256), 512 + np.arange(64)]


@pytest.fixture(scope='module')
def blocks():
    """Two blocks of 8 x 8 x 8 voxels side by side, in superpoints of 4 x 4 x 4."""
    cells = np.stack(np.meshgrid(*[np.arange(8)] * 3, indexing='ij'), -1).reshape(-1, 3)
    cells = np.concatenate([cells, cells + np.array([9, 0, 0])])
    block = np.repeat([0, 1], 512)
    points = ((cells + 0.5) * 0.02).astype(np.float32)
    corner = (cells - np.array([9, 0, 0]) * block[:, None]) // 4
    superpoints = (8 * block + corner @ [4, 2, 1]).astype(np.int32)
    middle = np.stack([points[block == b].mean(0) for b in (0, 1)])[block]
    features = np.random.default_rng(0).normal(size=(1024, 4)).astype(np.float32)
    embedding = (3 * block[:, None] * np.ones(8)).astype(np.float32)
    votes = VoxelVotes(np.ones(1024, np.float32), (middle - points).astype(np.float32),
                       embedding, features)
    colors = np.where(block[:, None] == 0, 200, 60) * np.ones((1, 3))
    return votes, VoxelGrid.of_points(points, 0.02), superpoints, colors.astype(np.uint8)


def network(seed=0, settings=SMALL):
    torch.manual_seed(seed)
    return MaskNetwork(settings)


def iou(found, true):
    return len(np.intersect1d(found, true)) / len(np.union1d(found, true))


def refine(decoder, votes, grid, superpoints, colors):
    """Return the voxels of the better mask, ascending, and its score."""
    table = SuperpointTable.of_map(votes, grid, superpoints, colors)
    rows, score = decoder.choose(table, grid.points[SEED], superpoints[SEED], None)
    chosen = np.sort(SEED) if rows is None else np.flatnonzero(np.isin(superpoints, rows))
    return chosen, score


def seen(blocks):
    votes, grid, superpoints, colors = blocks
    table = SuperpointTable.of_map(votes, grid, superpoints, colors)
    view = view_from_seed(table, grid.points[SEED], superpoints[SEED], 0.3, 0.1)
    return view, [torch.from_numpy(v) for v in (view.tokens, view.share, view.count)]


@pytest.fixture(scope='module')
def overfitted(blocks):
    view, told = seen(blocks)
    target = torch.from_numpy((view.rows < 8).astype(np.float32))
    trained = network()
    optimizer = torch.optim.Adam(trained.parameters(), 3e-3)
    for _ in range(150):
        found, kept = trained(*told)
        loss = mask_loss(found, kept, target, told[2], len(TRUTH), iou(SEED, TRUTH))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return trained


def test_a_trained_decoder_repairs_the_seed_and_knows_it(blocks, overfitted):
    assert iou(SEED, TRUTH) < 0.5
    voxels, score = refine(MaskDecoder(overfitted), *blocks)
    np.testing.assert_array_equal(voxels, TRUTH)
    assert score > 0.9


def test_the_seed_is_returned_untouched_when_the_decoder_is_unsure(blocks):
    unsure = network()
    torch.nn.init.zeros_(unsure.judge[2].weight)  # every mask gets one score
    voxels, _ = refine(MaskDecoder(unsure), *blocks)
    np.testing.assert_array_equal(voxels, SEED)


def test_the_order_of_superpoints_changes_nothing(blocks, overfitted):
    votes, grid, superpoints, colors = blocks
    order = np.random.default_rng(1).permutation(16).astype(np.int32)
    first = refine(MaskDecoder(overfitted), *blocks)
    other = refine(MaskDecoder(overfitted), votes, grid, order[superpoints], colors)
    np.testing.assert_array_equal(first[0], other[0])
    assert first[1] == pytest.approx(other[1], abs=1e-5)


def test_the_same_question_has_the_same_answer(blocks, overfitted):
    first, second = (refine(MaskDecoder(overfitted), *blocks) for _ in range(2))
    np.testing.assert_array_equal(first[0], second[0])
    assert first[1] == second[1]


def test_attention_never_sees_an_empty_set(blocks):
    share = torch.tensor([0.0, 0.5, 0.0])
    assert attended(torch.tensor([-1.0, -1, -1]), share).tolist() == [False, True, False]
    assert attended(torch.tensor([1.0, -1, -1]), share).tolist() == [True, False, False]
    empty = network()
    torch.nn.init.constant_(empty.keep, 0.0)
    torch.nn.init.zeros_(empty.mask[2].weight)
    torch.nn.init.zeros_(empty.mask[2].bias)
    found, kept = empty(*seen(blocks)[1])
    assert all((one.logits <= 0).all() and one.score.isfinite() for one in found)
    assert kept.isfinite()


def test_the_hidden_state_of_seg_matters(blocks):
    told, made = seen(blocks)[1], network()
    without, zero, one = made(*told), made(*told, torch.zeros(6)), made(*told, torch.ones(6))
    torch.testing.assert_close(without[0][-1].logits, zero[0][-1].logits)
    assert not torch.allclose(without[0][-1].logits, one[0][-1].logits)


def test_weights_come_back_and_damaged_ones_are_refused(blocks, overfitted, tmp_path):
    save_weights(tmp_path, PART, overfitted.state_dict(), SMALL, dtype=torch.float32)
    loaded = MaskDecoder.load(tmp_path, torch.device('cpu'))
    assert refine(loaded, *blocks)[1] == pytest.approx(
        refine(MaskDecoder(overfitted), *blocks)[1])
    file = tmp_path / 'weights.safetensors'
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(bytes(data))
    with pytest.raises(ValueError, match='damaged'):
        MaskDecoder.load(tmp_path, torch.device('cpu'))


def test_the_default_weights_are_small():
    count = sum(value.numel() for value in MaskNetwork(MaskDecoderSettings()).parameters())
    assert 2 * count <= 2_000_000  # bytes, as float16


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ValueError, match='width=65'):
        MaskDecoderSettings(width=65)
