import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.scene import ObjectState, Observation, Proposal
from omd3d_ros.segmentation.tracker import Tracker
from omd3d_ros.segmentation.tracker_settings import TrackerSettings

SIZE = 0.02
CAMERA = PinholeCamera(64, 48, 50.0, 50.0, 31.5, 23.5)
SEC = 10**9


def block(x, y, z, edge=0.1):
    """Voxel centres of a cube of given edge whose lowest corner is (x, y, z)."""
    steps = np.arange(edge / SIZE) * SIZE + SIZE / 2
    grid = np.stack(np.meshgrid(steps, steps, steps, indexing='ij'), axis=-1).reshape(-1, 3)
    return (grid + np.array([x, y, z])).astype(np.float32)


def a_pass(blocks, sec=1, frames=5, map_id='m', labels=None):
    """Return a snapshot of the blocks, and one observation for each."""
    points = np.concatenate(blocks) if blocks else np.empty((0, 3), np.float32)
    count = len(points)
    snapshot = MapSnapshot(
        map_id, sec, sec * SEC, SIZE, points, np.full((count, 3), 90, np.uint8),
        np.full(count, 9, np.uint32), np.full(count, frames, np.uint16),
        np.full(count, sec * SEC, np.int64))
    starts = np.cumsum([0, *(len(b) for b in blocks)])
    observations = [
        Observation(Proposal(np.arange(starts[i], starts[i + 1]), 0.9),
                    *((labels or {}).get(i, (('mug', 'cup'), (0.7, 0.3)))))
        for i in range(len(blocks))]
    return snapshot, observations


def view(sec, depth_mm, key=0):
    """A view from the origin along +x (camera z), everything at one depth; 0 = nothing there."""
    pose = np.array([[0.0, 0, 1, 0], [-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 0, 1]])
    depth = np.full((48, 64), depth_mm, np.uint16)
    return Keyframe(key, sec * SEC, np.zeros((48, 64, 3), np.uint8), depth, CAMERA, pose)


CUP, BOX = block(1.0, 0.0, 0.0), block(1.0, 0.3, 0.0)


@pytest.fixture
def tracker():
    return Tracker(TrackerSettings())


def test_ids_stay_under_noise_and_growth(tracker):
    first = tracker.update(*a_pass([CUP, BOX], 1), [])
    grown = np.concatenate([BOX, block(1.0, 0.4, 0.0, 0.04)])
    rng = np.random.default_rng(0)
    noisy = CUP + rng.uniform(-0.009, 0.009, CUP.shape).astype(np.float32)
    second = tracker.update(*a_pass([grown, noisy], 2), [])  # the order changed too
    assert second[0].id == first[1].id
    assert second[1].id == first[0].id
    assert first[0].id != first[1].id


def test_times_and_counts_come_from_the_voxels(tracker):
    tracker.update(*a_pass([CUP], 1, frames=1), [])
    (found,) = tracker.update(*a_pass([CUP], 5, frames=7), [])
    assert (found.first_seen_ns, found.last_seen_ns) == (1 * SEC, 5 * SEC)
    assert found.observations == 7


def test_an_objects_own_history_never_counts_as_having_seen_it(tracker):
    (first,) = tracker.update(*a_pass([CUP], 1, frames=2), [])
    for _ in range(5):  # the same map again and again: nothing new was seen
        (found,) = tracker.update(*a_pass([CUP], 1, frames=2), [])
    assert found.observations == first.observations == 2
    assert found.last_seen_ns == SEC
    assert found.state is ObjectState.TENTATIVE


def test_enough_frames_confirm(tracker):
    (found,) = tracker.update(*a_pass([CUP], 1, frames=3), [])
    assert found.state is ObjectState.CONFIRMED


def unobserved(tracker, keyframes, present=True):
    """Observe the cup and the box, then a pass in which the cup is not observed."""
    tracker.update(*a_pass([CUP, BOX], 1), [])
    snapshot, observations = a_pass([BOX, CUP] if present else [BOX], 2)
    found = tracker.update(snapshot, observations[:1], keyframes)
    return next(o for o in found if o.id == 'object-1')


def test_seen_through_is_stale(tracker):
    assert unobserved(tracker, [view(2, 3000)]).state is ObjectState.STALE


def test_occluded_stays_as_it_was(tracker):
    assert unobserved(tracker, [view(2, 500)]).state is ObjectState.CONFIRMED


def test_nothing_measured_stays_as_it_was(tracker):
    assert unobserved(tracker, [view(2, 0)]).state is ObjectState.CONFIRMED


def test_a_view_older_than_the_object_tells_nothing(tracker):
    assert unobserved(tracker, [view(1, 3000)]).state is ObjectState.CONFIRMED


def test_out_of_view_stays_as_it_was(tracker):
    turned = view(2, 3000)
    pose = turned.map_from_camera.copy()
    pose[:3, :3] = np.diag([-1.0, -1, 1]) @ pose[:3, :3]
    behind = dataclasses.replace(turned, map_from_camera=pose)
    found = unobserved(tracker, [behind])
    assert found.state is ObjectState.CONFIRMED
    np.testing.assert_array_equal(found.points, CUP)


