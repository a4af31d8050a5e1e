"""Boxes, names and the selection, for RViz and Foxglove."""

from __future__ import annotations

from geometry_msgs.msg import Point, Pose, Vector3
from std_msgs.msg import ColorRGBA, Header
from visualization_msgs.msg import Marker, MarkerArray

from omd3d_ros.ros.conversions import header_message
from omd3d_ros.ros.results import box_pose
from omd3d_ros.segmentation.scene import ObjectState, Scene, SceneObject

_TEXT_HEIGHT = 0.06
_PLAIN = ColorRGBA(r=0.3, g=0.6, b=1.0, a=0.25)
_SELECTED = ColorRGBA(r=1.0, g=0.55, b=0.0, a=0.5)
_STALE = ColorRGBA(r=0.5, g=0.5, b=0.5, a=0.15)
_WHITE = ColorRGBA(r=1.0, g=1.0, b=1.0, a=1.0)


def _box_marker(number: int, found: SceneObject, header: Header, selected: bool) -> Marker:
    color = _SELECTED if selected else _STALE if found.state == ObjectState.STALE else _PLAIN
    x, y, z = (max(float(edge), 1e-3) for edge in found.box.size)
    return Marker(header=header, ns='boxes', id=number, type=Marker.CUBE, action=Marker.ADD,
                  pose=box_pose(found.box), scale=Vector3(x=x, y=y, z=z), color=color)


def _name_marker(number: int, found: SceneObject, header: Header) -> Marker:
    center, size = found.box.center, found.box.size
    above = Point(x=float(center[0]), y=float(center[1]),
                  z=float(center[2] + size[2] / 2) + _TEXT_HEIGHT)
    label = found.labels[0] if found.labels else ''
    return Marker(header=header, ns='names', id=number, type=Marker.TEXT_VIEW_FACING,
                  action=Marker.ADD, pose=Pose(position=above), scale=Vector3(z=_TEXT_HEIGHT),
                  color=_WHITE, text=f'{label} [{found.id}]')


def markers_message(scene: Scene, selected: frozenset[str], map_frame: str) -> MarkerArray:
    """Return markers that replace all earlier ones."""
    header = header_message(scene.stamp_ns, map_frame)
    markers = [Marker(header=header, action=Marker.DELETEALL)]
    for number, found in enumerate(scene.objects):
        markers.append(_box_marker(number, found, header, found.id in selected))
        markers.append(_name_marker(number, found, header))
    return MarkerArray(markers=markers)
