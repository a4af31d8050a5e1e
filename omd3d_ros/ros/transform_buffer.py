"""A transform buffer with tf2's rules, for places where tf2_ros is not installed.

The rules are those of geometry2's BufferCore: a tree of frames, ten seconds of history a frame,
linear interpolation of positions and slerp of orientations, static frames valid at any time,
and three errors. It differs in one way: "latest" is a method of its own, ``newest``, that no
stamp can stand for by accident.
"""

from __future__ import annotations

import bisect
import dataclasses
import math
import threading

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.float64]
HISTORY_NS = 10 * 10**9


class TransformError(Exception):
    """A transform is not available. ``may_come``: waiting for newer data can help."""

    may_come = True


class FrameLookupError(TransformError):
    """A frame is not known."""


class ConnectivityError(TransformError):
    """The two frames are not in one tree."""


class ExtrapolationError(TransformError):
    """The stamp lies outside the history of a frame between the two."""

    def __init__(self, message: str, *, may_come: bool) -> None:
        super().__init__(message)
        self.may_come = may_come


def matrix_from_pose(position: npt.ArrayLike, xyzw: npt.ArrayLike) -> Matrix:
    """Return the 4x4 matrix of a position (3,), metres, and a unit quaternion (x, y, z, w)."""
    x, y, z, w = np.asarray(xyzw, dtype=np.float64)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
        [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
        [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
    ]
    matrix[:3, 3] = position
    return matrix


def inverse(matrix: Matrix) -> Matrix:
    """Return the inverse of a rigid 4x4 transform."""
    result = np.eye(4)
    result[:3, :3] = matrix[:3, :3].T
    result[:3, 3] = -matrix[:3, :3].T @ matrix[:3, 3]
    return result


def slerp(start: Matrix, end: Matrix, fraction: float) -> Matrix:
    """Interpolate unit quaternions (4,) along the shorter arc."""
    cosine = float(np.dot(start, end))
    if cosine < 0:
        end, cosine = -end, -cosine
    if cosine > 1 - 1e-9:
        mixed = start + fraction * (end - start)
    else:
        angle = math.acos(cosine)
        mixed = (math.sin((1 - fraction) * angle) * start + math.sin(fraction * angle) * end)
    return np.asarray(mixed / np.linalg.norm(mixed))


@dataclasses.dataclass(frozen=True)
class _Pose:
    parent: str
    position: Matrix
    xyzw: Matrix


@dataclasses.dataclass
class _Frame:
    static: bool
    stamps: list[int] = dataclasses.field(default_factory=list)
    poses: list[_Pose] = dataclasses.field(default_factory=list)


class TransformBuffer:
    """Stores transforms and answers ``lookup`` at a stamp. Safe to use from several threads."""

    def __init__(self, history_ns: int = HISTORY_NS) -> None:
        self._history_ns = history_ns
        self._frames: dict[str, _Frame] = {}
        self._lock = threading.Lock()

    def insert(
        self,
        parent: str,
        child: str,
        stamp_ns: int,
        position: npt.ArrayLike,
        xyzw: npt.ArrayLike,
        *,
        static: bool = False,
    ) -> None:
        """Store ``parent_from_child`` at a stamp.

        Raises
        ------
        ValueError
            For empty or equal frame names, numbers that are not finite, a quaternion that is not
            of unit length, or a stamp older than the history.

        """
        parent, child = parent.lstrip('/'), child.lstrip('/')
        if not parent or not child or parent == child:
            raise ValueError(f'parent={parent!r}, child={child!r}: need two different names')
        place = np.asarray(position, dtype=np.float64)
        turn = np.asarray(xyzw, dtype=np.float64)
        length = float(np.linalg.norm(turn))
        if not np.isfinite(place).all() or not abs(length - 1) < 1e-3:
            raise ValueError(f'{parent} to {child}: position={place}, xyzw={turn}: not a pose')
        pose = _Pose(parent, place, turn / length)
        with self._lock:
            frame = self._frames.get(child)
            if frame is None or frame.static != static:
                frame = self._frames[child] = _Frame(static)
            if static:
                frame.stamps[:], frame.poses[:] = [stamp_ns], [pose]
                return
            self._insert_sorted(child, frame, stamp_ns, pose)

    def _insert_sorted(self, child: str, frame: _Frame, stamp_ns: int, pose: _Pose) -> None:
        if frame.stamps and stamp_ns < frame.stamps[-1] - self._history_ns:
            raise ValueError(f'{child}: stamp {stamp_ns} is older than the history')
        at = bisect.bisect_left(frame.stamps, stamp_ns)
        if at < len(frame.stamps) and frame.stamps[at] == stamp_ns:
            frame.poses[at] = pose
            return
        frame.stamps.insert(at, stamp_ns)
        frame.poses.insert(at, pose)
        old = bisect.bisect_left(frame.stamps, frame.stamps[-1] - self._history_ns)
        del frame.stamps[:old], frame.poses[:old]

    def clear(self) -> None:
        """Forget everything but static frames (time has jumped back)."""
        with self._lock:
            self._frames = {name: f for name, f in self._frames.items() if f.static}

    def lookup(self, target: str, source: str, stamp_ns: int) -> Matrix:
        """Return ``target_from_source``, 4x4, at a stamp in ns.

        Raises
        ------
        FrameLookupError, ConnectivityError, ExtrapolationError

        """
        target, source = target.lstrip('/'), source.lstrip('/')
        with self._lock:
            self._refuse_unknown(target, source)
            return self._lookup(target, source, stamp_ns)

    def newest(self, target: str, source: str) -> Matrix:
        """Return ``target_from_source``, 4x4, at the newest stamp that all frames between have.

        Not for the pose of a sensor, which belongs to a stamp. Static frames hold at any stamp.

        Raises
        ------
        FrameLookupError, ConnectivityError, ExtrapolationError

        """
        target, source = target.lstrip('/'), source.lstrip('/')
        with self._lock:
            self._refuse_unknown(target, source)
            return self._lookup(target, source, self._newest_stamp(target, source))

    def _refuse_unknown(self, *names: str) -> None:
        known = set(self._frames)
        known.update(p.parent for f in self._frames.values() for p in f.poses)
        for name in names:
            if name not in known:
                raise FrameLookupError(f'frame {name!r} does not exist')

    def _lookup(self, target: str, source: str, stamp_ns: int) -> Matrix:
        if target == source:
            return np.eye(4)
        up, up_error = self._walk(source, stamp_ns)
        down, down_error = self._walk(target, stamp_ns)
        common = next((name for name in up if name in down), None)
        if common is not None:
            return inverse(down[common]) @ up[common]
        raise up_error or down_error or ConnectivityError(
            f'{target!r} and {source!r} are not in one tree')

    def _newest_stamp(self, target: str, source: str) -> int:
        """Return the newest stamp, ns, that every frame on the way has reached."""
        up, down = self._newest_ancestors(source), self._newest_ancestors(target)
        common = next((name for name in up if name in down), None)
        if common is None:
            raise ConnectivityError(f'{target!r} and {source!r} are not in one tree')
        between = up[:up.index(common)] + down[:down.index(common)]
        stamps = [self._frames[name].stamps[-1] for name in between
                  if not self._frames[name].static]
        return min(stamps, default=0)

    def _newest_ancestors(self, name: str) -> list[str]:
        """Return a frame and those above it, by each one's newest transform."""
        reached = [name]
        while name in self._frames:
            name = self._frames[name].poses[-1].parent
            if name in reached:
                raise ConnectivityError(f'the tree has a loop at {name!r}')
            reached.append(name)
        return reached

    def _walk(
        self, name: str, stamp_ns: int
    ) -> tuple[dict[str, Matrix], ExtrapolationError | None]:
        """Return ancestor_from_name of every ancestor that the history reaches at the stamp."""
        matrix = np.eye(4)
        reached = {name: matrix}
        while name in self._frames:
            try:
                pose = self._at(name, stamp_ns)
            except ExtrapolationError as error:
                return reached, error
            matrix = matrix_from_pose(pose.position, pose.xyzw) @ matrix
            name = pose.parent
            if name in reached:
                raise ConnectivityError(f'the tree has a loop at {name!r}')
            reached[name] = matrix
        return reached, None

    def _at(self, name: str, stamp_ns: int) -> _Pose:
        frame = self._frames[name]
        if frame.static:
            return frame.poses[0]
        at = bisect.bisect_left(frame.stamps, stamp_ns)
        if at < len(frame.stamps) and frame.stamps[at] == stamp_ns:
            return frame.poses[at]
        if at in (0, len(frame.stamps)):
            raise ExtrapolationError(
                f'{name!r}: {stamp_ns} ns is outside [{frame.stamps[0]}, {frame.stamps[-1]}]',
                may_come=at > 0)
        before, after = frame.poses[at - 1], frame.poses[at]
        if before.parent != after.parent:
            return before
        begin, end = frame.stamps[at - 1], frame.stamps[at]
        fraction = (stamp_ns - begin) / (end - begin)
        return _Pose(
            before.parent,
            before.position + fraction * (after.position - before.position),
            slerp(before.xyzw, after.xyzw, fraction),
        )