def test_an_object_whose_voxels_left_the_map_is_stale(tracker):
    assert unobserved(tracker, [], present=False).state is ObjectState.STALE


def test_a_stale_object_revives_with_its_id(tracker):
    stale = unobserved(tracker, [], present=False)
    found = tracker.update(*a_pass([BOX, CUP], 3), [])
    revived = next(o for o in found if o.id == stale.id)
    assert revived.state is ObjectState.CONFIRMED
    assert len(found) == 2


def test_stale_objects_are_forgotten_after_some_passes():
    tracker = Tracker(TrackerSettings(forget_after=3))
    tracker.update(*a_pass([CUP, BOX], 1), [])
    counts = [len(tracker.update(*a_pass([BOX], sec), [])) for sec in range(2, 7)]
    assert counts == [2, 2, 2, 1, 1]


def test_the_number_of_objects_is_bounded_and_the_stale_ones_go_first():
    tracker = Tracker(TrackerSettings(max_objects=3))
    blocks = [block(x, 0, 0) for x in range(3)]
    tracker.update(*a_pass(blocks, 1), [])
    found = tracker.update(*a_pass([blocks[0], BOX], 2), [])
    assert len(found) == 3
    assert [o.id for o in found[:2]] == ['object-1', 'object-4']
    assert found[2].state is ObjectState.STALE


def test_an_object_that_merged_into_another_is_hidden_and_revives_when_they_part(tracker):
    large, small = block(1.0, 0, 0, 0.2), block(1.2, 0, 0, 0.1)
    both = np.concatenate([large, small])
    tracker.update(*a_pass([large, small], 1), [])
    (merged,) = tracker.update(*a_pass([both], 2), [])
    assert merged.id == 'object-1'
    split = tracker.update(*a_pass([large, small], 3), [])
    assert [o.id for o in split] == ['object-1', 'object-2']


def test_the_larger_part_of_a_split_keeps_the_id_and_the_other_gets_a_new_one(tracker):
    large, small = block(1.0, 0, 0, 0.2), block(1.2, 0, 0, 0.1)
    tracker.update(*a_pass([np.concatenate([large, small]), BOX + 1], 1), [])
    split = tracker.update(*a_pass([small, large, BOX + 1], 2), [])
    assert [o.id for o in split] == ['object-3', 'object-1', 'object-2']


def test_a_first_glimpse_is_the_same_object_when_it_has_been_seen_whole(tracker):
    whole = block(1.0, 0, 0, 0.2)
    glimpse = whole[whole[:, 0] < 1.04]
    tracker.update(*a_pass([glimpse], 1), [])
    (found,) = tracker.update(*a_pass([whole], 2), [])
    assert found.id == 'object-1'
    assert len(found.points) == len(whole)


def test_two_objects_that_touch_keep_their_ids_when_one_takes_voxels_of_the_other(tracker):
    left, right = block(1.0, 0, 0), block(1.1, 0, 0)
    tracker.update(*a_pass([left, right], 1), [])
    more = np.concatenate([left, right[right[:, 0] < 1.14]])
    less = right[right[:, 0] > 1.14]
    found = tracker.update(*a_pass([less, more], 2), [])
    assert [o.id for o in found] == ['object-2', 'object-1']


def test_a_view_in_which_it_still_stands_overrules_an_older_one_that_saw_through(tracker):
    assert unobserved(tracker, [view(2, 3000), view(3, 1050)]).state is ObjectState.CONFIRMED


def test_passes_with_newer_frames_confirm(tracker):
    states = [tracker.update(*a_pass([CUP], sec, frames=1), [])[0].state for sec in (1, 2, 3)]
    assert states == [ObjectState.TENTATIVE, ObjectState.TENTATIVE, ObjectState.CONFIRMED]


def test_the_same_passes_give_the_same_objects():
    def run():
        tracker = Tracker(TrackerSettings())
        rng = np.random.default_rng(3)
        out = []
        for sec in range(1, 8):
            blocks = [block(x, 0, 0)[rng.random(125) < 0.8] for x in range(6)
                      if rng.random() < 0.8]
            out += [(o.id, o.state, len(o.points)) for o in
                    tracker.update(*a_pass(blocks, sec), [])]
        return out
    assert run() == run()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_no_id_is_ever_given_to_two_places(seed):
    tracker = Tracker(TrackerSettings(forget_after=2))
    rng = np.random.default_rng(seed)
    place_of = {}
    for sec in range(1, 12):
        places = [int(x) for x in np.flatnonzero(rng.random(8) < 0.5)]
        blocks = [block(x, 0, 0)[rng.random(125) < 0.7] for x in places]
        found = tracker.update(*a_pass(blocks, sec), [])
        assert len({o.id for o in found}) == len(found)
        for each in found:
            assert place_of.setdefault(each.id, round(float(each.centroid[0] - 0.05))) == round(
                float(each.centroid[0] - 0.05))


