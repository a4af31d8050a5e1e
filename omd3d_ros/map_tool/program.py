# ruff: noqa: T201
"""The program omd3d_map: tells what is in a map file, and writes it in other formats."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from omd3d_ros.map_tool.cloud_file import LAS_ENDINGS, OPEN3D_ENDINGS, write_cloud
from omd3d_ros.map_tool.description import map_record, map_text
from omd3d_ros.map_tool.keyframe_folder import write_keyframes
from omd3d_ros.map_tool.map_picture import PICTURE_ENDING, write_picture
from omd3d_ros.map_tool.placed_map import PlacedMap, placed_map
from omd3d_ros.map_tool.point_table import map_points, object_points
from omd3d_ros.mapping.map_file import MapFileError, load_map

_ENDINGS = (*OPEN3D_ENDINGS, *LAS_ENDINGS, PICTURE_ENDING)
_FAILED = 1


def _output(text: str) -> Path:
    path = Path(text)
    if path.suffix.lower() not in _ENDINGS:
        raise argparse.ArgumentTypeError(f'{text}: must end in {", ".join(_ENDINGS)}')
    return path


def _arguments(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog='omd3d_map', description='Look into map files, and write them in other formats.',
        epilog='exit code: 1 when a file cannot be read or written, 2 for wrong arguments')
    tasks = parser.add_subparsers(dest='task', required=True)
    info = tasks.add_parser('info', help='print what is in a map file')
    info.add_argument('file', type=Path, help='a file of ~/save_map')
    info.add_argument('--json', action='store_true', help='print it as JSON')
    export = tasks.add_parser('export', help='write the points, a picture, or the keyframes')
    export.add_argument('file', type=Path, help='a file of ~/save_map')
    target = export.add_mutually_exclusive_group(required=True)
    target.add_argument('out', type=_output, nargs='?',
                        help=f'what to write; its ending tells the format: {", ".join(_ENDINGS)}')
    target.add_argument('--keyframes', type=Path, metavar='FOLDER',
                        help='write the keyframes into a new folder that omd3d_play can play')
    export.add_argument('--objects', action='store_true',
                        help='only the points of the objects, with the number of each as '
                             '"instance"; in a picture: all points, the objects in colour')
    options = parser.parse_args(arguments)
    if options.task == 'export':
        if options.objects and options.keyframes is not None:
            export.error('--objects and --keyframes: one at a time')
        if options.out is not None and options.out.exists() and options.file.exists() and (
                options.out.samefile(options.file)):
            export.error(f'{options.out}: is the map file itself')
    return options


def _export(placed: PlacedMap, options: argparse.Namespace) -> Path:
    """Write what is asked for; return where."""
    if options.keyframes is not None:
        write_keyframes(options.keyframes, placed.keyframes)
        return options.keyframes
    if options.out.suffix.lower() == PICTURE_ENDING:
        write_picture(options.out, placed, with_objects=options.objects)
    else:
        table = object_points(placed) if options.objects else map_points(placed)
        write_cloud(options.out, table)
    return options.out


def main(args: list[str] | None = None) -> int:
    """Do what the arguments say; return the exit code that --help tells."""
    options = _arguments(args)
    try:
        placed = placed_map(load_map(options.file))
        if options.task == 'info':
            record = map_record(options.file, placed)
            print(json.dumps(record, indent=1) if options.json else map_text(record))
        else:
            print(f'wrote {_export(placed, options)}')
    except MapFileError as error:
        print(f'omd3d_map: {error}', file=sys.stderr)
        return _FAILED
    except ValueError as error:
        print(f'omd3d_map: {options.file}: {error}', file=sys.stderr)
        return _FAILED
    except OSError as error:
        target = options.file if options.task == 'info' else options.out or options.keyframes
        print(f'omd3d_map: {target}: {error.strerror or error}', file=sys.stderr)
        return _FAILED
    return 0


if __name__ == '__main__':
    sys.exit(main())
