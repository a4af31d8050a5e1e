"""Map files: whole, or refused with the old ones left alone."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omd3d_ros.mapping import map_file
from omd3d_ros.mapping.map_file import (
    MapContents,
    MapFileError,
    StoredObject,
    load_map,
    save_map,
)
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Making = Callable[..., MapContents]
Comparing = Callable[[MapContents, MapContents], None]


def only_file(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_saved_is_loaded_and_can_become_the_map(
    tmp_path: Path, map_contents: Making, same_contents: Comparing
) -> None:
    saved = map_contents()
    path = tmp_path / 'room.omd3d'
    save_map(path, saved)
    loaded = load_map(str(path))
    same_contents(saved, loaded)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
    voxel_map.restore(loaded.snapshot)
    assert voxel_map.voxel_count == len(saved.snapshot)
    assert voxel_map.map_id == saved.snapshot.map_id
    assert only_file(tmp_path) == ['room.omd3d']


def test_a_file_from_before_settings_were_kept_is_loaded_without_them(
    tmp_path: Path, map_contents: Making, same_contents: Comparing, monkeypatch: Any
) -> None:
    saved = map_contents()
    assert saved.settings
    pack = map_file.pack_arrays

    def pack_without(arrays: dict[str, Any]) -> memoryview:
        meta = json.loads(arrays['meta'].tobytes())
        del meta['settings']
        return pack({**arrays, 'meta': np.frombuffer(json.dumps(meta).encode(), np.uint8)})

    monkeypatch.setattr(map_file, 'pack_arrays', pack_without)
    save_map(tmp_path / 'old', saved)
    same_contents(dataclasses.replace(saved, settings={}), load_map(tmp_path / 'old'))


def test_an_empty_map_is_saved_and_loaded(tmp_path: Path, same_contents: Comparing) -> None:
    empty = MapContents(VoxelMap(MapSettings()).snapshot())
    save_map(tmp_path / 'empty', empty)
    same_contents(empty, load_map(tmp_path / 'empty'))


def test_saving_replaces_the_file_that_was_there(
    tmp_path: Path, map_contents: Making, same_contents: Comparing
) -> None:
    save_map(tmp_path / 'map', map_contents(0))
    save_map(tmp_path / 'map', map_contents(1))
    same_contents(map_contents(1), load_map(tmp_path / 'map'))
    assert only_file(tmp_path) == ['map']


@pytest.mark.parametrize('call', ['fsync', 'replace'])
def test_a_failure_while_saving_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: Any, call: str, map_contents: Making
) -> None:
    path = tmp_path / 'map'
    save_map(path, map_contents())
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(*((os, 'fsync') if call == 'fsync' else (Path, 'replace')), fail)
    with pytest.raises(MapFileError, match='No space left'):
        save_map(path, map_contents(1))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert only_file(tmp_path) == ['map']


def test_records_that_are_not_json_are_refused_before_anything_is_written(
    tmp_path: Path, map_contents: Making
) -> None:
    points, colors = np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8)
    snapshot = map_contents().snapshot
    for record in ({'a': object()}, {'a': float('nan')}):
        stored = StoredObject('x', points, colors, record)
        for refused in (MapContents(snapshot, (), (stored,)),
                        MapContents(snapshot, settings=record)):
            with pytest.raises(ValueError, match='JSON'):
                save_map(tmp_path / 'map', refused)
    assert only_file(tmp_path) == []


def test_places_that_cannot_be_written_are_named(tmp_path: Path, map_contents: Making) -> None:
    with pytest.raises(MapFileError, match='is a folder'):
        save_map(tmp_path, map_contents())
    with pytest.raises(MapFileError, match='missing'):
        save_map(tmp_path / 'missing' / 'map', map_contents())
    with pytest.raises(MapFileError, match='folder'):
        save_map('', map_contents())
    os.mkfifo(tmp_path / 'fifo')
    with pytest.raises(MapFileError, match='fifo: cannot be written: is not a file'):
        save_map(tmp_path / 'fifo', map_contents())
    assert only_file(tmp_path) == ['fifo']


def test_places_that_hold_no_map_are_named(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / 'fifo')
    (tmp_path / 'empty').touch()
    (tmp_path / 'text').write_text('# not a map\n' * 50)
    with (tmp_path / 'foreign.npz').open('wb') as file:
        np.savez(file, points=np.zeros(3))
    for name, said in (
        ('nothing', 'No such file'), ('', 'not a file'), ('fifo', 'not a file'),
        ('empty', 'not a map'), ('text', 'not a map'), ('foreign.npz', 'not a map'),
    ):
        with pytest.raises(MapFileError, match=said):
            load_map(tmp_path / name)




@pytest.fixture
def tiny_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 256 KiB."""
    folder = tmp_path / 'tiny'
    folder.mkdir()
    mount = ['mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', str(folder)]
    if shutil.which('mount') is None or subprocess.run(
            mount, capture_output=True, check=False).returncode:
        pytest.skip('a file system can be mounted by root only')
    yield folder
    subprocess.run(['umount', str(folder)], check=True)


def test_a_full_disk_leaves_the_old_file_and_no_rubbish(
    tiny_disk: Path, map_contents: Making
) -> None:
    path = tiny_disk / 'map'
    save_map(path, map_contents())
    before = path.read_bytes()
    (tiny_disk / 'ballast').write_bytes(bytes((256 << 10) - len(before) - (20 << 10)))
    with pytest.raises(MapFileError, match='map: cannot be written: No space left'):
        save_map(path, map_contents(1))
    assert path.read_bytes() == before
    assert only_file(tiny_disk) == ['ballast', 'map']


def test_a_limit_on_the_size_of_files_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, map_contents: Making
) -> None:
    path = tmp_path / 'map'
    save_map(path, map_contents())
    before = path.read_bytes()
    code = f"""
import resource
from omd3d_ros.mapping.map_file import MapFileError, load_map, save_map
contents = load_map({str(path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, ({len(before) // 2}, {len(before) // 2}))
try:
    save_map({str(path)!r}, contents)
except MapFileError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=False)
    assert done.stdout == f'{path}: cannot be written: File too large\n', done.stderr
    assert path.read_bytes() == before
    assert only_file(tmp_path) == ['map']


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Give up root's right to everything for a while."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


def test_places_without_permission_are_named_and_left_alone(map_contents: Making) -> None:
    with tempfile.TemporaryDirectory() as name:   # pytest's own folders are closed to others
        path = Path(name) / 'map'
        save_map(path, map_contents())
        before = path.read_bytes()
        path.chmod(0)
        Path(name).chmod(0o555)
        with unprivileged():
            with pytest.raises(MapFileError, match='map: cannot be read: Permission denied'):
                load_map(path)
            with pytest.raises(MapFileError, match='map: cannot be written: Permission denied'):
                save_map(path, map_contents(1))
        Path(name).chmod(0o755)
        path.chmod(0o600)
        assert path.read_bytes() == before
        assert only_file(Path(name)) == ['map']
