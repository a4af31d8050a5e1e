"""Settings of planes and proposals."""

from __future__ import annotations

import dataclasses

from omd3d_ros.segmentation.superpoints import SuperpointSettings
from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class PlaneSettings:
    """What counts as floor, wall, ceiling or support."""

    floor_area: float = setting(
        0.3, 'smallest horizontal surface that can be the floor', unit='m^2', low=0.01)
    support_area: float = setting(
        0.05, 'smallest horizontal surface that things are looked for on', unit='m^2', low=0.001)
    support_height: float = setting(
        0.15, 'lowest height of a support above the floor', unit='m', low=0.0)
    wall_area: float = setting(0.8, 'smallest wall', unit='m^2', low=0.01)
    wall_height: float = setting(1.0, 'smallest height of a wall', unit='m', low=0.01)
    wall_top: float = setting(
        2.2, 'what reaches this high above the floor can be a wall, even when other things of '
        'the map are higher', unit='m', low=0.0)
    behind_wall: float = setting(
        0.1, 'largest share of the map that may lie behind a wall', low=0.0, high=0.5)
    ceiling_height: float = setting(
        2.0, 'lowest height of a ceiling above the floor', unit='m', low=0.5)
    thickness: float = setting(
        0.03, 'floor, walls and ceiling are this thick to each side', unit='m', low=0.001,
        high=0.2)
    support_thickness: float = setting(
        0.012, 'supports are this thick to each side, at least', unit='m', low=0.001, high=0.1)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class StackSettings:
    """When a thing stands on another thing."""

    face_area: float = setting(
        0.002, 'smallest top face that carries another thing', unit='m^2', low=0.0)
    above_share: float = setting(
        0.85, 'share of a thing that must lie above the face it stands on', low=0.5, high=1.0)
    min_part_voxels: int = setting(
        40, 'smallest part of a pile', unit='voxels', low=1)
    panel_thickness: float = setting(
        0.025, 'upright parts up to this thick, such as a screen, stay with what they stand on',
        unit='m', low=0.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class FurnitureSettings:
    """Which pieces belong to one piece of furniture."""

    gap: float = setting(
        0.05, 'a fragment joins what is about this near', unit='m', low=0.001, high=0.5)
    fragment_voxels: int = setting(
        200, 'smaller pieces are fragments', unit='voxels', low=1)
    afloat: float = setting(
        0.15, 'pieces that begin this high above the floor and are small are fragments too',
        unit='m', low=0.0)
    whole_size: float = setting(
        0.6, 'pieces this long are not', unit='m', low=0.0)
    table_area: float = setting(
        0.4, 'smallest top of a table that chairs are parted from', unit='m^2', low=0.0)
    table_height: float = setting(
        0.6, 'its lowest height above the floor', unit='m', low=0.0)
    beside_length: float = setting(
        0.6, 'longest thing that is parted from a table, as a share of its length', low=0.0,
        high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class ProposalSettings:
    """Which groups of voxels become proposals."""

    normal_rings: int = setting(
        2, 'neighbourhood of a normal: rings of voxels', unit='voxels', low=1, high=6)
    min_neighbors: int = setting(
        4, 'voxels with fewer of the 26 neighbours are noise, such as flying pixels',
        unit='voxels', low=0, high=26)
    min_thing_voxels: int = setting(
        14, 'smallest thing on a support', unit='voxels', low=1)
    min_thing_size: float = setting(
        0.03, 'smallest longest edge of a thing', unit='m', low=0.001)
    max_thing_size: float = setting(
        0.5, 'largest longest edge of a thing that stands on the floor', unit='m', low=0.01)
    min_furniture_voxels: int = setting(
        60, 'smallest thing that stands on the floor or on nothing', unit='voxels', low=1)
    min_furniture_size: float = setting(
        0.08, 'smallest longest edge of such a thing', unit='m', low=0.001)
    max_proposals: int = setting(
        100, 'proposals kept, those of highest objectness', low=1, high=1000)
    planes: PlaneSettings = dataclasses.field(default_factory=PlaneSettings)
    furniture: FurnitureSettings = dataclasses.field(default_factory=FurnitureSettings)
    superpoints: SuperpointSettings = dataclasses.field(default_factory=SuperpointSettings)
    stacks: StackSettings = dataclasses.field(default_factory=StackSettings)

    def __post_init__(self) -> None:
        check_settings(self)
