"""Every row on a tiny scene, through the real segmenter and through answers made by hand."""

import json

import numpy as np
import pytest

from omd3d_ros.evaluation import program
from omd3d_ros.evaluation.command_row import command_reports
from omd3d_ros.evaluation.generated_scenes import true_scenes
from omd3d_ros.evaluation.plane_clusters import PlaneClusterSettings, plane_clusters
from omd3d_ros.evaluation.proposal_row import match
from omd3d_ros.evaluation.question_row import question_reports
from omd3d_ros.evaluation.real_commands import load_real_commands
from omd3d_ros.evaluation.real_map import box_masks, fuse
from omd3d_ros.evaluation.real_objects import load_real_objects
from omd3d_ros.evaluation.said_scenes import Sentences, said_scenes
from omd3d_ros.evaluation.table_row import table_report
from omd3d_ros.evaluation.table_scenes import load_table
from omd3d_ros.evaluation.voxel_sets import set_overlaps, voxels_at
from omd3d_ros.segmentation.scene import Answer, Outcome, Selection

SENTENCES = (Sentences('test_phrasing', 24, 0), Sentences('test_intent', 6, 0))


@pytest.fixture
def run(monkeypatch, segmenter, tmp_path, capsys):
    """Run the program with the segmenter at hand; return its results and its folder."""
    def with_arguments(*arguments):
        monkeypatch.setattr(program, 'Segmenter', lambda settings: segmenter)
        assert program.main([*map(str, arguments), '--out', str(tmp_path)]) == 0
        printed = capsys.readouterr().out
        assert (tmp_path / 'table.txt').read_text() in printed
        return json.loads((tmp_path / 'results.json').read_text()), tmp_path
    return with_arguments


def figures(report):
    return {figure['name']: figure for figure in report['figures']}


def rng():
    return np.random.default_rng(0)


@pytest.fixture(scope='module')
def truth(generated):
    return next(true_scenes(generated))


@pytest.fixture(scope='module')
def said(generated, segmenter):
    return next(said_scenes(true_scenes(generated), SENTENCES, segmenter, 'true-names'))


def test_tables_are_scored_for_the_segmenter_and_for_plain_clusters(run, recordings):
    (ours, plain), _ = run('tables', '--recordings', recordings)
    assert (ours['system'], plain['system']) == ('ours', 'euclidean')
    for report in (ours, plain):
        assert figures(report)['overlap F']['value'] > 0.85
        assert figures(report)['overlap F']['count'] == 1
        assert 0 < figures(report)['overlap F']['chance'] < 0.6


def test_plain_clusters_are_the_two_boxes(recordings):
    table = load_table(recordings / 'real' / 'mosd' / 'learn0.npz')
    clusters = plane_clusters(table.snapshot, PlaneClusterSettings())
    assert len(clusters) == 2
    place = voxels_at(table.points, table.snapshot)
    for members, owner in zip(clusters, (2, 1), strict=True):  # the blue box is the larger one
        own = np.unique(place[table.owner == owner])
        assert np.isin(members, own).mean() > 0.95
        assert np.isin(own, members).mean() > 0.8


def test_true_masks_of_a_table_score_one_and_none_score_zero(recordings):
    table = load_table(recordings / 'real' / 'mosd' / 'learn0.npz')
    place = voxels_at(table.points, table.snapshot)
    masks = [np.unique(place[table.owner == owner]) for owner in (1, 2)]
    exact = table_report('truth', '', [table], lambda scene: masks, rng()).figures
    assert exact[0].value == pytest.approx(1, abs=0.03)  # voxels where two objects meet
    assert exact[1].value == 1
    assert [figure.value for figure in
            table_report('none', '', [table], lambda scene: [], rng()).figures] == [0] * 4


def test_proposals_are_judged(run, generated):
    (report,), folder = run('proposals', '--scenes', generated)
    found = figures(report)
    assert 0 <= found['AP50']['value'] <= found['AP25']['value'] <= 1
    assert found['AP50']['count'] == report['cases'][0]['objects'] > 2
    assert list(folder.glob('proposals_ours_*.png')) or found['recall25']['value'] == 1


