"""The picture of a map file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from omd3d_ros.map_tool.program import main

ORANGE, BLUE = [255, 122, 0], [0, 158, 226]   # of the first and the second object


def share(path: Path, color: list[int], reach: int) -> float:
    """How much of a picture has about a colour."""
    pixels = np.asarray(Image.open(path).convert('RGB')).astype(int)
    return float((np.abs(pixels - color).max(axis=2) < reach).mean())


def test_the_picture_shows_the_map_in_its_colours(map_file: Path, capsys: Any) -> None:
    out = map_file.with_suffix('.png')
    assert main(['export', str(map_file), str(out)]) == 0
    assert capsys.readouterr().out == f'wrote {out}\n'
    assert share(out, [150, 140, 130], 20) > 0.1
    assert share(out, ORANGE, 30) < 0.001


def test_the_picture_names_the_objects_when_asked(map_file: Path) -> None:
    out = map_file.with_suffix('.png')
    assert main(['export', str(map_file), str(out), '--objects']) == 0
    for tone in (ORANGE, BLUE):
        assert share(out, tone, 30) > 0.005
