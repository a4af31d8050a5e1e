"""A depth camera that looks at models: shaded colour images, and depth with a sensor's faults."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.synthetic.model import Model
from omd3d_ros.synthetic.soft_light import SoftLight

_LIGHTS = (((0.35, -0.45, 0.82), 0.62), ((-0.6, 0.3, 0.74), 0.22))  # towards the light, strength
_AMBIENT = 0.4
_LIFT = 2e-3  # m, shadow rays start this far off the surface
_OCCLUSION_REACH = 0.15  # m
_OCCLUSION_RAYS = 3
_OVERSAMPLING = 2
_FAR = 6.0


@dataclasses.dataclass(frozen=True, eq=False)
class Picture:
    """Colour (H, W, 3) uint8, depth (H, W) uint16 mm with 0 = none, object number (H, W), -1."""

    color: npt.NDArray[np.uint8]
    depth: npt.NDArray[np.uint16]
    instance: npt.NDArray[np.int32]


@dataclasses.dataclass(frozen=True, eq=False)
class IdealView:
    """What a faultless camera would see.

    color     (H, W, 3) 255 is white in plain light; in bright light it is more
    albedo    (H, W) 0..255, brightness of the surface in even light
    depth     (H, W) metres, Inf where nothing is
    facing    (H, W) cosine between ray and surface
    instance  (H, W) int64 number of the model, -1 where there is none
    """

    color: npt.NDArray[Any]
    albedo: npt.NDArray[Any]
    depth: npt.NDArray[Any]
    facing: npt.NDArray[Any]
    instance: npt.NDArray[np.int64]


def _highlights(view: Any, normals: Any, light: SoftLight) -> Any:
    """Return how bright the lamps mirror (N,), 0..255, for directions and normals (Blinn 1977)."""
    total = np.zeros(len(view), np.float32)
    for lamp in light.lamps:
        half = np.array(lamp.towards) - view
        half /= np.maximum(np.linalg.norm(half, axis=1, keepdims=True), 1e-6)
        total += 110 * np.clip(np.sum(half * normals, axis=1), 0, 1) ** (12 / lamp.wide)
    return total


def _between(values: Any, corners: Any, share: Any) -> Any:
    """Return values (V, D) of vertices inside triangles (N, 3), at barycentric shares (N, 2)."""
    found = values[corners[:, 0]] * (1 - share.sum(axis=1))[:, None]
    found += values[corners[:, 1]] * share[:, :1]
    found += values[corners[:, 2]] * share[:, 1:]
    return found


def looking(eye: Sequence[float], target: Sequence[float]) -> npt.NDArray[np.float64]:
    """Return map_from_camera (4x4) of a camera at eye that looks at target, metres, z up."""
    forward = np.array(target, float) - np.array(eye, float)
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0, 0, 1.0])
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, 0], pose[:3, 1], pose[:3, 2] = right, np.cross(forward, right), forward
    pose[:3, 3] = eye
    return pose


class DepthCamera:
    """Renders models with Open3D's ray casting. Noise comes from ``rng``."""

    def __init__(self, models: Sequence[Model], camera: PinholeCamera,
                 rng: np.random.Generator) -> None:
        import open3d
        core: Any = open3d.core
        self._tensor = core.Tensor
        self._scene: Any = open3d.t.geometry.RaycastingScene(nthreads=1)
        self._models = list(models)
        self._camera = camera
        self._rng = rng
        for model in self._models:
            self._scene.add_triangles(
                self._tensor(model.vertices.astype(np.float32)),
                self._tensor(model.faces.astype(np.uint32)))

    def render(self, map_from_camera: npt.NDArray[np.float64]) -> Picture:
        """Take a picture from a pose (4x4, optical frame)."""
        camera = self._camera
        fine = self._rays(map_from_camera, _OVERSAMPLING)
        shade = self._shade(*fine)
        size = (camera.height, _OVERSAMPLING, camera.width, _OVERSAMPLING, 3)
        mean = shade.reshape(size).mean(axis=(1, 3))
        grain = self._rng.normal(0, 2.0, mean.shape)
        color = np.clip(mean + grain, 0, 255).astype(np.uint8)
        _, directions, hit = self._rays(map_from_camera, 1)
        forward = map_from_camera[:3, 2]
        depth = hit['t_hit'] * (directions @ forward)
        facing = np.abs(np.sum(hit['primitive_normals'] * directions, axis=1)
                        / np.linalg.norm(directions, axis=1))
        shape = (camera.height, camera.width)
        instance = np.where(np.isfinite(depth), hit['geometry_ids'].astype(np.int64), -1)
        return Picture(color, self._measured(depth.reshape(shape), facing.reshape(shape)),
                       instance.reshape(shape).astype(np.int32))

    def ideal(
        self, map_from_camera: npt.NDArray[np.float64], light: SoftLight,
        gloss: npt.NDArray[np.floating] | None = None,
    ) -> IdealView:
        """Look from a pose without a sensor's faults, one ray a pixel, in soft light.

        gloss  (M,) of each model, 0 dull .. 1; the lamps mirror in what is glossy
        """
        camera = self._camera
        shape = (camera.height, camera.width)
        origins, directions, hit = self._rays(map_from_camera, 1)
        base, normals = self._surface(hit, directions)
        found = np.isfinite(hit['t_hit'])
        length = np.linalg.norm(directions, axis=1)
        # rays have length 1 along the optical axis, so t_hit is the depth
        points = origins + directions * np.where(found, hit['t_hit'], 0)[:, None]
        instance = np.where(found, hit['geometry_ids'].astype(np.int64), -1).reshape(shape)
        normals = normals.astype(np.float32).reshape(*shape, 3)
        bright = light.falling_on(points.reshape(*shape, 3), normals, instance, self._occluded,
                                  self._rng)
        color = base.reshape(*shape, 3) * bright
        if gloss is not None:
            shine = np.append(gloss, 0.0)[instance]  # the last is for -1, where nothing is
            glossy = shine > 0
            view = (directions / length[:, None]).reshape(*shape, 3)[glossy]
            color[glossy] += (shine[glossy] * _highlights(view, normals[glossy], light))[:, None]
        facing = np.abs(np.sum(hit['primitive_normals'] * directions, axis=1)) / length
        return IdealView(np.maximum(color, 0), base.mean(axis=1).reshape(shape),
                         hit['t_hit'].reshape(shape), facing.reshape(shape), instance)

    def _occluded(self, origins: Any, directions: Any, lengths: float) -> npt.NDArray[np.bool_]:
        rays = np.concatenate([origins, directions], axis=1).astype(np.float32)
        return np.asarray(self._scene.test_occlusions(
            self._tensor(rays), tnear=0.0, tfar=lengths, nthreads=1).numpy())

    def _rays(self, pose: npt.NDArray[np.float64], finer: int) -> tuple[Any, Any, dict[str, Any]]:
        camera = self._camera
        v, u = np.mgrid[0:camera.height * finer, 0:camera.width * finer].astype(np.float64)
        u, v = (u + 0.5) / finer - 0.5, (v + 0.5) / finer - 0.5
        rays = np.stack([(u - camera.cx) / camera.fx, (v - camera.cy) / camera.fy,
                         np.ones_like(u)], axis=-1).reshape(-1, 3) @ pose[:3, :3].T
        origins = np.broadcast_to(pose[:3, 3], rays.shape)
        return origins, rays, self._cast(origins, rays)

    def _cast(self, origins: Any, directions: Any) -> dict[str, Any]:
        rays = np.concatenate([origins, directions], axis=1).astype(np.float32)
        hits = self._scene.cast_rays(self._tensor(rays), nthreads=1)
        return {k: v.numpy() for k, v in hits.items()}

    def _shade(self, origins: Any, directions: Any, hit: dict[str, Any]) -> Any:
        base, normals = self._surface(hit, directions)
        points = origins + directions * np.where(
            np.isfinite(hit['t_hit']), hit['t_hit'], 0)[:, None] + normals * _LIFT
        light = np.full(len(points), _AMBIENT) * self._openness(points, normals)
        for towards, strength in _LIGHTS:
            direction = np.array(towards) / np.linalg.norm(towards)
            jitter = self._rng.normal(0, 0.04, points.shape)
            rays = direction + jitter  # an area light: soft shadows
            free = ~np.isfinite(self._cast(points, rays)['t_hit'])
            light += strength * free * np.clip(normals @ direction, 0, 1)
        light += 0.18 * np.abs(np.sum(normals * directions, axis=1)) / np.linalg.norm(
            directions, axis=1)
        return base * np.minimum(light, 1.15)[:, None]

    def _openness(self, points: Any, normals: Any) -> Any:
        """Return how little nearby surfaces shade each point, in [0, 1]."""
        total = np.zeros(len(points))
        for _ in range(_OCCLUSION_RAYS):
            spread = self._rng.normal(0, 1, points.shape)
            spread /= np.linalg.norm(spread, axis=1, keepdims=True)
            distance = self._cast(points, normals + 0.9 * spread)['t_hit']
            total += np.minimum(distance, _OCCLUSION_REACH) / _OCCLUSION_REACH
        return 0.45 + 0.55 * total / _OCCLUSION_RAYS

    def _surface(self, hit: dict[str, Any], directions: Any) -> tuple[Any, Any]:
        """Return the colour (N, 3), and the normal (N, 3) on the viewer's side."""
        count = len(hit['t_hit'])
        color, normals = np.full((count, 3), 200.0), np.tile([0.0, 0, 1], (count, 1))
        for number in np.unique(hit['geometry_ids'][np.isfinite(hit['t_hit'])]):
            model = self._models[int(number)]
            where = np.flatnonzero((hit['geometry_ids'] == number) & np.isfinite(hit['t_hit']))
            face = hit['primitive_ids'][where].astype(np.int64)
            uv = hit['primitive_uvs'][where]
            corners = model.faces[face]
            normals[where] = _between(model.normals, corners, uv)
            painted = _between(model.uv, corners, uv) if model.images else uv
            color[where] = self._paint(model, face, painted)
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        away = np.sum(normals * directions, axis=1) > 0
        normals[away] *= -1
        return color, normals

    @staticmethod
    def _paint(model: Model, face: Any, uv: Any) -> Any:
        color = model.colors[face].copy()
        for page, image in enumerate(model.images):
            on_page = model.texture[face] == page
            height, width = image.shape[:2]
            x = ((uv[on_page, 0] % 1) * (width - 1)).astype(int)
            y = ((1 - uv[on_page, 1] % 1) * (height - 1)).astype(int)
            color[on_page] = image[y, x]
        return color

    def _measured(self, depth: Any, facing: Any) -> npt.NDArray[np.uint16]:
        """Add what a Kinect does: axial noise, steps that grow with z^2, drop-outs at edges.

        Noise after Nguyen, Izadi, Lovell, Modeling Kinect Sensor Noise (3DIMPVT 2012); steps
        after Khoshelham and Elberink (Sensors 2012): 2.85 mm at 1 m. The sensor matches windows,
        so its noise is alike at neighbouring pixels.
        """
        noise = gaussian_filter(self._rng.normal(0, 1, depth.shape), 1.5)
        noise /= noise.std()
        with np.errstate(invalid='ignore'):
            noisy = depth + noise * (0.0012 + 0.0019 * (np.minimum(depth, _FAR) - 0.4) ** 2) / 2
            # steps are even in disparity, that is in 1 / depth
            quantised = 1 / (np.round(1 / noisy / 0.00285) * 0.00285)
        lost = ~np.isfinite(depth) | (depth > _FAR) | (depth < 0.35)
        lost |= self._rng.random(depth.shape) > np.clip((facing - 0.06) * 10, 0, 1)
        near = np.where(np.isfinite(depth), depth, 0)
        edge = np.zeros(depth.shape, bool)
        edge[:, 1:] |= np.abs(np.diff(near, axis=1)) > 0.08
        edge[1:] |= np.abs(np.diff(near, axis=0)) > 0.08
        lost |= edge & (self._rng.random(depth.shape) < 0.7)
        return np.where(lost, 0, np.round(1000 * np.nan_to_num(quantised))).astype(np.uint16)
