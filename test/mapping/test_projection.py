"""Fitting the projection of organised clouds in any frame."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.cloud import Cloud
from omd3d_ros.mapping.projection import ProjectionCache, fit_projection, fits, sample_points

Pack = Callable[..., Cloud]
CAMERA = PinholeCamera(64, 48, 55.0, 57.0, 30.5, 24.25)
CALIBRATION = np.array([[55.0, 0, 30.5], [0, 57.0, 24.25], [0, 0, 1]])


def scene(rng: np.random.Generator, flat: bool) -> npt.NDArray[np.float32]:
    depth = np.full((48, 64), 2.0) if flat else rng.uniform(0.5, 5.0, (48, 64))
    depth[rng.random((48, 64)) < 0.1] = np.nan
    return CAMERA.backproject(depth.astype(np.float32))


@given(seed=st.integers(0, 2**32 - 1), flat=st.booleans())
@settings(max_examples=40, deadline=None)
def test_the_projection_is_found_whichever_way_the_frame_points(
    pack: Pack, seed: int, flat: bool
) -> None:
    rng = np.random.default_rng(seed)
    rotation = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    rotation *= np.linalg.det(rotation)
    cloud = pack(scene(rng, flat) @ rotation.T)
    points, pixels = sample_points(cloud)
    found = fit_projection(points, pixels, 64, 48)
    assert found is not None
    np.testing.assert_allclose(found, CALIBRATION @ rotation.T, atol=0.01)
    assert np.linalg.norm(found[2]) == 1.0 or abs(np.linalg.norm(found[2]) - 1) < 1e-12


def test_a_spinning_lidar_has_no_projection(pack: Pack) -> None:
    azimuth, elevation = np.meshgrid(np.linspace(-3, 3, 200), np.linspace(-0.4, 0.4, 16))
    points = np.stack([np.cos(azimuth), np.sin(azimuth), np.tan(elevation)], axis=2) * 3
    assert ProjectionCache().find(pack(points)) is None


def test_the_projection_is_kept_while_it_fits_and_found_again_when_it_does_not(
    pack: Pack
) -> None:
    rng = np.random.default_rng(0)
    cache = ProjectionCache()
    first = cache.find(pack(scene(rng, False)))
    assert first is not None
    assert cache.find(pack(scene(rng, False))) is first
    few = np.full((48, 64, 3), np.nan)
    few[:4, :4] = scene(rng, True)[:4, :4]
    kept = cache.find(pack(few))
    assert kept is first  # too few to fit anew, but they agree
    zoomed = scene(rng, False) * [0.5, 0.5, 1.0]
    second = cache.find(pack(zoomed))
    assert second is not None
    assert second is not first
    assert abs(second[0, 0] - 110) < 0.1


def test_too_few_or_huddled_points_fit_nothing(pack: Pack) -> None:
    points = scene(np.random.default_rng(0), True)
    huddled = np.full_like(points, np.nan)
    huddled[:, 20:30] = points[:, 20:30]
    few = np.full_like(points, np.nan)
    few[::12, ::12] = points[::12, ::12]
    for cloud in (pack(huddled), pack(few), pack(np.zeros_like(points))):
        assert fit_projection(*sample_points(cloud), 64, 48) is None
    assert not fits(CALIBRATION, np.zeros((0, 3)), np.zeros((0, 2)))
