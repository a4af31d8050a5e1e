"""Map files: whole, or refused with the old ones left alone."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping import map_file
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.keyframes import Keyframe
from omd3d_ros.mapping.map_file import (
    MapContents,
    MapFileError,
    StoredObject,
    load_map,
    save_map,
)
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.mapping.voxel_map import VoxelMap

HEADER = 52


def contents(seed: int = 0) -> MapContents:
    rng = np.random.default_rng(seed)
    camera = PinholeCamera(32, 24, 30.0, 31.0, 15.5, 11.5)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
    frames = []
    for index in range(3):
        depth = rng.uniform(1, 2, (24, 32)).astype(np.float32)
        color = rng.integers(0, 256, (24, 32, 3), np.uint8)
        pose = np.eye(4)
        pose[0, 3] = index
        voxel_map.integrate_depth(depth, color, camera, pose, 1000 + index)
        frames.append(Keyframe(index, 1000 + index, color, (depth * 1000).astype(np.uint16),
                               camera, pose))
    stored = StoredObject(
        'mug-1', rng.normal(size=(7, 3)).astype(np.float32),
        rng.integers(0, 256, (7, 3), np.uint8), {'labels': ['mug', 'Becher ☕'], 'score': 0.25},
    )
    return MapContents(voxel_map.snapshot(), tuple(frames), (stored,))


def assert_equal(first: MapContents, second: MapContents) -> None:
    for name in MapSnapshot.__dataclass_fields__:
        np.testing.assert_array_equal(
            getattr(first.snapshot, name), getattr(second.snapshot, name), err_msg=name
        )
    assert len(first.keyframes) == len(second.keyframes)
    for one, two in zip(first.keyframes, second.keyframes, strict=True):
        assert (one.key, one.stamp_ns, one.camera) == (two.key, two.stamp_ns, two.camera)
        for name in ('color', 'depth', 'map_from_camera'):
            np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
    assert len(first.objects) == len(second.objects)
    for before, after in zip(first.objects, second.objects, strict=True):
        assert (before.id, before.record) == (after.id, after.record)
        np.testing.assert_array_equal(before.points, after.points)
        np.testing.assert_array_equal(before.colors, after.colors)


def only_file(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def wrapped(payload: bytes) -> bytes:
    """A payload behind a header that fits it."""
    return struct.pack('<8sIQ32s', b'OMD3DMAP', 1, len(payload), hashlib.sha256(payload).digest()
                       ) + payload


def test_what_is_saved_is_loaded_and_can_become_the_map(tmp_path: Path) -> None:
    saved = contents()
    path = tmp_path / 'room.omd3d'
    save_map(path, saved)
    loaded = load_map(str(path))
    assert_equal(saved, loaded)
    voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
    voxel_map.restore(loaded.snapshot)
    assert voxel_map.voxel_count == len(saved.snapshot)
    assert voxel_map.map_id == saved.snapshot.map_id
    assert only_file(tmp_path) == ['room.omd3d']


def test_an_empty_map_is_saved_and_loaded(tmp_path: Path) -> None:
    empty = MapContents(VoxelMap(MapSettings()).snapshot())
    save_map(tmp_path / 'empty', empty)
    assert_equal(empty, load_map(tmp_path / 'empty'))


def test_saving_replaces_the_file_that_was_there(tmp_path: Path) -> None:
    save_map(tmp_path / 'map', contents(0))
    save_map(tmp_path / 'map', contents(1))
    assert_equal(contents_like(tmp_path / 'map', 1), load_map(tmp_path / 'map'))
    assert only_file(tmp_path) == ['map']


def contents_like(path: Path, seed: int) -> MapContents:
    """The contents of a seed under the map_id that the file has: ids are random."""
    import dataclasses

    expected = contents(seed)
    map_id = load_map(path).snapshot.map_id
    snapshot = dataclasses.replace(expected.snapshot, map_id=map_id)
    return dataclasses.replace(expected, snapshot=snapshot)


@pytest.mark.parametrize('call', ['fsync', 'replace'])
def test_a_failure_while_saving_leaves_the_old_file_and_no_rubbish(
    tmp_path: Path, monkeypatch: Any, call: str
) -> None:
    path = tmp_path / 'map'
    save_map(path, contents())
    before = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr(*((os, 'fsync') if call == 'fsync' else (Path, 'replace')), fail)
    with pytest.raises(MapFileError, match='No space left'):
        save_map(path, contents(1))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert only_file(tmp_path) == ['map']


def test_records_that_are_not_json_are_refused_before_anything_is_written(
    tmp_path: Path
) -> None:
    points, colors = np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8)
    for record in ({'a': object()}, {'a': float('nan')}):
        stored = StoredObject('x', points, colors, record)
        with pytest.raises(ValueError, match='JSON'):
            save_map(tmp_path / 'map', MapContents(contents().snapshot, (), (stored,)))
    assert only_file(tmp_path) == []


def test_places_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(MapFileError, match='is a folder'):
        save_map(tmp_path, contents())
    with pytest.raises(MapFileError, match='missing'):
        save_map(tmp_path / 'missing' / 'map', contents())
    with pytest.raises(MapFileError, match='folder'):
        save_map('', contents())


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


@pytest.fixture(scope='module')
def good(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp('maps')
    save_map(folder / 'good', contents())
    return folder, (folder / 'good').read_bytes()


def test_a_newer_version_is_named(good: tuple[Path, bytes]) -> None:
    folder, data = good
    (folder / 'newer').write_bytes(data[:8] + struct.pack('<I', 2) + data[12:])
    with pytest.raises(MapFileError, match='has version 2'):
        load_map(folder / 'newer')


def sections(data: bytes) -> list[int]:
    """Positions in every part: magic, version, length, checksum, and each member's parts."""
    positions = [0, 7, 8, 11, 12, 19, 20, 51]
    with zipfile.ZipFile(io.BytesIO(data[HEADER:])) as archive:
        for member in archive.infolist():
            start = HEADER + member.header_offset
            positions += [start, start + 14, start + 30, start + 60 + member.file_size // 2]
        positions += [HEADER + archive.start_dir, len(data) - 22, len(data) - 1]
    return positions


def test_a_flipped_bit_in_any_section_is_found(good: tuple[Path, bytes]) -> None:
    folder, data = good
    for position in sections(data):
        for bit in (0, 7):
            damaged = bytearray(data)
            damaged[position] ^= 1 << bit
            (folder / 'damaged').write_bytes(damaged)
            with pytest.raises(MapFileError, match='damaged'):
                load_map(folder / 'damaged')


@given(fraction=st.floats(0, 1, exclude_max=True), extra=st.booleans())
@settings(max_examples=60, deadline=None)
def test_a_file_of_another_length_is_refused(
    good: tuple[Path, bytes], fraction: float, extra: bool
) -> None:
    folder, data = good
    cut = data + b'x' * (1 + int(fraction * 100)) if extra else data[: int(fraction * len(data))]
    (folder / 'cut').write_bytes(cut)
    with pytest.raises(MapFileError, match='cut'):
        load_map(folder / 'cut')


def test_contents_that_contradict_each_other_are_refused_whatever_the_checksum(
    tmp_path: Path
) -> None:
    with zipfile.ZipFile(io.BytesIO(map_file._packed(contents()))) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    short = io.BytesIO()
    np.save(short, np.zeros((2, 3), np.uint8))
    pickled = io.BytesIO()
    np.save(pickled, np.array([{}], object), allow_pickle=True)
    meta = members['meta.npy']
    broken = [
        {'meta.npy': b''},
        {'meta.npy': meta.replace(b'"map_id"', b'"mop_id"')},
        {'meta.npy': meta.replace(b'"voxel_size": 0.05', b'"voxel_size": -.05')},
        {'meta.npy': meta.replace(b'"width": 32', b'"width": 33')},
        {'snapshot_points.npy': short.getvalue()},
        {'snapshot_colors.npy': pickled.getvalue()},
        {'object_0_points.npy': short.getvalue()},
        {'keyframe_1_pose.npy': members['snapshot_hits.npy']},
    ]
    for change in broken:
        assert any(members[name] != value for name, value in change.items())
        (tmp_path / 'map').write_bytes(wrapped(zipped({**members, **change})))
        with pytest.raises(MapFileError, match='not a map'):
            load_map(tmp_path / 'map')
    (tmp_path / 'map').write_bytes(wrapped(zipped(members, zipfile.ZIP_DEFLATED)))
    with pytest.raises(MapFileError, match='compressed'):
        load_map(tmp_path / 'map')
    (tmp_path / 'map').write_bytes(wrapped(zipped(members)))
    load_map(tmp_path / 'map')


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', method) as archive:
        for name, value in members.items():
            archive.writestr(name, value)
    return buffer.getvalue()
