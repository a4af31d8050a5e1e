import json
import shutil

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation import smollm2
from omd3d_ros.segmentation.language_model import LanguageModel
from omd3d_ros.segmentation.model_settings import LanguageModelSettings
from omd3d_ros.segmentation.number_format import has_bfloat16

FORMAT = 'bfloat16' if has_bfloat16(torch.device('cpu')) else 'float32'
PREFIX = '<|im_start|>user\nI want to sit down<|im_end|>\n<|im_start|>assistant\nTake the'
TEXTS = [' chair', ' water bottle', ' small green armchair', ' a', ' chair']


def by_hand(model, prefix, text):
    """Score one text without batches and without a cache."""
    start, rest = model.encode(prefix), model.encode(text)
    ids = torch.tensor([start + rest])
    with torch.inference_mode():
        logs = model.network(ids).logits[0].double().log_softmax(-1)
    return sum(logs[len(start) + i - 1, token].item() for i, token in enumerate(rest))


def test_batched_scores_equal_scores_by_hand(language_model):
    sums, counts = language_model.log_likelihoods(PREFIX, TEXTS)
    np.testing.assert_allclose(
        sums, [by_hand(language_model, PREFIX, text) for text in TEXTS], atol=1e-3)
    assert counts.tolist() == [len(language_model.encode(text)) for text in TEXTS]
    assert sums[0] == sums[-1]


def test_scores_are_the_same_twice_and_in_small_batches(language_model):
    once = language_model.log_likelihoods(PREFIX, TEXTS)[0]
    assert (once == language_model.log_likelihoods(PREFIX, TEXTS)[0]).all()
    path = str(smollm2.cached_model())
    small = LanguageModel(LanguageModelSettings(path=path, batch_tokens=16))
    np.testing.assert_allclose(small.log_likelihoods(PREFIX, TEXTS)[0], once, atol=1e-3)


def test_the_model_knows_what_a_cup_is_for(language_model):
    question = '<|im_start|>user\nWhat can I drink coffee from?<|im_end|>\nFrom the'
    neutral = '<|im_start|>user\nWhat is here?<|im_end|>\nFrom the'
    texts = [' mug', ' sofa', ' lamp']
    gain = (language_model.log_likelihoods(question, texts)[0]
            - language_model.log_likelihoods(neutral, texts)[0])
    assert gain.argmax() == 0


@pytest.mark.parametrize(('prefix', 'texts'), [('', [' a']), ('a', [' a', ''])])
def test_empty_texts_are_refused(language_model, prefix, texts):
    with pytest.raises(ValueError, match='none may be empty'):
        language_model.log_likelihoods(prefix, texts)


def test_no_texts_give_no_scores(language_model):
    assert len(language_model.log_likelihoods('a', [])[0]) == 0


def test_the_name_carries_the_hash_of_the_weights(language_model):
    digest = smollm2.file_sha256(smollm2.cached_model() / 'model.safetensors')
    assert language_model.model == f'SmolLM2-135M-Instruct {FORMAT} sha256:{digest[:12]}'


def test_a_damaged_cache_is_found_and_made_again(tmp_path, monkeypatch):
    good = smollm2.cached_model()
    bad = tmp_path / 'omd3d_ros' / good.name
    shutil.copytree(good, bad)
    weights = bytearray((bad / 'model.safetensors').read_bytes())
    weights[-100] ^= 1
    (bad / 'model.safetensors').write_bytes(weights)
    assert not smollm2.is_intact(bad)
    with pytest.raises(ValueError, match='damaged'):
        LanguageModel(LanguageModelSettings(path=str(bad)))
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    lines = []
    assert smollm2.cached_model(lines.append) == bad
    assert 'damaged' in lines[0]
    assert smollm2.recorded_sha256(bad) == smollm2.recorded_sha256(good)
    assert smollm2.is_intact(bad)
    assert [path.suffix for path in bad.parent.iterdir() if path != bad] == ['.lock']


def test_any_hugging_face_folder_is_taken(tmp_path):
    from transformers import LlamaConfig, LlamaForCausalLM
    config = LlamaConfig(vocab_size=49152, hidden_size=8, intermediate_size=8, head_dim=4,
                         num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1)
    LlamaForCausalLM(config).save_pretrained(tmp_path)
    shutil.copy(smollm2.cached_model() / 'tokenizer.json', tmp_path)
    model = LanguageModel(LanguageModelSettings(path=str(tmp_path)))
    assert model.model.startswith(f'{tmp_path.name} {FORMAT} sha256:')
    assert np.isfinite(model.log_likelihoods('hello', [' big world'])[0]).all()


@pytest.mark.parametrize('content', [{}, {'model_type': 'llama'}])
def test_a_folder_without_a_model_is_refused_by_name(tmp_path, content):
    (tmp_path / 'config.json').write_text(json.dumps(content))
    with pytest.raises(ValueError, match=tmp_path.name):
        LanguageModel(LanguageModelSettings(path=str(tmp_path)))
