"""What a structured-light depth camera does to depth, colour and pose."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter, shift, zoom
from scipy.special import ndtr

from omd3d_ros.settings import check_settings, setting

_FOCAL = 525.0  # pixels of the image in which disparity is measured, however fine ours is
_BEHIND = 30.0  # m, where nothing is
_LEAST_STRAY = 0.015  # m
_VARIED = ('noise', 'drift', 'correlation', 'raggedness', 'flying', 'edge_loss', 'grazing',
           'dark_loss', 'gloss_loss', 'misregistration', 'blur', 'grain', 'pose_error')


@dataclasses.dataclass(frozen=True)
class SensorSettings:
    """Greatest strength of each fault; raises ValueError naming the field out of range."""

    noise: float = setting(0.6, 'noise of disparity, in steps', low=0.0, high=10.0)
    drift: float = setting(0.35, 'slow noise of disparity, in steps', low=0.0, high=10.0)
    correlation: float = setting(2.5, 'reach of the noise', unit='pixel', low=0.3, high=10.0)
    steps: float = setting(8.0, 'steps of disparity a pixel', unit='1/pixel', low=1.0, high=1e5)
    baseline: float = setting(0.075, 'projector to camera; below 0 it is on the left', unit='m',
                              low=-0.5, high=0.5)
    raggedness: float = setting(1.2, 'wander of depth edges', unit='pixel', low=0.0, high=5.0)
    flying: float = setting(0.25, 'share of edge pixels between both depths', low=0.0, high=1.0)
    edge_loss: float = setting(0.4, 'share of edge pixels lost', low=0.0, high=1.0)
    grazing: float = setting(0.2, 'cosine to the normal below which all is lost', low=0.0, high=0.9)
    dark_loss: float = setting(0.6, 'share of black surface lost', low=0.0, high=1.0)
    gloss_loss: float = setting(0.8, 'share of clear or mirroring surface lost', low=0.0, high=1.0)
    exposure: float = setting(0.3, 'spread of brightness', low=0.0, high=0.8)
    white_balance: float = setting(0.05, 'spread of the gains of colours', low=0.0, high=0.5)
    misregistration: float = setting(1.5, 'shift of colour', unit='pixel', low=0.0, high=10.0)
    blur: float = setting(0.9, 'softness of colour', unit='pixel', low=0.0, high=5.0)
    grain: float = setting(5.0, 'noise of colour, of 255', low=0.0, high=50.0)
    pose_error: float = setting(0.0025, 'error of positions', unit='m', low=0.0, high=0.1)
    level_error: float = setting(0.004, 'error of the vertical', unit='rad', low=0.0, high=0.1)
    max_range: float = setting(6.0, 'depth beyond is lost', unit='m', low=0.5, high=100.0)
    least: float = setting(0.2, 'smallest part of a strength that a scene draws', low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)

    def drawn(self, rng: np.random.Generator) -> SensorSettings:
        """Return the faults of one scene: each strength between ``least`` of it and all of it.

        Three sensors of ten have their projector on the other side, two in ten finer steps.
        """
        values = {name: float(getattr(self, name) * rng.uniform(self.least, 1)) for name in _VARIED}
        values['correlation'] = max(values['correlation'], 0.5)
        values['baseline'] = self.baseline * (1.0 if rng.random() < 0.7 else -1.0)
        values['steps'] = self.steps * (1.0 if rng.random() < 0.8 else 4.0)
        return dataclasses.replace(self, least=1.0, **values)


@dataclasses.dataclass(frozen=True, eq=False)
class MeasuredDepth:
    """Depth as measured.

    depth    (H, W) uint16 millimetres, 0 = nothing
    source   (H, W) int64, place in the flat image of the pixel whose surface was measured
    strayed  (H, W) bool, measured far off every surface
    """

    depth: npt.NDArray[np.uint16]
    source: npt.NDArray[np.int64]
    strayed: npt.NDArray[np.bool_]


def measured_depth(
    depth: npt.NDArray[Any], facing: npt.NDArray[Any], albedo: npt.NDArray[Any],
    settings: SensorSettings, rng: np.random.Generator, *,
    focal: float = _FOCAL, gloss: npt.NDArray[Any] | None = None,
) -> MeasuredDepth:
    """Return what the sensor measures.

    depth   (H, W) metres, Inf where nothing is
    facing  (H, W) cosine between ray and surface normal
    albedo  (H, W) 0..255, brightness of the surface in even light: the sensor brings its own
    focal   focal length, pixels
    gloss   (H, W) 0 dull .. 1 clear or mirroring; dull without it

    Shadow, edges and losses after what Kinects show; noise in disparity after Khoshelham and
    Elberink (Sensors 2012): a step at 1 m is 8 x 525 pixel x 0.075 m finer than a metre, 3 mm.
    """
    z = np.where(np.isfinite(depth), depth, _BEHIND).astype(np.float32)
    lost = ~np.isfinite(depth) | _shadow(z, focal * settings.baseline)
    surface = z.ravel()
    source = _ragged(z, settings.raggedness * focal / _FOCAL, rng)
    z, lost = surface[source], lost.ravel()[source]
    edge, z, source = _flying(z, source, settings, rng)
    lost |= edge & (_random(z.shape, rng) < settings.edge_loss)
    true = surface[source]
    seen = _quantised(z, settings, rng)
    sigma = np.square(true) / (settings.steps * _FOCAL * abs(settings.baseline or 0.075)) * (
        settings.noise + settings.drift + 0.3)
    strayed = np.abs(seen - true) > np.maximum(_LEAST_STRAY, 3 * sigma)
    lost |= (seen < 0.35) | (seen > settings.max_range) | (true >= _BEHIND)
    face = facing.ravel()[source]
    lost |= _random(z.shape, rng) > np.clip((face - settings.grazing) * 8, 0, 1)
    miss = settings.dark_loss * np.clip(1 - albedo.ravel()[source] / 45, 0, 1)
    if gloss is not None:
        mirror = gloss.ravel()[source] * (0.45 + 0.55 * face ** 6)
        miss = np.maximum(miss, settings.gloss_loss * mirror)
    lost |= ndtr(_noise(z.shape, 3.0, rng)) < miss
    return MeasuredDepth(np.where(lost, 0, np.round(1000 * seen)).astype(np.uint16), source,
                         strayed & ~lost)


def _random(shape: tuple[int, ...], rng: np.random.Generator) -> npt.NDArray[np.float32]:
    return rng.random(shape, dtype=np.float32)


def _noise(shape: tuple[int, ...], reach: float, rng: np.random.Generator) -> Any:
    """Return normal noise (H, W) that is alike over ``reach`` pixels."""
    coarse = max(1, int(reach / 2))
    rows, columns = (-(-side // coarse) + 1 for side in shape)
    made = gaussian_filter(rng.standard_normal((rows, columns), dtype=np.float32), reach / coarse,
                           truncate=3.0)
    made /= max(float(made.std()), 1e-9)
    if coarse > 1:
        made = zoom(made, coarse, order=1)
    return made[:shape[0], :shape[1]]


def _shadow(z: npt.NDArray[Any], shift_at_1m: float) -> npt.NDArray[np.bool_]:
    """Mark what the projector's light does not reach, past something nearer."""
    place = np.arange(z.shape[1], dtype=np.float32) - shift_at_1m / z
    if shift_at_1m > 0:
        last = np.minimum.accumulate(place[:, ::-1], axis=1)[:, ::-1]
        return np.asarray(place > last + 0.5)
    return np.asarray(place < np.maximum.accumulate(place, axis=1) - 0.5)


