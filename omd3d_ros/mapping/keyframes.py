"""A bounded store of posed colour and depth images, chosen by change of view."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.pose import check_pose
from omd3d_ros.mapping.projection import fit_projection, pinhole_of, sample_points
from omd3d_ros.mapping.settings import KeyframeSettings

_MAX_MILLIMETRES = 65535


@dataclasses.dataclass(frozen=True, eq=False)
class Keyframe:
    """A posed view; the arrays are read-only.

    key              number of the view, never used twice by one store
    stamp_ns         ns
    color            (H, W, 3) uint8 RGB
    depth            (H, W) uint16 millimetres along the optical axis, 0 where nothing is known
    map_from_camera  (4, 4) float64, optical frame

    Raises ValueError when shapes or types do not fit together or the pose is not rigid.
    """

    key: int
    stamp_ns: int
    color: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.uint16]
    camera: PinholeCamera
    map_from_camera: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        shape = (self.camera.height, self.camera.width)
        if self.color.dtype != np.uint8 or self.color.shape != (*shape, 3):
            raise ValueError(
                f'color: {self.color.dtype} {self.color.shape}, must be uint8 {(*shape, 3)}'
            )
        if self.depth.dtype != np.uint16 or self.depth.shape != shape:
            raise ValueError(
                f'depth: {self.depth.dtype} {self.depth.shape}, must be uint16 {shape}'
            )
        check_pose(self.map_from_camera, 'map_from_camera')

    @property
    def nbytes(self) -> int:
        """Bytes of the images."""
        return self.color.nbytes + self.depth.nbytes


class KeyframeStore:
    """Keeps views that differ, and always the last one offered. Not thread-safe."""

    def __init__(self, settings: KeyframeSettings) -> None:
        self._settings = settings
        self._kept: list[Keyframe] = []
        self._newest: Keyframe | None = None
        self._next_key = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all images held; never above settings.max_keyframe_bytes."""
        return sum(frame.nbytes for frame in self.frames())

    def wants(self, stamp_ns: int, map_from_camera: npt.NDArray[np.float64]) -> bool:
        """Tell whether offering a view is worth making its images.

        True when it would be kept, or when the newest view is older than newest_period.
        """
        if self._newest is None or self._choose(stamp_ns, map_from_camera)[0]:
            return True
        age = abs(stamp_ns - self._newest.stamp_ns)
        return age >= self._settings.newest_period * 1e9

    def offer(
        self,
        stamp_ns: int,
        color: npt.NDArray[np.uint8],
        depth: npt.NDArray[Any],
        camera: PinholeCamera,
        map_from_camera: npt.NDArray[np.float64],
    ) -> bool:
        """Take a copy of a view as the newest; return whether it is kept beyond the next offer.

        depth is uint16 millimetres or float32 metres. A view is kept when it is far enough or
        turned enough from every kept one, or when the kept one from the same place is older than
        refresh_period, which it then replaces. Over max_keyframes or max_keyframe_bytes, the
        older of the two most similar views goes. A view larger than max_keyframe_bytes is not
        taken at all.

        Raises ValueError when the images do not fit the camera or the pose is not rigid.
        """
        frame = Keyframe(
            self._next_key, int(stamp_ns), _frozen(color), _frozen(millimetres(depth)), camera,
            _frozen(check_pose(map_from_camera, 'map_from_camera')),
        )
        if frame.nbytes > self._settings.max_keyframe_bytes:
            return False
        self._next_key += 1
        kept, replaced = self._choose(frame.stamp_ns, frame.map_from_camera)
        if kept:
            self._kept = [*(each for each in self._kept if each is not replaced), frame]
        self._newest = frame
        self._trim()
        return any(each is frame for each in self._kept)

    def frames(self) -> tuple[Keyframe, ...]:
        """Return the kept views and the newest one, by ascending key."""
        frames = list(self._kept)
        if self._newest is not None and all(each is not self._newest for each in frames):
            frames.append(self._newest)
        return tuple(sorted(frames, key=lambda frame: frame.key))

    def clear(self) -> None:
        """Forget every view; keys go on counting."""
        self._kept = []
        self._newest = None

    def restore(self, frames: Sequence[Keyframe]) -> None:
        """Replace the views by given ones, under new keys; the last one becomes the newest."""
        self.clear()
        for frame in frames:
            if frame.nbytes <= self._settings.max_keyframe_bytes:
                self._kept.append(dataclasses.replace(frame, key=self._next_key))
                self._next_key += 1
        self._newest = self._kept[-1] if self._kept else None
        self._trim()

    def _choose(
        self, stamp_ns: int, map_from_camera: npt.NDArray[np.float64]
    ) -> tuple[bool, Keyframe | None]:
        """Return whether to keep a view, and the kept view that it would replace, if any."""
        near = [each for each in self._kept if self._same_view(each, map_from_camera)]
        if not near:
            return True, None
        oldest = min(near, key=lambda frame: frame.key)
        age = abs(stamp_ns - oldest.stamp_ns)
        return (True, oldest) if age >= self._settings.refresh_period * 1e9 else (False, None)

    def _same_view(self, frame: Keyframe, map_from_camera: npt.NDArray[np.float64]) -> bool:
        moved, turned = view_change(frame.map_from_camera, map_from_camera)
        settings = self._settings
        return moved < settings.min_translation and turned < settings.min_rotation

    def _trim(self) -> None:
        settings = self._settings
        while len(self._kept) > settings.max_keyframes or (
            self._kept and self.nbytes > settings.max_keyframe_bytes
        ):
            del self._kept[self._most_redundant()]

    def _most_redundant(self) -> int:
        """Return the index of the older of the two kept views that differ least."""
        poses = np.stack([frame.map_from_camera for frame in self._kept])
        count = len(poses)
        if count < 2:
            return 0
        moved = np.linalg.norm(poses[:, None, :3, 3] - poses[None, :, :3, 3], axis=2)
        traces = np.einsum('aij,bij->ab', poses[:, :3, :3], poses[:, :3, :3])
        turned = np.arccos(np.clip((traces - 1) / 2, -1, 1))
        settings = self._settings
        change = moved / max(settings.min_translation, 1e-6)
        change += turned / max(settings.min_rotation, 1e-6)
        change[np.arange(count), np.arange(count)] = np.inf
        pair = np.unravel_index(int(np.argmin(change)), change.shape)
        return min((int(i) for i in pair), key=lambda i: self._kept[i].key)


