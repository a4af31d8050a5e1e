"""Reading clouds from raw bytes."""

import dataclasses
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omd3d_ros.mapping.cloud import Cloud, PointLayout

GOOD = PointLayout(width=3, height=2, point_step=16, row_step=50, x=0, y=4, z=8)


def test_hand_packed_little_endian_point_with_packed_rgb() -> None:
    data = struct.pack('<fffI', 1.0, -2.5, 3.25, 0x00112233)
    layout = PointLayout(1, 1, 16, 16, 0, 4, 8, has_color=True, r=14, g=13, b=12)
    cloud = Cloud(np.frombuffer(data, np.uint8), layout)
    assert cloud.points().tolist() == [[[1.0, -2.5, 3.25]]]
    assert cloud.colors().tolist() == [[[0x11, 0x22, 0x33]]]


def test_hand_packed_big_endian_float64_point_at_odd_offsets() -> None:
    data = b'\xff' + struct.pack('>ddd', 1.5, -2.5, 1e-3) + struct.pack('>I', 0x00AABBCC)
    layout = PointLayout(
        1, 1, 29, 29, 1, 9, 17, float64=True, big_endian=True, has_color=True, r=26, g=27, b=28
    )
    cloud = Cloud(np.frombuffer(data, np.uint8), layout)
    assert cloud.coordinates().tolist() == [[[1.5, -2.5, 1e-3]]]
    assert cloud.colors().tolist() == [[[0xAA, 0xBB, 0xCC]]]


def test_nbytes_ends_with_the_last_point_and_not_with_its_padding() -> None:
    assert GOOD.nbytes == 50 + 48
    Cloud(np.zeros(98, np.uint8), GOOD)
    with pytest.raises(ValueError, match=r'data\.size=97: the layout needs 98'):
        Cloud(np.zeros(97, np.uint8), GOOD)


@pytest.mark.parametrize(('width', 'height'), [(0, 0), (0, 7), (7, 0)])
def test_empty_clouds_need_no_bytes(width: int, height: int) -> None:
    layout = PointLayout(width, height, 12, 12 * width, 0, 4, 8)
    cloud = Cloud(np.zeros(0, np.uint8), layout)
    assert cloud.points().shape == (height, width, 3)
    assert cloud.colors().shape == (height, width, 3)


@pytest.mark.parametrize(
    ('change', 'named'),
    [
        ({'x': 13}, 'x=13'),
        ({'z': 2**32 - 1}, 'z=4294967295'),
        ({'y': -1}, 'y=-1'),
        ({'row_step': 47}, 'row_step=47'),
        ({'point_step': 0}, 'x=0'),
        ({'width': 2**32 - 1, 'height': 2**32 - 1}, 'width=4294967295'),
        ({'width': 2**31 - 1, 'height': 1}, 'row_step=50'),
        ({'width': True}, 'width=True'),
        ({'height': 2.0}, 'height=2.0'),
        ({'float64': True, 'z': 12}, 'z=12'),
        ({'float64': 1}, 'float64=1'),
        ({'has_color': True, 'g': 16}, 'g=16'),
    ],
)
def test_contradictory_layouts_are_refused_by_name(change: dict[str, int], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        dataclasses.replace(GOOD, **change)


@pytest.mark.parametrize(
    'data',
    [
        np.zeros(200, np.int8),
        np.zeros((10, 20), np.uint8),
        np.zeros(400, np.uint8)[::2],
        bytes(200),
    ],
)
def test_data_of_another_kind_is_refused(data: object) -> None:
    with pytest.raises(ValueError, match='data'):
        Cloud(data, GOOD)  # type: ignore[arg-type]


@given(
    data=st.binary(min_size=98, max_size=120),
    big_endian=st.booleans(),
    x=st.integers(0, 12),
)
def test_reading_equals_struct_unpack(data: bytes, big_endian: bool, x: int) -> None:
    layout = dataclasses.replace(GOOD, x=x, big_endian=big_endian)
    points = Cloud(np.frombuffer(data, np.uint8), layout).points()
    for row in range(2):
        for column in range(3):
            start = row * 50 + column * 16 + x
            (value,) = struct.unpack_from('>f' if big_endian else '<f', data, start)
            assert points[row, column, 0] == value or math.isnan(value)
