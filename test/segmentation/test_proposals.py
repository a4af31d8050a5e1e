import numpy as np
import pytest

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.plane import fit_plane
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_settings import PlaneSettings, ProposalSettings
from omd3d_ros.segmentation.proposals import find_proposals
from omd3d_ros.segmentation.superpoints import SuperpointSettings, find_superpoints
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys

SIZE = 0.02


def faces(low, high, rng):
    """Points on the six faces of a box, 1 cm apart, with 1 mm noise."""
    low, high = np.array(low, float), np.array(high, float)
    found = []
    for axis in range(3):
        others = [a for a in range(3) if a != axis]
        grids = np.meshgrid(*(np.arange(low[a], high[a] + 1e-9, 0.01) for a in others))
        for end in (low, high):
            points = np.empty((grids[0].size, 3))
            points[:, axis] = end[axis]
            for a, values in zip(others, grids, strict=True):
                points[:, a] = values.ravel()
            found.append(points)
    points = np.concatenate(found)
    return points + rng.normal(0, 0.001, points.shape)


def sheet(x, y, z, rng):
    """Points of an axis-aligned rectangle; one of the three is a number."""
    spans = [np.array([v]) if np.isscalar(v) else np.arange(v[0], v[1], 0.01) for v in (x, y, z)]
    points = np.stack([g.ravel() for g in np.meshgrid(*spans)], axis=1)
    return points + rng.normal(0, 0.002, points.shape)


def snapshot_of(parts):
    """Voxelise parts {name: points}; returns the snapshot and each voxel's part number."""
    points = np.concatenate(list(parts.values()))
    owner = np.repeat(np.arange(len(parts)), [len(p) for p in parts.values()])
    _, first, inverse, counts = np.unique(
        voxel_keys(points, SIZE), return_index=True, return_inverse=True, return_counts=True)
    inverse = inverse.ravel()
    means = np.stack([np.bincount(inverse, points[:, a]) / counts for a in range(3)], axis=1)
    count = len(counts)
    snapshot = MapSnapshot(
        'room', 1, 10**9, SIZE, means.astype(np.float32), np.full((count, 3), 128, np.uint8),
        counts.astype(np.uint32), np.full(count, 5, np.uint16), np.full(count, 10**9, np.int64))
    return snapshot, owner[first]


def room_parts(rng):
    """A floor, two walls, a table with a cup and a box on it, and a crate on the floor."""
    legs = [faces((x, y, 0.04), (x + 0.05, y + 0.05, 0.69), rng)
            for x in (1.0, 1.95) for y in (1.0, 1.55)]
    return {
        'floor': sheet((0, 4), (0, 3), 0.0, rng),
        'wall': np.concatenate([sheet((0, 4), 3.0, (0, 2.4), rng),
                                sheet(0.0, (0, 3), (0, 2.4), rng)]),
        'table': np.concatenate([faces((1, 1, 0.69), (2, 1.6, 0.73), rng), *legs]),
        'cup': faces((1.2, 1.2, 0.74), (1.28, 1.28, 0.84), rng),
        'box': faces((1.6, 1.2, 0.74), (1.8, 1.35, 0.86), rng),
        'crate': faces((2.8, 0.8, 0.0), (3.2, 1.2, 0.35), rng),
    }


@pytest.fixture(scope='module')
def room():
    parts = room_parts(np.random.default_rng(0))
    snapshot, owner = snapshot_of(parts)
    return snapshot, owner, list(parts)


def best_overlap(proposals, members):
    """Return the largest IoU of a proposal with the members (N,) bool, and that proposal."""
    truth = set(np.flatnonzero(members).tolist())
    scored = [(len(truth & set(p.voxels.tolist())) / len(truth | set(p.voxels.tolist())), k)
              for k, p in enumerate(proposals)]
    return max(scored)


@pytest.mark.parametrize(('name', 'least'), [
    ('cup', 0.6), ('box', 0.7), ('crate', 0.7), ('table', 0.7)])
def test_furniture_and_the_things_on_it_are_proposals_of_their_own(room, name, least):
    snapshot, owner, names = room
    proposals = find_proposals(snapshot, ProposalSettings())
    overlap, _ = best_overlap(proposals, owner == names.index(name))
    assert overlap > least


def test_no_voxel_is_in_two_proposals_and_the_shell_is_in_none(room):
    snapshot, owner, names = room
    proposals = find_proposals(snapshot, ProposalSettings())
    voxels = np.concatenate([p.voxels for p in proposals])
    assert len(voxels) == len(np.unique(voxels))
    shell = np.isin(owner, [names.index('floor'), names.index('wall')])
    assert shell[voxels].mean() < 0.05
    for proposal in proposals:
        assert 0 < proposal.objectness <= 1
        assert (np.diff(proposal.voxels) > 0).all()


def test_the_same_map_gives_the_same_proposals(room):
    snapshot, _, _ = room
    first = find_proposals(snapshot, ProposalSettings())
    second = find_proposals(snapshot, ProposalSettings())
    assert len(first) == len(second)
    for a, b in zip(first, second, strict=True):
        np.testing.assert_array_equal(a.voxels, b.voxels)
        assert a.objectness == b.objectness


