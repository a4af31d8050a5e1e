"""Other maps that fuse the same frames: what they are given, and what is asked of them.

Each is given the points that are within range, as float64, and what turning the message into
them costs is in its time; VoxelBlockGrid is given depth and colour images instead, decoded
beforehand, which is easier on it. C++ maps are held to one thread by ``OMP_NUM_THREADS`` and
timed by the processor time of the whole process.
"""

from __future__ import annotations

import importlib.util
import time
from typing import Any

import numpy as np
from box_room import CAMERA, Frame
from fusion_floors import Decoding, FrameCopy, KeysOnly, NumpySums, Ours, in_map, used_points
from fusion_race import Competitor

from omd3d_ros.mapping.settings import MapSettings


class VoxelBlockGrid(Competitor):
    """Open3D's tensor TSDF volume with colour, by its documented defaults."""

    name = 'voxelblockgrid'
    module = 'open3d'
    clears = 'partly'
    clock = staticmethod(time.process_time)

    def __init__(self, settings: MapSettings) -> None:
        import open3d

        self._o3d: Any = open3d  # its stubs know few of its overloads
        core = self._o3d.core
        self._limits = (1.0, settings.max_range)  # depth is in metres
        self._grid = self._o3d.t.geometry.VoxelBlockGrid(
            attr_names=('tsdf', 'weight', 'color'), attr_dtypes=(core.float32,) * 3,
            attr_channels=((1), (1), (3)), voxel_size=settings.voxel_size, block_resolution=8,
            block_count=int(20000 * (0.02 / settings.voxel_size) ** 2),
            device=core.Device('CPU:0'),
        )
        self._intrinsics = core.Tensor(
            np.array([[CAMERA.fx, 0, CAMERA.cx], [0, CAMERA.fy, CAMERA.cy], [0, 0, 1.0]])
        )
        self._images: tuple[Any, Any]

    def prepare(self, frame: Frame) -> None:
        depth = np.nan_to_num(frame.cloud.points()[:, :, 2])
        colors = frame.cloud.colors().astype(np.float32) / 255
        image, tensor = self._o3d.t.geometry.Image, self._o3d.core.Tensor
        self._images = image(tensor(depth)), image(tensor(colors))

    def fuse(self, frame: Frame) -> None:
        depth, color = self._images
        extrinsics = self._o3d.core.Tensor(np.linalg.inv(frame.map_from_sensor))
        blocks = self._grid.compute_unique_block_coordinates(
            depth, self._intrinsics, extrinsics, *self._limits
        )
        self._grid.integrate(
            blocks, depth, color, self._intrinsics, self._intrinsics, extrinsics, *self._limits
        )

    def size(self) -> str:
        return f'{self._grid.hashmap().size()} blocks of 512'


class OctomapRays(Competitor):
    """octomap-python, a ray for every point; every tenth frame is measured.

    The frames between are inserted with ``discretize``, which marks nearly the same space. Below
    1.5 cm, where that takes seconds too, they are left out.
    """

    name = 'octomap_rays'
    module = 'octomap'
    clears = 'yes'
    every = 10
    discretize = False
    clock = staticmethod(time.process_time)

    def __init__(self, settings: MapSettings) -> None:
        import octomap

        self._settings = settings
        self._tree = octomap.OcTree(settings.voxel_size)
        self._fills = settings.voxel_size >= 0.015
        self._inserted = 0
        if not self._fills:
            self.every = OctomapRays.every

    def fuse(self, frame: Frame) -> None:
        self._insert(frame, self.discretize)

    def skip(self, frame: Frame) -> None:
        if self._fills:
            self._insert(frame, True)

    def _insert(self, frame: Frame, discretize: bool) -> None:
        points = in_map(used_points(frame, self._settings)[0], frame).astype(np.float64)
        origin = frame.map_from_sensor[:3, 3].copy()
        self._tree.insertPointCloud(points, origin, self._settings.max_range, True, discretize)
        self._inserted += 1

    def size(self) -> str:
        return f'{self._tree.getNumLeafNodes()} leaves of {self._inserted} frames'


class OctomapDiscretized(OctomapRays):
    """octomap-python, a ray for every voxel that points fall into."""

    name = 'octomap_discretized'
    every = 1
    discretize = True


class KissIcp(Competitor):
    """The map of KISS-ICP, one point a voxel; it transforms the points itself."""

    name = 'kiss_icp'
    module = 'kiss_icp'
    clears = 'far only'
    clock = staticmethod(time.process_time)

    def __init__(self, settings: MapSettings) -> None:
        from kiss_icp.mapping import VoxelHashMap

        self._settings = settings
        self._map = VoxelHashMap(settings.voxel_size, 5 * settings.max_range, 1)

    def fuse(self, frame: Frame) -> None:
        points = used_points(frame, self._settings)[0].astype(np.float64)
        self._map.update(points, frame.map_from_sensor)

    def size(self) -> str:
        return f'{len(self._map.point_cloud())} points'


class SmallGicp(Competitor):
    """The Gaussian voxel map of small_gicp; it transforms the points itself and forgets none."""

    name = 'small_gicp'
    module = 'small_gicp'
    clears = 'no'
    clock = staticmethod(time.process_time)

    def __init__(self, settings: MapSettings) -> None:
        import small_gicp

        self._settings = settings
        self._cloud = small_gicp.PointCloud
        self._map = small_gicp.GaussianVoxelMap(settings.voxel_size)
        self._map.set_lru(10**6, 10**6)

    def fuse(self, frame: Frame) -> None:
        points = used_points(frame, self._settings)[0].astype(np.float64)
        self._map.insert(self._cloud(points), frame.map_from_sensor)

    def size(self) -> str:
        return f'{self._map.size()} voxels'


PEERS = {
    peer.name: peer
    for peer in (OctomapRays, OctomapDiscretized, VoxelBlockGrid, KissIcp, SmallGicp, NumpySums)
}
FLOORS = (FrameCopy, KeysOnly, Decoding)


def missing_peers(names: list[str]) -> list[str]:
    """Return the peers whose package is not installed."""
    modules = {name: getattr(PEERS[name], 'module', 'numpy') for name in names}
    return [name for name in names if importlib.util.find_spec(modules[name]) is None]


def competitors(names: list[str], settings: MapSettings) -> list[Competitor]:
    """Return the map of this package, the floors and the peers of these names, all empty."""
    return [kind(settings) for kind in (Ours, *FLOORS, *(PEERS[name] for name in names))]
