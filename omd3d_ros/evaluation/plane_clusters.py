"""The plainest segmentation of a table: take its plane away, cluster what is left."""

from __future__ import annotations

import dataclasses

import numpy as np

from omd3d_ros.evaluation.voxel_sets import VoxelSet
from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class PlaneClusterSettings:
    """Plane removal (RANSAC) and Euclidean clustering, as in PCL's tutorials."""

    thickness: float = setting(
        0.01, 'half the thickness of the plane that is taken away', unit='m', low=0.001, high=0.1)
    height: float = setting(
        0.5, 'height over the plane above which nothing counts', unit='m', low=0.05, high=3.0)
    reach: float = setting(
        0.02, 'distance within which points belong together', unit='m', low=0.001, high=0.5)
    min_voxels: int = setting(15, 'smallest cluster', unit='voxels', low=1, high=10_000)

    def __post_init__(self) -> None:
        check_settings(self)


def plane_clusters(snapshot: MapSnapshot, settings: PlaneClusterSettings) -> list[VoxelSet]:
    """Return the clusters above the main plane of a map (z up), largest first."""
    import open3d
    open3d.utility.random.seed(0)
    if len(snapshot) < 3:
        return []
    points = snapshot.points.astype(np.float64)
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points))
    plane = np.array(cloud.segment_plane(settings.thickness, 3, 500)[0])
    heights = (points @ plane[:3] + plane[3]) * np.sign(plane[2])
    over = np.flatnonzero((heights > settings.thickness) & (heights < settings.height))
    if not len(over):
        return []
    cloud = open3d.geometry.PointCloud(open3d.utility.Vector3dVector(points[over]))
    labels = np.array(cloud.cluster_dbscan(settings.reach, 1))
    clusters = [over[labels == label] for label in range(labels.max() + 1)]
    clusters = [members for members in clusters if len(members) >= settings.min_voxels]
    return sorted(clusters, key=lambda members: (-len(members), int(members[0])))
