"""Turns of English that tell the kind of a question."""

import pytest

from omd3d_ros.segmentation.question_cues import question_cue


@pytest.mark.parametrize(('said', 'kind'), [
    ('how many mugs are there', 'count'),
    ('Is it one mug or more, how many?', 'count'),
    ('tell me where the lamp is', 'where'),
    ('is there a bicycle', 'exists'),
    ('Tell me whether there is a stapler.', 'exists'),
    ('is something to read in this room', 'exists'),
    ('can you see any plants', 'exists'),
    ('describe the sofa', 'describe'),
    ("what's on the table", 'what'),
    ('bring me something to drink from', None),
    ('go to the counter', None),
    ('the mug on the right', None),
    ('it is getting dark in here', None),
])
def test_the_kind_is_told(said, kind):
    assert question_cue(said) == kind
