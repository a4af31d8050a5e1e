"""Textures made by rule: boards, tiles, carpet, wall paper, pictures. Each is (H, W, 3) uint8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Texture = npt.NDArray[np.uint8]
_SIDE = 512  # pixels


def boards(rng: np.random.Generator) -> Texture:
    """Return a floor of boards or parquet; repeats seamlessly along both axes."""
    tone = np.array([176, 138, 98]) * rng.uniform(0.45, 1.3) * rng.normal(1, 0.05, 3)
    width = int(rng.choice([32, 64, 128]))
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    board, count = rows // width, _SIDE // width
    start = rng.integers(0, _SIDE, count)[board]
    piece = ((columns + start) % _SIDE) // 256
    shade = rng.uniform(0.84, 1.08, (count, 2))[board, piece]
    grain = gaussian_filter(rng.normal(0, 1, (_SIDE, _SIDE)), (1, 12), mode='wrap') * 0.35
    seam = (rows % width < 2) | ((columns + start) % 256 < 2)
    return _painted(tone, (shade + 0.25 * grain) * np.where(seam, 0.72, 1.0))


def tiles(rng: np.random.Generator) -> Texture:
    """Return square tiles with joints, plain or checked; repeats seamlessly."""
    tone = rng.uniform(70, 235) * rng.normal(1, 0.05, 3)
    size = int(rng.choice([64, 128, 256]))
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    places = rng.uniform(0.95, 1.04, (_SIDE // size, _SIDE // size))
    shade = places[rows // size, columns // size]
    if rng.random() < 0.25:
        shade = shade * np.where((rows // size + columns // size) % 2, rng.uniform(0.4, 0.8), 1.0)
    cloud = gaussian_filter(rng.normal(0, 1, (_SIDE, _SIDE)), 9, mode='wrap')
    joint = (rows % size < 3) | (columns % size < 3)
    shade = (shade + 0.5 * cloud) * np.where(joint, rng.choice([0.7, 1.15]), 1.0)
    return _painted(tone, shade)


def carpet(rng: np.random.Generator) -> Texture:
    """Return the even, fuzzy surface of a fitted carpet; repeats seamlessly."""
    noise = rng.normal(0, 1, (_SIDE, _SIDE))
    shade = 1 + 0.07 * noise + 0.5 * gaussian_filter(noise, 6, mode='wrap')
    return _painted(_muted(rng), shade)


def wall_paper(rng: np.random.Generator) -> Texture:
    """Return paint, stripes or a repeated pattern for a wall."""
    tone = rng.uniform(150, 245) * rng.normal(1, 0.04, 3)
    if rng.random() < 0.2:
        tone = _muted(rng)
    rows, columns = np.mgrid[0:_SIDE, 0:_SIDE]
    shade = 1 + 0.006 * rng.normal(0, 1, (_SIDE, _SIDE))
    draw = rng.random()
    if draw < 0.12:
        shade *= np.where(columns // int(rng.choice([16, 32, 64])) % 2, rng.uniform(0.8, 0.95), 1)
    elif draw < 0.25:
        size = int(rng.choice([32, 64, 128]))
        motif = gaussian_filter(rng.normal(0, 1, (size, size)), size / 12, mode='wrap')
        shade *= np.where(motif[rows % size, columns % size] > 0, rng.uniform(0.82, 0.95), 1)
    return _painted(tone, shade)


def artwork(rng: np.random.Generator) -> Texture:
    """Return something like a picture: sky and land, patches, or an abstract one."""
    height, width = 192, 192
    rows, columns = np.mgrid[0:height, 0:width] / height
    a, b, c = rng.uniform(20, 240, (3, 3))
    draw = rng.random()
    if draw < 0.35:
        line = rng.uniform(0.35, 0.7) + 0.1 * np.sin(columns * rng.uniform(3, 14))
        image = np.where((rows < line)[..., None], a + (b - a) * rows[..., None], c)
    elif draw < 0.7:
        field = gaussian_filter(rng.normal(0, 1, (height, width)), rng.uniform(8, 24))
        bands = np.digitize(field / field.std(), [-0.7, 0.4])
        image = np.stack([a, b, c])[bands]
    else:
        image = np.broadcast_to(a, (height, width, 3)).copy()
        for _ in range(int(rng.integers(3, 12))):
            x, y, r = rng.uniform(0, 1, 3)
            round_one = (rows - y) ** 2 + (columns - x) ** 2 < (0.3 * r) ** 2
            image[round_one] = rng.uniform(10, 250, 3)
    return np.clip(image + rng.normal(0, 4, (height, width, 1)), 0, 255).astype(np.uint8)


def woven(rng: np.random.Generator) -> Texture:
    """Return a rug or a cloth: plain, striped, or patches with a border."""
    rows, columns = np.mgrid[0:256, 0:256]
    a, b, c = (_muted(rng) for _ in range(3))
    image = np.broadcast_to(a, (256, 256, 3)).copy()
    draw = rng.random()
    if draw < 0.3:
        image[rows // int(rng.integers(8, 40)) % 2 == 0] = b
    elif draw < 0.65:
        period = int(rng.integers(24, 90))
        star = np.abs(rows % period - period / 2) + np.abs(columns % period - period / 2)
        image[star < period * rng.uniform(0.2, 0.45)] = b
    if rng.random() < 0.5:
        edge = np.minimum(np.minimum(rows, 255 - rows), np.minimum(columns, 255 - columns))
        image[(edge > 8) & (edge < int(rng.integers(14, 40)))] = c
    return np.clip(image + rng.normal(0, 8, (256, 256, 1)), 0, 255).astype(np.uint8)


def _muted(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    grey = rng.uniform(50, 215)
    return np.clip(grey + rng.normal(0, 34, 3), 20, 245)


def _painted(tone: npt.NDArray[np.float64], shade: npt.NDArray[np.float64]) -> Texture:
    return np.clip(tone * shade[:, :, None], 0, 255).astype(np.uint8)
