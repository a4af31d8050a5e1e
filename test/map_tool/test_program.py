"""The program omd3d_map: what it prints, what it writes, how it fails."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omd3d_ros.map_tool.program import main
from omd3d_ros.mapping.map_file import MapContents, save_map

ENDINGS = ('ply', 'pcd', 'las', 'laz', 'png')


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_info_tells_what_is_in_the_file(map_file: Path, capsys: Any) -> None:
    assert main(['info', str(map_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f'{map_file}: map file, version 1, {map_file.stat().st_size} bytes'
    assert lines[1:8] == [
        'map        feedc0de, revision 42',
        'stamp      2023-11-14T22:13:20.123456789Z (1700000000123456789 ns)',
        'voxels     7200 of 0.05 m',
        'bounds     x -1.475 to 1.525, y -1.475 to 1.475, z 0.025 to 3.025 m',
        'keyframes  3 of 8x6 pixels, 720 bytes, from 2023-11-14T22:13:20.123456792Z '
        'to 2023-11-14T22:13:20.123456809Z',
        'objects    2',
        '  instance  label       voxels          centroid (m)            size (m)  id',
    ]
    assert lines[8] == (
        '         0  mug             64    0.10   0.10   0.15  0.20 x 0.20 x 0.20  object-1')
    assert lines[10] == 'settings'
    assert '  voxel_size      0.05' in lines


def test_info_as_json_holds_the_same_and_more(
    map_file: Path, contents: MapContents, capsys: Any
) -> None:
    assert main(['info', '--json', str(map_file)]) == 0
    record = json.loads(capsys.readouterr().out)
    assert record['version'] == 1
    assert record['bytes'] == map_file.stat().st_size
    assert (record['map_id'], record['revision']) == ('feedc0de', 42)
    assert (record['voxels'], record['voxel_size']) == (7200, 0.05)
    assert record['bounds']['min'] == pytest.approx([-1.475, -1.475, 0.025], abs=1e-3)
    assert record['bounds']['max'] == pytest.approx([1.525, 1.475, 3.025], abs=1e-3)
    assert [frame['key'] for frame in record['keyframes']] == [3, 5, 20]
    assert record['keyframes'][0]['stamp_ns'] == contents.keyframes[0].stamp_ns
    assert record['settings'] == contents.settings
    bowl = record['objects'][1]
    assert (bowl['instance'], bowl['id'], bowl['label']) == (1, 'object-7', 'big $ bowl')
    assert (bowl['voxels'], bowl['state'], bowl['observations']) == (64, 'CONFIRMED', 7)
    assert bowl['centroid'] == pytest.approx([0.6, 0.35, 0.15])


def test_info_of_an_empty_map_of_an_older_version(
    map_file: Path, contents: MapContents, capsys: Any
) -> None:
    nothing = {name: getattr(contents.snapshot, name)[:0]
               for name in ('points', 'colors', 'hits', 'frames', 'last_seen')}
    save_map(map_file, MapContents(dataclasses.replace(contents.snapshot, **nothing)))
    assert main(['info', str(map_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[3:] == [
        'voxels     0 of 0.05 m', 'keyframes  0', 'objects    0', 'settings   not in the file']
    for ending in ENDINGS:
        assert main(['export', str(map_file), str(map_file.with_suffix(f'.{ending}'))]) == 1
        assert 'the map is empty' in capsys.readouterr().err
    assert names(map_file.parent) == ['room.omd3d']


def test_nothing_in_a_file_reaches_the_terminal_as_a_command(
    map_file: Path, contents: MapContents, capsys: Any
) -> None:
    evil = '\x1b[31mred\ud800\r\n'
    record = {**contents.objects[0].record, 'labels': [evil, 'b']}
    thing = dataclasses.replace(contents.objects[0], id=evil, record=record)
    snapshot = dataclasses.replace(contents.snapshot, map_id=evil)
    save_map(map_file, MapContents(snapshot, (), (thing,), settings={evil: evil}))
    assert main(['info', str(map_file)]) == 0
    out = capsys.readouterr().out
    assert '\x1b' not in out
    assert '\r' not in out
    assert out.count('�[31mred���') == 5
    assert main(['info', '--json', str(map_file)]) == 0
    assert json.loads(capsys.readouterr().out)['map_id'] == evil


@pytest.mark.parametrize('task', [['info'], ['export', 'out.ply'], ['export', 'out.png'],
                                  ['export', '--keyframes', 'folder']])
def test_files_that_are_no_map_are_named_and_nothing_is_written(
    map_file: Path, capsys: Any, monkeypatch: Any, task: list[str]
) -> None:
    folder = map_file.parent
    monkeypatch.chdir(folder)
    whole = map_file.read_bytes()
    (folder / 'out.ply').write_bytes(b'old')
    (folder / 'cut').write_bytes(whole[:-1])
    (folder / 'damaged').write_bytes(whole[:5000] + b'?' + whole[5001:])
    (folder / 'foreign').write_bytes(b'PK\3\4' + whole)
    before = names(folder)
    for name, said in (
        ('missing', 'cannot be read: No such file or directory'), ('.', 'is not a file'),
        ('cut', 'is cut short or damaged'), ('damaged', 'is damaged: its checksum'),
        ('foreign', 'is not a map file'),
    ):
        assert main([task[0], name, *task[1:]]) == 1
        captured = capsys.readouterr()
        assert captured.out == ''
        assert captured.err.startswith(f'omd3d_map: {name}: {said}')
        assert captured.err.count('\n') == 1
    assert names(folder) == before
    assert (folder / 'out.ply').read_bytes() == b'old'


def test_an_object_that_the_node_would_refuse_is_named(
    map_file: Path, contents: MapContents, capsys: Any
) -> None:
    broken = dataclasses.replace(contents.objects[0], record={'labels': []})
    save_map(map_file, dataclasses.replace(contents, objects=(broken,)))
    assert main(['info', str(map_file)]) == 1
    assert "object 'object-1' in the map file is unusable" in capsys.readouterr().err


@pytest.mark.parametrize(('arguments', 'said'), [
    ([], 'task'), (['info'], 'file'), (['export', 'MAP'], 'out --keyframes'),
    (['export', 'MAP', 'out.txt'], r'out.txt: must end in .ply, .pcd, .las, .laz, .png'),
    (['export', 'MAP', 'out.ply', '--keyframes', 'x'], 'not allowed'),
    (['export', 'MAP', '--objects', '--keyframes', 'x'], 'one at a time'),
    (['export', 'SAME', 'SAME'], 'is the map file itself'), (['draw', 'MAP'], 'draw'),
])
def test_wrong_arguments_are_told_with_exit_code_2(
    map_file: Path, capsys: Any, arguments: list[str], said: str
) -> None:
    same = map_file.with_suffix('.ply')
    same.write_bytes(map_file.read_bytes())
    before = names(map_file.parent)
    paths = {'MAP': str(map_file), 'SAME': str(same)}
    with pytest.raises(SystemExit) as raised:
        main([paths.get(argument, argument) for argument in arguments])
    assert raised.value.code == 2
    assert said in capsys.readouterr().err
    assert same.read_bytes() == map_file.read_bytes()
    assert names(map_file.parent) == before


@pytest.mark.parametrize('ending', ENDINGS)
def test_a_place_that_cannot_be_written_is_named_and_left_alone(
    map_file: Path, capsys: Any, ending: str
) -> None:
    folder = map_file.parent
    assert main(['export', str(map_file), str(folder / 'no' / f'x.{ending}')]) == 1
    assert capsys.readouterr().err.endswith(f'no/x.{ending}: No such file or directory\n')
    (folder / f'y.{ending}').mkdir()
    assert main(['export', str(map_file), str(folder / f'y.{ending}')]) == 1
    assert capsys.readouterr().err.endswith(f'y.{ending}: is a folder\n')
    assert names(folder) == ['room.omd3d', f'y.{ending}']
    assert names(folder / f'y.{ending}') == []


@pytest.mark.parametrize('ending', ENDINGS)
def test_a_disk_without_room_leaves_the_old_file_and_no_rubbish(
    map_file: Path, ending: str
) -> None:
    """The limit on the size of files stands for the disk."""
    out = map_file.with_suffix(f'.{ending}')
    out.write_bytes(b'old')
    code = (
        'import resource, sys\n'
        'from omd3d_ros.map_tool.program import main\n'
        'resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n'
        f'sys.exit(main(["export", {str(map_file)!r}, {str(out)!r}]))')
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    assert f'omd3d_map: {out}: ' in done.stderr
    assert 'Traceback' not in done.stderr
    assert out.read_bytes() == b'old'
    assert names(map_file.parent) == sorted(['room.omd3d', out.name])


WITHOUT_ROS = """
import sys
for name in ('rclpy', 'std_msgs', 'torch', 'transformers'):
    sys.modules[name] = None
from omd3d_ros.map_tool.program import main
code = main({arguments!r})
loaded = [name for name in ('open3d', 'laspy', 'matplotlib', 'PIL') if name in sys.modules]
loaded += [name for name in sys.modules if name.startswith('omd3d_ros.') and
           name.split('.')[1] in ('ros', 'msg', 'srv', 'action')]
print(code, loaded)
"""


@pytest.mark.parametrize(('out', 'loaded'), [
    (None, []), ('x.ply', ['open3d']), ('x.laz', ['laspy']), ('x.png', ['matplotlib', 'PIL']),
])
def test_it_works_without_ros_and_loads_only_what_it_needs(
    map_file: Path, out: str | None, loaded: list[str]
) -> None:
    arguments = (['info', str(map_file)] if out is None else
                 ['export', str(map_file), str(map_file.with_name(out))])
    done = subprocess.run(
        [sys.executable, '-c', WITHOUT_ROS.format(arguments=arguments)],
        capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    code, found = done.stdout.splitlines()[-1].split(' ', 1)
    assert code == '0'
    if 'open3d' in loaded:   # it brings others along
        assert 'open3d' in found
        assert 'omd3d_ros' not in found
    else:
        assert found == str(loaded)
