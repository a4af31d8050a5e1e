"""Patterns for surfaces: wood, cloth, stone, and the print of packages; all tile seamlessly."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter

Image = npt.NDArray[np.uint8]
_SIDE = 256
PAPERS = ((238, 236, 230), (190, 34, 38), (52, 84, 150), (34, 110, 62), (232, 192, 54),
          (44, 44, 50), (222, 126, 44), (126, 84, 54), (158, 158, 164), (120, 72, 142),
          (230, 156, 176), (92, 172, 184))


def surface(rng: np.random.Generator) -> Image:
    """Return the pattern of a table top or floor, (256, 256, 3)."""
    tone = rng.uniform(70, 235) + rng.normal(0, 9, 3) + rng.choice([0, 1]) * np.array([22, 0, -26])
    kind = rng.choice(['wood', 'plain', 'stone', 'cloth', 'tiles'], p=[0.4, 0.25, 0.15, 0.1, 0.1])
    if kind == 'wood':
        light = _wood(rng)
    elif kind == 'stone':
        light = 1 + rng.uniform(0.05, 0.3) * np.abs(_noise(rng, 2)) * rng.choice([-1, 1])
    elif kind == 'cloth':
        light = _checks(rng)
    elif kind == 'tiles':
        light = _tiles(rng)
    else:
        light = np.ones((_SIDE, _SIDE))
    light = light * (1 + 0.03 * _noise(rng, 30) + 0.02 * _noise(rng, 0.6))
    return np.clip(tone * light[:, :, None], 0, 255).astype(np.uint8)


def package_print(rng: np.random.Generator, width: float, height: float) -> Image:
    """Return one face of a package of this size, metres: colours, a picture, lines of writing."""
    rows, columns = _cells(height), _cells(width)
    paper, ink, accent = (_ink(rng) for _ in range(3))
    image = np.tile(paper, (rows, columns, 1))
    y, x = np.mgrid[0:rows, 0:columns] / np.array([rows, columns])[:, None, None]
    if rng.random() < 0.6:  # a band of another colour, upright, level or slanting
        way = rng.uniform(-1, 1, 2)
        way = way if rng.random() < 0.3 else np.eye(2)[rng.integers(2)]
        at = x * way[0] + y * way[1] - rng.uniform(0, 0.7) * way.sum()
        image[(at > 0) & (at < rng.uniform(0.15, 0.5))] = ink
    if rng.random() < 0.6:  # a picture
        middle, reach = rng.uniform(0.3, 0.7, 2), rng.uniform(0.12, 0.3)
        ratio = width / max(height, 1e-6)
        away = np.hypot((x - middle[0]) * max(ratio, 1), (y - middle[1]) * max(1 / ratio, 1))
        image[away < reach] = accent
        image[away < reach * rng.uniform(0.2, 0.8)] = _ink(rng)
    for _ in range(int(rng.integers(0, 4))):
        _write(image, ink if rng.random() < 0.5 else accent, rng)
    image = image * (1 + 0.02 * rng.standard_normal((rows, columns, 1)))
    return np.clip(image, 0, 255).astype(np.uint8)


def _cells(length: float) -> int:
    """Return how many pixels show a length, metres: a millimetre and a half each."""
    return int(np.clip(length / 0.0015, 8, 192))


def _ink(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    return np.clip(np.array(PAPERS[int(rng.integers(len(PAPERS)))]) + rng.normal(0, 14, 3), 8, 248)


def _write(image: npt.NDArray[np.float64], ink: npt.NDArray[np.float64],
           rng: np.random.Generator) -> None:
    """Write some lines of words, as strokes with gaps."""
    rows, columns = image.shape[:2]
    high = int(np.clip(rng.uniform(0.02, 0.16) * rows, 1, 40))
    top, left = int(rng.uniform(0.03, 0.75) * rows), int(rng.uniform(0.05, 0.4) * columns)
    right = min(columns, left + int(rng.uniform(0.25, 0.6) * columns))
    for line in range(int(rng.integers(1, 5))):
        row = top + line * int(high * 1.7 + 1)
        if right - left < 2 or row + high > rows:
            break
        strokes = np.repeat(rng.random((1 + high // 3, right - left)) < 0.62, 3, axis=0)[:high]
        words = np.repeat(rng.random(1 + (right - left) // max(high, 2)) < 0.85, max(high, 2))
        image[row:row + high, left:right][strokes & words[None, :right - left]] = ink


def _wood(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    grain = rng.standard_normal((_SIDE, _SIDE))
    fine = gaussian_filter(grain, (0.7, 40), mode='wrap')
    broad = gaussian_filter(grain, (4, 60), mode='wrap')
    light = 1 + rng.uniform(0.03, 0.1) * fine / fine.std() + 0.06 * broad / broad.std()
    if rng.random() < 0.4:  # boards
        boards = np.repeat(rng.uniform(0.88, 1.1, 4), _SIDE // 4)
        boards[::_SIDE // 4] *= 0.7
        light = light * boards[:, None]
    return np.asarray(light)


def _checks(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    period = int(rng.choice([16, 32, 64]))
    stripes = np.where(np.arange(_SIDE) // (period // 2) % 2, 1.0, rng.uniform(0.65, 0.92))
    across = stripes if rng.random() < 0.5 else np.ones(_SIDE)
    return np.asarray(stripes[:, None] * across[None, :])


def _tiles(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    period = int(rng.choice([64, 128]))
    seam = np.where(np.arange(_SIDE) % period < 3, rng.uniform(0.6, 0.85), 1.0)
    return np.asarray(np.minimum(seam[:, None], seam[None, :]))


def _noise(rng: np.random.Generator, blur: float) -> npt.NDArray[np.float64]:
    made = gaussian_filter(rng.standard_normal((_SIDE, _SIDE)), blur, mode='wrap')
    return np.asarray(made / made.std())
