"""Maps that were fused elsewhere are shown and exported where they lay in the map frame."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from omd3d_ros.map_tool.placed_map import placed_map
from omd3d_ros.map_tool.point_table import map_points, object_points
from omd3d_ros.map_tool.program import main
from omd3d_ros.mapping.map_file import MapContents, save_map
from omd3d_ros.ros.recording import open_recording

QUARTER_TURN = np.array([[0.0, -1, 0, 10], [1, 0, 0, -2], [0, 0, 1, 0.5], [0, 0, 0, 1]])


def turned(points: Any) -> Any:
    """(x, y, z) to (10 - y, x - 2, z + 0.5)."""
    return np.stack([10 - points[:, 1], points[:, 0] - 2, points[:, 2] + 0.5], axis=1)


@pytest.fixture
def elsewhere(map_file: Path, contents: MapContents) -> MapContents:
    moved = dataclasses.replace(contents, map_from_fusion=QUARTER_TURN)
    save_map(map_file, moved)
    return moved


def test_points_objects_and_keyframes_move_alike(elsewhere: MapContents) -> None:
    placed = placed_map(elsewhere)
    np.testing.assert_allclose(
        map_points(placed).points, turned(elsewhere.snapshot.points), atol=1e-5)
    stored = np.concatenate([each.points for each in elsewhere.objects])
    np.testing.assert_allclose(object_points(placed).points, turned(stored), atol=1e-5)
    for before, after in zip(elsewhere.keyframes, placed.keyframes, strict=True):
        np.testing.assert_array_equal(before.color, after.color)
        np.testing.assert_allclose(
            after.map_from_camera[:3, 3], turned(before.map_from_camera[None, :3, 3])[0])


def test_info_tells_positions_in_the_map_frame(
    map_file: Path, elsewhere: MapContents, capsys: Any
) -> None:
    assert main(['info', str(map_file)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert 'bounds     x 8.525 to 11.475, y -3.475 to -0.475, z 0.525 to 3.525 m' in lines
    assert 'place      fused in a frame at x 10.00, y -2.00, z 0.50 m, turned by 90.0 degrees' in (
        lines)
    assert '  9.90  -1.90   0.65' in next(line for line in lines if 'mug' in line)


def test_exported_keyframes_are_posed_in_the_map_frame(
    map_file: Path, elsewhere: MapContents
) -> None:
    folder = map_file.with_name('keyframes')
    assert main(['export', str(map_file), '--keyframes', str(folder)]) == 0
    for frame, kept in zip(open_recording(folder), elsewhere.keyframes, strict=True):
        np.testing.assert_allclose(
            frame.map_from_camera, QUARTER_TURN @ kept.map_from_camera, atol=1e-12)
