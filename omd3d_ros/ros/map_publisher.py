"""Publishes the objects and the voxels of the map where they lie, and again when that changes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from omd3d_ros.ros.anchor import AnchorError, MapAnchor, has_moved
from omd3d_ros.ros.fusion import Fusion
from omd3d_ros.ros.outputs import Outputs
from omd3d_ros.ros.transform_buffer import Matrix
from omd3d_ros.segmentation.placement import placed_scene, placed_snapshot
from omd3d_ros.segmentation.scene import Scene


class MapPublisher:
    """Keeps ~/objects, ~/markers and ~/map_points true: to the map, and to the map's place.

    While the place is not known nothing is published, and ``on_unplaced`` is told why.
    """

    def __init__(
        self, fusion: Fusion, anchor: MapAnchor, outputs: Outputs,
        on_unplaced: Callable[[str], None],
    ) -> None:
        self._fusion = fusion
        self._anchor = anchor
        self._outputs = outputs
        self._on_unplaced = on_unplaced
        self._lock = threading.Lock()
        self._scene: tuple[Scene, Matrix] | None = None
        self._scene_place: Matrix | None = None
        self._voxels: tuple[str, int] = ('', -1)
        self._voxels_place: Matrix | None = None

    def scene(self, scene: Scene, odom_from_fusion: Matrix) -> None:
        """Publish new objects, given in the fusion frame of that anchor.

        Those of a map that has been cleared or replaced meanwhile are not published.
        """
        with self._lock:
            with self._fusion.exclusive() as voxel_map:
                same_place = odom_from_fusion is self._anchor.odom_from_fusion
                if scene.map_id != voxel_map.map_id or not same_place:
                    return
            self._scene, self._scene_place = (scene, odom_from_fusion), None
            self._follow()

    def follow(self) -> None:
        """Publish the objects again when the map has moved."""
        with self._lock:
            self._follow()

    def voxels(self) -> None:
        """Publish the voxels when they have changed or moved, and somebody listens."""
        with self._fusion.exclusive() as voxel_map:
            now = (voxel_map.map_id, voxel_map.revision)
            odom_from_fusion = self._anchor.odom_from_fusion
        if not self._outputs.map_wanted:
            return
        place = self._place(odom_from_fusion)
        if place is None or (now == self._voxels and self._voxels_place is not None
                             and not has_moved(self._voxels_place, place)):
            return
        fused = self._fusion.snapshot()
        if fused.odom_from_fusion is not odom_from_fusion:
            return  # another map was loaded meanwhile; the next turn publishes that
        self._outputs.map_points(placed_snapshot(fused.snapshot, place))
        self._voxels = (fused.snapshot.map_id, fused.snapshot.revision)
        self._voxels_place = place

    def _follow(self) -> None:
        if self._scene is None:
            return
        scene, odom_from_fusion = self._scene
        place = self._place(odom_from_fusion)
        if place is None or (
                self._scene_place is not None and not has_moved(self._scene_place, place)):
            return
        self._outputs.scene(placed_scene(scene, place))
        self._scene_place = place

    def _place(self, odom_from_fusion: Matrix) -> Matrix | None:
        try:
            return self._anchor.map_from_fusion(odom_from_fusion)
        except AnchorError as error:
            self._on_unplaced(str(error))
            return None
