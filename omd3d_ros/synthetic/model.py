"""One object as a triangle mesh with colours, standing on z = 0."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True, eq=False)
class Model:
    """A mesh in metres, z up, its footprint centred on the origin, its base at z = 0.

    vertices  (V, 3) float64
    normals   (V, 3) float64  unit, for smooth shading
    faces     (F, 3) int64
    colors    (F, 3) float64  RGB of each face, 0..255
    uv        (V, 2) float64  texture coordinates
    texture   (F,) int64      index into ``images``, -1 where the face has its plain colour
    images    textures, (H, W, 3) uint8
    """

    vertices: npt.NDArray[np.float64]
    normals: npt.NDArray[np.float64]
    faces: npt.NDArray[np.int64]
    colors: npt.NDArray[np.float64]
    uv: npt.NDArray[np.float64]
    texture: npt.NDArray[np.int64]
    images: tuple[npt.NDArray[np.uint8], ...] = ()

    def placed(self, x: float, y: float, z: float, yaw: float) -> Model:
        """Return the model turned about z by yaw (radians) and moved to (x, y, z)."""
        turn = np.array([[np.cos(yaw), -np.sin(yaw), 0], [np.sin(yaw), np.cos(yaw), 0], [0, 0, 1]])
        return dataclasses.replace(
            self, vertices=self.vertices @ turn.T + [x, y, z], normals=self.normals @ turn.T)

    def scaled(self, factor: float) -> Model:
        """Return the model enlarged by a factor."""
        return dataclasses.replace(self, vertices=self.vertices * factor)

    def stretched(self, factors: npt.ArrayLike) -> Model:
        """Return the model with its x, y and z enlarged by factors (3,)."""
        each = np.asarray(factors, np.float64)
        normals = self.normals / each
        normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-9)
        return dataclasses.replace(self, vertices=self.vertices * each, normals=normals)


def plain_model(
    vertices: npt.NDArray[np.float64], faces: npt.NDArray[np.int64],
    color: tuple[int, int, int], *, smooth: bool,
) -> Model:
    """Return a model of one colour; without ``smooth`` every face keeps its own normal."""
    if not smooth:
        vertices = vertices[faces].reshape(-1, 3)
        faces = np.arange(len(vertices)).reshape(-1, 3)
    corners = vertices[faces]
    across = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, faces[:, corner], across)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    count = len(faces)
    return Model(vertices, normals, faces, np.tile(np.array(color, float), (count, 1)),
                 np.zeros((len(vertices), 2)), np.full(count, -1))


def joined(*models: Model) -> Model:
    """Return several models as one."""
    offsets = np.cumsum([0, *(len(m.vertices) for m in models[:-1])])
    pages = np.cumsum([0, *(len(m.images) for m in models[:-1])])
    return Model(
        np.concatenate([m.vertices for m in models]),
        np.concatenate([m.normals for m in models]),
        np.concatenate([m.faces + o for m, o in zip(models, offsets, strict=True)]),
        np.concatenate([m.colors for m in models]),
        np.concatenate([m.uv for m in models]),
        np.concatenate([np.where(m.texture >= 0, m.texture + p, -1)
                        for m, p in zip(models, pages, strict=True)]),
        tuple(image for m in models for image in m.images))