def test_a_table_top_alone_counts_as_the_floor_of_what_stands_on_it():
    rng = np.random.default_rng(1)
    parts = {
        'top': sheet((0, 0.9), (0, 0.7), 0.0, rng),
        'can': faces((0.2, 0.2, 0.0), (0.27, 0.27, 0.12), rng),
        'box': faces((0.5, 0.3, 0.0), (0.65, 0.4, 0.08), rng),
    }
    snapshot, owner = snapshot_of(parts)
    proposals = find_proposals(snapshot, ProposalSettings())
    assert best_overlap(proposals, owner == 1)[0] > 0.6
    assert best_overlap(proposals, owner == 2)[0] > 0.6


def test_the_floor_may_lie_at_any_height():
    parts = {name: points - np.array([0, 0, 3.7])
             for name, points in room_parts(np.random.default_rng(0)).items()}
    snapshot, owner = snapshot_of(parts)
    proposals = find_proposals(snapshot, ProposalSettings())
    assert best_overlap(proposals, owner == list(parts).index('cup'))[0] > 0.5


def test_hardly_anything_gives_no_proposals():
    rng = np.random.default_rng(0)
    empty, _ = snapshot_of({'speck': rng.normal(0, 0.01, (5, 3))})
    assert find_proposals(empty, ProposalSettings()) == ()
    nothing = MapSnapshot('m', 0, 0, SIZE, np.empty((0, 3), np.float32),
                          np.empty((0, 3), np.uint8), np.empty(0, np.uint32),
                          np.empty(0, np.uint16), np.empty(0, np.int64))
    assert find_proposals(nothing, ProposalSettings()) == ()


def test_the_number_of_proposals_is_bounded(room):
    snapshot, _, _ = room
    assert len(find_proposals(snapshot, ProposalSettings(max_proposals=2))) == 2


def test_surfaces_are_found_where_they_are(room):
    snapshot, owner, names = room
    grid = VoxelGrid.of_points(snapshot.points, SIZE)
    normals = find_normals(grid)
    surfaces = find_surfaces(grid, normals, PlaneSettings())
    assert surfaces.floor is not None
    assert abs(surfaces.floor.offset) < 0.01
    assert len(surfaces.walls) == 2
    for wall in surfaces.walls:  # their normals point into the room
        assert np.median(wall.plane.distances(snapshot.points)) > 0
    heights = [snapshot.points[s.voxels, 2].mean() for s in surfaces.supports]
    assert any(abs(height - 0.73) < 0.03 for height in heights)
    floor = owner == names.index('floor')
    assert surfaces.shell[floor].mean() > 0.9


def test_a_plane_is_fitted_exactly():
    points = np.array([[0, 0, 1], [1, 0, 1], [0, 1, 1], [1, 1, 1]], float)
    plane = fit_plane(points)
    np.testing.assert_allclose(plane.normal, [0, 0, 1], atol=1e-12)
    assert plane.offset == pytest.approx(1)
    np.testing.assert_allclose(plane.distances(np.array([[0, 0, 3]], np.float32)), [2])


def test_superpoints_are_connected_patches_that_keep_edges():
    rng = np.random.default_rng(0)
    snapshot, _ = snapshot_of({'crate': faces((0, 0, 0), (0.4, 0.4, 0.4), rng)})
    grid = VoxelGrid.of_points(snapshot.points, SIZE)
    labels = find_superpoints(grid, find_normals(grid), snapshot.colors, SuperpointSettings())
    assert labels.min() == 0
    for label in range(labels.max() + 1):
        pieces = grid.components(labels == label)
        assert pieces.max() == 0  # one connected patch
    sizes = np.bincount(labels)
    assert 6 <= (sizes > 0.3 * sizes.max()).sum() <= 12


def test_a_thing_of_some_twenty_voxels_survives_on_a_table_and_a_speck_does_not():
    rng = np.random.default_rng(0)
    parts = room_parts(rng)
    parts['dice'] = faces((1.423, 1.423, 0.745), (1.457, 1.477, 0.815), rng)
    parts['speck'] = faces((1.1, 1.5, 0.80), (1.11, 1.51, 0.81), rng)
    snapshot, owner = snapshot_of(parts)
    dice = owner == list(parts).index('dice')
    assert 15 <= dice.sum() <= 40
    proposals = find_proposals(snapshot, ProposalSettings())
    assert best_overlap(proposals, dice)[0] > 0.5
    speck = np.flatnonzero(owner == list(parts).index('speck'))
    assert not any(np.isin(speck, p.voxels).all() and len(p.voxels) < 10 for p in proposals)


def test_two_things_a_few_centimetres_apart_are_two_proposals():
    rng = np.random.default_rng(2)
    parts = {
        'top': sheet((0, 0.9), (0, 0.7), 0.0, rng),
        'left': faces((0.2, 0.2, 0.0), (0.28, 0.28, 0.2), rng),
        'right': faces((0.34, 0.2, 0.0), (0.42, 0.28, 0.2), rng),
    }
    snapshot, owner = snapshot_of(parts)
    proposals = find_proposals(snapshot, ProposalSettings())
    best = [best_overlap(proposals, owner == k) for k in (1, 2)]
    assert min(overlap for overlap, _ in best) > 0.6
    assert best[0][1] != best[1][1]