def _ragged(z: npt.NDArray[Any], wander: float, rng: np.random.Generator
            ) -> npt.NDArray[np.int64]:
    """Return which pixel (H, W) each one shows where an edge wanders across it."""
    rows, columns = np.indices(z.shape)
    v = np.clip(np.rint(rows + wander * _noise(z.shape, 1.0, rng)), 0, z.shape[0] - 1)
    u = np.clip(np.rint(columns + wander * _noise(z.shape, 1.0, rng)), 0, z.shape[1] - 1)
    moved = (v * z.shape[1] + u).astype(np.int64)
    across = np.abs(z.ravel()[moved] - z) > 0.012 + 0.008 * np.square(z)
    return np.asarray(np.where(across, moved, rows * z.shape[1] + columns))


def _flying(z: npt.NDArray[Any], source: npt.NDArray[np.int64], settings: SensorSettings,
            rng: np.random.Generator
            ) -> tuple[npt.NDArray[np.bool_], npt.NDArray[Any], npt.NDArray[np.int64]]:
    """Return the edges, the depths with some edge pixels between both, and what these show."""
    step = 0.012 + 0.008 * np.square(z)
    across, down = np.abs(np.diff(z, axis=1)), np.abs(np.diff(z, axis=0))
    level, upright = np.zeros(z.shape, bool), np.zeros(z.shape, bool)
    level[:, 1:] = across > np.minimum(step[:, 1:], step[:, :-1])
    upright[1:] = down > np.minimum(step[1:], step[:-1])
    edge = level | upright
    other, behind = np.where(level, np.roll(z, 1, 1), np.roll(z, 1, 0)), np.where(
        level, np.roll(source, 1, 1), np.roll(source, 1, 0))
    both = np.maximum(z, other) < _BEHIND
    mixed = edge & both & (_random(z.shape, rng) < settings.flying)
    share = _random(z.shape, rng)
    found = np.where(mixed, share * z + (1 - share) * other, z)
    return edge, found, np.where(mixed & (share < 0.5), behind, source)


