"""Turns of English that tell what a command does with places."""

import pytest

from omd3d_ros.segmentation.operation_cues import operation_cue
from omd3d_ros.segmentation.operations import OPERATIONS


@pytest.mark.parametrize(('said', 'operation'), [
    ('the mug to the left of the sofa', 'left of'),
    ('Bring me what is on the right-hand side of the bowl.', 'right of'),
    ('the chair behind the desk', 'behind'),
    ('the box on the far side um of the table', 'behind'),
    ('the lamp in front of the shelf', 'in front of'),
    ('the ball underneath the bed', 'under'),
    ('the cup between the vase and the book', 'between'),
    ('the chair nearest to the door', 'nearest to'),
    ('the pot at the smallest distance from the sink', 'nearest to'),
    ('the chair farthest away from the door', 'farthest from'),
    ('the closest mug', 'closest'),
    ('the mug nearest to you', 'closest'),
    ('the most distant of the chairs', 'farthest'),
    ('the leftmost bottle', 'leftmost'),
    ('the bottle at the very right', 'rightmost'),
    ('the lamp on your left', 'your_left'),
    ('the lamp to the right of you', 'your_right'),
    ('the shelf behind you', 'behind_you'),
    ('the shoes on the floor', 'on_floor'),
    ('the second mug from the left', '1 from left'),
    ('counting from the right, the 3rd chair', '2 from right'),
    ('number four from the left', '3 from left'),
    ('the first and the second mug from the left', None),
    ('the second mug', None),
    ('bring me the red mug', None),
    ('something to drink from', None),
    ('what is left over', None),
    ('the mug on the table', None),
])
def test_the_operation_is_told(said, operation):
    assert operation is None or operation in OPERATIONS
    assert operation_cue(said) == operation
