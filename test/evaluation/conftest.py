"""A tiny generated scene, a tiny real table and the untrained segmenter, once for all rows."""

import json

import numpy as np
import pytest


@pytest.fixture(scope='session')
def segmenter():
    from omd3d_ros.segmentation.segmenter import Segmenter
    from omd3d_ros.segmentation.segmenter_settings import from_mapping
    return Segmenter(from_mapping({
        'threads': 1, 'detector': {'enabled': False}, 'appearance': {'namer': 'words'},
        'reasoner': {'trained': False}}))


@pytest.fixture(scope='session')
def generated(tmp_path_factory):
    """A folder with one small generated table."""
    from omd3d_ros.synthetic.model_shelf import ModelShelf, own_entries
    from omd3d_ros.synthetic.scene_file import save_scene
    from omd3d_ros.synthetic.scene_maker import make_scene
    folder = tmp_path_factory.mktemp('generated')
    scene = make_scene(ModelShelf(own_entries(), 'test'), 'tables', 3, 1, 'test')
    save_scene(scene, folder / 'test_tables_3_000001')
    return folder


def _box(low, high, step=0.002):
    """Points of the top and the near side of a box, in a level frame, metres."""
    x, y = (np.arange(low[i], high[i], step) for i in (0, 1))
    z = np.arange(low[2], high[2], step)
    top = np.stack(np.meshgrid(x, y, [high[2]]), -1).reshape(-1, 3)
    side = np.stack(np.meshgrid(x, [low[1]], z), -1).reshape(-1, 3)
    return np.concatenate([top, side])


@pytest.fixture(scope='session')
def recordings(tmp_path_factory):
    """A folder like that of the real recordings: a table with a red and a blue box.

    The camera looks down steeply from 0.8 m; object 1 is the red box, 2 the blue one. Beside it
    commands.json and objects.json.
    """
    folder = tmp_path_factory.mktemp('recordings')
    (folder / 'real' / 'mosd').mkdir(parents=True)
    x, y = np.meshgrid(np.arange(-0.4, 0.4, 0.002), np.arange(-0.25, 0.35, 0.002))
    table = np.stack([x, y, np.zeros_like(x)], -1).reshape(-1, 3)
    red = _box((-0.2, 0.0, 0.0), (-0.06, 0.1, 0.12))
    blue = _box((0.08, 0.02, 0.0), (0.2, 0.12, 0.2))
    covered = ((table[:, 0] > -0.2) & (table[:, 0] < -0.06) & (table[:, 1] > 0)
               & (table[:, 1] < 0.1))
    covered |= ((table[:, 0] > 0.08) & (table[:, 0] < 0.2) & (table[:, 1] > 0.02)
                & (table[:, 1] < 0.12))
    parts = [table[~covered], red, blue]
    tones = [(200, 180, 150), (200, 30, 30), (40, 60, 200)]
    level = np.concatenate(parts)
    down = np.array([0.0, 0.6, -0.8])  # optical axis: 53 degrees down
    map_from_camera = np.eye(4)
    map_from_camera[:3, :3] = np.stack([[1.0, 0, 0], np.cross(down, [1.0, 0, 0]), down], axis=1)
    map_from_camera[:3, 3] = [0.0, -0.55, 0.8]
    camera = (level - map_from_camera[:3, 3]) @ map_from_camera[:3, :3]
    np.savez(
        folder / 'real' / 'mosd' / 'learn0.npz',
        xyz_half_mm=np.rint(camera / 0.0005).astype(np.int16),
        rgb=np.concatenate([np.full((len(part), 3), tone, np.uint8)
                            for part, tone in zip(parts, tones, strict=True)]),
        inst=np.repeat([0, 1, 2], [len(part) for part in parts]).astype(np.int16))
    box = {'synonyms': [], 'yaw': 0.0}
    scene = {
        'name': 'two boxes', 'source': 'real/mosd/learn0.npz', 'format': 'cloud',
        'camera': {'width': 640, 'height': 480, 'fx': 525, 'fy': 525, 'cx': 319.5, 'cy': 239.5},
        'voxel_size': 0.01, 'map_from_recording': map_from_camera.tolist(),
        'objects': [
            {**box, 'name': 'red box', 'center': [-0.13, 0.05, 0.06], 'size': [0.14, 0.1, 0.12]},
            {**box, 'name': 'blue box', 'center': [0.14, 0.07, 0.1], 'size': [0.12, 0.1, 0.2]}]}
    said = [('explicit', 'Bring me a box.', ['red box', 'blue box']),
            ('plural', 'Bring me both boxes.', ['red box', 'blue box']),
            ('not_there', 'Feed the elephant.', [])]
    (folder / 'commands.json').write_text(json.dumps({'scenes': [scene], 'commands': [
        {'scene': 'two boxes', 'kind': kind, 'text': text, 'targets': targets}
        for kind, text, targets in said]}))
    (folder / 'objects.json').write_text(json.dumps({
        'accepted': {'box': ['packet']}, 'tables': {'learn0': {'1': 'box', '2': 'box'}},
        'scenes': {'two boxes': {'red box': 'box'}}}))
    return folder
