"""The network of an object's points: what it must learn, and what must change nothing."""

import pytest
import torch

from omd3d_ros.segmentation.point_network import CLOUD_NUMBERS, PointNetwork, _varied


def clouds(count=6, points=60, seed=0):
    return torch.rand(count, points, CLOUD_NUMBERS,
                      generator=torch.Generator().manual_seed(seed)) - 0.5


def network(width=16):
    torch.manual_seed(0)
    return PointNetwork(width, 0.0).eval()


def test_neither_the_order_of_points_nor_points_told_twice_change_anything():
    told, given = network(), clouds()
    order = torch.randperm(60, generator=torch.Generator().manual_seed(1))
    torch.testing.assert_close(told(given[:, order]), told(given), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(told(given.repeat(1, 3, 1)), told(given), rtol=1e-4, atol=1e-5)


def test_objects_do_not_see_one_another():
    told, given = network(), clouds()
    alone = torch.cat([told(one[None]) for one in given])
    torch.testing.assert_close(told(given), alone, rtol=1e-4, atol=1e-5)


def test_balls_and_rods_are_told_apart_however_they_are_varied():
    torch.manual_seed(0)
    told = PointNetwork(2, 0.0)
    optimizer = torch.optim.Adam(told.parameters(), 3e-3)

    def shapes(count):
        points = torch.nn.functional.normalize(torch.randn(count, 200, 3), dim=2)
        kind = torch.arange(count) % 2
        points[kind == 1] *= torch.tensor([0.15, 0.15, 2.0])
        return torch.cat([0.1 * points, torch.rand(count, 1, 3).expand(-1, 200, -1) - 0.5],
                         dim=2), kind

    for _ in range(60):
        given, kind = shapes(32)
        loss = torch.nn.functional.cross_entropy(told(given), kind)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    given, kind = shapes(200)
    assert (told.eval()(given).argmax(1) == kind).float().mean() > 0.97


def test_what_is_varied_keeps_most_points_of_each_object_and_its_size():
    torch.manual_seed(0)
    given = clouds(400, 200)
    varied, kept = _varied(given)
    assert varied.shape == (400, 128, CLOUD_NUMBERS)
    assert kept.float().mean(1).min() > 0.55
    assert 0.85 < kept.float().mean() < 0.95
    assert (kept.all(1)).float().mean() == pytest.approx(0.5, abs=0.1)
    before, after = (one[:, :, :3].norm(dim=2).mean() for one in (given, varied))
    assert float(after) == pytest.approx(float(before), rel=0.05)
