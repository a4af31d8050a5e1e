"""How well things with given names serve a command, by the language model's judgement."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from omd3d_ros.segmentation.household_words import household_words
from omd3d_ros.segmentation.language_model import LanguageModel

# Chosen among six wordings and with these commands as "no command" (test/segmentation/
# command_cases.json, tuning scenes; 41 implicit commands: 0.76 right, other wordings 0.54-0.66).
_PROMPT = '"{}" For this, a person needs a'
_NO_COMMAND = ('What is there?', 'Show me something.', 'Take this to the other room.')


class LabelFit:
    """Scores names against commands with the difference of log-likelihoods.

    The likelihood of a name after the command, less its likelihood after commands that ask for
    nothing: pointwise mutual information. It is given relative to the best of about 180
    household words, so that a command that nothing in the scene serves shows as such. Those
    words are single tokens: scoring them costs nothing.
    """

    def __init__(self, language_model: LanguageModel) -> None:
        self._model = language_model
        self._background = [
            word for word in household_words().words
            if len(language_model.encode(f' {word}')) == 1]
        self._without: dict[str, float] = {}

    def prepare(self, labels: Iterable[str]) -> None:
        """Score names without a command, once; answering is quicker afterwards."""
        new = [label for label in dict.fromkeys([*self._background, *labels])
               if label not in self._without]
        if new:
            texts = [f' {label}' for label in new]
            each = [self._model.log_likelihoods(_PROMPT.format(command), texts)[0]
                    for command in _NO_COMMAND]
            self._without.update(zip(new, np.mean(each, axis=0).tolist(), strict=True))

    def fits(self, command: str, labels: Iterable[str]) -> dict[str, float]:
        """Return each name's fit to a clean command, in nats; 0 is as good as any thing gets."""
        wanted = list(dict.fromkeys(labels))
        self.prepare(wanted)
        names = list(dict.fromkeys([*self._background, *wanted]))
        prompt = _PROMPT.format(command.replace('"', "'"))
        sums, _ = self._model.log_likelihoods(prompt, [f' {name}' for name in names])
        gains = dict(zip(
            names, sums - [self._without[name] for name in names], strict=True))
        best = max(gains[word] for word in self._background)
        return {label: float(gains[label] - best) for label in wanted}
