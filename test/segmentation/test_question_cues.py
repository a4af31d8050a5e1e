"""Turns of English that tell the kind of a question."""

import pytest

from omd3d_ros.segmentation.question_cues import question_cue


@pytest.mark.parametrize(('said', 'kind'), [
    ('how many mugs are there', 'count'),
    ('Is it one mug or more, how many?', 'count'),
    ('is it one mug or more, how uh many', 'count'),
    ('tell me where the lamp is', 'where'),
    ('is there a bicycle', 'exists'),
    ('Tell me whether there is a stapler.', 'exists'),
    ('is something to read in this room', 'exists'),
    ('can you see any plants', 'exists'),
    ('Hey robot, does the kitchen have a kettle?', 'exists'),
    ('are lamps in the hall', 'exists'),
    ('have you got a pen', 'exists'),
    ('what is the largest thing', 'what'),
    ('what does the bed look like', 'describe'),
    ('describe the sofa', 'describe'),
    ('um, say something about the sofa', 'describe'),
    ('have a look at the sofa', None),
    ("what's on the table", 'what'),
    ('bring me something to drink from', None),
    ('go to the counter', None),
    ('the mug on the right', None),
    ('it is getting dark in here', None),
])
def test_the_kind_is_told(said, kind):
    assert question_cue(said) == kind
