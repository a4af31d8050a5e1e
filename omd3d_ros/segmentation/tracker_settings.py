"""Settings of the tracker."""

from __future__ import annotations

import dataclasses

from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class TrackerSettings:
    """When an observation is an object seen before, and when an object has gone."""

    min_overlap: float = setting(
        0.25, 'least mean of IoU and containment of the voxels of an object and its observation',
        low=0.01, high=1.0)
    min_iou: float = setting(
        0.1, 'least IoU of the voxels of an object and its observation', low=0.001, high=1.0)
    confirm_frames: int = setting(
        3, 'fused frames that must have seen an object before it is CONFIRMED', unit='frames',
        low=1, high=1000)
    confirm_passes: int = setting(
        3, 'passes, each with newer frames of it, that make an object CONFIRMED too',
        unit='passes', low=1)
    frames_quantile: float = setting(
        0.9, 'quantile of the frames of its voxels that counts as the frames of an object',
        low=0.0, high=1.0)
    through_share: float = setting(
        0.6, 'an object is STALE when a newer view sees through this share of it', low=0.05,
        high=1.0)
    through_margin: float = setting(
        0.05, 'a view sees through a voxel when it measures this much behind it', unit='m',
        low=0.001, high=1.0)
    through_relative: float = setting(
        0.02, 'addition to that distance, as a share of the depth', low=0.0, high=0.5)
    gone_share: float = setting(
        0.9, 'an object is STALE when this share of its voxels has left the map', low=0.05,
        high=1.0)
    merged_share: float = setting(
        0.6, 'an object is merged into others when they hold this share of its voxels', low=0.05,
        high=1.0)
    label_rate: float = setting(
        0.2, 'weight of the newest pass in the labels of an object, at least', low=0.01,
        high=1.0)
    max_labels: int = setting(32, 'labels kept for an object', low=1, high=1000)
    forget_after: int = setting(
        30, 'passes without it after which a STALE or merged object is forgotten', unit='passes',
        low=1)
    max_objects: int = setting(
        300, 'objects remembered; beyond it the STALE and the longest unseen are forgotten',
        low=1, high=10000)

    def __post_init__(self) -> None:
        check_settings(self)
