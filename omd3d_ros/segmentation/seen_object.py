"""What is known of an object when it is to be named."""

from __future__ import annotations

import dataclasses

import numpy as np
import numpy.typing as npt


@dataclasses.dataclass(frozen=True, eq=False)
class SeenObject:
    """One object with V views.

    points    (n, 3) metres, z up; colors (n, 3) sRGB
    features  (V, 1280) and classes (V, 1000), what the image network says of the views
    quality   (V,) of the views, (0, 1]
    """

    points: npt.NDArray[np.floating]
    colors: npt.NDArray[np.uint8]
    features: npt.NDArray[np.float32]
    classes: npt.NDArray[np.float32]
    quality: npt.NDArray[np.float32]
