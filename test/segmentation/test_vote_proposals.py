"""Proposals by votes, with a small network of random weights."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap
from omd3d_ros.segmentation.group_judge import PART as JUDGE
from omd3d_ros.segmentation.group_judge import GroupJudge, GroupJudgeSettings
from omd3d_ros.segmentation.model_settings import DetectorSettings
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.vote_network import VoteNetwork, VoteNetworkSettings
from omd3d_ros.segmentation.vote_proposals import PART, VoteDetector
from omd3d_ros.segmentation.weights_file import save_weights

SMALL = VoteNetworkSettings(channels=(8, 12), blocks=(1, 1), hidden=8)


def judge_by_count():
    """Return a judge for which a whole is better than its parts: by the square of its voxels."""
    judge = GroupJudge(GroupJudgeSettings(features=8, bar=0.0))
    with torch.no_grad():
        for layer, gain in zip(judge.layers[::2], (1.0, 1.0, 2.0), strict=True):
            layer.weight.zero_()
            layer.bias.zero_()
            layer.weight[0, 0] = gain
        judge.layers[-1].bias[0] = -20.0
    return judge


@pytest.fixture
def settings(tmp_path):
    for number, (scale, size) in enumerate((('things', 0.01), ('rooms', 0.02))):
        torch.manual_seed(number)
        network = VoteNetwork(dataclasses.replace(SMALL, voxel_size=size))
        with torch.no_grad():
            network.heads[2].bias[0] = 3.0  # everything is an object
        digest = save_weights(tmp_path / scale, PART, network.state_dict(), network.settings)
        judge = judge_by_count()
        save_weights(tmp_path / scale / 'judge', JUDGE, judge.state_dict(), judge.settings,
                     {'votes': digest})
    return DetectorSettings(enabled=True, things=str(tmp_path / 'things'),
                            rooms=str(tmp_path / 'rooms'))


@pytest.fixture
def snapshot():
    """Two boxes on a floor."""
    rng = np.random.default_rng(0)
    floor = np.stack([*rng.uniform(-1, 1, (2, 30000)), np.zeros(30000)], axis=1)
    boxes = [np.array([x, 0, 0.1]) + rng.uniform(-0.1, 0.1, (6000, 3)) for x in (-0.4, 0.4)]
    points = np.concatenate([floor, *boxes]).astype(np.float32)
    table = np.zeros(len(points), [('p', '<f4', 3), ('c', 'u1', 3)])
    table['p'], table['c'] = points, 120
    from omd3d_ros.mapping.cloud import Cloud, PointLayout
    layout = PointLayout(len(points), 1, 15, 15 * len(points), 0, 4, 8, has_color=True,
                         r=12, g=13, b=14)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.02, min_range=0.0, clear_misses=0))
    voxel_map.integrate(Cloud(table.view(np.uint8), layout), np.eye(4), 1)
    return voxel_map.snapshot()


def test_proposals_share_no_voxel_and_come_best_first(settings, snapshot):
    detector = VoteDetector(settings, torch.device('cpu'))
    found, masks = detector.detect(snapshot, ProposalSettings(), masks=True)
    assert found
    every = np.concatenate([one.voxels for one in found])
    assert len(np.unique(every)) == len(every)
    scores = [one.objectness for one in found]
    assert scores == sorted(scores, reverse=True)
    assert all(0 < score <= 1 for score in scores)
    for one in found:
        assert (np.diff(one.voxels) > 0).all()
        np.testing.assert_array_equal(masks.voxels_of(snapshot.points[one.voxels]), one.voxels)


def test_the_same_map_gives_the_same_proposals(settings, snapshot):
    once, again = (VoteDetector(settings, torch.device('cpu')).detect(
        snapshot, ProposalSettings())[0] for _ in range(2))
    assert len(once) == len(again)
    for one, other in zip(once, again, strict=True):
        np.testing.assert_array_equal(one.voxels, other.voxels)
        assert one.objectness == other.objectness


def test_the_network_of_the_nearest_voxel_size_is_asked(settings, snapshot, monkeypatch):
    detector = VoteDetector(settings, torch.device('cpu'))
    asked = []
    from omd3d_ros.segmentation import vote_memory
    real = vote_memory.find_votes
    monkeypatch.setattr(vote_memory, 'find_votes', lambda network, *rest: (
        asked.append(network.settings.voxel_size), real(network, *rest))[1])
    for size, expected in ((0.02, 0.02), (0.05, 0.02), (0.008, 0.01)):
        detector.detect(dataclasses.replace(snapshot, voxel_size=size),
                                ProposalSettings())
        assert asked.pop() == expected


def test_an_empty_map_has_no_proposals(settings, snapshot):
    empty = dataclasses.replace(snapshot, **{
        name: getattr(snapshot, name)[:0]
        for name in ('points', 'colors', 'hits', 'frames', 'last_seen')})
    assert VoteDetector(settings, torch.device('cpu')).detect(
        empty, ProposalSettings()) == ((), None)


def test_weights_that_are_missing_damaged_or_of_another_part_are_refused_by_name(
        settings, tmp_path):
    with pytest.raises(ValueError, match='nowhere'):
        VoteDetector(dataclasses.replace(settings, rooms=str(tmp_path / 'nowhere')),
                     torch.device('cpu'))
    file = tmp_path / 'rooms' / 'weights.safetensors'
    data = bytearray(file.read_bytes())
    data[-1] ^= 1
    file.write_bytes(data)
    with pytest.raises(ValueError, match=r'rooms.*damaged'):
        VoteDetector(settings, torch.device('cpu'))
    judge = GroupJudge(GroupJudgeSettings(features=8))
    save_weights(tmp_path / 'things' / 'judge', JUDGE, judge.state_dict(), judge.settings,
                 {'votes': 'of another network'})
    with pytest.raises(ValueError, match='for other weights'):
        VoteDetector(settings, torch.device('cpu'))
    save_weights(tmp_path / 'things', 'another part', {'a': torch.zeros(1)}, SMALL)
    with pytest.raises(ValueError, match='another part'):
        VoteDetector(settings, torch.device('cpu'))
