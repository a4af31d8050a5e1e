"""Whether short answers to questions say the same."""

from __future__ import annotations

import re

from omd3d_ros.synthetic.language.answers import NUMBERS

_COUNTS = {word: number for number, word in enumerate(NUMBERS)} | {'none': 0, 'zero': 0}
_ARTICLES = frozenset(('a', 'an', 'the', 'some'))


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case, without articles and punctuation."""
    return [word for word in re.findall(r"[a-z0-9']+", text.lower()) if word not in _ARTICLES]


def exact_match(answer: str, truth: str) -> bool:
    """Tell whether answers agree but for case, articles and punctuation (SQuAD's measure)."""
    return words_of(answer) == words_of(truth)


def token_f1(answer: str, truth: str) -> float:
    """Return the F1 of the answers' words, each counted as often as it comes (SQuAD's)."""
    given, wanted = words_of(answer), words_of(truth)
    common = sum(min(given.count(word), wanted.count(word)) for word in set(given))
    return 2 * common / (len(given) + len(wanted)) if given or wanted else 1.0


def count_in(answer: str) -> int | None:
    """Return the number that an answer begins with, in words or digits; None without one.

    "none", "no" and "no mugs" are 0.
    """
    words = words_of(answer)
    if not words:
        return None
    return int(words[0]) if words[0].isdigit() else _COUNTS.get(words[0])


def yes_or_no(answer: str) -> bool | None:
    """Return whether an answer begins with yes (True) or no (False); None otherwise."""
    return {'yes': True, 'no': False}.get((words_of(answer) or [''])[0])