def view_change(
    first: npt.NDArray[np.float64], second: npt.NDArray[np.float64]
) -> tuple[float, float]:
    """Return how far (metres) and by what angle (radians) one pose lies from another."""
    moved = float(np.linalg.norm(first[:3, 3] - second[:3, 3]))
    cosine = (float(np.sum(first[:3, :3] * second[:3, :3])) - 1) / 2
    return moved, float(np.arccos(np.clip(cosine, -1, 1)))


def millimetres(depth: npt.NDArray[Any]) -> npt.NDArray[np.uint16]:
    """Return a depth image (uint16 millimetres, or float metres) as uint16 millimetres.

    Values that are not finite, not positive, or beyond 65.535 m become 0.
    """
    if depth.dtype == np.uint16:
        return depth.astype(np.uint16)
    if depth.dtype.kind != 'f':
        raise ValueError(f'depth.dtype={depth.dtype}: must be uint16 or float')
    scaled = np.rint(depth.astype(np.float64) * 1000)
    known = (scaled > 0) & (scaled <= _MAX_MILLIMETRES)
    return np.where(known, scaled, 0).astype(np.uint16)


def images_of_cloud(
    cloud: Cloud,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint16], PinholeCamera] | None:
    """Return (color, depth in millimetres, camera) of a cloud that is an image, else None.

    The cloud must be organised, coloured, in an optical frame (z forward, x right), and 98 % of
    its points must project within a pixel of where they are stored.
    """
    layout = cloud.layout
    if not layout.has_color or layout.height < 2 or layout.width < 2:
        return None
    points, pixels = sample_points(cloud)
    projection = fit_projection(points, pixels, layout.width, layout.height)
    if projection is None:
        return None
    camera = pinhole_of(projection, points, pixels, layout.width, layout.height)
    if camera is None:
        return None
    return cloud.colors(), millimetres(cloud.coordinates()[:, :, 2]), camera


def _frozen(array: npt.NDArray[Any]) -> npt.NDArray[Any]:
    copy = np.array(array, order='C')
    copy.flags.writeable = False
    return copy
