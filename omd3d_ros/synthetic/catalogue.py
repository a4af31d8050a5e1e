"""Models of the Sweet Home 3D furniture library (Debian package sweethome3d-furniture)."""

from __future__ import annotations

import dataclasses
import re
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from omd3d_ros.synthetic.model import Model

_ENTRY = re.compile(r'([A-Za-z]+)#(\d+)=(.*)')
_PROPERTIES = 'PluginFurnitureCatalog.properties'
_TEXTURE = 512  # pixels a side at most: finer than any view shows


@dataclasses.dataclass(frozen=True)
class CatalogueEntry:
    """One model of a library; lengths in metres.

    size       (width, depth, height)
    surface    height above its base of the surface that one may put things on; None when unsaid
    elevation  height of its base above the floor: more than 0 for what hangs on a wall or ceiling
    """

    name: str
    path: Path
    size: tuple[float, float, float]
    rotation: tuple[float, ...] | None
    surface: float | None = None
    elevation: float = 0.0


def unpack(library: Path, folder: Path) -> None:
    """Unpack a library (.sh3f, a zip file) into a folder."""
    with zipfile.ZipFile(library) as archive:
        archive.extractall(folder)


def read_catalogue(folder: Path) -> dict[str, CatalogueEntry]:
    """Return the models of an unpacked library by the name of their OBJ file.

    Raises
    ------
    ValueError
        When the folder holds no catalogue.

    """
    index = folder / _PROPERTIES
    if not index.is_file():
        raise ValueError(f'{folder}: {_PROPERTIES} is missing; is this an unpacked library?')
    entries: dict[int, dict[str, str]] = {}
    for line in index.read_text(encoding='latin-1').splitlines():
        match = _ENTRY.match(line.strip())
        if match:
            entries.setdefault(int(match[2]), {})[match[1]] = match[3].strip()
    found = {}
    for entry in entries.values():
        path = folder / entry.get('model', '').lstrip('/')
        if not path.is_file():
            continue
        rotation = entry.get('modelRotation')
        surface = float(entry.get('dropOnTopElevation', -1)) / 100
        found[path.stem] = CatalogueEntry(
            entry['name'], path,
            (float(entry['width']) / 100, float(entry['depth']) / 100,
             float(entry['height']) / 100),
            None if rotation is None else tuple(float(v) for v in rotation.split()),
            surface if surface > 0 else None, float(entry.get('elevation', 0)) / 100)
    return found


def load_model(entry: CatalogueEntry) -> Model:
    """Load a model: y-up OBJ of any unit, scaled to the catalogue's size, turned z-up."""
    import trimesh
    scene: Any = trimesh.load(entry.path, process=False, force='scene')
    pieces = [piece for piece in scene.dump() if len(getattr(piece, 'faces', ()))]
    if not pieces:
        raise ValueError(f'{entry.path}: no triangles')
    parts: dict[str, list[Any]] = {
        name: [] for name in ('vertices', 'normals', 'faces', 'colors', 'uv', 'texture')}
    images: list[Any] = []
    offset = 0
    for piece in pieces:
        material = getattr(piece.visual, 'material', None)
        image: Any = getattr(material, 'image', None)
        uv = getattr(piece.visual, 'uv', None)
        textured = image is not None and uv is not None
        if textured:
            small = image.convert('RGB')
            small.thumbnail((_TEXTURE, _TEXTURE))
            images.append(np.asarray(small))
        count = len(piece.faces)
        color = np.array(getattr(material, 'diffuse', [180, 180, 180, 255]), float)[:3]
        parts['vertices'].append(np.asarray(piece.vertices))
        parts['normals'].append(np.asarray(piece.vertex_normals))
        parts['faces'].append(np.asarray(piece.faces) + offset)
        parts['colors'].append(np.tile(color, (count, 1)))
        parts['uv'].append(np.asarray(uv)[:, :2] if textured
                           else np.zeros((len(piece.vertices), 2)))
        parts['texture'].append(np.full(count, len(images) - 1 if textured else -1))
        offset += len(piece.vertices)
    whole = {name: np.concatenate(values) for name, values in parts.items()}
    whole['vertices'], whole['normals'] = _fitted(whole['vertices'], whole['normals'], entry)
    return Model(**whole, images=tuple(images))


def _fitted(vertices: Any, normals: Any, entry: CatalogueEntry) -> tuple[Any, Any]:
    if entry.rotation is not None:
        turn = np.array(entry.rotation).reshape(3, 3)
        vertices, normals = vertices @ turn.T, normals @ turn.T
    low, high = vertices.min(axis=0), vertices.max(axis=0)
    width, depth, height = entry.size
    scale = np.array([width, height, depth]) / np.maximum(high - low, 1e-6)
    vertices, normals = (vertices - (low + high) / 2) * scale, normals / scale
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), 1e-12)
    z_up = [0, 2, 1]
    vertices, normals = vertices[:, z_up] * [1, -1, 1], normals[:, z_up] * [1, -1, 1]
    return vertices + np.array([0, 0, height / 2]), normals
