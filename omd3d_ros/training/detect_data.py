"""Generated scenes as the vote network learns from them: prepared once, varied at every step."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from omd3d_ros.mapping.whole_file import whole_file
from omd3d_ros.segmentation.normals import find_normals
from omd3d_ros.segmentation.planes import find_surfaces
from omd3d_ros.segmentation.proposal_settings import ProposalSettings
from omd3d_ros.segmentation.voxel_features import VoxelSurface, relevant
from omd3d_ros.segmentation.voxel_grid import VoxelGrid, voxel_keys
from omd3d_ros.synthetic.scene_file import STRUCTURES, load_scene

UNKNOWN = -1
_HARDLY_SEEN = 12  # voxels under which an object is no target
_FIELDS = tuple(field.name for field in dataclasses.fields(VoxelSurface))


@dataclasses.dataclass(frozen=True, eq=False)
class DetectScene:
    """A scene's N voxels and what the network shall say of them.

    owner    (N,) int64: the object of each voxel from 1, 0 for structure, UNKNOWN where nobody
             can tell
    centers  (M + 1, 3) float32: the centre of each object's box, metres; row 0 is unused
    sizes    (M + 1,) float32: the longest side of that box, metres
    """

    surface: VoxelSurface
    owner: npt.NDArray[np.int64]
    centers: npt.NDArray[np.float32]
    sizes: npt.NDArray[np.float32]

    def without_larger(self, largest: float) -> DetectScene:
        """Take objects with a longer side for structure: tables, where things are looked for."""
        large = (self.owner > 0) & (self.sizes[np.maximum(self.owner, 0)] > largest)
        return dataclasses.replace(self, owner=np.where(large, 0, self.owner))


def prepare(path: Path, folder: Path) -> Path:
    """Turn a generated scene into a file that loads quickly, once; return its path."""
    target = folder / f'{path.stem}.npz'
    if not target.exists():
        scene = load_scene(path)
        settings = ProposalSettings()
        grid = VoxelGrid.of_points(scene.points, scene.voxel_size)
        normals = find_normals(grid, settings.normal_rings)
        surfaces = find_surfaces(grid, normals, settings.planes)
        surface = VoxelSurface.of_map(grid, normals, surfaces, scene.colors)
        told = relevant(grid, surface)
        owner = np.where(scene.structure == STRUCTURES.index('unknown'), UNKNOWN, scene.instance)
        seen = np.bincount(scene.instance, minlength=1)
        owner[(seen[scene.instance] < _HARDLY_SEEN) & (owner > 0)] = UNKNOWN
        centers = np.zeros((1 + max((one.id for one in scene.objects), default=0), 3), np.float32)
        sizes = np.zeros(len(centers), np.float32)
        for one in scene.objects:
            centers[one.id] = one.center
            sizes[one.id] = max(one.size)
        folder.mkdir(parents=True, exist_ok=True)
        with whole_file(target) as beside:
            np.savez(beside, owner=owner[told].astype(np.int16), centers=centers,
                     sizes=sizes, **{name: getattr(surface, name)[told] for name in _FIELDS})
    return target


def load_prepared(path: Path) -> DetectScene:
    """Load what ``prepare`` wrote."""
    with np.load(path, allow_pickle=False) as stored:
        surface = VoxelSurface(*(stored[name] for name in _FIELDS))
        return DetectScene(surface, stored['owner'].astype(np.int64), stored['centers'],
                           stored['sizes'])


def varied(
    scene: DetectScene, voxel_size: float, most: int, rng: np.random.Generator
) -> DetectScene:
    """Turn, mirror, scale, tint, roughen and crop a scene; at most ``most`` voxels remain."""
    chosen = _cropped(scene.surface.points, most, rng)
    chosen = chosen[rng.random(len(chosen)) > rng.uniform(0, 0.15)]
    surface, owner = scene.surface.at(chosen), scene.owner[chosen]
    angle, scale = rng.uniform(0, 2 * np.pi), rng.uniform(0.85, 1.18)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0],
                     [0, 0, 1]])
    turn[:, 0] *= rng.choice([-1, 1])
    shift = np.array([*rng.uniform(-1, 1, 2), rng.uniform(0, 1)])
    rough = rng.normal(0, rng.uniform(0, 0.12) * voxel_size, surface.points.shape)
    points = ((scale * surface.points) @ turn.T + shift + rough).astype(np.float32)
    centers = (scale * scene.centers) @ turn.T + shift
    normals = surface.normals @ turn.T + rng.normal(0, rng.uniform(0, 0.12), points.shape)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-6)
    lift = rng.normal(0, 0.1 * voxel_size)
    changed = dataclasses.replace(
        surface, points=points, normals=normals.astype(np.float32),
        colors=_tinted(surface.colors, rng), height=scale * surface.height + lift,
        standing=scale * surface.standing + lift)
    one_each = np.unique(voxel_keys(points, voxel_size), return_index=True)[1]
    return DetectScene(changed.at(one_each), owner[one_each], centers.astype(np.float32),
                       (scale * scene.sizes).astype(np.float32))


def _cropped(
    points: npt.NDArray[np.float32], most: int, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Return the voxels of an upright cylinder about a random one, as many as are allowed."""
    if len(points) <= most:
        return np.arange(len(points))
    middle = points[int(rng.integers(len(points))), :2]
    away = np.square(points[:, :2] - middle).sum(axis=1)
    return np.sort(np.argpartition(away, most)[:most])


def _tinted(colors: npt.NDArray[np.uint8], rng: np.random.Generator) -> npt.NDArray[np.uint8]:
    """Change light and hue; now and then there is no colour at all."""
    if rng.random() < 0.15:
        return np.zeros_like(colors)
    order = rng.permutation(3) if rng.random() < 0.5 else np.arange(3)
    gain, offset = rng.uniform(0.6, 1.4) * rng.normal(1, 0.12, 3), rng.normal(0, 12, 3)
    grain = rng.normal(0, rng.uniform(0, 8), colors.shape)
    return np.clip(colors[:, order] * gain + offset + grain, 0, 255).astype(np.uint8)


def prepare_all(
    folders: Sequence[Path], into: Path, processes: int, match: str = ''
) -> list[Path]:
    """Prepare the scenes of some folders whose names contain a text; return the files, sorted.

    Raises ValueError when there are none, and naming a scene that is damaged.
    """
    import multiprocessing

    scenes = sorted(file.with_suffix('') for folder in folders
                    for file in folder.glob(f'*{match}*.json'))
    if not scenes:
        raise ValueError(f'scenes: none in {", ".join(map(str, folders))} that match {match!r}')
    tasks: list[Any] = [(scene, into) for scene in scenes]
    with multiprocessing.get_context('spawn').Pool(processes) as pool:
        return sorted(pool.starmap(prepare, tasks, chunksize=4))
