"""Kinds of scenes are found again in counts that were drawn from them."""

import json

import numpy as np
import pytest

from omd3d_ros.segmentation.scene_context import SceneContext, SceneContextSettings
from omd3d_ros.training.context import fit_context, name_counts
from omd3d_ros.training.program import main

NAMES = ('toilet', 'comb', 'stapler', 'desk', 'lamp')
BATHROOM, OFFICE = [0.4, 0.4, 0.0, 0.0, 0.2], [0.0, 0.0, 0.4, 0.4, 0.2]


def drawn(seed=0, scenes=200):
    rng = np.random.default_rng(seed)
    return np.array([rng.multinomial(8, BATHROOM if rng.random() < 0.25 else OFFICE)
                     for _ in range(scenes)], float)


def test_two_kinds_are_told_apart():
    kinds, lifts = fit_context(drawn(), SceneContextSettings(kinds=2, smoothing=1.0), 0)
    bathroom = int(np.argmax(lifts[:, 0]))
    assert np.exp(kinds).sum() == pytest.approx(1)
    assert np.exp(kinds[bathroom]) == pytest.approx(0.25, abs=0.05)
    assert np.exp(lifts[bathroom, :2]) == pytest.approx([4, 4], rel=0.2)  # a quarter have them
    assert np.exp(lifts[bathroom, 2:4]).max() < 0.1
    assert np.exp(lifts[:, 4]) == pytest.approx([1, 1], abs=0.1)


def test_smoothing_draws_kinds_to_the_average():
    settings = SceneContextSettings(kinds=2, smoothing=1e6)
    assert np.abs(fit_context(drawn(), settings, 0)[1]).max() < 0.01


def test_the_same_seed_gives_the_same():
    settings = SceneContextSettings(kinds=3, smoothing=10.0)
    first, second = (fit_context(drawn(), settings, 1) for _ in range(2))
    assert all((one == other).all() for one, other in zip(first, second, strict=True))


def scene(path, *names):
    path.write_text(json.dumps({'objects': [{'name': name} for name in names]}))


def test_counts_are_of_known_names_and_at_most_two(tmp_path):
    scene(tmp_path / 'b.json', 'desk', 'desk', 'desk', 'unheard-of thing')
    scene(tmp_path / 'a.json', 'comb')
    assert name_counts([tmp_path], NAMES).tolist() == [[0, 1, 0, 0, 0], [0, 0, 0, 2, 0]]
    with pytest.raises(ValueError, match='no scenes'):
        name_counts([tmp_path / 'none'], NAMES)


def test_the_command_writes_what_can_be_loaded(tmp_path, capsys):
    for number in range(4):
        scene(tmp_path / f'{number}.json', *(('toilet', 'comb') if number % 2 else ('desk', 'mug')))
    main(['context', '--scenes', str(tmp_path), '--kinds', '2', '--smoothing', '1',
          '--export', str(tmp_path / 'weights')])
    assert '4 scenes, 8 objects' in capsys.readouterr().out
    loaded = SceneContext.load(NAMES, tmp_path / 'weights')
    shares = np.array([[1.0, 0, 0, 0, 0], [0, 0.5, 0, 0.5, 0]])
    assert loaded.adjusted(shares)[1, 1] > 0.6
