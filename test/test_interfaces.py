"""The message, service and action types: their fields, their wire format, a real round trip."""

import re
import threading
import time
from pathlib import Path

import pytest
import rclpy
from ament_index_python.packages import get_package_share_directory
from ament_index_python.resources import get_resource
from rclpy.action import ActionServer
from rclpy.context import Context
from rclpy.executors import MultiThreadedExecutor
from rclpy.node import Node
from rclpy.serialization import deserialize_message, serialize_message

from omd3d_ros.action import Segment
from omd3d_ros.msg import SegmentationResult, SegmentedObject, SegmentedObjectArray
from omd3d_ros.ros.action_client import SteadyActionClient
from omd3d_ros.srv import GetApproachPoses, GetObjects, LoadMap, SaveMap

ROOT = Path(__file__).resolve().parents[1]

# The contract with other packages: fields may be added at the end, none removed or re-typed.
FIELDS = {
    SegmentedObject: """
        header std_msgs/Header, id string, label string, labels sequence<string>,
        label_scores sequence<float>, score float, centroid geometry_msgs/Point,
        centroid_covariance double[9], box_pose geometry_msgs/Pose,
        box_size geometry_msgs/Vector3, points sensor_msgs/PointCloud2, voxel_count uint32,
        observations uint32, first_seen builtin_interfaces/Time,
        last_seen builtin_interfaces/Time, state uint8""",
    SegmentedObjectArray: """
        header std_msgs/Header, map_id string, map_revision uint64,
        objects sequence<omd3d_ros/SegmentedObject>""",
    SegmentationResult: """
        header std_msgs/Header, command_id string, command string, status uint8, answer string,
        objects sequence<omd3d_ros/SegmentedObject>,
        alternatives sequence<omd3d_ros/SegmentedObject>, map_id string, map_revision uint64,
        viewpoint_frame string, queue_time builtin_interfaces/Duration,
        perception_time builtin_interfaces/Duration,
        reasoning_time builtin_interfaces/Duration, model string""",
    SaveMap.Request: 'path string',
    SaveMap.Response: 'success boolean, message string, map_id string, voxels uint64',
    LoadMap.Request: 'path string',
    LoadMap.Response: 'success boolean, message string, map_id string, voxels uint64',
    GetObjects.Request: 'ids sequence<string>, labels sequence<string>, include_points boolean',
    GetObjects.Response: 'objects omd3d_ros/SegmentedObjectArray',
    GetApproachPoses.Request: 'object_id string, distance float, count uint32',
    GetApproachPoses.Response: """
        success boolean, message string, poses sequence<geometry_msgs/PoseStamped>""",
    Segment.Goal: 'command_id string, command string, viewpoint_frame string, deadline float',
    Segment.Result: 'result omd3d_ros/SegmentationResult',
    Segment.Feedback: 'stage string, progress float',
}
STATUSES = ('OK', 'NOT_FOUND', 'AMBIGUOUS', 'LOW_CONFIDENCE', 'MAP_EMPTY', 'MAP_STALE',
            'TF_UNAVAILABLE', 'MODEL_UNAVAILABLE', 'TIMEOUT', 'CANCELED', 'INVALID_COMMAND', 'BUSY')


def listed_interfaces() -> set[str]:
    text = (ROOT / 'CMakeLists.txt').read_text()
    return set(re.findall(r'"((?:msg|srv|action)/\w+\.\w+)"', text))


@pytest.mark.parametrize('interface', FIELDS, ids=lambda kind: kind.__name__)
def test_the_fields_are_those_of_the_contract(interface):
    wanted = [field.split() for field in FIELDS[interface].split(',')]
    actual = interface.get_fields_and_field_types()
    assert list(actual.items())[:len(wanted)] == [(name, kind) for name, kind in wanted]


def test_the_constants_count_up_from_zero():
    assert [getattr(SegmentationResult, name) for name in STATUSES] == list(range(12))
    states = [getattr(SegmentedObject, name) for name in ('TENTATIVE', 'CONFIRMED', 'STALE')]
    assert states == [0, 1, 2]


def test_every_interface_file_is_built():
    files = {f'{path.parent.name}/{path.name}'
             for kind in ('msg', 'srv', 'action') for path in (ROOT / kind).glob(f'*.{kind}')}
    assert files == listed_interfaces()
    assert len(files) == 8


def test_the_index_lists_every_interface():
    content, _ = get_resource('rosidl_interfaces', 'omd3d_ros')
    assert listed_interfaces() <= set(content.split())


