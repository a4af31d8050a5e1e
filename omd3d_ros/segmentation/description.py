"""Colour and size words for objects, and a short description to show a person or a model."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.household_words import household_words
from omd3d_ros.segmentation.scene import SceneObject

COLORS = ('black', 'grey', 'white', 'brown', 'red', 'orange', 'yellow', 'green', 'blue', 'purple',
          'pink')
BLANK = frozenset(('object', 'thing', 'furniture'))  # labels that tell nothing
_SAMPLE = 2048
_TWO_COLORS = 0.35
_NO_COLOR = 128  # what the map stores where the sensor gives no colour
# Absolute sizes where the kind is unknown: largest dimension in metres.
_SMALL, _LARGE = 0.15, 1.0


def color_shares(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.float64]:
    """Return the share of each of COLORS among sRGB colours (n, 3): (11,), sums to 1.

    All zero where the sensor gave no colour. Large inputs are sampled evenly.
    """
    sample = colors[::max(1, -(-len(colors) // _SAMPLE))]
    if len(sample) == 0 or (sample == _NO_COLOR).all():
        return np.zeros(len(COLORS))
    counts = np.bincount(_color_indices(sample), minlength=len(COLORS))
    return np.asarray(counts / counts.sum(), np.float64)


def color_words(colors: npt.NDArray[np.uint8]) -> tuple[str, ...]:
    """Return the main colour's word, with a second where it covers a third or more.

    colors (n, 3) sRGB; empty where the sensor gave no colour.
    """
    shares = color_shares(colors)
    first, second = np.argsort(-shares, kind='stable')[:2]
    if shares[first] == 0:
        return ()
    return (COLORS[first], COLORS[second]) if shares[second] > _TWO_COLORS else (COLORS[first],)


def size_word(size: npt.NDArray[np.float64], label: str = '') -> str:
    """Return 'small', 'medium' or 'large' for a box's extents (3,) in metres.

    Relative to the plausible sizes of a household word where label is one, else absolute.
    """
    largest = float(np.max(size))
    words = household_words()
    if label in words.words:
        low, high = np.log(words.sizes[words.words.index(label)])
        place = (np.log(max(largest, 1e-3)) - low) / (high - low)
        return 'small' if place < 0.3 else 'large' if place > 0.7 else 'medium'
    return 'small' if largest < _SMALL else 'large' if largest > _LARGE else 'medium'


def describe(found: SceneObject) -> str:
    """Return a noun phrase such as "a small white mug"."""
    label = found.labels[0] if found.labels else 'object'
    size = size_word(found.box.size, label)
    words = ['' if size == 'medium' else size, ' and '.join(color_words(found.colors)), label]
    phrase = ' '.join(word for word in words if word)
    return f'{"an" if phrase[0] in "aeiou" else "a"} {phrase}'


def _color_indices(colors: npt.NDArray[np.uint8]) -> npt.NDArray[np.int64]:
    """Name each sRGB colour (n, 3) by its lightness, chroma and hue in OKLab.

    OKLab: Ottosson, "A perceptual color space for image processing", 2020.
    """
    lightness, chroma, hue = _oklch(colors)
    rules = (
        ('black', lightness < 0.22),
        ('white', (lightness > 0.86) & (chroma < 0.06)),
        ('black', (chroma < 0.035) & (lightness < 0.35)),
        ('white', (chroma < 0.035) & (lightness > 0.82)),
        ('grey', chroma < 0.035),
        ('brown', (hue < 35) & (chroma < 0.075) & (lightness < 0.72)),
        ('pink', ((hue < 35) | (hue >= 345)) & (lightness > 0.7)),
        ('red', (hue < 35) | (hue >= 350)),
        ('brown', (hue < 95) & ((lightness < 0.62) | (chroma < 0.1))),
        ('red', hue < 42),
        ('orange', hue < 80),
        ('yellow', (hue < 116) & (lightness > 0.65)),
        ('green', hue < 185),
        ('blue', hue < 285),
        ('pink', (hue > 320) & (lightness > 0.68)),
    )
    names = np.select([where for _, where in rules],
                      [COLORS.index(name) for name, _ in rules], COLORS.index('purple'))
    return names.astype(np.int64)


def _oklch(colors: npt.NDArray[np.uint8]) -> tuple[npt.NDArray[np.float64], ...]:
    """Return lightness [0, 1], chroma and hue [0, 360) degrees."""
    srgb = colors / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    cones = np.cbrt(linear @ np.array([
        [0.4122214708, 0.2119034982, 0.0883024619],
        [0.5363325363, 0.6806995451, 0.2817188376],
        [0.0514459929, 0.1073969566, 0.6299787005]]))
    lab = cones @ np.array([
        [0.2104542553, 1.9779984951, 0.0259040371],
        [0.7936177850, -2.4285922050, 0.7827717662],
        [-0.0040720468, 0.4505937099, -0.8086757660]])
    hue = np.degrees(np.arctan2(lab[:, 2], lab[:, 1])) % 360
    return lab[:, 0], np.hypot(lab[:, 1], lab[:, 2]), hue
