import numpy as np
import pytest
from builtin_interfaces.msg import Time
from hypothesis import given, settings
from hypothesis import strategies as st
from sensor_msgs.msg import CameraInfo, Image, PointCloud2, PointField
from std_msgs.msg import Header

from omd3d_ros.ros.conversions import (
    MessageError,
    camera_from_message,
    cloud_from_message,
    color_from_message,
    depth_from_message,
    frame_name,
    header_message,
    image_message,
    nanoseconds,
    points_message,
    time_message,
)

HEADER = Header(stamp=Time(sec=1, nanosec=5), frame_id='camera')
F32, F64, U8, U32 = (PointField.FLOAT32, PointField.FLOAT64, PointField.UINT8, PointField.UINT32)


def field(name, offset, datatype, count=1):
    return PointField(name=name, offset=offset, datatype=datatype, count=count)


def cloud(fields, point_step, width=4, height=1, data=None, row_step=None, big=False):
    row_step = width * point_step if row_step is None else row_step
    data = bytes(row_step * height) if data is None else data
    return PointCloud2(header=HEADER, height=height, width=width, fields=fields,
                       is_bigendian=big, point_step=point_step, row_step=row_step,
                       data=data, is_dense=False)


def xyz(offset=0, datatype=F32, size=4):
    return [field(name, offset + size * i, datatype) for i, name in enumerate('xyz')]


@pytest.mark.parametrize('big', [False, True])
@pytest.mark.parametrize('code', [F32, F64])
def test_points_and_packed_colors_are_read_in_both_byte_orders(big, code):
    order = '>' if big else '<'
    size = 4 if code == F32 else 8
    table = np.zeros(6, np.dtype({
        'names': ['rgb', 'x', 'y', 'z'],
        'formats': [f'{order}u4'] + [f'{order}f{size}'] * 3,
        'offsets': [1, 5, 5 + size, 5 + 2 * size], 'itemsize': 40}))
    for i, name in enumerate('xyz'):
        table[name] = np.arange(6) + 0.25 * i
    table['rgb'] = 0x102030
    message = cloud([field('rgb', 1, U32), *xyz(5, code, size)], 40, 3, 2, table.tobytes(), big=big)
    found = cloud_from_message(message)
    np.testing.assert_array_equal(found.points()[1, 0], [3, 3.25, 3.5])
    np.testing.assert_array_equal(found.colors()[0, 2], [0x10, 0x20, 0x30])


def test_separate_channels_and_row_padding_are_read():
    table = np.zeros((2, 3), np.dtype({
        'names': ['x', 'y', 'z', 'r', 'g', 'b'], 'formats': ['<f4'] * 3 + ['u1'] * 3,
        'offsets': [0, 4, 8, 14, 13, 12], 'itemsize': 15}))
    table['z'] = [[1, 2, 3], [4, 5, 6]]
    table['r'], table['g'], table['b'] = 9, 8, 7
    data = b''.join(row.tobytes() + b'padding' for row in table)
    message = cloud([*xyz(), field('r', 14, U8), field('g', 13, U8), field('b', 12, U8)],
                    15, 3, 2, data, row_step=52)
    found = cloud_from_message(message)
    np.testing.assert_array_equal(found.points()[:, :, 2], [[1, 2, 3], [4, 5, 6]])
    np.testing.assert_array_equal(found.colors()[1, 1], [9, 8, 7])


def test_a_cloud_is_described_without_copying_its_data():
    message = cloud(xyz(), 12)
    assert np.shares_memory(cloud_from_message(message).data, np.frombuffer(message.data, np.uint8))


BIG = 2**32 - 1


@pytest.mark.parametrize(('told', 'change'), [
    ('no points', {'width': 0, 'data': b'', 'row_step': 0}),
    ('width', {'width': BIG, 'height': BIG}),
    ('width', {'width': BIG}),
    ('point_step', {'point_step': 0}),
    ('point_step', {'point_step': 8}),
    ('row_step', {'row_step': 5}),
    ('data', {'data': bytes(47)}),
    ('data', {'data': bytes(49)}),
    ('row_step', {'row_step': BIG}),
    ("'x'", {'fields': []}),
    ("'z'", {'fields': xyz()[:2]}),
    ('twice', {'fields': [*xyz(), field('x', 0, F32)]}),
    ('datatype=99', {'fields': [field('x', 0, 99), *xyz()[1:]]}),
    ('count', {'fields': [field('x', 0, F32, BIG), *xyz()[1:]]}),
    ('x=4294967295', {'fields': [field('x', BIG, F32), *xyz()[1:]]}),
    ('differ', {'fields': [field('x', 0, F64), *xyz()[1:]], 'point_step': 12}),
    ("'rgb'", {'fields': [*xyz(), field('rgb', 9, F32)]}),
    ("'rgb'", {'fields': [*xyz(), field('rgb', 0, F64)]}),
    ('uint8', {'fields': [*xyz(), *(field(n, 0, F32) for n in 'rgb')]}),
])
def test_an_inconsistent_cloud_is_refused_before_any_arithmetic(told, change):
    message = cloud(xyz(), 12)
    for name, value in change.items():
        setattr(message, name, value)
    with pytest.raises(MessageError, match=told):
        cloud_from_message(message)


