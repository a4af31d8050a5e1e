import numpy as np
import pytest

from omd3d_ros.segmentation.furniture import join_fragments, part_from_tables
from omd3d_ros.segmentation.plane import Plane
from omd3d_ros.segmentation.planes import Support
from omd3d_ros.segmentation.proposal_settings import FurnitureSettings
from omd3d_ros.segmentation.voxel_grid import VoxelGrid

SIZE = 0.02
FLOOR = Plane(np.array([0.0, 0.0, 1.0]), 0.0)


def block(low, high):
    """Centres of the voxels between two corners, metres."""
    spans = [np.arange(round(a / SIZE), round(b / SIZE)) * SIZE + SIZE / 2
             for a, b in zip(low, high, strict=True)]
    return np.stack([g.ravel() for g in np.meshgrid(*spans, indexing='ij')], axis=1)


def moved(points, x):
    return points + np.array([x, 0.0, 0.0])


def scene(*blocks):
    points = np.concatenate(blocks).astype(np.float32)
    owner = np.repeat(np.arange(len(blocks)), [len(b) for b in blocks])
    return VoxelGrid.of_points(points, SIZE), owner


def joined(grid, owner, floor=FLOOR, kinds=None):
    """Return, for each block, the label of all of its voxels."""
    kinds = np.zeros(len(grid), np.int32) if kinds is None else kinds
    labels = join_fragments(grid, np.arange(len(grid)), kinds, floor, FurnitureSettings())
    per_block = [np.unique(labels[owner == k]) for k in range(owner.max() + 1)]
    assert all(len(found) == 1 for found in per_block)
    return [int(found[0]) for found in per_block]


CRATE = block((0, 0, 0), (0.4, 0.4, 0.4))


def test_whole_pieces_that_are_only_near_stay_two():
    first, second = joined(*scene(CRATE, moved(CRATE, 0.44)))
    assert first != second


def test_what_touches_is_one_piece_unless_it_is_of_another_kind():
    grid, owner = scene(CRATE, moved(CRATE, 0.4))
    first, second = joined(grid, owner)
    assert first == second
    first, second = joined(grid, owner, kinds=owner.astype(np.int32))
    assert first != second


def test_a_small_fragment_joins_what_it_is_near():
    crumb = block((0.44, 0.1, 0), (0.5, 0.16, 0.1))
    first, second = joined(*scene(CRATE, crumb))
    assert first == second
    first, second = joined(*scene(CRATE, moved(crumb, 0.3)))
    assert first != second


def test_a_seat_in_the_air_joins_what_it_is_near_over_most_of_its_surface():
    seat = block((0, 0, 0.44), (0.4, 0.4, 0.54))
    rail = block((0.44, 0, 0), (0.5, 0.06, 0.5))
    crate, top, beside = joined(*scene(CRATE, seat, rail))
    assert crate == top
    assert beside != crate


def test_without_a_floor_nothing_hangs_in_the_air():
    seat = block((0, 0, 0.44), (0.4, 0.4, 0.54))
    first, second = joined(*scene(CRATE, seat), floor=None)
    assert first != second


def test_nothing_has_no_pieces():
    grid, _ = scene(CRATE)
    labels = join_fragments(
        grid, np.empty(0, np.int64), np.zeros(len(grid), np.int32), FLOOR, FurnitureSettings())
    assert (labels == -1).all()


TOP = block((0, 0, 0.7), (1.6, 0.8, 0.72))
CHAIR = np.concatenate([block((0.4, 0.82, 0), (0.8, 0.86, 0.96)),
                        block((0.4, 0.6, 0.44), (0.8, 0.82, 0.46))])
LEG = block((0.1, 0.1, 0), (0.16, 0.16, 0.7))
HUTCH = block((0, 0.8, 0), (1.6, 0.84, 1.2))


def kinds_at_table(*pieces, top=TOP, floor=FLOOR):
    grid, owner = scene(top, *pieces)
    height = float(top[:, 2].mean())
    support = Support(np.flatnonzero(owner == 0), Plane(np.array([0.0, 0.0, 1.0]), height))
    kinds = part_from_tables(
        grid, np.where(owner > 0, owner - 1, -1).astype(np.int32), [support], floor,
        FurnitureSettings())
    return [int(kinds[owner == k][0]) for k in range(1, owner.max() + 1)]


def test_chairs_are_parted_from_their_table_but_legs_are_not():
    other = moved(CHAIR, 0.7)
    chair, second, leg = kinds_at_table(CHAIR, other, LEG)
    assert chair != second
    assert 0 not in (chair, second)
    assert leg == 0


@pytest.mark.parametrize(('piece', 'shift'), [
    (HUTCH, (0, 0, 0)),  # as long as the table
    (CHAIR, (0, 1.0, 0)),  # far from it
])
def test_what_is_long_or_far_away_is_not_parted(piece, shift):
    assert kinds_at_table(piece + np.array(shift)) == [0]


def test_a_low_or_small_surface_is_no_table():
    assert kinds_at_table(CHAIR - [0, 0, 0.28], top=TOP - [0, 0, 0.28]) == [0]
    assert kinds_at_table(CHAIR, top=block((0.3, 0.4, 0.7), (0.9, 0.8, 0.72))) == [0]
    assert kinds_at_table(CHAIR, floor=None) == [0]
