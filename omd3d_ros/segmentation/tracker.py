"""Gives objects ids that stay, from one perception pass to the next.

Three things are kept apart: an observation (what this pass saw), a track (the memory of an
object), and the object that is handed out. Times and counts of an object come from the map's
voxels that an observation holds, never from the track's own history.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array

from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.segmentation.box import fit_box
from omd3d_ros.segmentation.scene import ObjectState, Observation, SceneObject
from omd3d_ros.segmentation.tracker_settings import TrackerSettings
from omd3d_ros.segmentation.visibility import is_seen_through
from omd3d_ros.segmentation.voxel_grid import voxel_keys

_ID = re.compile(r'object-(\d+)')
_SAME_FEATURE = 0.98  # cosine of unit features, from which on both say the same


@dataclasses.dataclass(frozen=True, eq=False)
class _Track:
    """The memory of one object.

    keys      (n,) int64, ascending, the voxels of its last observation
    scores    its labels, averaged over the named passes
    named     passes that gave it labels
    passes    passes that saw newer frames of it
    gone_for  passes since it became STALE or merged, 0 while it is there
    merged    its voxels belong to other objects now; it is not handed out
    confirmed it was CONFIRMED once, and stays so
    """

    found: SceneObject
    keys: npt.NDArray[np.int64]
    scores: dict[str, float]
    named: int = 1
    passes: int = 1
    gone_for: int = 0
    merged: bool = False
    confirmed: bool = False

    @property
    def is_gone(self) -> bool:
        return self.gone_for > 0


def _kept_feature(new: tuple[float, ...], old: tuple[float, ...]) -> tuple[float, ...]:
    """Return the feature to keep: the old one, where the new one says the same or nothing.

    So a language model that read the scene needs not read it again for noise.
    """
    if not new or (len(new) == len(old) and float(np.dot(new, old)) >= _SAME_FEATURE):
        return old
    return new


class Tracker:
    """The objects of one map. A map with another id starts it over. Not thread-safe."""

    def __init__(self, settings: TrackerSettings) -> None:
        self._settings = settings
        self.clear()

    def clear(self) -> None:
        """Forget every object."""
        self._map_id = ''
        self._tracks: list[_Track] = []
        self._numbers = itertools.count(1)
        self._restored: tuple[str, tuple[SceneObject, ...]] | None = None

    def restore(self, map_id: str, objects: Sequence[SceneObject]) -> None:
        """Go on with these objects when the next pass is on ``map_id``; their ids stay taken."""
        self._restored = (map_id, tuple(objects))

    def update(
        self,
        snapshot: MapSnapshot,
        observations: Sequence[Observation],
        keyframes: Sequence[Keyframe],
    ) -> tuple[SceneObject, ...]:
        """Take a pass over the map.

        Returns the map's objects: the observed ones in the order of their observations, then
        those that nothing matched. The latter keep points and state, but are STALE when their
        voxels have left the map or when a view newer than them looks through them.
        """
        self._begin(snapshot)
        size = snapshot.voxel_size
        keys = [np.unique(voxel_keys(snapshot.points[o.proposal.voxels], size))
                for o in observations]
        matches = self._match(keys)
        tracks = [
            self._observed(snapshot, observation, keys[k],
                           self._tracks[matches[k]] if k in matches else None)
            for k, observation in enumerate(observations)]
        matched = set(matches.values())
        rest = [track for index, track in enumerate(self._tracks) if index not in matched]
        if rest:
            held = np.unique(np.concatenate(keys)) if keys else np.empty(0, np.int64)
            alive = np.unique(voxel_keys(snapshot.points, size))
            tracks += [self._unobserved(track, held, alive, keyframes) for track in rest]
        self._tracks = self._bounded(tracks)
        return tuple(track.found for track in self._tracks if not track.merged)

    def _begin(self, snapshot: MapSnapshot) -> None:
        restored = self._restored
        if restored is not None and restored[0] == snapshot.map_id:
            if snapshot.map_id != self._map_id:
                self.clear()
            remembered = round(1 / self._settings.label_rate)
            self._tracks = [
                _Track(found, np.unique(voxel_keys(found.points, snapshot.voxel_size)),
                       dict(zip(found.labels, found.label_scores, strict=True)), remembered,
                       confirmed=found.state is not ObjectState.TENTATIVE)
                for found in restored[1]]
            used = [int(match[1]) for found in restored[1]
                    if (match := _ID.fullmatch(found.id))]
            self._numbers = itertools.count(max(next(self._numbers), max(used, default=0) + 1))
        elif snapshot.map_id != self._map_id:
            self.clear()
        self._map_id = snapshot.map_id
        self._restored = None

    def _match(self, keys: list[npt.NDArray[np.int64]]) -> dict[int, int]:
        """Return the track of each observation that has one, for the greatest overlap in all."""
        if not keys or not self._tracks:
            return {}
        mine, theirs, common = _common(keys, [track.keys for track in self._tracks])
        iou = common / (mine[:, None] + theirs[None, :] - common)
        contained = common / np.minimum(mine[:, None], theirs[None, :])
        overlap = (iou + contained) / 2
        fits = (overlap >= self._settings.min_overlap) & (iou >= self._settings.min_iou)
        # what does not fit gains nothing, so that no good match is given up for it
        rows, columns = linear_sum_assignment(np.where(fits, overlap, 0.0), maximize=True)
        return {int(i): int(j) for i, j in zip(rows, columns, strict=True) if fits[i, j]}

    def _observed(
        self, snapshot: MapSnapshot, observation: Observation, keys: npt.NDArray[np.int64],
        track: _Track | None,
    ) -> _Track:
        settings, voxels = self._settings, observation.proposal.voxels
        points = snapshot.points[voxels]
        wide = points.astype(np.float64)
        frames = int(np.quantile(snapshot.frames[voxels].astype(float), settings.frames_quantile))
        last_seen = int(snapshot.last_seen[voxels].max())
        passes, scores = 1, dict(
            zip(observation.labels, observation.label_scores, strict=True))
        if track is not None:
            passes = track.passes + (last_seen > track.found.last_seen_ns)
            scores = self._averaged(track, scores) if scores else dict(track.scores)
        labels = sorted(scores, key=lambda label: (-scores[label], label))
        labels = labels[:settings.max_labels]
        confirmed = (frames >= settings.confirm_frames or passes >= settings.confirm_passes
                     or (track is not None and track.confirmed))
        found = SceneObject(
            id=track.found.id if track else f'object-{next(self._numbers)}',
            labels=tuple(labels), label_scores=tuple(scores[label] for label in labels),
            objectness=observation.proposal.objectness,
            points=points, colors=snapshot.colors[voxels],
            centroid=wide.mean(axis=0), covariance=np.cov(wide.T, bias=True).reshape(3, 3),
            box=fit_box(points), observations=frames,
            first_seen_ns=track.found.first_seen_ns if track else last_seen,
            last_seen_ns=last_seen,
            state=ObjectState.CONFIRMED if confirmed else ObjectState.TENTATIVE,
            feature=_kept_feature(observation.feature, track.found.feature if track else ()))
        kept = {label: scores[label] for label in labels}
        named = (track.named if track else 0) + bool(observation.labels)
        return _Track(found, keys, kept, named, passes, confirmed=confirmed)

    def _averaged(self, track: _Track, new: dict[str, float]) -> dict[str, float]:
        """Return the mean of all named passes; old ones fade once there are many."""
        rate = max(self._settings.label_rate, 1 / (track.named + 1))
        return {label: (1 - rate) * track.scores.get(label, 0.0) + rate * new.get(label, 0.0)
                for label in {**track.scores, **new}}

    def _unobserved(
        self, track: _Track, held: npt.NDArray[np.int64], alive: npt.NDArray[np.int64],
        keyframes: Sequence[Keyframe],
    ) -> _Track:
        """Return a track that nothing matched: merged, STALE, or as it was."""
        settings, found = self._settings, track.found
        stale = found.state is ObjectState.STALE
        merged = not stale and _share(track.keys, held) >= settings.merged_share
        if not merged and not stale:
            absent = 1 - _share(track.keys, alive)
            newer = [view for view in keyframes if view.stamp_ns > found.last_seen_ns]
            if absent >= settings.gone_share or is_seen_through(
                    found.points, newer, settings.through_share, settings.through_margin,
                    settings.through_relative):
                found = dataclasses.replace(found, state=ObjectState.STALE)
        gone = merged or found.state is ObjectState.STALE
        return dataclasses.replace(
            track, found=found, merged=merged, gone_for=track.gone_for + 1 if gone else 0)

    def _bounded(self, tracks: list[_Track]) -> list[_Track]:
        """Drop what has been stale or merged for long, and the least recent beyond a number."""
        tracks = [track for track in tracks
                  if track.gone_for <= self._settings.forget_after]
        excess = len(tracks) - self._settings.max_objects
        if excess > 0:
            least = sorted(tracks, key=lambda t: (not t.is_gone, t.found.last_seen_ns))
            dropped = {track.found.id for track in least[:excess]}
            tracks = [track for track in tracks if track.found.id not in dropped]
        return tracks


def _share(keys: npt.NDArray[np.int64], held: npt.NDArray[np.int64]) -> float:
    """Return the share of keys (n,) that are in ``held`` (m,), which is ascending."""
    if not len(held):
        return 0.0
    place = np.minimum(np.searchsorted(held, keys), len(held) - 1)
    return float((held[place] == keys).mean())


def _common(
    first: list[npt.NDArray[np.int64]], second: list[npt.NDArray[np.int64]]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the sizes of sets of keys, (F,) and (S,), and of their intersections (F, S)."""
    sets = [*first, *second]
    sizes = np.array([len(keys) for keys in sets])
    _, column = np.unique(np.concatenate(sets), return_inverse=True)
    row = np.repeat(np.arange(len(sets)), sizes)
    shape = (len(sets), int(column.max()) + 1)
    table = csr_array((np.ones(len(column)), (row, column.ravel())), shape=shape)
    common = (table[:len(first)] @ table[len(first):].T).toarray()
    return sizes[:len(first)].astype(float), sizes[len(first):].astype(float), common
