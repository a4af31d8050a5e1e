"""The picture of a map with the objects that stand out in it: one panel for each view."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.drawing.map_view import View, Viewpoint, draw, nearest, project

_WIDTH, _HEIGHT = 800, 550        # pixels of a panel
_FINER = 2                        # drawn so many times as large, then averaged
_TONES = np.array([[255, 122, 0], [0, 158, 226], [224, 38, 118], [26, 168, 84], [142, 68, 220]])
_ELEVATION = math.radians(38)
_AZIMUTHS = 12
_ROUGHLY = 5                      # every fifth point is enough to compare views
_WALL = 0.14                      # m: the map's outermost layer, cut away on the viewer's side
_CLOSEST, _PER_SPREAD = 1.7, 2.1  # m, and times the selection's extent
_GREY_SHARE, _WHITE_SHARE = 0.55, 0.12
_RIM = 2                          # pixels of white round a selection
_ROOM = 1.0                       # m: what is narrower has no walls to cut away


@dataclasses.dataclass(frozen=True)
class Highlight:
    """An object that stands out: its name and voxels (n, 3) float32, metres, map frame."""

    name: str
    points: npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Panel:
    """One view: a title, a line below it, and the objects that stand out."""

    title: str
    outcome: str
    highlights: tuple[Highlight, ...]


def draw_picture(
    points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8], voxel_size: float,
    panels: Sequence[Panel], path: Path,
) -> None:
    """Write a PNG of the map (n, 3), metres, with colours (n, 3), in one or more panels.

    Raises
    ------
    ValueError
        When there are no points or no panels.
    OSError
        When the file cannot be written.

    """
    if len(points) == 0 or not panels:
        raise ValueError(f'points={len(points)}, panels={len(panels)}: nothing to draw')
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    columns = 1 if len(panels) == 1 else 2
    rows = math.ceil(len(panels) / columns)
    figure = Figure(figsize=(8 * columns, 6 * rows), dpi=100, facecolor='white')
    FigureCanvasAgg(figure)
    for number, panel in enumerate(panels):
        axes = figure.add_subplot(rows, columns, number + 1)
        axes.set_axis_off()
        viewpoint = _choose_viewpoint(points, voxel_size, panel)
        axes.imshow(_panel_image(points, colors, voxel_size, panel, viewpoint))
        axes.set_title(panel.title, fontsize=15, weight='bold', pad=24, parse_math=False)
        axes.text(0.5, 1.025, panel.outcome, transform=axes.transAxes, ha='center', fontsize=11,
                  color='0.35', parse_math=False)
        for highlight, tone in zip(panel.highlights, _tones(panel), strict=True):
            _write_name(axes, highlight, tone, viewpoint)
    # titles stand above their axes, further than the layout reckons with
    figure.tight_layout(pad=1.4, h_pad=2.2, rect=(0, 0, 1, 1 - 0.04 / rows))
    figure.savefig(path, format='png')


def _tones(panel: Panel) -> list[npt.NDArray[np.int64]]:
    return [_TONES[number % len(_TONES)] for number in range(len(panel.highlights))]


def _write_name(
    axes: object, highlight: Highlight, tone: npt.NDArray[np.int64], viewpoint: Viewpoint
) -> None:
    pixels, _ = project(highlight.points, viewpoint, _WIDTH, _HEIGHT)
    axes.annotate(  # type: ignore[attr-defined]
        highlight.name, (float(np.median(pixels[:, 0])), float(pixels[:, 1].min())),
        xytext=(0, 16), textcoords='offset points', ha='center', fontsize=11, color='white',
        annotation_clip=True, parse_math=False,
        bbox={'boxstyle': 'round,pad=0.3', 'facecolor': tone / 255, 'edgecolor': 'white'},
        arrowprops={'arrowstyle': '-', 'color': tone / 255, 'linewidth': 1.5})


def _choose_viewpoint(
    points: npt.NDArray[np.float32], voxel_size: float, panel: Panel
) -> Viewpoint:
    """Return the direction that shows most of the selection, or the room from a corner."""
    low, high = np.quantile(points[::_ROUGHLY], [0.01, 0.99], axis=0)
    middle = np.append((low[:2] + high[:2]) / 2, low[2] + 0.3 * (high[2] - low[2]))
    spans = max(float(np.linalg.norm(high[:2] - low[:2])), _CLOSEST)
    if not panel.highlights:
        return _looking_at(middle, 1.15 * spans, 0.65)
    chosen = np.concatenate([h.points for h in panel.highlights]).astype(np.float64)
    center = (chosen.min(axis=0) + chosen.max(axis=0)) / 2
    distance = max(_CLOSEST, _PER_SPREAD * float(np.ptp(chosen, axis=0).max()))
    rough = points[::_ROUGHLY]
    best, most = _looking_at(center, distance, 0.65), -1.0
    for azimuth in np.arange(_AZIMUTHS) / _AZIMUTHS * 2 * math.pi + 0.3:
        viewpoint = _looking_at(center, distance, azimuth)
        room = rough[_before_walls(rough, viewpoint)]
        index, _ = nearest(np.concatenate([room, chosen]), 1.6 * voxel_size, viewpoint, 160, 110)
        shown = float(np.sum(index >= len(room)))
        # of equal views, the one from the open side of the room
        shown *= 1 + 0.5 * float(np.dot(middle[:2] - center[:2], viewpoint.eye[:2] - center[:2])
                                 / (spans * distance))
        if shown > most:
            best, most = viewpoint, shown
    return best


def _looking_at(
    target: npt.NDArray[np.float64], distance: float, azimuth: float
) -> Viewpoint:
    back = np.array([math.cos(_ELEVATION) * math.cos(azimuth),
                     math.cos(_ELEVATION) * math.sin(azimuth), math.sin(_ELEVATION)])
    return Viewpoint(target + distance * back, np.asarray(target, dtype=np.float64))


def _before_walls(
    points: npt.NDArray[np.float32], viewpoint: Viewpoint
) -> npt.NDArray[np.bool_]:
    """Return which points (n,) are not in a wall between the viewer and the room."""
    low, high = np.quantile(points[::_ROUGHLY, :2], [0.01, 0.99], axis=0)
    keep = np.ones(len(points), dtype=bool)
    backwards = viewpoint.eye - viewpoint.target
    for axis in (0, 1):
        if high[axis] - low[axis] < _ROOM:
            continue
        if backwards[axis] > 0:
            keep &= points[:, axis] < high[axis] - _WALL
        else:
            keep &= points[:, axis] > low[axis] + _WALL
    return keep


def _coated(
    points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8], panel: Panel,
    viewpoint: Viewpoint,
) -> tuple[npt.NDArray[np.uint8], npt.NDArray[np.float32], npt.NDArray[np.int64]]:
    """Return colours, points and owners (-1: the map) without walls that hide the room.

    The selections follow the map, in their tones.
    """
    keep = _before_walls(points, viewpoint)
    grey = colors[keep].astype(np.float64)
    if panel.highlights:
        mean = grey.mean(axis=1, keepdims=True)
        grey = grey * (1 - _GREY_SHARE) + mean * _GREY_SHARE
        grey = grey * (1 - _WHITE_SHARE) + 255 * _WHITE_SHARE
    owners = np.concatenate([np.full(int(keep.sum()), -1), *(
        np.full(len(h.points), number) for number, h in enumerate(panel.highlights))])
    tones = [np.tile(tone, (len(h.points), 1))
             for h, tone in zip(panel.highlights, _tones(panel), strict=True)]
    return (np.concatenate([grey, *tones]).astype(np.uint8),
            np.concatenate([points[keep], *(h.points for h in panel.highlights)]).astype(
                np.float32),
            owners.astype(np.int64))


def _panel_image(
    points: npt.NDArray[np.float32], colors: npt.NDArray[np.uint8], voxel_size: float,
    panel: Panel, viewpoint: Viewpoint,
) -> npt.NDArray[np.uint8]:
    """Return a panel (height, width, 3) with a white rim round each selection."""
    coat, shown, owners = _coated(points, colors, panel, viewpoint)
    # a selection's voxels lie in the map too: drawn a hair nearer, they win
    closer = np.where(owners[:, None] >= 0, 0.01 * (viewpoint.eye - viewpoint.target)
                      / np.linalg.norm(viewpoint.eye - viewpoint.target), 0.0)
    view = draw((shown + closer).astype(np.float32), coat, voxel_size, viewpoint,
                _WIDTH * _FINER, _HEIGHT * _FINER)
    image = _with_rims(view, owners)
    blocks = image.reshape(_HEIGHT, _FINER, _WIDTH, _FINER, 3)
    return blocks.mean(axis=(1, 3), dtype=np.float32).astype(np.uint8)


def _with_rims(view: View, owners: npt.NDArray[np.int64]) -> npt.NDArray[np.uint8]:
    from scipy.ndimage import binary_dilation
    image = view.image.copy()
    owner = np.where(view.index >= 0, owners[np.maximum(view.index, 0)], -1)
    for number in np.unique(owner[owner >= 0]):
        inside = owner == number
        image[binary_dilation(inside, iterations=_RIM * _FINER) & ~inside & (owner < 0)] = 255
    return image
