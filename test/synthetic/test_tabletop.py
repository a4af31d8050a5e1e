"""Things on tables: none in another, touching ones touch, leaning ones are held."""

import collections
import dataclasses

import numpy as np
import pytest

from omd3d_ros.synthetic.model_shelf import ModelShelf, ShelfEntry, own_entries
from omd3d_ros.synthetic.outline import contains, gap
from omd3d_ros.synthetic.scanned_model import ScannedModel, scanned_name
from omd3d_ros.synthetic.shapes import box
from omd3d_ros.synthetic.table_content import table_content
from omd3d_ros.synthetic.tabletop import MANNERS, Tabletop, flat_outline, is_propped

SCENES = 12
MOST_DEEP = 0.003  # m
RED = (200, 20, 20)


@pytest.fixture(scope='module')
def shelf():
    return ModelShelf(own_entries(), 'train')


@pytest.fixture(scope='module')
def tables(shelf):
    return [table_content(shelf, np.random.default_rng(seed)).tabletop for seed in range(SCENES)]


def rays(model):
    import open3d
    scene = open3d.t.geometry.RaycastingScene(nthreads=1)
    scene.add_triangles(open3d.core.Tensor(model.vertices.astype(np.float32)),
                        open3d.core.Tensor(model.faces.astype(np.uint32)))
    return scene


def surface_points(model, count=3000):
    rng = np.random.default_rng(0)
    corners = model.vertices[model.faces]
    size = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]),
                          axis=1)
    face = rng.choice(len(corners), count, p=size / size.sum())
    weights = rng.dirichlet([1, 1, 1], count)
    return np.concatenate([np.einsum('nk,nkd->nd', weights, corners[face]), model.vertices])


def deepest(one, other):
    """Return how deep points of one model lie in the other, metres: 0 when outside."""
    import open3d
    points = surface_points(one)
    low, high = other.vertices.min(axis=0), other.vertices.max(axis=0)
    points = points[((points > low) & (points < high)).all(axis=1)].astype(np.float32)
    if not len(points):
        return 0.0
    scene, odd, rng = rays(other), np.zeros(len(points)), np.random.default_rng(0)
    for _ in range(15):  # models have open seams, through which a single ray may slip
        way = rng.normal(0, 1, 3).astype(np.float32)
        ray = np.concatenate([points, np.broadcast_to(way, points.shape)], axis=1)
        odd += scene.count_intersections(open3d.core.Tensor(ray), nthreads=1).numpy() % 2
    away = scene.compute_distance(open3d.core.Tensor(points), nthreads=1).numpy()
    return float((away * (odd > 7.5)).max())


def nearest(one, other):
    import open3d
    points = open3d.core.Tensor(surface_points(one, 20000).astype(np.float32))
    return float(rays(other).compute_distance(points, nthreads=1).numpy().min())


def test_deepest_tells_overlap():
    cube = box((0.1, 0.1, 0.1), RED)
    assert deepest(cube.placed(0.09, 0, 0, 0), cube) == pytest.approx(0.01, abs=1e-3)
    assert deepest(cube.placed(0.101, 0, 0, 0), cube) == 0


def test_nothing_is_in_another_or_below_the_plane(tables):
    pairs = 0
    for table in tables:
        for one in table.stood:
            assert one.thing.low[2] > -1e-6
            for other in table.stood:
                if other is not one and gap(one.outline, other.outline) < 0:
                    pairs += 1
                    assert deepest(one.thing.model, other.thing.model) < MOST_DEEP, (
                        one.thing.name, one.manner, other.thing.name, other.manner)
    assert pairs > 30


def test_everything_stands_on_something(tables):
    for table in tables:
        by_number = {one.thing.number: one for one in table.stood}
        assert sorted(by_number) == list(range(1, len(by_number) + 1))
        for one in table.stood:
            below = one.thing.supported_by
            if not below:
                assert one.thing.low[2] < 0.001
                continue
            carrier = by_number[below]
            assert nearest(one.thing.model, carrier.thing.model) < 0.0015
            assert bool(one.thing.inside_of) == (one.manner == 'nested')
            if one.manner == 'stacked':
                assert abs(one.thing.low[2] - carrier.height) < 0.004
                base = flat_outline(one.thing.model, top=False)
                assert contains(carrier.top, base.mean(axis=0))
            if one.manner == 'nested':
                assert all(contains(carrier.outline, corner) for corner in one.outline)
                assert one.thing.low[2] < carrier.height


