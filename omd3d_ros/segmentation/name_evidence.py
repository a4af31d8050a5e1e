"""How well the words for an object fit a command, told without the language model."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from omd3d_ros.segmentation.description import COLORS
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.scene_prompt import UNKNOWN, PromptObject

_LONGEST = 3  # words of a name
_LEAST = 0.005  # probability of a name below which it makes no difference
EVIDENCE = 4
Embed = Callable[[Sequence[str]], npt.NDArray[np.float32]]


class NameEvidence:
    """Compares names with commands; remembers the embeddings of names.

    ``embed`` gives unit vectors of texts (TextEncoder.embed).
    """

    def __init__(self, embed: Embed) -> None:
        self._embed = embed
        self._known: dict[str, npt.NDArray[np.float32]] = {}

    def prepare(self, names: Sequence[str]) -> None:
        """Embed names ahead of time."""
        new = [name for name in dict.fromkeys(names) if name not in self._known]
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))

    def said(self, commands: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return the unit embeddings (C, E) of commands."""
        return self._embed(commands)

    def texts(self, objects: Sequence[PromptObject]) -> npt.NDArray[np.float32]:
        """Return the unit embeddings (n, K, E) of objects' names and of what is left over.

        They stand where PromptObject.shares has them; beyond, they are 0.
        """
        told = [[name for name, _ in one.shares()] for one in objects]
        self.prepare([UNKNOWN, *(name for names in told for name in names)])
        width = len(self._known[UNKNOWN])
        found = np.zeros((len(told), max(map(len, told), default=1), width), np.float32)
        for row, names in enumerate(told):
            found[row, :len(names)] = [self._known[name] for name in names]
        return found

    def compare(
        self, commands: Sequence[str], said: npt.NDArray[np.float32],
        objects: Sequence[PromptObject],
    ) -> npt.NDArray[np.float32]:
        """Return (C, n, EVIDENCE): likeness, named first, named later, and colour.

        said (C, E) are the embeddings of the commands.

        Likeness, in [-1, 1], is that of the best name, less what its score lacks. Named is the
        logarithm of the probability of what the command names, from 0 (_LEAST) to 1 (certain);
        what it names first is rather what is meant, what it names later tells the place. Colour
        is 1 where the object has a colour that the command names, -1 where it has none of
        those, else 0.
        """
        result = np.zeros((len(commands), len(objects), EVIDENCE), np.float32)
        if not commands or not objects:
            return result
        self.prepare([name for one in objects for name in one.names])
        for row, command in enumerate(commands):
            mentions = names_in(command)
            first = mentions[0] if mentions else frozenset[str]()
            later = frozenset[str]().union(*mentions[1:]) - first
            colors = set(re.findall(r'[a-z]+', command.lower())) & set(COLORS)
            for column, one in enumerate(objects):
                pairs = list(zip(one.names, one.scores, strict=True))
                if pairs:
                    alike = [float(said[row] @ self._known[name]) for name, _ in pairs]
                    shares = np.array(one.scores) / max(one.scores)
                    result[row, column, 0] = np.max(np.array(alike) * np.sqrt(shares))
                    result[row, column, 1] = _named(pairs, first)
                    result[row, column, 2] = _named(pairs, later)
                if colors:
                    result[row, column, 3] = 1 if colors & set(one.colors) else -1
        return result


def _named(pairs: Sequence[tuple[str, float]], names: frozenset[str]) -> float:
    share = sum(score for name, score in pairs if name in names)
    return 1 - math.log(min(max(share, _LEAST), 1.0)) / math.log(_LEAST)


def names_in(command: str) -> list[frozenset[str]]:
    """Return the household words of each name in a command, in order; the longest names win."""
    vocabulary = household_vocabulary()
    words = re.findall(r"[a-z][a-z'-]*", command.lower())
    found: list[frozenset[str]] = []
    place = 0
    while place < len(words):
        for length in range(min(_LONGEST, len(words) - place), 0, -1):
            named = vocabulary.names_of(' '.join(words[place:place + length]))
            if named:
                found.append(named)
                place += length
                break
        else:
            place += 1
    return found
