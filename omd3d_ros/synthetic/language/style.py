"""How a sentence sounds: an opening, a courtesy, a hesitation, a voice recogniser's spelling."""

from __future__ import annotations

import re

from omd3d_ros.segmentation.command import HESITATIONS
from omd3d_ros.synthetic.language.designation import Wording

_PLAIN = 0.35  # share that comes as a voice recogniser writes: no capitals, no punctuation
_CAPITAL = 0.6  # share of the others that begins with a capital and ends with a full stop
_HESITANT = 0.06
_ASKING = re.compile(
    r"(what|where|who|which|when|why|how|is|are|am|can|could|would|will|may|does|did|shall"
    r"|do (i|you|we|people|they))('s|\b)(?! a (sunset|storm))")
_PUNCTUATION = re.compile(r"[^\w\s'-]")


def spoken(text: str, wording: Wording, courteous: bool) -> tuple[str, tuple[str, ...]]:
    """Return a sentence as somebody would say it, and the ids of the templates used for that.

    A courteous one, such as a command but not a remark, may end in "please" and the like.
    """
    rng = wording.rng
    opener, closer = wording.draw('opener'), wording.draw('closer')
    ids = []
    asking = bool(_ASKING.match(text.lower()))
    courteous = courteous and text[-1] not in '?!'
    if closer.text and courteous and 'me' not in text.split() and '.' not in text:
        separator = ' ' if closer.text == 'for me' else ', '
        text, ids = f'{text}{separator}{closer.text}', [closer.id]
    if opener.text:
        text = f'{opener.text} {text}'
        ids.append(opener.id)
    if rng.random() < _HESITANT:
        words = text.split(' ')
        place = int(rng.integers(1, len(words))) if len(words) > 1 else 0
        words.insert(place, f'{HESITATIONS[int(rng.integers(len(HESITATIONS)))]},')
        text = ' '.join(words)
    if rng.random() < _PLAIN:
        return ' '.join(_PUNCTUATION.sub(' ', text.lower()).split()), tuple(ids)
    if rng.random() < _CAPITAL:
        text = text[0].upper() + text[1:]
        text += '' if text[-1] in '.?!' else '?' if asking else '.'
    return text, tuple(ids)
