"""Sparse convolution equals dense convolution, forwards and backwards, with any threads."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor

from omd3d_ros.segmentation.sparse_conv import DoublingConv, HalvingConv, SubmanifoldConv
from omd3d_ros.segmentation.sparse_grid import SparseGrid
from omd3d_ros.segmentation.sparse_unet import SparseUNet, SparseUNetSettings

SIDE = 8


@pytest.fixture(params=[1, 2])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def random_scene(seed: int, share: float, batches: int = 2) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    filled = torch.rand(batches, SIDE, SIDE, SIDE, generator=generator) < share
    coordinates = filled.nonzero()
    return coordinates[torch.randperm(len(coordinates), generator=generator)]


def dense(features: Tensor, coordinates: Tensor, side: int) -> Tensor:
    batches = int(coordinates[:, 0].max()) + 1
    volume = torch.zeros(batches, side, side, side, features.shape[1], dtype=features.dtype)
    volume = volume.index_put(tuple(coordinates.T), features)
    return volume.permute(0, 4, 1, 2, 3)


def at(volume: Tensor, coordinates: Tensor) -> Tensor:
    return volume.permute(0, 2, 3, 4, 1)[tuple(coordinates.T)]


def check_gradients(ours: Tensor, reference: Tensor, inputs: list[Tensor]) -> None:
    weights = torch.randn(ours.shape, generator=torch.Generator().manual_seed(1))
    got = torch.autograd.grad((ours * weights).sum(), inputs, retain_graph=True)
    expected = torch.autograd.grad((reference * weights).sum(), inputs)
    for one, other in zip(got, expected, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize('share', [0.05, 0.5, 1.0])
def test_submanifold_convolution_is_dense_convolution_at_its_voxels(
    share: float, threads: int
) -> None:
    coordinates = random_scene(3, share)
    grid = SparseGrid(coordinates, 0)
    layer = SubmanifoldConv(5, 7)
    features = torch.randn(len(coordinates), 5, requires_grad=True)
    ours = layer(features, grid, 0)
    kernel = layer.weight.permute(0, 4, 1, 2, 3)
    volume = torch.nn.functional.conv3d(dense(features, coordinates, SIDE), kernel, padding=1)
    reference = at(volume, coordinates)
    torch.testing.assert_close(ours, reference, rtol=1e-4, atol=1e-5)
    check_gradients(ours, reference, [features, layer.weight])


@pytest.mark.parametrize('share', [0.05, 0.5])
def test_halving_and_doubling_are_strided_convolution_and_its_transpose(
    share: float, threads: int
) -> None:
    coordinates = random_scene(4, share)
    grid = SparseGrid(coordinates, 1)
    coarse = grid.levels[1].coordinates
    down, up = HalvingConv(3, 4), DoublingConv(4, 6)
    features = torch.randn(len(coordinates), 3, requires_grad=True)
    ours = down(features, grid, 0)
    kernel = down.weight.permute(0, 4, 1, 2, 3)
    volume = torch.nn.functional.conv3d(dense(features, coordinates, SIDE), kernel, stride=2)
    torch.testing.assert_close(ours, at(volume, coarse), rtol=1e-4, atol=1e-5)
    check_gradients(ours, at(volume, coarse), [features, down.weight])
    raised = up(ours, grid, 0)
    back = up.weight.permute(4, 0, 1, 2, 3)
    volume = torch.nn.functional.conv_transpose3d(dense(ours, coarse, SIDE // 2), back, stride=2)
    torch.testing.assert_close(raised, at(volume, coordinates), rtol=1e-4, atol=1e-5)
    check_gradients(raised, at(volume, coordinates), [features, up.weight])


def test_the_order_of_voxels_and_a_shift_by_whole_coarse_voxels_change_nothing() -> None:
    torch.manual_seed(0)
    net = SparseUNet(SparseUNetSettings(in_channels=4, channels=(8, 8, 8), blocks=(1, 1, 1)))
    net.eval()
    coordinates = random_scene(5, 0.3)
    features = torch.randn(len(coordinates), 4)
    order = torch.randperm(len(coordinates))
    moved = coordinates + torch.tensor([0, -40, 4, 8])
    with torch.no_grad():
        first = net(features, SparseGrid(coordinates, 2))
        second = net(features[order], SparseGrid(moved[order], 2))
    torch.testing.assert_close(first[order], second, rtol=1e-4, atol=1e-5)


def test_scenes_of_a_batch_do_not_touch() -> None:
    torch.manual_seed(0)
    net = SparseUNet(SparseUNetSettings(in_channels=4, channels=(8, 8), blocks=(1, 1))).eval()
    coordinates = random_scene(6, 0.3, batches=2)
    features = torch.randn(len(coordinates), 4)
    one = coordinates[:, 0] == 1
    alone = coordinates[one] - torch.tensor([1, 0, 0, 0])
    with torch.no_grad():
        together = net(features, SparseGrid(coordinates, 1))
        apart = net(features[one], SparseGrid(alone, 1))
    torch.testing.assert_close(together[one], apart, rtol=1e-4, atol=1e-5)


def test_a_tiny_network_learns_which_half_a_voxel_lies_in() -> None:
    torch.manual_seed(0)
    coordinates = random_scene(7, 0.3)
    grid = SparseGrid(coordinates, 2)
    wanted = (coordinates[:, 1] >= SIDE // 2).float()
    features = torch.cat([coordinates[:, 1:] / SIDE, torch.ones(len(coordinates), 1)], 1)
    net = SparseUNet(SparseUNetSettings(in_channels=4, channels=(8, 8, 8), blocks=(1, 1, 1)))
    head = torch.nn.Linear(8, 1)
    parameters = [*net.parameters(), *head.parameters()]
    optimizer = torch.optim.AdamW(parameters, lr=0.01)
    for _ in range(60):
        loss = torch.nn.functional.binary_cross_entropy_with_logits(
            head(net(features, grid))[:, 0], wanted
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    right = ((head(net(features, grid))[:, 0] > 0) == (wanted > 0)).float().mean()
    assert float(right) > 0.97


@pytest.mark.parametrize(('coordinates', 'named'), [
    (torch.zeros(3, 3, dtype=torch.int64), 'int64'),
    (torch.zeros(3, 4), 'int64'),
    (torch.zeros(2, 4, dtype=torch.int64), 'twice'),
    (torch.tensor([[-1, 0, 0, 0]]), 'below 0'),
    (torch.tensor([[0, 0, 0, 0], [0, 1 << 30, 1 << 30, 1 << 30]]), 'span'),
])
def test_coordinates_that_are_no_voxels_are_refused(coordinates: Tensor, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        SparseGrid(coordinates, 1)


def test_no_voxels_give_no_features() -> None:
    grid = SparseGrid(torch.zeros(0, 4, dtype=torch.int64), 2)
    net = SparseUNet(SparseUNetSettings(in_channels=4, channels=(8, 8, 8), blocks=(1, 1, 1)))
    assert net.eval()(torch.zeros(0, 4), grid).shape == (0, 8)


def test_a_state_dict_fits_the_layers_of_spconv() -> None:
    sparse_spconv = pytest.importorskip(
        'omd3d_ros.segmentation.sparse_spconv', reason='spconv is not installed',
        exc_type=ImportError,
    )
    settings = SparseUNetSettings(in_channels=4, channels=(8, 12, 16), blocks=(1, 1, 2))
    ours = SparseUNet(settings)
    theirs = SparseUNet(settings, sparse_spconv)
    state = ours.state_dict()
    theirs.load_state_dict(state, strict=True)
    assert {name: tuple(value.shape) for name, value in theirs.state_dict().items()} == {
        name: tuple(value.shape) for name, value in state.items()
    }