def test_thousands_of_fields_are_refused():
    with pytest.raises(MessageError, match='fields'):
        cloud_from_message(cloud([field(f'f{i}', 0, F32) for i in range(1000)], 12))


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_any_cloud_is_either_read_within_its_data_or_refused(data):
    numbers = st.one_of(st.integers(0, 64), st.sampled_from([2**31 - 1, 2**31, BIG]))
    fields = data.draw(st.lists(st.builds(
        field, st.sampled_from(['x', 'y', 'z', 'rgb', 'r', 'g', 'b', 'i']), numbers,
        st.integers(0, 9), numbers), max_size=6))
    message = cloud(fields, 16)
    for name in ('width', 'height', 'point_step', 'row_step'):
        setattr(message, name, data.draw(numbers))
    message.data = data.draw(st.binary(max_size=300))
    try:
        found = cloud_from_message(message)
    except MessageError:
        return
    assert found.points().shape == (message.height, message.width, 3)
    assert found.colors().shape == (message.height, message.width, 3)


def test_points_survive_the_way_out_and_back():
    points = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    colors = np.random.default_rng(1).integers(0, 256, (50, 3)).astype(np.uint8)
    instances = np.arange(50, dtype=np.uint32)
    message = points_message(points, colors, HEADER, instances)
    found = cloud_from_message(message)
    np.testing.assert_array_equal(found.points()[0], points)
    np.testing.assert_array_equal(found.colors()[0], colors)
    assert [f.name for f in message.fields] == ['x', 'y', 'z', 'rgb', 'instance']
    raw = np.frombuffer(message.data, '<u4').reshape(50, 5)
    np.testing.assert_array_equal(raw[:, 4], instances)


def test_no_points_make_an_empty_cloud_with_fields():
    message = points_message(np.empty((0, 3), np.float32), np.empty((0, 3), np.uint8), HEADER)
    assert (message.width, message.height, message.point_step, len(message.data)) == (0, 1, 16, 0)


def depth_image(encoding, array, big=0, step=None):
    step = array.shape[1] * array.itemsize if step is None else step
    return Image(header=HEADER, height=array.shape[0], width=array.shape[1], encoding=encoding,
                 is_bigendian=big, step=step, data=array.tobytes())


def test_depth_comes_in_millimetres_or_metres():
    millimetres = np.arange(6, dtype=np.uint16).reshape(2, 3)
    metres = np.arange(6, dtype=np.float32).reshape(2, 3)
    little = depth_image('16UC1', millimetres)
    np.testing.assert_array_equal(depth_from_message(little), millimetres)
    np.testing.assert_array_equal(
        depth_from_message(depth_image('16UC1', millimetres.astype('>u2'), 1)), millimetres)
    np.testing.assert_array_equal(depth_from_message(depth_image('32FC1', metres)), metres)


def test_color_is_rgb_whatever_its_order():
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)
    np.testing.assert_array_equal(color_from_message(image_message(pixels, 'rgb8', HEADER)), pixels)
    np.testing.assert_array_equal(
        color_from_message(image_message(pixels[:, :, ::-1], 'bgr8', HEADER)), pixels)


@pytest.mark.parametrize('change', [
    {'encoding': 'yuv422'}, {'step': 5}, {'width': BIG}, {'height': 0}, {'data': b''}])
def test_an_inconsistent_image_is_refused(change):
    for read, encoding in ((depth_from_message, '16UC1'), (color_from_message, 'rgb8')):
        width = 2 if encoding == '16UC1' else 3
        message = Image(header=HEADER, height=2, width=4, encoding=encoding, step=4 * width,
                        data=bytes(8 * width))
        for name, value in change.items():
            setattr(message, name, value)
        with pytest.raises(MessageError):
            read(message)


def test_intrinsics_are_read_and_zero_ones_refused():
    info = CameraInfo(width=640, height=480)
    info.k = [525.0, 0.0, 319.5, 0.0, 526.0, 239.5, 0.0, 0.0, 1.0]
    camera = camera_from_message(info)
    assert (camera.fx, camera.fy, camera.cx, camera.cy) == (525, 526, 319.5, 239.5)
    with pytest.raises(MessageError):
        camera_from_message(CameraInfo(width=640, height=480))


def test_stamps_survive_and_zero_is_refused():
    assert nanoseconds(time_message(1_700_000_000_123_456_789)) == 1_700_000_000_123_456_789
    with pytest.raises(MessageError, match='stamp'):
        nanoseconds(Time())
    with pytest.raises(MessageError, match='stamp'):
        nanoseconds(Time(sec=-1))


def test_frames_lose_their_slash_and_must_be_named():
    assert frame_name(header_message(1, '/camera')) == 'camera'
    for name in ('', '/', 'x' * 100_000):
        with pytest.raises(MessageError, match='frame_id'):
            frame_name(header_message(1, name))