def test_touching_things_touch(tables):
    found = 0
    for table in tables:
        by_number = {one.thing.number: one for one in table.stood}
        for one in table.stood:
            if one.manner == 'touching':
                found += 1
                assert 0 < gap(one.outline, by_number[one.beside].outline) < 0.0135
    assert found > 20


def test_leaning_things_are_held(tables):
    found = 0
    for table in tables:
        by_number = {one.thing.number: one for one in table.stood}
        for one in table.stood:
            if one.manner == 'leaning':
                found += 1
                other = by_number[one.beside].thing.model
                assert nearest(one.thing.model, other) < 0.003
                # a little farther the way it leans, and it would be in the other
                low = one.thing.model.vertices
                lean = (low[low[:, 2].argmax()] - low[low[:, 2].argmin()])[:2]
                x, y = 0.012 * lean / np.linalg.norm(lean)
                assert deepest(one.thing.model.placed(x, y, 0, 0), other) > 0.0005 or deepest(
                    other, one.thing.model.placed(x, y, 0, 0)) > 0.0005
    assert found >= 4


def test_a_thing_is_held_only_behind_its_middle_and_high_enough():
    wall = box((0.1, 0.6, 0.3), RED)
    table = Tabletop(0.4, np.random.default_rng(0))
    assert table.place(wall, 'box', 'a', 'free', holders=frozenset())
    held = table.place(box((0.02, 0.1, 0.25), RED), 'book', 'b', 'leaning', holders=frozenset())
    assert held is not None
    heading = np.array([1.0, 0, 0])
    board = box((0.02, 0.2, 0.3), RED)
    assert not is_propped(board, np.array([0.01, 0, 0.25]), heading)  # upright: falls either way
    with pytest.raises(ValueError, match='manner'):
        table.place(wall, 'box', 'a', 'flying', holders=frozenset())


def test_every_manner_has_about_its_share(shelf):
    manners = collections.Counter(
        one.manner for seed in range(36)
        for one in table_content(shelf, np.random.default_rng([7, seed])).tabletop.stood)
    share = {name: manners[name] / manners.total() for name in MANNERS}
    assert 0.27 < share['touching'] < 0.43
    assert 0.12 < share['stacked'] < 0.24
    assert 0.06 < share['leaning'] < 0.15
    assert share['nested'] > 0.02
    assert share['free'] > 0.15


def test_broken_model_is_recorded_and_left_out(shelf, tmp_path):
    broken = tmp_path / 'broken.ply'
    broken.write_text('ply\nnonsense')
    entry = ShelfEntry('cad/broken', '', ScannedModel('', broken, (0.1, 0.1, 0.1), False))
    with_broken = ModelShelf((*own_entries(), entry), 'train')
    with pytest.raises(ValueError, match='cad/broken'):
        with_broken.load(entry)
    found = [table_content(with_broken, np.random.default_rng(seed)) for seed in range(3)]
    assert any('cad/broken' in one.failed for one in found)
    assert all(len(one.tabletop.stood) >= 2 for one in found)
    assert all(len(one.gloss) == len(one.tabletop.stood) for one in found)


def test_scanned_names_are_household_words_or_none():
    assert scanned_name('a_cups') == 'cup'
    assert scanned_name('windex_bottle') == 'spray bottle'
    assert scanned_name('apple') == 'apple'
    assert scanned_name('foam_brick') == ''
    assert scanned_name('d_toy_airplane') == ''


def test_flat_top_of_a_slab_and_none_of_a_wedge():
    slab = box((0.2, 0.1, 0.05), RED)
    top = flat_outline(slab, top=True)
    np.testing.assert_allclose(np.ptp(top, axis=0), [0.2, 0.1], atol=1e-9)
    wedge = slab.vertices.copy()
    wedge[:, 2] += np.where(wedge[:, 2] > 0.04, wedge[:, 0], 0)
    assert flat_outline(dataclasses.replace(slab, vertices=wedge), top=True) is None
