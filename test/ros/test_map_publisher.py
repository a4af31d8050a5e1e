"""The latched topics of the map follow it: its objects, its voxels, and its place."""

from contextlib import contextmanager

import numpy as np
import pytest

from omd3d_ros.mapping.snapshot import MapSnapshot
from omd3d_ros.ros.anchor import MapAnchor
from omd3d_ros.ros.fusion import FusedMap
from omd3d_ros.ros.map_publisher import MapPublisher
from omd3d_ros.ros.transform_buffer import TransformBuffer
from omd3d_ros.segmentation.scene import Scene

SEC = 10**9
NO_TURN = (0.0, 0.0, 0.0, 1.0)


class Sink:
    """Stands for the publishers; keeps what was published."""

    def __init__(self):
        self.scenes, self.maps, self.map_wanted = [], [], True

    def scene(self, scene):
        self.scenes.append(scene)

    def map_points(self, snapshot):
        self.maps.append(snapshot.points[0].tolist())


class OneVoxel:
    """Stands for the fusion: a map of one voxel at the origin."""

    def __init__(self, anchor):
        self.anchor, self.map_id, self.revision = anchor, 'm', 1

    @contextmanager
    def exclusive(self):
        yield self

    def snapshot(self):
        none = np.zeros(1, np.int64)
        voxels = MapSnapshot(self.map_id, self.revision, 0, 0.02, np.zeros((1, 3), np.float32),
                             np.zeros((1, 3), np.uint8), none, none, none)
        return FusedMap(voxels, (), self.anchor.odom_from_fusion)


@pytest.fixture
def parts():
    buffer = TransformBuffer()
    buffer.insert('odom', 'camera', SEC, (0, 0, 0), NO_TURN)
    anchor = MapAnchor(buffer, 'map', 'odom')
    sink, fusion, told = Sink(), OneVoxel(anchor), []
    return buffer, anchor, sink, fusion, told, MapPublisher(fusion, anchor, sink, told.append)


def test_objects_are_published_with_each_scene_and_again_when_the_map_moved(parts):
    buffer, anchor, sink, _, told, publisher = parts
    buffer.insert('map', 'odom', SEC, (1, 0, 0), NO_TURN)
    publisher.follow()
    assert sink.scenes == []
    for count in (1, 2):
        publisher.scene(Scene('m', count, 0, ()), anchor.odom_from_fusion)
        publisher.follow()
        assert len(sink.scenes) == count
    buffer.insert('map', 'odom', 2 * SEC, (1.0005, 0, 0), NO_TURN)
    publisher.follow()
    assert len(sink.scenes) == 2
    buffer.insert('map', 'odom', 3 * SEC, (1.7, 0, 0), NO_TURN)
    publisher.follow()
    publisher.follow()
    assert [scene.revision for scene in sink.scenes] == [1, 2, 2]
    assert told == []


def test_voxels_are_published_when_changed_or_moved_and_wanted(parts):
    buffer, _, sink, fusion, _, publisher = parts
    buffer.insert('map', 'odom', SEC, (1, 0, 0), NO_TURN)
    publisher.voxels()
    publisher.voxels()
    assert sink.maps == [[1, 0, 0]]
    fusion.revision = 2
    publisher.voxels()
    assert len(sink.maps) == 2
    buffer.insert('map', 'odom', 2 * SEC, (2, 0, 0), NO_TURN)
    sink.map_wanted = False
    publisher.voxels()
    assert len(sink.maps) == 2
    sink.map_wanted = True
    publisher.voxels()
    assert sink.maps[2:] == [[2, 0, 0]]


def test_while_the_place_is_not_known_it_is_told_and_nothing_is_published(parts):
    buffer, anchor, sink, _, told, publisher = parts
    publisher.scene(Scene('m', 1, 0, ()), anchor.odom_from_fusion)
    publisher.voxels()
    assert (sink.scenes, sink.maps) == ([], [])
    assert len(told) == 2
    assert "'odom' lies in 'map'" in told[0]
    buffer.insert('map', 'odom', SEC, (1, 0, 0), NO_TURN)
    publisher.follow()
    publisher.voxels()
    assert (len(sink.scenes), len(sink.maps)) == (1, 1)


def test_another_anchor_moves_the_voxels_too(parts):
    buffer, anchor, sink, _, _, publisher = parts
    buffer.insert('map', 'odom', SEC, (1, 0, 0), NO_TURN)
    publisher.voxels()
    there = np.eye(4)
    there[1, 3] = 5
    anchor.odom_from_fusion = there
    publisher.voxels()
    assert sink.maps == [[1, 0, 0], [1, 5, 0]]


def test_objects_of_a_map_that_was_cleared_meanwhile_are_not_published(parts):
    buffer, anchor, sink, fusion, _, publisher = parts
    buffer.insert('map', 'odom', SEC, (1, 0, 0), NO_TURN)
    fusion.map_id = 'cleared'
    publisher.scene(Scene('cleared', 2, 0, ()), anchor.odom_from_fusion)
    publisher.scene(Scene('m', 1, 0, ()), anchor.odom_from_fusion)
    publisher.follow()
    assert [scene.map_id for scene in sink.scenes] == ['cleared']
