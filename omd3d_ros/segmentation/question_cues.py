"""Turns of English that tell what kind of question a command is."""

from __future__ import annotations

import re

from omd3d_ros.segmentation.command import words_said

_ARTICLE = r'(a|an|any|some|one|something|anything)'
_IN_PASSING = (r'(hey|hello|hi|oh|so|now|well|okay|ok|please|listen|robot|alright|excuse me|'
               r'wait)')
# a sentence that begins with one of these wants a yes or a no
_ASKED = rf'^({_IN_PASSING} )*(is|are|does|has|have (we|you|they)) \w'
# the first that is found counts
_CUES = (
    ('count', r'\bhow( \w+)? many\b|\bnumber of\b|\bcount\b'),
    ('where', r'\bwhere\b|\bin which place\b'),
    ('exists', rf'\bwhether\b|\b(is|are) there\b|\b(do|can) (you|we) (see|have)\b|'
               rf'\bis {_ARTICLE}\b.*\b(in|inside|around|here)\b|{_ASKED}'),
    ('describe', r'\bdescribe\b|\b(tell me|say|know)( \w+)? about\b|'
                 r'\bwhat does .* look like\b'),
    ('what', r"\bwhat('s| is| are| stands| lies)\b"))
_FOUND = tuple((kind, re.compile(pattern)) for kind, pattern in _CUES)


def question_cue(command: str) -> str | None:
    """Return the kind of question, one of seg_network.QUESTIONS, that a command looks like."""
    said = words_said(command)
    return next((kind for kind, pattern in _FOUND if pattern.search(said)), None)
