"""What is known of a scene that commands are made for."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.box import OrientedBox
from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.relations import level_viewpoint


@dataclasses.dataclass(frozen=True, eq=False)
class KnownObject:
    """One object.

    id            instance number, unique in its scene, not negative
    name          one of household_vocabulary().words
    box           upright, metres, map frame
    colors        its dominant colours, of description.COLORS, most of the surface first; may be
                  empty where unknown
    material      such as 'wood'; '' where unknown
    supported_by  id of the object that it stands, lies or hangs on; None for floor and walls
    inside_of     id of the object that holds it; None when it is in nothing
    visible       [0, 1] share of its surface that the recording could have seen and has
    """

    id: int
    name: str
    box: OrientedBox
    colors: tuple[str, ...] = ()
    material: str = ''
    supported_by: int | None = None
    inside_of: int | None = None
    visible: float = 1.0


@dataclasses.dataclass(frozen=True, eq=False)
class KnownScene:
    """The objects of a scene, and where commands are said in it.

    map_from_viewpoint  (4, 4) float64, rigid: the pose of a frame with x forward, y left, z up
                        (REP 103); only its place and heading are used. A camera's optical
                        frame (x right, y down, z forward) has to be turned into it before.

    Raises ValueError on a name that is no household word, an unknown colour, an id that is
    there twice or negative, a reference to an object that is not there or to itself, and a
    viewpoint without a heading.
    """

    objects: tuple[KnownObject, ...]
    map_from_viewpoint: npt.NDArray[np.float64]

    def __post_init__(self) -> None:
        level_viewpoint(self.map_from_viewpoint)
        ids = [known.id for known in self.objects]
        for known in self.objects:
            household_vocabulary().index(known.name)
            unknown = set(known.colors) - set(COLORS)
            if unknown:
                raise ValueError(f'colors={known.colors}: {sorted(unknown)[0]!r} is no colour')
            if ids.count(known.id) > 1 or known.id < 0:
                raise ValueError(f'id={known.id}: must be unique and not negative')
            if not 0 <= known.visible <= 1:
                raise ValueError(f'visible={known.visible}: must be in [0, 1]')
            for place in (known.supported_by, known.inside_of):
                if place is not None and (place not in ids or place == known.id):
                    raise ValueError(f'object {known.id}: {place} is no other object')

    def find(self, identity: int) -> KnownObject:
        """Return the object with an id; KeyError when there is none."""
        return self._by_id[identity]

    @functools.cached_property
    def floor(self) -> float:
        """The height of the lowest object's base, metres; 0 in an empty scene."""
        return min((float(known.box.center[2] - known.box.size[2] / 2)
                    for known in self.objects), default=0.0)

    @functools.cached_property
    def _by_id(self) -> dict[int, KnownObject]:
        return {known.id: known for known in self.objects}
