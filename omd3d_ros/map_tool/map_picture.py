"""The picture of a map."""

from __future__ import annotations

from pathlib import Path

from omd3d_ros.drawing.picture import Highlight, Panel, draw_picture
from omd3d_ros.map_tool.description import utc
from omd3d_ros.map_tool.placed_map import PlacedMap
from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.text_table import printable

PICTURE_ENDING = '.png'


def write_picture(path: Path, placed: PlacedMap, *, with_objects: bool) -> None:
    """Draw a map as a PNG, from a corner above, with its objects named and in colour if asked for.

    Raises
    ------
    ValueError
        When the map is empty, or there are no objects and they are asked for.
    OSError
        When the file cannot be written; what was there before stays as it was.

    """
    snapshot = placed.snapshot
    if not len(snapshot):
        raise ValueError('the map is empty: nothing to export')
    highlights: tuple[Highlight, ...] = ()
    if with_objects:
        highlights = tuple(
            Highlight(printable(thing.labels[0] if thing.labels else thing.id), thing.points)
            for thing in placed.objects)
        if not highlights:
            raise ValueError('the map holds no objects: nothing to export')
    panel = Panel(
        f'map {printable(snapshot.map_id)}',
        f'{len(snapshot)} voxels of {snapshot.voxel_size:g} m, {len(placed.objects)} objects, '
        f'{utc(snapshot.stamp_ns)[:19]}Z', highlights)
    with whole_file(path) as temporary:
        draw_picture(snapshot.points, snapshot.colors, snapshot.voxel_size, [panel], temporary)
