"""The vote network learns two touching blocks by heart, exactly resumed and the same twice."""


import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.vote_network import VoteNetwork, VoteNetworkSettings
from omd3d_ros.segmentation.voxel_features import COUNT, voxel_features
from omd3d_ros.training.detect import DetectSettings, collate, train_detect
from omd3d_ros.training.detect_data import UNKNOWN, DetectScene, load_prepared, varied
from omd3d_ros.training.vote_loss import vote_loss

SIZE = 0.02
TINY = VoteNetworkSettings(channels=(12, 16), blocks=(1, 1), hidden=16, voxel_size=SIZE)


def test_a_varied_scene_keeps_who_owns_what(prepared):
    scene = load_prepared(prepared)
    seen = varied(scene, SIZE, 500, np.random.default_rng(1))
    assert 300 < len(seen.owner) <= 500
    features = voxel_features(seen.surface, SIZE)
    assert features.shape == (len(seen.owner), COUNT)
    assert np.isfinite(features).all()
    for number in (1, 2):  # a block's voxels stay about its centre, whatever turn and scale
        own = seen.surface.points[seen.owner == number]
        assert np.linalg.norm(own - seen.centers[number], axis=1).max() < 7 * SIZE * 1.3


def test_nothing_is_learned_from_unknown_voxels(prepared):
    scene = load_prepared(prepared)
    batch = collate([scene], TINY)
    torch.manual_seed(0)
    network = VoteNetwork(TINY)
    votes = network(batch.features, batch.points, batch.grid)
    for part in votes:
        part.retain_grad()
    owner = batch.owner.clone()
    unknown = owner == 0
    owner[unknown] = UNKNOWN
    vote_loss(network, votes, batch.points, owner, batch.centers, batch.batch,
              batch.grid.levels[0].neighbors).total.backward()
    for part in votes[:3]:
        assert (part.grad[unknown] == 0).all()
        assert (part.grad[~unknown] != 0).any()


def test_large_objects_can_count_as_structure(prepared):
    scene = load_prepared(prepared)
    kept = scene.without_larger(0.12)
    assert set(np.unique(kept.owner)) == {0, 1}
    assert (kept.owner[scene.owner == 1] == 1).all()


def test_a_crop_without_objects_has_a_finite_loss(prepared):
    scene = load_prepared(prepared)
    bare = DetectScene(scene.surface.at(scene.owner == 0), scene.owner[scene.owner == 0],
                       scene.centers, scene.sizes)
    batch = collate([bare], TINY)
    network = VoteNetwork(TINY)
    loss = vote_loss(network, network(batch.features, batch.points, batch.grid), batch.points,
                     batch.owner, batch.centers, batch.batch, batch.grid.levels[0].neighbors)
    loss.total.backward()
    assert all(torch.isfinite(part) for part in loss)
    assert all(torch.isfinite(value.grad).all() for value in network.parameters()
               if value.grad is not None)


def test_a_tiny_network_learns_one_scene_by_heart(prepared, tmp_path):
    settings = DetectSettings(network=TINY, steps=220, scenes=1, voxels=2000, rate=1e-2,
                              average=0.9)
    network = train_detect(settings, [prepared], [prepared], tmp_path / 'run')
    seen = varied(load_prepared(prepared), SIZE, 5000, np.random.default_rng(9))
    batch = collate([seen], TINY)
    with torch.no_grad():
        votes = network(batch.features, batch.points, batch.grid)
    right = (votes.object > 0) == (batch.owner > 0)
    assert right.float().mean() > 0.95
    of_object = batch.owner > 0
    wanted = batch.centers[batch.owner[of_object]] - batch.points[of_object]
    miss = (votes.offset[of_object] - wanted).norm(dim=1).mean()
    assert miss < 0.65 * wanted.norm(dim=1).mean()
    first, second = (votes.embedding[batch.owner == one].mean(0) for one in (1, 2))
    assert (first - second).square().sum() > 1


def test_a_resumed_run_is_the_run_it_would_have_been(prepared, tmp_path, monkeypatch):
    monkeypatch.setattr('omd3d_ros.training.detect._SAVE', 4)
    settings = DetectSettings(network=TINY, steps=8, scenes=2, voxels=400)
    whole = train_detect(settings, [prepared], [prepared], tmp_path / 'whole')

    from omd3d_ros.training import detect
    real = detect.step_generator

    def generator(seed, step, process=0):
        if step == 6:
            raise InterruptedError
        return real(seed, step, process)

    with monkeypatch.context() as patched:
        patched.setattr(detect, 'step_generator', generator)
        with pytest.raises(InterruptedError):
            train_detect(settings, [prepared], [prepared], tmp_path / 'cut')
    resumed = train_detect(settings, [prepared], [prepared], tmp_path / 'cut')
    for name, value in whole.state_dict().items():
        assert torch.equal(value, resumed.state_dict()[name]), name
