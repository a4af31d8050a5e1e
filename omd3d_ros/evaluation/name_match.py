"""Whether a name that was given to an object is right."""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence

from omd3d_ros.segmentation.household_words import household_vocabulary


def is_name_of(label: str, accepted: Collection[str]) -> bool:
    """Tell whether a label names a thing that truly bears any of the accepted names.

    It does when it is one of them, or a true synonym of one: "couch" for a sofa. A name for
    more than the thing counts where our words have it as its synonym ("chair" for an
    armchair), a narrower one ("armchair" for a chair) does not.
    """
    label = label.lower()
    return label in accepted or bool(_denoted_by(label) & set(accepted))


def first_hit(labels: Sequence[str], accepted: Collection[str]) -> int | None:
    """Return the place of the first right label, from 0; None without any."""
    for place, label in enumerate(labels):
        if is_name_of(label, accepted):
            return place
    return None


@functools.cache
def right_share(accepted: frozenset[str]) -> float:
    """Return the share of our words that would be right: the chance of a guess."""
    words = household_vocabulary().words
    return sum(is_name_of(word, accepted) for word in words) / len(words)


def chance_of_hit(accepted: Collection[str], guesses: int) -> float:
    """Return how likely one of so many different words drawn from ours is right."""
    words = len(household_vocabulary().words)
    right = round(right_share(frozenset(accepted)) * words)
    missed = 1.0
    for drawn in range(min(guesses, words)):
        missed *= max(0, words - right - drawn) / (words - drawn)
    return 1 - missed


@functools.cache
def _denoted_by(label: str) -> frozenset[str]:
    return household_vocabulary().denoted_by(label)
