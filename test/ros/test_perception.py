"""Objects belong to the map that they were found in, also when another one is loaded meanwhile."""

import concurrent.futures
import queue
import types
from contextlib import contextmanager

import numpy as np
import pytest

from omd3d_ros.ros.fusion import FusedMap
from omd3d_ros.ros.perception import Perception
from omd3d_ros.ros.worker_messages import Perceive, Reply, Restore
from omd3d_ros.segmentation.scene import Scene


class OneMap:
    """Stands for the fusion: a map that the test changes."""

    def __init__(self):
        self.map_id, self.revision, self.voxel_count = 'm', 1, 1
        self.odom_from_fusion = np.eye(4)

    @contextmanager
    def exclusive(self):
        yield self

    def snapshot(self):
        voxels = types.SimpleNamespace(map_id=self.map_id, revision=self.revision)
        return FusedMap(voxels, (), self.odom_from_fusion)


class SlowWorker:
    """Stands for the worker: the test takes its requests and answers them."""

    generation = 1

    def __init__(self):
        self.requests = queue.Queue()

    def wait_ready(self, timeout):
        return True

    def request(self, body):
        future = concurrent.futures.Future()
        self.requests.put((body, future))
        return future

    def take(self, kind):
        """Return the next request, and a call that answers it with the scene it asks for."""
        body, future = self.requests.get(timeout=5)
        assert isinstance(body, kind)

        def answer():
            future.set_result(Reply(0, 0.1, None if kind is Restore else Scene(
                body.snapshot.map_id, body.snapshot.revision, 0, ())))
        return body, answer


@pytest.fixture
def parts():
    fusion, worker, told = OneMap(), SlowWorker(), queue.Queue()
    perception = Perception(fusion, worker, lambda *scene: told.put(scene), period=0.01)
    yield fusion, worker, told, perception
    perception.close()


def test_a_scene_comes_with_the_anchor_of_the_map_that_was_looked_at(parts):
    fusion, worker, told, perception = parts
    fusion.odom_from_fusion[0, 3] = 5
    looked_at = fusion.odom_from_fusion
    _, answer = worker.take(Perceive)
    fusion.odom_from_fusion = np.eye(4)
    answer()
    scene, anchor = told.get(timeout=5)
    assert scene == Scene('m', 1, 0, ())
    assert anchor is looked_at
    assert perception.latest.odom_from_fusion is looked_at


def test_what_was_looked_at_before_a_map_was_loaded_is_dropped_though_the_map_has_the_same_id(
        parts):
    fusion, worker, told, perception = parts
    _, answer = worker.take(Perceive)
    fusion.revision = 9
    perception.restore('m', ())
    answer()
    restored, answer = worker.take(Restore)
    assert restored.map_id == 'm'
    assert perception.latest is None
    answer()
    asked, answer = worker.take(Perceive)
    assert asked.snapshot.revision == 9
    answer()
    assert told.get(timeout=5)[0].revision == 9
    assert told.empty()


def test_a_map_that_is_loaded_while_another_is_handed_to_the_worker_is_handed_over_too(parts):
    _, worker, told, perception = parts
    worker.take(Perceive)[1]()
    told.get(timeout=5)
    perception.restore('m', ())
    _, answer = worker.take(Restore)
    perception.restore('n', ())
    answer()
    worker.take(Perceive)[1]()
    assert worker.take(Restore)[0].map_id == 'n'
    assert told.empty()


def test_a_pass_that_is_on_when_the_node_closes_is_no_failure(parts, caplog):
    _, worker, _, perception = parts
    worker.take(Perceive)
    perception.close()
    assert perception.failures == 0
    assert caplog.records == []
