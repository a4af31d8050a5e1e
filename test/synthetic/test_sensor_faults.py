import dataclasses

import numpy as np
import pytest

from omd3d_ros.synthetic.sensor_faults import (
    SensorSettings,
    level_error,
    measured_color,
    measured_depth,
    measured_pose,
)

SHAPE = (240, 320)
FAULTLESS = SensorSettings(
    noise=0.0, drift=0.0, steps=1e5, baseline=1e-3, raggedness=0.0, flying=0.0, edge_loss=0.0,
    grazing=0.0, dark_loss=0.0, gloss_loss=0.0, misregistration=0.0, pose_error=0.0,
    level_error=0.0, least=1.0)
WHITE, STRAIGHT = np.full(SHAPE, 200.0), np.ones(SHAPE)


def step(near=0.8, far=1.2):
    """Return a depth image (H, W) of something near, in its right half, before something far."""
    depth = np.full(SHAPE, far)
    depth[:, 160:] = near
    return depth


def measure(depth, facing=STRAIGHT, albedo=WHITE, gloss=None, seed=0, **faults):
    # the projector is so near the camera that only the faults asked for remain
    settings = dataclasses.replace(FAULTLESS, **faults)
    return measured_depth(depth, facing, albedo, settings, np.random.default_rng(seed),
                          gloss=gloss)


def test_faultless_sensor_measures_the_truth():
    plane = np.tile(np.linspace(0.7, 1.4, SHAPE[0])[:, None], (1, SHAPE[1]))
    found = measured_depth(plane, STRAIGHT, WHITE, dataclasses.replace(FAULTLESS, baseline=0.075),
                           np.random.default_rng(0))
    np.testing.assert_allclose(found.depth, 1000 * plane, atol=0.51)
    assert not found.strayed.any()
    np.testing.assert_array_equal(found.source.ravel(), np.arange(plane.size))


def test_noise_grows_with_the_square_of_the_distance():
    spread = {}
    for z in (1.0, 2.0):
        found = measure(np.full(SHAPE, z), baseline=0.075, steps=8.0, noise=0.5, raggedness=0.0)
        spread[z] = np.sqrt(found.depth.astype(float).var())
    assert spread[2.0] / spread[1.0] == pytest.approx(4, rel=0.15)
    # half a step of noise, and rounding to steps of 1 / (8 x 525 x 0.075) m at 1 m
    assert spread[1.0] == pytest.approx(1000 * np.hypot(0.5, 12 ** -0.5) / 315, rel=0.15)


def test_depth_comes_in_steps():
    found = measure(np.tile(np.linspace(0.9, 1.1, SHAPE[1]), (SHAPE[0], 1)),
                    baseline=0.075, steps=8.0)
    assert len(np.unique(found.depth)) == pytest.approx(315 / 0.9 - 315 / 1.1, abs=2)


@pytest.mark.parametrize('baseline', [0.075, -0.075])
def test_what_is_near_throws_a_shadow_on_one_side_as_wide_as_the_disparity(baseline):
    depth = np.full(SHAPE, 1.2)
    depth[80:160, 140:180] = 0.8
    lost = measure(depth, baseline=baseline).depth[120] == 0
    width = 525 * 0.075 * (1 / 0.8 - 1 / 1.2)
    left, right = lost[100:140].sum(), lost[180:220].sum()
    shadow, other = (right, left) if baseline < 0 else (left, right)
    assert shadow == pytest.approx(width, abs=2)
    assert other == 0
    assert not lost[140:180].any()


def test_ragged_edges_tell_which_surface_they_show():
    depth = step()
    found = measure(depth, raggedness=1.5)
    shown = depth.ravel()[found.source]
    np.testing.assert_allclose(found.depth, 1000 * shown, atol=1)
    moved = found.source != np.arange(depth.size).reshape(SHAPE)
    assert 100 < moved.sum() < 2000
    assert np.abs(np.nonzero(moved)[1] - 159.5).max() < 8


def test_flying_pixels_lie_between_both_depths_and_stray():
    found = measure(step(), flying=1.0)
    edge = found.depth[:, 160]
    assert edge.min() >= 800
    assert edge.max() <= 1200
    off = np.minimum(np.abs(edge - 800.0), np.abs(edge - 1200.0))
    np.testing.assert_array_equal(found.strayed[off > 17, 160], True)
    np.testing.assert_array_equal(found.strayed[off < 13, 160], False)
    assert found.strayed.sum() > 0.8 * SHAPE[0]
    assert not found.strayed[:, 165:].any()


def test_grazing_black_and_clear_surfaces_are_lost():
    flat = np.full(SHAPE, 1.2)
    assert (measure(flat, grazing=0.2, dark_loss=0.6).depth > 0).all()
    assert not measure(flat, facing=np.full(SHAPE, 0.15), grazing=0.2).depth.any()
    black = measure(flat, albedo=0 * WHITE, dark_loss=0.5)
    assert 0.4 < (black.depth == 0).mean() < 0.6
    clear = measure(flat, gloss=STRAIGHT, gloss_loss=0.8)
    assert 0.7 < (clear.depth == 0).mean() < 0.9
    assert (measure(flat, gloss=0 * STRAIGHT, gloss_loss=0.8).depth > 0).all()


def test_half_the_edge_is_lost():
    lost = measure(step(), edge_loss=0.5).depth == 0
    assert 0.35 < lost[:, 160].mean() < 0.65
    assert not lost[:, 170:].any()


def test_a_scene_draws_strengths_up_to_the_settings():
    settings = SensorSettings()
    drawn = [settings.drawn(np.random.default_rng(seed)) for seed in range(200)]
    for name in ('noise', 'flying', 'edge_loss', 'pose_error', 'grazing'):
        values = np.array([getattr(one, name) for one in drawn]) / getattr(settings, name)
        assert settings.least <= values.min() < settings.least + 0.05
        assert 0.95 < values.max() <= 1
    assert 0.15 < np.mean([one.baseline < 0 for one in drawn]) < 0.45
    with pytest.raises(ValueError, match='flying'):
        SensorSettings(flying=1.5)


def test_no_picture_is_black_or_white_all_over():
    rng = np.random.default_rng(0)
    for bright in (12, 60, 120, 240, 400):
        scene = np.clip(bright * rng.uniform(0.5, 1.5, (*SHAPE, 3)), 0, None)
        found = measured_color(scene, SensorSettings(), rng)
        assert found.dtype == np.uint8
        assert 20 < found.mean() < 190


def test_pose_and_level_errors_have_their_size():
    rng, settings = np.random.default_rng(0), SensorSettings(pose_error=0.004, level_error=0.01)
    poses = np.array([measured_pose(np.eye(4), settings, rng) for _ in range(400)])
    assert poses[:, :3, 3].std() == pytest.approx(0.004, rel=0.1)
    pivot = np.array([1.0, 2.0, 0.7])
    levels = np.array([level_error(pivot, settings, rng) for _ in range(400)])
    np.testing.assert_allclose(levels[:, :3, :3] @ pivot + levels[:, :3, 3],
                               np.tile(pivot, (400, 1)), atol=1e-12)
    tilt = np.arccos(np.clip(levels[:, 2, 2], -1, 1))
    assert np.sqrt(np.mean(tilt ** 2)) == pytest.approx(0.01 * np.sqrt(2), rel=0.1)
