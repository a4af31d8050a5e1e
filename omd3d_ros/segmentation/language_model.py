"""The language model: how likely it finds a text after another.

``python -m omd3d_ros.segmentation.language_model`` prepares the default model ahead of time.
"""

from __future__ import annotations

import copy
import hashlib
import os
import pathlib
import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.segmentation import smollm2
from omd3d_ros.segmentation.model_settings import LanguageModelSettings
from omd3d_ros.segmentation.number_format import has_bfloat16

Encoder = Callable[[str], list[int]]


class LanguageModel:
    """A causal language model with its tokenizer, ready to score texts. Not thread-safe.

    model       name, number format and weights hash, for reports
    network     the transformers model itself, frozen
    encode      turns a text into token ids
    """

    def __init__(
        self, settings: LanguageModelSettings, progress: smollm2.Progress = lambda line: None
    ) -> None:
        """Load the model; never uses the network.

        The default model is converted into the user's cache folder on first use (about 15 s);
        progress is called with a line for each step of that. Raises ValueError naming the
        directory when it holds no usable model.
        """
        path = pathlib.Path(settings.path) if settings.path else smollm2.cached_model(progress)
        if settings.path and (path / smollm2.MANIFEST).exists() and not smollm2.is_intact(path):
            raise ValueError(f'path={settings.path!r}: damaged: its files differ from its '
                             f'{smollm2.MANIFEST}')
        device = torch.device(settings.device)
        dtype = settings.dtype
        if dtype == 'auto':
            dtype = 'bfloat16' if has_bfloat16(device) else 'float32'
        try:
            self.encode = load_encoder(path)
            self.network = _load_network(path, getattr(torch, dtype)).to(device)
        except Exception as error:  # the loaders raise many kinds, some of them bare Exception
            raise ValueError(f'path={str(path)!r}: not a usable language model: {error}'
                             ) from error
        name = path.name if settings.path else smollm2.NAME
        self.model = f'{name} {dtype} {_weights_hash(path)}'
        self._batch_tokens = settings.batch_tokens

    def log_likelihoods(
        self, prefix: str, continuations: Sequence[str]
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Score each continuation after the prefix, which is read only once.

        Returns, for each continuation, the sum of its tokens' natural log-probabilities, and
        its number of tokens. A continuation is tokenised by itself: begin it with the space or
        line break that separates it. Raises ValueError for an empty prefix or continuation.
        """
        start = self.encode(prefix)
        texts = [self.encode(text) for text in continuations]
        if not start or not all(texts):
            raise ValueError(f'prefix={prefix!r}, continuations={list(continuations)!r}: '
                             'none may be empty')
        sums = np.zeros(len(texts))
        if texts:
            with torch.inference_mode():
                self._fill(start, texts, sums)
        return sums, np.array([len(ids) for ids in texts], np.int64)

    def _fill(
        self, start: list[int], texts: list[list[int]], sums: npt.NDArray[np.float64]
    ) -> None:
        device = self.network.device
        read = self.network(torch.tensor([start], device=device), use_cache=True, logits_to_keep=1)
        first = read.logits[0, -1].float().log_softmax(-1)
        sums += first[[ids[0] for ids in texts]].double().cpu().numpy()
        # Texts of like length share a batch; the order is fixed, so is the result.
        longer = sorted((i for i, ids in enumerate(texts) if len(ids) > 1),
                        key=lambda i: (len(texts[i]), i))
        while longer:
            rows = max(1, self._batch_tokens // len(texts[longer[0]]))
            while rows > 1 and rows * len(texts[longer[min(rows, len(longer)) - 1]]) > (
                    self._batch_tokens):
                rows -= 1
            batch, longer = longer[:rows], longer[rows:]
            sums[batch] += self._rest(read.past_key_values, [texts[i] for i in batch])

    def _rest(self, cache: Any, texts: list[list[int]]) -> npt.NDArray[np.float64]:
        """Return the log-probabilities of each text's tokens after the first, summed."""
        length = max(len(ids) for ids in texts)
        padded = torch.tensor([ids + [ids[-1]] * (length - len(ids)) for ids in texts],
                              device=self.network.device)
        cache = copy.deepcopy(cache)
        cache.batch_repeat_interleave(len(texts))
        logits = self.network(padded[:, :-1], past_key_values=cache, use_cache=True).logits
        chosen = logits.float().log_softmax(-1).gather(2, padded[:, 1:, None])[..., 0].double()
        lengths = torch.tensor([len(ids) - 1 for ids in texts], device=padded.device)
        inside = torch.arange(length - 1, device=padded.device) < lengths[:, None]
        sums: npt.NDArray[np.float64] = chosen.masked_fill(~inside, 0.0).sum(1).cpu().numpy()
        return sums


def _load_network(path: pathlib.Path, dtype: torch.dtype) -> Any:
    for variable in ('HF_HUB_OFFLINE', 'HF_HUB_DISABLE_TELEMETRY', 'TRANSFORMERS_OFFLINE'):
        os.environ[variable] = '1'
    from transformers import AutoModelForCausalLM
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    network: Any = AutoModelForCausalLM.from_pretrained(path, local_files_only=True, dtype=dtype)
    return network.eval().requires_grad_(requires_grad=False)


def load_encoder(path: pathlib.Path) -> Encoder:
    """Return what turns a text into the token ids of a model directory's tokenizer."""
    if (path / 'tokenizer.json').is_file():
        import tokenizers

        fast = tokenizers.Tokenizer.from_file(str(path / 'tokenizer.json'))
        return lambda text: fast.encode(text, add_special_tokens=False).ids
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(path, local_files_only=True)
    return lambda text: list(tokenizer(text, add_special_tokens=False)['input_ids'])


def _weights_hash(path: pathlib.Path) -> str:
    """Return a short hash over all weights files of a model directory."""
    digest = smollm2.recorded_sha256(path).get('model.safetensors')
    if digest is None:
        each = [smollm2.file_sha256(file) for file in sorted(path.glob('*.safetensors'))]
        digest = hashlib.sha256(' '.join(each).encode()).hexdigest()
    return f'sha256:{digest[:12]}'


def main() -> None:
    """Prepare the default language model, with a line of progress for each step."""
    smollm2.cached_model(lambda line: sys.stderr.write(f'{line}\n'))


if __name__ == '__main__':
    main()
