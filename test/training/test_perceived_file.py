import numpy as np
import pytest

from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.training.perceived_file import load_perceived, save_perceived
from omd3d_ros.training.perceived_scene import NameConfusion, perceived


def embeddings():
    rng = np.random.default_rng(0)
    found = rng.normal(size=(len(household_vocabulary().words), 12)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope='module')
def scenes():
    confusion = NameConfusion(embeddings())
    return [perceived(made_up_scene(np.random.default_rng(seed)), confusion,
                      np.random.default_rng(seed)) for seed in range(4)]


def test_scenes_come_back_as_they_were_saved(scenes, tmp_path):
    save_perceived(tmp_path / 'scenes.jsonl', scenes)
    again = load_perceived(tmp_path / 'scenes.jsonl')
    assert len(again) == len(scenes)
    for one, other in zip(scenes, again, strict=True):
        assert one.objects == other.objects
        assert [known and known.id for known in one.truth] == [
            known and known.id for known in other.truth]
        for first, second in zip(one.scene.objects, other.scene.objects, strict=True):
            assert (first.id, first.name, first.colors, first.supported_by, first.inside_of) == (
                second.id, second.name, second.colors, second.supported_by, second.inside_of)
            np.testing.assert_allclose(first.box.center, second.box.center)


def test_a_damaged_line_is_named(scenes, tmp_path):
    file = tmp_path / 'scenes.jsonl'
    save_perceived(file, scenes)
    file.write_text(file.read_text() + '{"objects": 3}\n')
    with pytest.raises(ValueError, match='line 5'):
        load_perceived(file)


def test_perceiving_misnames_misses_and_adds_as_said(scenes):
    confusion = NameConfusion(embeddings())
    first, among, sure, missed, added, count = 0, 0, 0.0, 0, 0, 0
    for seed in range(30):
        rng = np.random.default_rng(seed)
        scene = made_up_scene(rng)
        seen = perceived(scene, confusion, rng)
        for told, known in zip(seen.objects, seen.truth, strict=True):
            if known is None:
                added += 1
                continue
            count += 1
            first += told.names[:1] == (known.name,)
            sure += told.scores[0] if told.scores else 0.0
            among += known.name in told.names[:8]
            assert list(told.scores) == sorted(told.scores, reverse=True)
            assert 0 <= sum(told.scores) <= 1
        missed += len(scene.objects) - sum(known is not None for known in seen.truth)
    assert 0.36 < first / count < 0.5
    assert 0.63 < among / count < 0.77
    assert abs(sure - first) / count < 0.08  # as often right as said
    assert 0.04 < missed / (count + missed) < 0.13
    assert 80 < added < 160
