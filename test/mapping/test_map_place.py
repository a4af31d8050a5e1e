"""A map file tells where its map lay; older files, which do not, lie where they always did."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omd3d_ros.mapping.map_file import MapContents, MapFileError, load_map, save_map
from omd3d_ros.mapping.settings import MapSettings
from omd3d_ros.mapping.voxel_map import VoxelMap

HEADER = struct.Struct('<8sIQ32s')
PLACE = np.array([[0.0, -1, 0, 1 / 3], [1, 0, 0, -2], [0, 0, 1, 0.1], [0, 0, 0, 1]])


def empty() -> MapContents:
    return MapContents(VoxelMap(MapSettings()).snapshot())


def with_meta(path: Path, change: dict[str, Any]) -> Path:
    """The file with other values in its meta; None removes one."""
    magic, version, *_ = HEADER.unpack(path.read_bytes()[:HEADER.size])
    with np.load(io.BytesIO(path.read_bytes()[HEADER.size:])) as members:
        arrays = dict(members)
    meta = {**json.loads(arrays['meta'].tobytes()), **change}
    text = json.dumps({name: value for name, value in meta.items() if value is not None})
    arrays['meta'] = np.frombuffer(text.encode(), np.uint8)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    payload = buffer.getvalue()
    path.write_bytes(
        HEADER.pack(magic, version, len(payload), hashlib.sha256(payload).digest()) + payload)
    return path


def test_the_place_comes_back_exactly(tmp_path: Path) -> None:
    save_map(tmp_path / 'map', dataclasses.replace(empty(), map_from_fusion=PLACE))
    np.testing.assert_array_equal(load_map(tmp_path / 'map').map_from_fusion, PLACE)


def test_a_map_lies_in_the_map_frame_unless_told_otherwise(tmp_path: Path) -> None:
    save_map(tmp_path / 'map', empty())
    for path in (tmp_path / 'map', with_meta(tmp_path / 'map', {'map_from_fusion': None})):
        np.testing.assert_array_equal(load_map(path).map_from_fusion, np.eye(4))


@pytest.mark.parametrize('wrong', [
    np.zeros((4, 4)), 2 * np.eye(4), np.diag([1.0, 1, -1, 1]), np.eye(3), np.full((4, 4), np.nan)])
def test_what_is_no_pose_is_refused_by_name(tmp_path: Path, wrong: Any) -> None:
    with pytest.raises(ValueError, match='map_from_fusion'):
        dataclasses.replace(empty(), map_from_fusion=wrong)


@pytest.mark.parametrize('wrong', [
    'here', [], [1, 2], {}, np.zeros((4, 4)).tolist(), (2 * np.eye(4)).tolist(),
    [[None] * 4] * 4, [['a'] * 4] * 4, [[1], [2, 3]]])
def test_a_file_with_an_impossible_place_is_refused(tmp_path: Path, wrong: Any) -> None:
    save_map(tmp_path / 'map', empty())
    with pytest.raises(MapFileError, match='not a map'):
        load_map(with_meta(tmp_path / 'map', {'map_from_fusion': wrong}))
