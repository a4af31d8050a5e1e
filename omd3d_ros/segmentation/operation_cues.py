"""Turns of English that tell what a command does with places: few words in a language do that."""

from __future__ import annotations

import re

from omd3d_ros.segmentation.command import words_said

_SELF = r'(you|me|us|yourself|myself|the robot)'
_NTH = {
    'first': 0, '1st': 0, 'second': 1, '2nd': 1, 'third': 2, '3rd': 2, 'fourth': 3, '4th': 3,
    'fifth': 4, '5th': 4}
_NUMBERED = re.compile(r'\bnumber (one|two|three|four|five)\b')
_NUMBERS = ('one', 'two', 'three', 'four', 'five')
_COUNTED = re.compile(r'\b(from|starting|beginning|counting|counted|count|in from)\b.*?'
                      r'\b(left|right)\b')
_FAR = r'(farthest|furthest|most distant|most remote|remotest)'
_NEAR = r'(nearest|closest)'
_AWAY = r'(distance|gap|space)'

# the first that is found counts
_CUES = (
    ('between', r'\bbetween\b|\bflanked by\b|\bin the middle of\b.* and\b|\bsandwiched\b|'
                r'\bin the (gap|space)\b.* and\b'),
    ('behind_you', rf'\b(behind|in back of) {_SELF}\b|\b(at|behind) your back\b'),
    ('your_left', r'\byour( own)? left\b|\bleft( hand)?( side)? of (you|yourself)\b'),
    ('your_right', r'\byour( own)? right\b|\bright( hand)?( side)? of (you|yourself)\b'),
    ('closest', rf'\b{_NEAR}( \w+){{0,3}} (to|by) {_SELF}\b|\bin front of {_SELF}\b'),
    ('farthest', rf'\b{_FAR}( \w+){{0,3}} from {_SELF}\b'),
    ('leftmost', r'\bleft ?most\b|\b(farthest|furthest|most)( \w+){0,2} left\b|'
                 r'\b(far|extreme|very) left\b(?! of\b)|\bleft (end|edge|extreme|margin)\b'),
    ('rightmost', r'\bright ?most\b|\b(farthest|furthest|most)( \w+){0,2} right\b|'
                  r'\b(far|extreme|very) right\b(?! of\b)|\bright (end|edge|extreme|margin)\b'),
    ('left of', r'\bleft( hand)?( side)? (of|from)\b'),
    ('right of', r'\bright( hand)?( side)? (of|from)\b'),
    ('nearest to', rf'\b{_NEAR}( \w+){{0,2}} to (the|a|an|my|our|that|this|some)\b|'
                   rf'\b{_NEAR} (the|my|our|that)\b|'
                   rf'\b(smallest|shortest|least|slightest|minimum|minimal) {_AWAY} (from|to)\b'),
    ('farthest from', rf'\b{_FAR}( \w+){{0,2}} from\b|\bas far( away)? (from|as)\b|'
                      rf'\b(greatest|largest|longest|biggest|most|maximum) {_AWAY} (from|to)\b'),
    ('behind', r'\bbehind\b|\bin (the )?(back|rear) of\b|\bat the (back|rear) of\b|'
               r'\b(far|other|opposite) side (of|from)\b|\bbeyond\b'),
    ('in front of', r'\bin front of\b|\bahead of\b|\b(this|near|nearer) side of\b'),
    ('under', r'\bunder(neath)?\b|\bbeneath\b'),
    ('on_floor', r'\b(on|upon) the (floor|ground)\b'),
    ('closest', rf'\b{_NEAR}\b'),
    ('farthest', rf'\b{_FAR}\b'))
_FOUND = tuple((operation, re.compile(pattern)) for operation, pattern in _CUES)


def operation_cue(command: str) -> str | None:
    """Return the one of operations.OPERATIONS that a command looks like, None where in doubt."""
    said = words_said(command)
    return _ordinal(said) or next(
        (operation for operation, pattern in _FOUND if pattern.search(said)), None)


def _ordinal(said: str) -> str | None:
    """Return the operation of "the second from the left" and "number two from the right"."""
    counted, numbered = _COUNTED.search(said), _NUMBERED.search(said)
    places = [_NTH[word] for word in said.split() if word in _NTH]
    if numbered is not None:
        places.append(_NUMBERS.index(numbered[1]))
    if counted is None or len(places) != 1:
        return None
    return f'{places[0]} from {counted[2]}'
