"""Keyframes as a folder that omd3d_play reads."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from omd3d_ros.map_tool.keyframe_folder import write_keyframes
from omd3d_ros.map_tool.program import main
from omd3d_ros.mapping.camera import PinholeCamera
from omd3d_ros.mapping.map_file import MapContents
from omd3d_ros.ros.recording import open_recording


def test_what_is_exported_can_be_played(map_file: Path, contents: MapContents) -> None:
    folder = map_file.with_name('keyframes')
    assert main(['export', str(map_file), '--keyframes', str(folder)]) == 0
    recording = open_recording(folder)
    assert recording.camera == contents.keyframes[0].camera
    assert [path.stem for path in recording.colors] == ['000003', '000005', '000020']
    for played, frame in zip(recording, contents.keyframes, strict=True):
        np.testing.assert_array_equal(played.color, frame.color)
        np.testing.assert_array_equal(played.depth, frame.depth)
        np.testing.assert_array_equal(played.map_from_camera, frame.map_from_camera)


def test_a_folder_that_is_there_is_left_alone(map_file: Path, capsys: Any) -> None:
    folder = map_file.with_name('keyframes')
    folder.mkdir()
    assert main(['export', str(map_file), '--keyframes', str(folder)]) == 1
    assert capsys.readouterr().err == f'omd3d_map: {folder}: is there already\n'
    assert list(folder.iterdir()) == []


def test_no_keyframes_and_several_cameras_are_refused(
    tmp_path: Path, contents: MapContents
) -> None:
    first, second, _ = contents.keyframes
    for camera in (PinholeCamera(8, 6, 7.5, 7.25, 3.5, 3.6),
                   PinholeCamera(8, 6, 10.0, 7.25, 3.5, 2.5)):
        other = dataclasses.replace(second, camera=camera)
        with pytest.raises(ValueError, match='several cameras'):
            write_keyframes(tmp_path / 'folder', [first, other])
    with pytest.raises(ValueError, match='no keyframes'):
        write_keyframes(tmp_path / 'folder', [])
    assert list(tmp_path.iterdir()) == []


def test_a_camera_that_each_cloud_told_a_little_differently_is_one(
    tmp_path: Path, contents: MapContents
) -> None:
    frames = [
        dataclasses.replace(frame, camera=PinholeCamera(8, 6, 7.5 + error, 7.25, 3.5, 2.5 - error))
        for frame, error in zip(contents.keyframes, (1e-4, 0.0, -0.1), strict=True)]
    write_keyframes(tmp_path / 'folder', frames)
    assert open_recording(tmp_path / 'folder').camera == contents.keyframes[0].camera


def test_a_failure_leaves_nothing(
    tmp_path: Path, contents: MapContents, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = []

    def save(image: Image.Image, path: Path) -> None:
        saved.append(path)
        path.write_bytes(b'half')
        if len(saved) == 3:
            raise OSError(28, 'No space left on device')

    monkeypatch.setattr(Image.Image, 'save', save)
    with pytest.raises(OSError, match='No space left'):
        write_keyframes(tmp_path / 'folder', contents.keyframes)
    assert len(saved) == 3
    assert list(tmp_path.iterdir()) == []