def _quantised(z: npt.NDArray[Any], settings: SensorSettings, rng: np.random.Generator) -> Any:
    """Add noise to the disparity, and round it to its steps."""
    scale = settings.steps * _FOCAL * abs(settings.baseline or 0.075)
    disparity = scale / z
    disparity += settings.noise * _noise(z.shape, settings.correlation, rng)
    disparity += settings.drift * _noise(z.shape, 25.0, rng)
    return scale / np.maximum(np.round(disparity), 1)


def measured_color(
    color: npt.NDArray[Any], settings: SensorSettings, rng: np.random.Generator
) -> npt.NDArray[np.uint8]:
    """Return colours (H, W, 3) exposed for their mean, tinted, shifted, softened, with grain."""
    wanted = 112 * (1 + rng.uniform(-settings.exposure, settings.exposure))
    gain = float(np.clip(wanted / max(float(color.mean()), 1.0), 0.4, 2.2))
    gains = (gain * (1 + rng.normal(0, settings.white_balance, 3))).astype(np.float32)
    move = rng.normal(0, settings.misregistration, 2)
    found = np.empty(color.shape, np.float32)
    for channel in range(3):
        one = gaussian_filter(color[:, :, channel].astype(np.float32), settings.blur, truncate=3.0)
        found[:, :, channel] = shift(one, move, order=1, mode='nearest') * gains[channel]
    bright = np.where(found > 170, 255 - 85 * np.exp((170 - found) / 85), found)  # soft whites
    noise = gaussian_filter(rng.standard_normal(color.shape, dtype=np.float32), (0.6, 0.6, 0))
    return np.clip(bright + 2 * settings.grain * noise, 0, 255).astype(np.uint8)


def measured_pose(
    pose: npt.NDArray[np.float64], settings: SensorSettings, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return a pose (4, 4) moved by the error and turned by as much a metre."""
    from scipy.spatial.transform import Rotation
    turned = pose.copy()
    turn = Rotation.from_rotvec(rng.normal(0, settings.pose_error / 2, 3)).as_matrix()
    turned[:3, :3] = pose[:3, :3] @ turn
    turned[:3, 3] += rng.normal(0, settings.pose_error, 3)
    return turned


def level_error(
    pivot: npt.NDArray[np.float64], settings: SensorSettings, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Return the transform (4, 4) of a map whose vertical is a little off, about a point (3,)."""
    from scipy.spatial.transform import Rotation
    made = np.eye(4)
    turn = rng.normal(0, settings.level_error, 3) * [1, 1, 0]
    made[:3, :3] = Rotation.from_rotvec(turn).as_matrix()
    made[:3, 3] = pivot - made[:3, :3] @ pivot
    return made
