"""Proposals that are kept while a map hardly changes."""

import dataclasses

import numpy as np
import pytest

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.proposal_memory import ProposalMemory
from omd3d_ros.segmentation.scene import Proposal

SIZE = 0.02


def a_map(cells, map_id='map'):
    count = len(cells)
    return MapSnapshot(map_id, 1, 1, SIZE, ((np.array(cells) + 0.5) * SIZE).astype(np.float32),
                       np.zeros((count, 3), np.uint8), np.ones(count, np.uint32),
                       np.ones(count, np.uint16), np.ones(count, np.int64))


def sheet(start, side=20):
    """Return the cells of a flat square."""
    return [(start + x, y, 0) for x in range(side) for y in range(side)]


FIRST, SECOND = sheet(0), sheet(100)
CELLS = FIRST + SECOND


@pytest.fixture
def memory():
    found = ProposalMemory()
    found.keep(a_map(CELLS), (Proposal(np.arange(len(FIRST), len(CELLS)), 0.9),
                              Proposal(np.arange(len(FIRST)), 0.5)), None)
    return found


def cells_of(proposal, cells):
    return {cells[i] for i in proposal.voxels}


def test_the_same_map_in_another_order_has_the_same_proposals(memory):
    shuffled = [CELLS[i] for i in np.random.default_rng(0).permutation(len(CELLS))]
    (best, other), masks = memory.recall(a_map(shuffled), masks=False)
    assert cells_of(best, shuffled) == set(SECOND)
    assert cells_of(other, shuffled) == set(FIRST)
    assert (best.objectness, other.objectness, masks) == (0.9, 0.5, None)


def test_noise_comes_and_goes_and_joins_what_is_near(memory):
    noisy = [cell for cell in CELLS if cell not in {(3, 3, 0), (110, 4, 0)}]
    noisy += [(5, 5, 1), (105, 7, 1), (60, 60, 60)]
    (best, other), _ = memory.recall(a_map(noisy), masks=False)
    assert cells_of(best, noisy) == set(SECOND) - {(110, 4, 0)} | {(105, 7, 1)}
    assert cells_of(other, noisy) == set(FIRST) - {(3, 3, 0)} | {(5, 5, 1)}


@pytest.mark.parametrize('cells', [
    CELLS + [(8, 8, z) for z in range(1, 15)], CELLS + sheet(200, 5), FIRST, []],
    ids=['on it', 'elsewhere', 'gone', 'all gone'])
def test_an_object_that_came_or_went_is_found_out(memory, cells):
    empty = dataclasses.replace(a_map([(0, 0, 0)]), points=np.zeros((0, 3), np.float32))
    assert memory.recall(a_map(cells) if cells else empty, masks=False) is None


def test_small_changes_add_up(memory):
    grown = list(CELLS)
    for place in range(20):
        grown.append((place, 4, 1))
        if memory.recall(a_map(grown), masks=False) is None:
            break
    assert 5 < place < 19


def test_another_map_is_segmented_anew_and_so_is_one_without_masks(memory):
    assert memory.recall(a_map(CELLS, 'other'), masks=False) is None
    assert memory.recall(a_map(CELLS), masks=True) is None
    assert ProposalMemory().recall(a_map(CELLS), masks=False) is None