def test_another_map_starts_over(tracker):
    tracker.update(*a_pass([CUP, BOX], 1), [])
    found = tracker.update(*a_pass([BOX], 1, map_id='other'), [])
    assert [o.id for o in found] == ['object-1']


def test_restored_objects_keep_their_ids_and_no_new_one_takes_them(tracker):
    before = tracker.update(*a_pass([CUP, BOX], 1), [])
    later = Tracker(TrackerSettings())
    later.restore('m', before)
    found = later.update(*a_pass([BOX, CUP, block(2, 0, 0)], 2), [])
    assert [o.id for o in found] == ['object-2', 'object-1', 'object-3']
    assert found[0].first_seen_ns == SEC


def test_objects_of_another_map_are_not_restored(tracker):
    before = tracker.update(*a_pass([CUP, BOX], 1), [])
    later = Tracker(TrackerSettings())
    later.restore('other', before)
    assert len(later.update(*a_pass([BOX], 2), [])) == 1


def test_labels_are_averaged_over_passes(tracker):
    tracker.update(*a_pass([CUP], 1, labels={0: (('mug',), (1.0,))}), [])
    (found,) = tracker.update(*a_pass([CUP], 2, labels={0: (('can',), (1.0,))}), [])
    assert dict(zip(found.labels, found.label_scores, strict=True)) == pytest.approx(
        {'mug': 0.5, 'can': 0.5})
    for sec in range(3, 40):  # the memory is bounded: what it was named long ago fades
        (found,) = tracker.update(*a_pass([CUP], sec, labels={0: (('can',), (1.0,))}), [])
    assert found.labels[0] == 'can'
    assert dict(zip(found.labels, found.label_scores, strict=True))['mug'] < 0.01


def test_a_feature_is_kept_until_another_says_something_else(tracker):
    told = []
    for sec, feature in enumerate([(1.0, 0.0), (0.99, 0.141), (), (0.6, 0.8)], start=1):
        snapshot, (one,) = a_pass([CUP], sec)
        (found,) = tracker.update(snapshot, [dataclasses.replace(one, feature=feature)], [])
        told.append(found.feature)
    assert told == [(1.0, 0.0), (1.0, 0.0), (1.0, 0.0), (0.6, 0.8)]


def test_others_are_told_the_likely_labels_only(tracker):
    names = tuple(f'name {place}' for place in range(12))
    for scores, told in (((0.3, 0.1, *[0.01] * 10), 2), ((0.05,) * 12, 8), ((0.01,) * 12, 1)):
        (found,) = Tracker(TrackerSettings()).update(*a_pass([CUP], 1, labels={
            0: (names, scores)}), [])
        assert len(found.labels) == 12
        assert len(found.told_labels) == told
        assert found.told_labels[0][1] == max(scores)


def test_an_empty_map_has_no_objects(tracker):
    assert tracker.update(*a_pass([], 1), []) == ()


def test_what_was_confirmed_once_stays_confirmed(tracker):
    tracker.update(*a_pass([CUP], 1, frames=9), [])
    (found,) = tracker.update(*a_pass([CUP], 2, frames=1), [])
    assert found.state is ObjectState.CONFIRMED
    later = Tracker(TrackerSettings())
    later.restore('m', [found])
    (again,) = later.update(*a_pass([CUP], 3, frames=1), [])
    assert again.state is ObjectState.CONFIRMED


def test_an_object_long_out_of_view_is_reported_stale_before_it_is_forgotten():
    tracker = Tracker(TrackerSettings(forget_after=2))
    tracker.update(*a_pass([CUP, BOX], 1), [])
    for sec in range(2, 8):  # out of view: its voxels are there, but nothing observes it
        snapshot, observations = a_pass([BOX, CUP], sec)
        assert len(tracker.update(snapshot, observations[:1], [])) == 2
    found = tracker.update(*a_pass([BOX], 9), [])
    assert sorted(o.state for o in found) == [ObjectState.CONFIRMED, ObjectState.STALE]
    for sec in (10, 11, 12):
        found = tracker.update(*a_pass([BOX], sec), [])
    assert len(found) == 1


def test_restoring_the_same_map_gives_no_id_twice(tracker):
    first = tracker.update(*a_pass([CUP, BOX], 1), [])
    tracker.restore('m', first[:1])
    found = tracker.update(*a_pass([CUP, block(3, 0, 0)], 2), [])
    assert [o.id for o in found] == ['object-1', 'object-3']


def test_a_pass_without_names_leaves_the_labels_alone(tracker):
    (first,) = tracker.update(*a_pass([CUP], 1), [])
    for sec in range(2, 8):
        (found,) = tracker.update(*a_pass([CUP], sec, labels={0: ((), ())}), [])
    assert found.labels == first.labels
    assert found.label_scores == first.label_scores
