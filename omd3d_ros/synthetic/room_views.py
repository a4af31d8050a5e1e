"""Where a robot looks at a room from."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.synthetic.arrangement import Arrangement
from omd3d_ros.synthetic.depth_camera import looking

_EYES = (0.5, 1.5)  # m above the floor
_CLEAR = 0.22  # m, between the robot's axis and what stands on the floor
_RAYS = (13, 9)
_SIGHT = 1.5  # m, the least median distance of what a view sees
_NEAREST = 0.45  # m, the distance of what is nearest, but for a tenth of the view
_THINGS = 5  # the least number of things that a view shows
_SINGLE, _ARC = 0.25, 0.3  # shares of the scenes; the others are walks
_TRIES = 60
Pose = npt.NDArray[np.float64]


class RoomViews:
    """Draws the poses of a camera (map_from_camera, optical frame) in a room."""

    def __init__(
        self, made: Arrangement, camera: PinholeCamera, rng: np.random.Generator
    ) -> None:
        self._made, self._rng, self._room = made, rng, np.array(made.room)
        self._low = np.array([one.low for one in made.things]).reshape(-1, 3)
        self._high = np.array([one.high for one in made.things]).reshape(-1, 3)
        solid = [one for one in made.things
                 if one.high[2] > 0.06 and one.low[2] < _EYES[1] and not one.supported_by]
        self._outlines = [one.outline for one in solid]
        u, v = np.meshgrid(np.linspace(0, camera.width - 1, _RAYS[0]),
                           np.linspace(0, camera.height - 1, _RAYS[1]))
        self._rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                               np.ones_like(u)], axis=-1).reshape(-1, 3)

    def poses(self) -> list[Pose]:
        """Return one view from the door, a short arc of views, or those of a walk."""
        draw = self._rng.random()
        if draw < _SINGLE:
            return [self._first(at_edge=True)]
        first = self._first(at_edge=draw < _SINGLE + _ARC)
        if draw < _SINGLE + _ARC:
            return self._moved(first, int(self._rng.integers(3, 6)), (0.15, 0.35), 0.25)
        return self._moved(first, int(self._rng.integers(6, 15)), (0.25, 0.7), 0.6)

    def sight(self, pose: Pose) -> tuple[float, float, float, int]:
        """Return median and low tenth of the distances (m), share of floor, and count of things.

        Things count as the upright boxes around them.
        """
        eye, ways = pose[:3, 3], self._rays @ pose[:3, :3].T
        ways = np.where(np.abs(ways) < 1e-9, 1e-9, ways)
        first, second = (self._low - eye)[:, None] / ways, (self._high - eye)[:, None] / ways
        near = np.minimum(first, second).max(axis=2)
        far = np.maximum(first, second).min(axis=2)
        depth = np.where((near <= far) & (far > 0), np.maximum(near, 0), np.inf)
        things = depth.min(axis=0, initial=np.inf)
        ends = np.append(self._room, self._made.height)
        shell = np.where(ways > 0, (ends - eye) / ways, -eye / ways)
        floor = shell[:, 2] < np.minimum(things, shell[:, :2].min(axis=1))
        seen = np.minimum(things, shell.min(axis=1))
        floor &= ways[:, 2] < 0
        hit = things < shell.min(axis=1)
        shown = np.unique(depth[:, hit].argmin(axis=0)) if hit.any() else np.zeros(0)
        return (float(np.median(seen)), float(np.quantile(seen, 0.1)), float(floor.mean()),
                len(shown))

    def _first(self, *, at_edge: bool) -> Pose:
        """Return the best of some views into the room, from its edge or from within."""
        best, value = None, -1.0
        good = 0
        for _ in range(_TRIES):
            if good >= 6:
                break
            eye = self._place(at_edge=at_edge)
            if eye is None:
                continue
            target = self._room * self._rng.uniform(0.2, 0.8, 2)
            pose = self._pose(eye, target - eye[:2])
            clear, merit = self._merit(pose)
            good += clear
            if merit > value:
                best, value = pose, merit
        if best is None:  # no free place at all: from above the furniture at a corner
            eye = np.array([0.15, 0.15, _EYES[1]])
            best = self._pose(eye, self._room / 2 - eye[:2])
        return best

    def _moved(
        self, first: Pose, count: int, steps: tuple[float, float], turn: float
    ) -> list[Pose]:
        """Return views that follow one another, each a step and a turn from the one before."""
        rng, poses = self._rng, [first]
        height, drift = float(first[2, 3]), float(rng.choice([-1, 1])) * turn
        for _ in range(count - 1):
            last = poses[-1]
            for attempt in range(24):
                step, way = rng.uniform(*steps), rng.uniform(0, 2 * np.pi)
                eye = last[:3, 3] + np.array([step * np.cos(way), step * np.sin(way), 0])
                eye[2] = np.clip(height + rng.normal(0, 0.02), *_EYES)
                if not self._is_free(eye[:2]):
                    eye = last[:3, 3].copy()
                if attempt == 12:  # nothing to see that way: turn back
                    drift = -drift
                angle = np.arctan2(last[1, 2], last[0, 2]) + rng.normal(
                    drift, 0.35 if attempt < 12 else 0.7)
                pose = self._pose(eye, np.array([np.cos(angle), np.sin(angle)]))
                if self._merit(pose)[0]:
                    poses.append(pose)
                    break
        return poses

    def _merit(self, pose: Pose) -> tuple[bool, float]:
        middle, near, floor, things = self.sight(pose)
        clear = (middle >= _SIGHT and near >= _NEAREST and floor >= 0.06
                 and things >= min(_THINGS, len(self._made.things)))
        return clear, (min(middle, 3.0) + 2 * min(near, 0.8) + min(floor, 0.2) * 4 + 3 * clear
                       + 0.25 * min(things, 16))

    def _place(self, *, at_edge: bool) -> npt.NDArray[np.float64] | None:
        rng = self._rng
        flat = rng.uniform(0.2, self._room - 0.2)
        doors = [one for one in self._made.things if one.name == 'door']
        if at_edge and doors and rng.random() < 0.6:
            door = doors[int(rng.integers(len(doors)))]
            flat = door.outline.center + door.front * rng.uniform(0.25, 0.6) + rng.normal(0, 0.1, 2)
        elif at_edge:
            axis = int(rng.integers(2))
            flat[axis] = rng.choice([0.25, self._room[axis] - 0.25])
        return np.append(flat, rng.uniform(*_EYES)) if self._is_free(flat) else None

    def _is_free(self, flat: npt.NDArray[np.float64]) -> bool:
        if np.any(flat < 0.12) or np.any(flat > self._room - 0.12):
            return False
        return not any(one.holds(flat[None], _CLEAR)[0] for one in self._outlines)

    def _pose(self, eye: npt.NDArray[np.float64], way: npt.NDArray[np.float64]) -> Pose:
        """Return a view along a way on the floor, tilted down the more the higher it is."""
        tilt = self._rng.uniform(0.02, 0.2) + 0.28 * (eye[2] - _EYES[0])
        way = way / max(float(np.hypot(*way)), 1e-9)
        return looking(eye.tolist(), (eye + np.append(way, -np.tan(tilt))).tolist())