def full_result() -> SegmentationResult:
    found = SegmentedObject(
        id='obj-3', label='chair', labels=['chair', 'stool'], label_scores=[0.75, 0.25],
        score=0.5, voxel_count=2**32 - 1, state=SegmentedObject.STALE)
    found.centroid_covariance[:] = [float(value) for value in range(9)]
    found.box_size.z = 0.9
    found.points.data = bytes(range(32))
    return SegmentationResult(
        command='the red chair', status=SegmentationResult.AMBIGUOUS, objects=[found, found],
        alternatives=[SegmentedObject(label='Hocker \N{CHAIR}')], map_revision=2**63)


def test_a_result_survives_serialization():
    result = full_result()
    assert deserialize_message(serialize_message(result), SegmentationResult) == result


def test_another_implementation_understands_the_bytes():
    """rosbags shares no code with rclpy: it parses our .msg files and decodes the CDR itself."""
    rosbags = pytest.importorskip('rosbags.typesys')
    store = rosbags.get_typestore(rosbags.Stores.ROS2_JAZZY)
    types = {}
    for path in sorted((ROOT / 'msg').glob('*.msg')):
        types |= rosbags.get_types_from_msg(path.read_text(), f'omd3d_ros/msg/{path.stem}')
    store.register(types)
    name = 'omd3d_ros/msg/SegmentationResult'
    decoded = store.deserialize_cdr(serialize_message(full_result()), name)
    assert decoded.objects[1].labels == ['chair', 'stool']
    assert decoded.objects[0].centroid_covariance.tolist() == list(range(9))
    assert decoded.alternatives[0].label == 'Hocker \N{CHAIR}'
    data = bytes(store.serialize_cdr(decoded, name))
    assert deserialize_message(data, SegmentationResult) == full_result()


def test_tf_messages_have_the_type_of_native_ros():
    share = get_package_share_directory('tf2_msgs')
    text = (Path(share) / 'msg' / 'TFMessage.json').read_text()
    hashes = dict(re.findall(
        r'"type_name":\s*"([^"]+)",\s*"hash_string":\s*"([^"]+)"', text))
    assert hashes['tf2_msgs/msg/TFMessage'] == (
        'RIHS01_e369d0f05a23ae52508854b66f6aa0437f3449d652e8cbf22d5abe85d020f087')


@pytest.fixture
def nodes():
    """Two nodes that an executor is spinning."""
    context = Context()
    rclpy.init(context=context)
    pair = (Node('asking', context=context), Node('answering', context=context))
    executor = MultiThreadedExecutor(2, context=context)
    for node in pair:
        executor.add_node(node)
    thread = threading.Thread(target=executor.spin)
    thread.start()
    yield pair
    executor.shutdown()
    context.try_shutdown()
    thread.join()


def wait(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, 'nothing happened in time'
        time.sleep(0.01)


def test_messages_cross_dds(nodes):
    received = []
    nodes[0].create_subscription(SegmentationResult, 'result', received.append, 1)
    publisher = nodes[1].create_publisher(SegmentationResult, 'result', 1)
    wait(lambda: publisher.get_subscription_count() == 1)
    publisher.publish(full_result())
    wait(lambda: received)
    assert received == [full_result()]


def test_services_cross_dds(nodes):
    def serve(request, response):
        response.success = request.count == 2
        response.message = request.object_id
        return response

    nodes[1].create_service(GetApproachPoses, 'poses', serve)
    client = nodes[0].create_client(GetApproachPoses, 'poses')
    assert client.wait_for_service(20.0)
    response = client.call(GetApproachPoses.Request(object_id='obj-3', distance=0.5, count=2))
    assert (response.success, response.message) == (True, 'obj-3')


def test_actions_cross_dds(nodes):
    def execute(goal):
        goal.publish_feedback(Segment.Feedback(stage='reasoning', progress=0.5))
        goal.succeed()
        return Segment.Result(result=SegmentationResult(command=goal.request.command))

    server = ActionServer(nodes[1], Segment, 'segment', execute)
    client = SteadyActionClient(nodes[0], Segment, 'segment')
    assert client.wait_for_server(20.0)
    stages = []
    sent = client.send_goal_async(
        Segment.Goal(command='the mug'),
        feedback_callback=lambda message: stages.append(message.feedback.stage))
    wait(sent.done)
    result = sent.result().get_result_async()
    wait(result.done)
    assert result.result().result.result.command == 'the mug'
    wait(lambda: stages == ['reasoning'])
    client.destroy()
    server.destroy()
