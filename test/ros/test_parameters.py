from pathlib import Path

import pytest
import yaml

from omd3d_ros.ros.parameters import Settings, build_settings, parameters, yaml_text

CONFIG = Path(__file__).resolve().parents[2] / 'config' / 'omd3d.yaml'


def flat(tree, prefix=''):
    for name, value in tree.items():
        if isinstance(value, dict):
            yield from flat(value, f'{prefix}{name}.')
        else:
            yield f'{prefix}{name}', value


def test_the_shipped_file_is_the_one_that_the_settings_give():
    assert CONFIG.read_text() == yaml_text()


def test_the_shipped_file_holds_every_parameter_with_its_default():
    stored = dict(flat(yaml.safe_load(yaml_text())['/**']['ros__parameters']))
    assert stored == {parameter.name: parameter.default for parameter in parameters()}
    assert build_settings(stored) == Settings()


def test_the_parameters_of_the_interface_exist():
    names = {parameter.name for parameter in parameters()}
    assert names >= {
        'map_frame', 'voxel_size', 'input', 'autostart', 'command_deadline', 'max_map_bytes',
        'map_decay_time', 'min_range', 'max_range', 'perception_period', 'viewpoint_frame'}
    assert any(name.startswith('model.') for name in names)
    assert Settings().node.map_frame == 'map'
    assert Settings().map.voxel_size == 0.02


def test_every_parameter_is_described():
    for parameter in parameters():
        assert parameter.field.metadata['doc'], parameter.name


def test_values_reach_their_settings():
    settings = build_settings(
        {'voxel_size': 0.05, 'model.reasoner.confidence': 0.7, 'input': 'rgbd'})
    assert settings.map.voxel_size == 0.05
    assert settings.segmenter.reasoner.confidence == 0.7
    assert settings.node.input == 'rgbd'


@pytest.mark.parametrize(('name', 'value'), [
    ('voxel_sise', 0.05), ('voxel_size', 7.0), ('voxel_size', 'small'), ('input', 'smell'),
    ('map_frame', '/'), ('odom_frame', '/map'), ('model.reasoner.found', 2.0)])
def test_a_wrong_value_or_name_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=name.rsplit('.', maxsplit=1)[-1]):
        build_settings({name: value})
