"""Keeps the list of objects up to date with the map, in the background."""

from __future__ import annotations

import concurrent.futures
import dataclasses
import logging
import threading
import time
from collections.abc import Callable

from omd3d_ros.ros.fusion import Fusion
from omd3d_ros.ros.transform_buffer import Matrix
from omd3d_ros.ros.worker_client import WorkerClient, WorkerLostError, WorkerRequestError
from omd3d_ros.ros.worker_messages import Perceive, Reply, Restore
from omd3d_ros.segmentation.scene import Scene, SceneObject

_log = logging.getLogger('omd3d.perception')


@dataclasses.dataclass(frozen=True)
class PerceivedScene:
    """A scene: when its snapshot was taken (monotonic s), how long it took, which worker has it.

    ``odom_from_fusion`` (4, 4) is the anchor of the map that its positions belong to.
    """

    scene: Scene
    odom_from_fusion: Matrix
    taken: float
    seconds: float
    generation: int


class Perception:
    """Asks the worker for the objects whenever the map has changed, at most every ``period`` s.

    ``on_scene`` is called with each scene and its anchor, from this object's thread.
    """

    def __init__(
        self,
        fusion: Fusion,
        worker: WorkerClient,
        on_scene: Callable[[Scene, Matrix], None],
        *,
        period: float,
    ) -> None:
        self._fusion = fusion
        self._worker = worker
        self._on_scene = on_scene
        self._period = period
        self._changed = threading.Condition()
        self._latest: PerceivedScene | None = None
        self._kept: tuple[str, tuple[SceneObject, ...]] | None = None
        self._wanted = False
        self._closing = False
        self._generation = 0
        self._restores = 0
        self._sent_keyframes: set[int] = set()
        self._failures = 0
        self.last_failure = ''
        self._thread = threading.Thread(target=self._run, name='perception', daemon=True)
        self._thread.start()

    @property
    def latest(self) -> PerceivedScene | None:
        """The newest scene, if there is one."""
        with self._changed:
            return self._latest

    @property
    def objects(self) -> tuple[str, tuple[SceneObject, ...]] | None:
        """The map_id and the objects that are known: the newest scene's, or those loaded."""
        with self._changed:
            return self._kept

    @property
    def failures(self) -> int:
        """Perception passes that failed, ever."""
        return self._failures

    def usable(self, max_age: float) -> PerceivedScene | None:
        """Return the scene when it still holds: of the map's revision, or at most this old."""
        with self._changed:
            latest = self._latest
        if latest is None or latest.generation != self._worker.generation:
            return None
        with self._fusion.exclusive() as voxel_map:
            map_id, revision = voxel_map.map_id, voxel_map.revision
        if latest.scene.map_id != map_id:
            return None
        if latest.scene.revision == revision or time.monotonic() - latest.taken <= max_age:
            return latest
        return None

    def wait(self, timeout: float) -> None:
        """Ask for a pass now, and wait until one ends or ``timeout`` s have passed."""
        with self._changed:
            before = self._latest
            self._wanted = True
            self._changed.notify_all()
            self._changed.wait_for(
                lambda: self._latest is not before or self._closing, timeout=max(timeout, 0.0))

    def restore(self, map_id: str, objects: tuple[SceneObject, ...]) -> None:
        """Go on from these objects (a map was loaded)."""
        with self._changed:
            self._latest = None
            self._kept = (map_id, objects)
            self._generation = 0
            self._restores += 1
            self._changed.notify_all()

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _run(self) -> None:
        last_started = -self._period
        while not self._closing:
            with self._changed:
                due = last_started + self._period - time.monotonic()
                if not self._wanted and due > 0:
                    self._changed.wait(min(due, 0.2))
                    continue
            if not self._worker.wait_ready(0.2):
                continue
            if not self._stale():
                with self._changed:
                    self._wanted = False
                    self._changed.wait(0.05)
                continue
            last_started = time.monotonic()
            with self._changed:
                self._wanted = False
            self._pass()

    def _stale(self) -> bool:
        latest = self._latest
        with self._fusion.exclusive() as voxel_map:
            now = (voxel_map.map_id, voxel_map.revision)
            if voxel_map.voxel_count == 0:
                return False
        if latest is None:
            return True
        return (latest.scene.map_id, latest.scene.revision) != now or (
            latest.generation != self._worker.generation)

    def _pass(self) -> None:
        restores = self._restores
        try:
            generation = self._restore_after_restart(restores)
            fused = self._fusion.snapshot()
            taken = time.monotonic()
            keys = tuple(frame.key for frame in fused.keyframes)
            new = tuple(f for f in fused.keyframes if f.key not in self._sent_keyframes)
            reply = self._await(self._worker.request(Perceive(fused.snapshot, keys, new)))
            self._sent_keyframes = set(keys)
            if not isinstance(reply.body, Scene):
                raise WorkerRequestError(f'unexpected reply {type(reply.body).__name__}')
        except (WorkerLostError, WorkerRequestError) as error:
            if self._closing:
                return
            self._failures += 1
            self.last_failure = str(error)
            _log.error('perception failed: %s', error)
            with self._changed:
                self._changed.wait_for(lambda: self._closing, timeout=0.2)
            return
        with self._changed:
            if self._restores != restores:
                return  # a map was loaded meanwhile
            self._latest = PerceivedScene(
                reply.body, fused.odom_from_fusion, taken, reply.seconds, generation)
            self._kept = (reply.body.map_id, reply.body.objects)
            self._changed.notify_all()
        try:
            self._on_scene(reply.body, fused.odom_from_fusion)
        except Exception:  # one scene that cannot be told of must not end perceiving
            _log.exception('a scene could not be published')

    def _restore_after_restart(self, restores: int) -> int:
        """Give the worker the objects that it lost or that were loaded; return which worker."""
        generation = self._worker.generation
        if self._generation == generation:
            return generation
        self._sent_keyframes = set()
        if self._kept is not None:
            self._await(self._worker.request(Restore(*self._kept)))
        with self._changed:
            if self._restores == restores:
                self._generation = generation
        return generation

    def _await(self, future: concurrent.futures.Future[Reply]) -> Reply:
        def wake(_: object) -> None:
            with self._changed:
                self._changed.notify_all()
        future.add_done_callback(wake)
        with self._changed:
            self._changed.wait_for(lambda: future.done() or self._closing)
        if not future.done():
            raise WorkerLostError('the node is closing')
        return future.result()
