"""Damaged map files: refused in words, whatever is damaged, even under a fitting checksum."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omd3d_ros.mapping import map_file
from omd3d_ros.mapping.map_file import MapContents, MapFileError, load_map, save_map
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

Comparing = Callable[[MapContents, MapContents], None]
Parts = dict[str, list[range]]

HEADER = 52
LOCAL, CENTRAL, END = 30, 46, 22   # bytes of the fixed parts of a zip file's headers
MOST_BYTES = 1 << 20               # that loading a damaged file of 60 KB may take


def wrapped(payload: bytes) -> bytes:
    """A payload behind a header that fits it."""
    return struct.pack('<8sIQ32s', b'OMD3DMAP', 1, len(payload), hashlib.sha256(payload).digest()
                       ) + payload


def parts_of(data: bytes) -> Parts:
    """Where the parts of a file are: its header, each zip and npy header, data, the ends."""
    parts: Parts = {'magic': [range(8)], 'version': [range(8, 12)], 'length': [range(12, 20)],
                    'digest': [range(20, HEADER)]}

    def add(name: str, start: int, length: int) -> int:
        parts.setdefault(name, []).append(range(start, start + length))
        return start + length

    with zipfile.ZipFile(io.BytesIO(data[HEADER:])) as archive:
        members, at = archive.infolist(), HEADER + archive.start_dir
    for member in members:
        start = HEADER + member.header_offset
        name, extra = struct.unpack('<HH', data[start + 26 : start + LOCAL])
        start = add('local header', start, LOCAL)
        start = add('local extra', add('local name', start, name), extra)
        header = struct.unpack('<H', data[start + 8 : start + 10])[0]
        data_start = add('npy header', add('npy magic', start, 10), header)
        add(f'data of {member.filename}', data_start, member.file_size - 10 - header)
    for _ in members:
        name, extra, comment = struct.unpack('<HHH', data[at + 28 : at + 34])
        at = add('central name', add('central header', at, CENTRAL), name + extra + comment)
    assert add('end record', at, END) == len(data)
    assert sum(len(each) for ranges in parts.values() for each in ranges) == len(data)
    return parts


@pytest.fixture(scope='module')
def good(
    tmp_path_factory: pytest.TempPathFactory, map_contents: Callable[..., MapContents]
) -> tuple[Path, bytes]:
    folder = tmp_path_factory.mktemp('maps')
    save_map(folder / 'good', map_contents())
    return folder, (folder / 'good').read_bytes()


def test_a_newer_version_is_named(good: tuple[Path, bytes]) -> None:
    folder, data = good
    (folder / 'newer').write_bytes(data[:8] + struct.pack('<I', 2) + data[12:])
    with pytest.raises(MapFileError, match='has version 2'):
        load_map(folder / 'newer')


def test_a_flipped_bit_in_any_part_is_found(good: tuple[Path, bytes]) -> None:
    folder, data = good
    for name, ranges in parts_of(data).items():
        for place in (p for each in ranges for p in (each[0], each[len(each) // 2], each[-1])):
            for bit in (0, 7):
                damaged = bytearray(data)
                damaged[place] ^= 1 << bit
                (folder / 'flipped').write_bytes(damaged)
                said = {'magic': 'is not a map file', 'version': 'has version'}.get(name, 'damaged')
                with pytest.raises(MapFileError, match=f'flipped: .*{said}'):
                    load_map(folder / 'flipped')


def test_a_file_cut_in_any_part_or_with_more_behind_it_is_refused(
    good: tuple[Path, bytes]
) -> None:
    folder, data = good
    for name, ranges in parts_of(data).items():
        for place in (p for each in ranges for p in (each[0], each[len(each) // 2], each[-1])):
            (folder / 'cut').write_bytes(data[:place])
            said = 'is not a map file' if name == 'magic' else 'is cut short'
            with pytest.raises(MapFileError, match=f'cut: {said}'):
                load_map(folder / 'cut')
    for tail in (b'\0', b'x' * 100, data):
        (folder / 'cut').write_bytes(data + tail)
        with pytest.raises(MapFileError, match='cut short or damaged'):
            load_map(folder / 'cut')


def check_refused_or_valid(path: Path, content: bytes, same: Comparing) -> bool:
    """Load a damaged file; return whether it was taken, and then check that it is a map."""
    path.write_bytes(content)
    tracemalloc.start()
    try:
        loaded = load_map(path)
    except MapFileError as error:
        assert str(error).startswith(f'{path}: ')   # noqa: PT017
        return False
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < MOST_BYTES
    if loaded.snapshot.voxel_size == 0.05:
        voxel_map = VoxelMap(MapSettings(voxel_size=0.05))
        voxel_map.restore(loaded.snapshot)
        assert voxel_map.voxel_count == len(loaded.snapshot)
    save_map(path, loaded)
    same(loaded, load_map(path))
    return True


def test_damage_under_a_fitting_checksum_is_refused_or_gives_a_map(
    good: tuple[Path, bytes], same_contents: Comparing
) -> None:
    folder, data = good
    rng = np.random.default_rng(0)
    taken = {}
    for name, ranges in parts_of(data).items():
        if ranges[0].start < HEADER:
            continue
        places = np.concatenate([np.array(each) for each in ranges])
        most = 20 if name.startswith('data of') else 120
        chosen = rng.choice(places, min(len(places), most), replace=False)
        taken[name] = [
            check_refused_or_valid(
                folder / 'sealed', wrapped(damaged_at(data, int(place), rng)), same_contents)
            for place in chosen]
    # a checksum of the archive's own stands behind the data, but not behind its file dates
    assert not any(any(each) for name, each in taken.items() if name.startswith('data of'))
    assert any(taken['local header'])
    assert not all(taken['local header'])


def damaged_at(data: bytes, place: int, rng: np.random.Generator) -> bytes:
    """The payload of a file with something wrong at a place: bits, bytes, a gap, or a cut."""
    payload, place = bytearray(data[HEADER:]), place - HEADER
    kind = rng.integers(6)
    if kind <= 1:
        payload[place] ^= 1 << int(rng.integers(8))
    elif kind == 2:
        payload[place : place + 4] = b'\xff' * len(payload[place : place + 4])
    elif kind == 3:
        payload[place : place + 8] = rng.bytes(len(payload[place : place + 8]))
    elif kind == 4:
        del payload[place : place + int(rng.integers(1, 9))]
    else:
        payload = payload[:place] if rng.integers(2) else payload[:place] + payload[place - 7 :]
    return bytes(payload)


@pytest.fixture(scope='module')
def members(map_contents: Callable[..., MapContents]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(map_file._packed(map_contents()))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@given(draw=st.data())
@settings(max_examples=300, deadline=None)
def test_arrays_that_are_damaged_before_they_are_packed_are_refused_or_give_a_map(
    good: tuple[Path, bytes], members: dict[str, bytes], same_contents: Comparing,
    draw: st.DataObject,
) -> None:
    name = draw.draw(st.sampled_from(sorted(members)))
    value = bytearray(members[name])
    place = draw.draw(st.integers(0, min(len(value), 400) - 1))
    for offset, byte in enumerate(draw.draw(st.binary(min_size=1, max_size=8))):
        if place + offset < len(value):
            value[place + offset] = byte
    check_refused_or_valid(
        good[0] / 'packed', wrapped(zipped({**members, name: bytes(value)})), same_contents)


def array_bytes(array: Any, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


def with_meta(members: dict[str, bytes], **changes: Any) -> dict[str, bytes]:
    """The member meta with other values."""
    meta = json.loads(np.load(io.BytesIO(members['meta.npy'])).tobytes())
    text = json.dumps({**meta, **changes})
    return {'meta.npy': array_bytes(np.frombuffer(text.encode(), np.uint8))}


def test_contents_that_contradict_each_other_are_refused_whatever_the_checksum(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    short = array_bytes(np.zeros((2, 3), np.uint8))
    pickled = array_bytes(np.array([{}], object), allow_pickle=True)
    meta = members['meta.npy']
    stored = json.loads(np.load(io.BytesIO(meta)).tobytes())
    deep = np.frombuffer(b'[' * 100_000, np.uint8)
    points = np.load(io.BytesIO(members['object_0_points.npy']))
    points[3, 1] = np.nan
    twice = np.load(io.BytesIO(members['snapshot_points.npy']))
    twice[7] = twice[-1]
    last_seen = np.load(io.BytesIO(members['snapshot_last_seen.npy']))
    last_seen[0] = 1 << 62
    broken = [
        {'meta.npy': b''},
        {'meta.npy': array_bytes(deep)},
        {'meta.npy': meta.replace(b'"map_id"', b'"mop_id"')},
        {'meta.npy': meta.replace(b'"voxel_size": 0.05', b'"voxel_size": -.05')},
        {'meta.npy': meta.replace(b'"voxel_size": 0.05', b'"voxel_size": 1e99')},
        {'meta.npy': meta.replace(b'"voxel_size": 0.05', b'"voxel_size": NaN ')},
        {'meta.npy': meta.replace(b'"width": 32', b'"width": 33')},
        {'meta.npy': meta.replace(b'"width": 32', b'"width": 3.')},
        {'snapshot_points.npy': short},
        {'snapshot_points.npy': array_bytes(twice)},
        {'snapshot_last_seen.npy': array_bytes(last_seen)},
        {'snapshot_colors.npy': pickled},
        {'object_0_points.npy': short},
        {'object_0_points.npy': array_bytes(points)},
        {'keyframe_1_pose.npy': members['snapshot_hits.npy']},
        *(with_meta(members, **change) for change in (
            {'settings': [1]}, {'settings': 'x'}, {'revision': -1}, {'revision': 1.5},
            {'revision': 1 << 62}, {'stamp_ns': '5'}, {'keyframes': 3}, {'objects': [{}]},
            {'objects': stored['objects'] * 2}, {'voxel_size': 1e999},
        )),
    ]
    for change in broken:
        assert any(members[name] != value for name, value in change.items())
        (tmp_path / 'map').write_bytes(wrapped(zipped({**members, **change})))
        with pytest.raises(MapFileError, match=r'not a map: .'):
            load_map(tmp_path / 'map')
    (tmp_path / 'map').write_bytes(wrapped(zipped(members, zipfile.ZIP_DEFLATED)))
    with pytest.raises(MapFileError, match='compressed'):
        load_map(tmp_path / 'map')
    (tmp_path / 'map').write_bytes(wrapped(zipped(members)))
    load_map(tmp_path / 'map')


def test_sizes_that_are_not_there_are_refused_before_memory_is_taken(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    for shape in ((1 << 40, 3), (1 << 80,), (-1, -12), (0, 1 << 70)):
        header = io.BytesIO()
        np.lib.format.write_array_header_1_0(
            header, {'descr': '<f4', 'fortran_order': False, 'shape': shape})
        (tmp_path / 'map').write_bytes(
            wrapped(zipped({**members, 'snapshot_points.npy': header.getvalue() + bytes(48)})))
        tracemalloc.start()
        with pytest.raises(MapFileError, match='not a map: '):
            load_map(tmp_path / 'map')
        assert tracemalloc.get_traced_memory()[1] < MOST_BYTES
        tracemalloc.stop()


def test_two_members_of_one_name_and_members_inside_each_other_are_refused(
    tmp_path: Path, members: dict[str, bytes]
) -> None:
    buffer = io.BytesIO(zipped(members))
    with zipfile.ZipFile(buffer, 'a') as archive, pytest.warns(UserWarning, match='Duplicate'):
        archive.writestr('meta.npy', members['meta.npy'])
    (tmp_path / 'map').write_bytes(wrapped(buffer.getvalue()))
    with pytest.raises(MapFileError, match='same name'):
        load_map(tmp_path / 'map')
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w') as archive:
        archive.writestr('meta.npy', members['meta.npy'])
        for index in range(100):
            archive.filelist.append(again := archive.filelist[0].__class__(f'{index}.npy'))
            first = archive.filelist[0]
            again.CRC, again.file_size, again.compress_size = (
                first.CRC, first.file_size, first.compress_size)
            again.header_offset = 0
    (tmp_path / 'map').write_bytes(wrapped(buffer.getvalue()))
    with pytest.raises(MapFileError, match='larger than it is'):
        load_map(tmp_path / 'map')


def zipped(members: dict[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, 'w', method) as archive:
        for name, value in members.items():
            archive.writestr(name, value)
    return buffer.getvalue()
