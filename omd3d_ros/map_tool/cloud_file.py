"""Points as PLY, PCD, LAS and LAZ files. Open3D and laspy are imported when they are needed."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import numpy.typing as npt

from omd3d_ros.map_tool.point_table import PointTable
from omd3d_ros.mapping.whole_file import whole_file

OPEN3D_ENDINGS = ('.ply', '.pcd')
LAS_ENDINGS = ('.las', '.laz')
_FINEST = 1e-4        # m, what LAS coordinates are rounded to
_LAS_STEPS = 2e9      # of that size from the offset, in 32 bits
_EIGHT_TO_SIXTEEN = 257


def write_cloud(path: Path, table: PointTable) -> None:
    """Write points with colours, and with ``instance`` where they have numbers.

    Raises
    ------
    ValueError
        When the name's ending is none of OPEN3D_ENDINGS and LAS_ENDINGS.
    OSError
        When the file cannot be written; what was there before stays as it was.

    """
    ending = path.suffix.lower()
    if ending not in OPEN3D_ENDINGS + LAS_ENDINGS:
        raise ValueError(f'path={path}: must end in {", ".join(OPEN3D_ENDINGS + LAS_ENDINGS)}')
    with whole_file(path) as temporary:
        if ending in OPEN3D_ENDINGS:
            _write_with_open3d(temporary, table, ending)
        else:
            _write_las(temporary, table, compress=ending == '.laz')


def _write_with_open3d(path: Path, table: PointTable, ending: str) -> None:
    import open3d
    path.touch(exist_ok=False)   # says why it cannot be written, which Open3D does not
    cloud = open3d.t.geometry.PointCloud()
    as_tensor = open3d.core.Tensor.from_numpy
    cloud.point.positions = as_tensor(table.points)
    cloud.point.colors = as_tensor(table.colors)
    if table.instances is not None:
        cloud.point.instance = as_tensor(table.instances[:, None])
    with open3d.utility.VerbosityContextManager(open3d.utility.VerbosityLevel.Error):
        done = open3d.t.io.write_point_cloud(path, cloud)
        # of a PLY file that the disk has no room for it says that it was written
        if done:
            back = open3d.t.io.read_point_cloud(path, format=ending[1:])
            done = all(name in back.point
                       and np.array_equal(cloud.point[name].numpy(), back.point[name].numpy())
                       for name in cloud.point)
    if not done:
        raise OSError(f'Open3D could not write all of it, only {path.stat().st_size} bytes')


def _write_las(path: Path, table: PointTable, *, compress: bool) -> None:
    import laspy
    header = laspy.LasHeader(version='1.4', point_format=7)
    header.offsets, header.scales = _las_grid(table.points)
    if table.instances is not None:
        header.add_extra_dim(laspy.ExtraBytesParams('instance', np.int32))
    cloud = laspy.LasData(header)
    cloud.xyz = table.points.astype(np.float64)
    for name, column in zip(('red', 'green', 'blue'), table.colors.T, strict=True):
        cloud[name] = column.astype(np.uint16) * _EIGHT_TO_SIXTEEN
    if table.instances is not None:
        cloud['instance'] = table.instances
    written = io.BytesIO()   # the compressor has errors of its own for files
    cloud.write(written, do_compress=compress)
    path.write_bytes(written.getbuffer())


def _las_grid(
    points: npt.NDArray[np.float32]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return offsets and scales (3,), metres: as fine as the extent allows."""
    low, high = points.min(axis=0).astype(np.float64), points.max(axis=0).astype(np.float64)
    return np.floor(low), np.maximum(_FINEST, (high - np.floor(low)) / _LAS_STEPS)
