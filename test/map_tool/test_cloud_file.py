"""Exported points, read back with the libraries that others would use."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from omd3d_ros.map_tool.cloud_file import write_cloud
from omd3d_ros.map_tool.placed_map import placed_map
from omd3d_ros.map_tool.point_table import PointTable, object_points
from omd3d_ros.map_tool.program import main
from omd3d_ros.mapping.map_file import MapContents


def read_back(path: Path) -> PointTable:
    """What a PLY, PCD, LAS or LAZ file holds; sixteen-bit colours made eight-bit."""
    if path.suffix in ('.las', '.laz'):
        import laspy
        cloud = laspy.read(path)
        names = set(cloud.point_format.dimension_names)
        colors = np.column_stack([cloud.red, cloud.green, cloud.blue])
        assert (colors % 257 == 0).all()
        return PointTable(
            np.asarray(cloud.xyz), (colors // 257).astype(np.uint8),
            np.asarray(cloud['instance']) if 'instance' in names else None)
    import open3d
    cloud = open3d.t.io.read_point_cloud(str(path)).point
    return PointTable(
        cloud.positions.numpy(), cloud.colors.numpy(),
        cloud.instance.numpy()[:, 0] if 'instance' in cloud else None)


@pytest.mark.parametrize('ending', ['ply', 'pcd', 'las', 'laz', 'PLY', 'LAZ'])
def test_the_whole_map_is_exported_with_its_colours(
    map_file: Path, contents: MapContents, ending: str
) -> None:
    out = map_file.with_suffix(f'.{ending}')
    assert main(['export', str(map_file), str(out)]) == 0
    found = read_back(out.rename(out.with_suffix(f'.{ending.lower()}')))
    expected = contents.snapshot
    assert found.instances is None
    np.testing.assert_allclose(found.points, expected.points, atol=0.51e-4)
    np.testing.assert_array_equal(found.colors, expected.colors)


@pytest.mark.parametrize('ending', ['ply', 'pcd', 'las', 'laz'])
def test_objects_are_exported_with_the_number_of_each(
    map_file: Path, contents: MapContents, ending: str
) -> None:
    out = map_file.with_suffix(f'.{ending}')
    out.write_bytes(b'old')
    assert main(['export', str(map_file), str(out), '--objects']) == 0
    found = read_back(out)
    assert found.instances is not None
    assert found.instances.tolist() == [0] * 64 + [1] * 64
    for number, stored in enumerate(contents.objects):
        mine = found.instances == number
        np.testing.assert_allclose(found.points[mine], stored.points, atol=0.51e-4)
        np.testing.assert_array_equal(found.colors[mine], stored.colors)
    assert sorted(path.name for path in out.parent.iterdir()) == sorted([out.name, 'room.omd3d'])


def test_a_map_without_objects_has_none_to_export(contents: MapContents) -> None:
    with pytest.raises(ValueError, match='holds no objects'):
        object_points(placed_map(dataclasses.replace(contents, objects=())))


def test_las_keeps_points_that_lie_very_far_apart(tmp_path: Path) -> None:
    points = np.array([[-8e6, 0, 0], [8e6, 0.12345, 0], [0, -0.5, 3]], np.float32)
    write_cloud(tmp_path / 'far.las', PointTable(points, np.zeros((3, 3), np.uint8)))
    found = read_back(tmp_path / 'far.las').points
    np.testing.assert_allclose(found[:, 0], points[:, 0], atol=0.01)
    np.testing.assert_allclose(found[:, 1:], points[:, 1:], atol=0.51e-4)


def test_another_ending_is_refused(tmp_path: Path) -> None:
    table = PointTable(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8))
    with pytest.raises(ValueError, match=r'x.xyz: must end in .ply'):
        write_cloud(tmp_path / 'x.xyz', table)
    assert list(tmp_path.iterdir()) == []


def test_a_library_that_fails_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import open3d
    monkeypatch.setattr(open3d.t.io, 'write_point_cloud', lambda *_: False)
    (tmp_path / 'x.ply').write_bytes(b'old')
    table = PointTable(np.zeros((1, 3), np.float32), np.zeros((1, 3), np.uint8))
    with pytest.raises(OSError, match='Open3D could not write all of it, only 0 bytes'):
        write_cloud(tmp_path / 'x.ply', table)
    assert [path.name for path in tmp_path.iterdir()] == ['x.ply']
    assert (tmp_path / 'x.ply').read_bytes() == b'old'