def test_proposals_on_hardly_seen_objects_are_not_judged(truth):
    background = np.setdiff1d(np.arange(len(truth.snapshot)), np.concatenate(truth.masks))
    unseen = background[:20]
    scene = type(truth)(**{**vars(truth), 'ignored': unseen})
    sets = [truth.masks[0], unseen, background[20:40]]
    detections = match(scene, sets, [0.9, 0.8, 0.7])
    assert detections.scores.tolist() == [0.9, 0.7]
    assert detections.overlaps[0, 0] == 1
    assert detections.overlaps[1].max() == 0


def test_names_of_generated_things_are_counted_by_object_and_by_model(run, generated):
    (report,), _ = run('naming', '--scenes', generated)
    found = figures(report)
    objects = len(report['cases'])
    assert found['top-1']['count'] == objects
    assert found['top-1']['value'] == pytest.approx(
        np.mean([case['rank'] == 0 for case in report['cases']]), abs=1e-4)
    assert found['top-1']['value'] <= found['top-5']['value']
    assert found['top-5, mean of models']['count'] == len(
        {case['model'] for case in report['cases']})
    assert 0 < found['top-1']['chance'] < found['top-5']['chance'] < 0.2


def test_real_things_are_named(run, recordings):
    (report,), _ = run(
        'real-naming', '--recordings', recordings, '--objects-file', recordings / 'objects.json',
        '--commands-file', recordings / 'commands.json')
    assert figures(report)['top-5']['count'] == 3
    assert figures(report)['the commonest 1 for all']['value'] == 1
    assert [case['scene'] for case in report['cases']] == ['learn0', 'learn0', 'two boxes']
    assert min(case['voxels'] for case in report['cases']) > 100


def test_real_commands_are_answered_by_all_systems(run, recordings):
    reports, folder = run('real-commands', '--recordings', recordings,
                          '--commands-file', recordings / 'commands.json')
    assert [report['system'] for report in reports] == ['ours', 'minilm', 'names']
    for report in reports:
        found = figures(report)
        assert found['all: Acc@0.25']['count'] == 2
        assert found['all: reachable']['value'] == 1  # both boxes are perceived
        assert found['not there: rejected']['count'] == 1
        assert len(report['cases']) == 3
    wrong = sum(not (case['first'] if case['targets'] else case['rejected'])
                for case in reports[0]['cases'])
    assert len(list(folder.glob('real-commands_ours_*.png'))) == wrong


@pytest.mark.parametrize('masks', [(), ('--true-masks',), ('--true-names',)])
def test_commands_are_answered_on_perceived_and_on_true_objects(run, generated, masks):
    (report,), _ = run('commands', '--scenes', generated, '--systems', 'ours', '--sentences', 12,
                       *masks)
    found = figures(report)
    meant = [case for case in report['cases'] if case['targets']]
    assert found['all: Acc@0.25']['count'] == len(meant) > 5
    assert found['all: Acc@0.25']['value'] == pytest.approx(
        np.mean([case['iou'] >= 0.25 for case in meant]), abs=1e-4)
    if masks:
        assert found['all: reachable@0.25']['value'] > 0.9


def test_an_oracle_answers_every_command_and_a_mute_rejects_all(said):
    by_text = {sample.text: sample for sample in said.samples}
    names = list(said.candidates)
    overlaps = set_overlaps(list(said.candidates.values()), said.truth.masks,
                            len(said.truth.snapshot))
    ids = {known.id: names[best] for known, best in zip(
        said.truth.known.objects, overlaps.argmax(axis=0), strict=True)}

    def cloud_of(identity):
        found = next(found for found in said.scene.objects if found.id == identity)
        return found.points, found.colors

    def oracle(scene, text, viewpoint):
        sample = by_text[text]
        chosen = tuple(Selection(ids[one], 1.0, *cloud_of(ids[one])) for one in sample.targets)
        return Answer(Outcome.OK if chosen else Outcome.NOT_FOUND, sample.answer_text, chosen, ())

    def mute(scene, text, viewpoint):
        return Answer(Outcome.NOT_FOUND, '', (), ())

    systems = {'oracle': (oracle, ''), 'mute': (mute, '')}
    right, silent = (report.as_json() for report in command_reports([said], systems, {}, rng()))
    assert figures(right)['all: mask mIoU']['value'] > 0.99
    assert figures(right)['there, but rejected']['value'] == 0
    assert figures(silent)['all: Acc@0.25']['value'] == 0
    assert figures(silent)['there, but rejected']['value'] == 1
    for report in (right, silent):
        rejected = figures(report)['not there: rejected']
        assert rejected['value'] == 1 or rejected['count'] == 0
    right, silent = (report.as_json() for report in question_reports([said], systems, {}, rng()))
    for figure in right['figures']:
        assert figure['value'] == 1, figure
    assert all(figure['value'] == 0 for figure in silent['figures']
               if figure['name'].endswith('exact match'))


def test_the_sentences_of_a_scene_do_not_depend_on_the_others(truth):
    one = Sentences('test_phrasing', 10, 7)
    assert one.of(3, truth) == one.of(3, truth)
    assert one.of(3, truth) != one.of(4, truth)
    assert {sample.split for sample in one.of(3, truth)} == {'test_phrasing'}


def test_questions_are_answered(run, generated):
    (report,), _ = run('questions', '--scenes', generated, '--systems', 'ours',
                       '--sentences', 40)
    found = figures(report)
    assert found['counts and yes/no: exact match']['count'] > 0
    assert found['counts and yes/no: exact match']['chance'] >= 0.5


def test_all_leaves_out_what_needs_generated_scenes(monkeypatch, segmenter, recordings, tmp_path,
                                                    capsys):
    monkeypatch.setattr(program, 'Segmenter', lambda settings: segmenter)
    assert program.main([
        'all', '--recordings', str(recordings), '--out', str(tmp_path), '--systems', 'ours',
        '--objects-file', str(recordings / 'objects.json'),
        '--commands-file', str(recordings / 'commands.json')]) == 0
    assert 'naming: left out, it needs --scenes' in capsys.readouterr().out
    assert sorted(folder.name for folder in tmp_path.iterdir()) == [
        'real-commands', 'real-naming', 'tables']


def test_a_box_holds_its_object_without_the_table(recordings):
    scene = load_real_commands(recordings / 'commands.json').scenes[0]
    fused = fuse(scene, recordings)
    masks = box_masks([known.box for known in scene.objects], fused.snapshot)
    for mask, tone in zip(masks, (0, 2), strict=True):
        assert len(mask) > 100
        assert fused.snapshot.points[mask, 2].min() > 0.01
        assert (fused.snapshot.colors[mask].argmax(axis=1) == tone).mean() > 0.95
    # the camera looks along the map's y axis: that is the viewpoint's x axis
    assert fused.map_from_viewpoint[1, 0] == pytest.approx(0.6)
    assert fused.map_from_viewpoint[0, 1] == pytest.approx(-1)


@pytest.mark.parametrize(('arguments', 'code', 'message'), [
    (['naming'], 2, '--scenes is needed'),
    (['tables', '--systems', 'ours,theirs'], 2, 'theirs'),
    (['tables', '--most', '0'], 2, 'at least 1'),
    (['naming', '--scenes', 'nowhere'], 1, 'no generated scenes'),
    (['naming', '--scenes', 'nowhere', '--settings', 'missing.json'], 1, 'missing.json')])
def test_wrong_arguments_are_refused(arguments, code, message, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    try:
        returned = program.main([*arguments, '--out', str(tmp_path / 'out')])
    except SystemExit as stopped:
        returned = stopped.code
    assert returned == code
    assert message in capsys.readouterr().err


def test_a_wrong_file_of_objects_is_refused_by_name(tmp_path):
    path = tmp_path / 'objects.json'
    path.write_text('{"accepted": {}, "tables": {"learn0": {"1": "mug"}}, "scenes": {}}')
    with pytest.raises(ValueError, match=r"objects\.json: learn0: 'mug' is not in"):
        load_real_objects(path)
    path.write_text('[]')
    with pytest.raises(ValueError, match='no table of real objects'):
        load_real_objects(path)
