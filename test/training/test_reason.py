"""The 3D language model on a tiny language model with random weights, and the real tokenizer."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.operations import OPERATIONS
from omd3d_ros.segmentation.scene_reader import SceneReader
from omd3d_ros.segmentation.seg_network import (
    SegNetwork,
    SegNetworkSettings,
)
from omd3d_ros.segmentation.shared_prefix import shared_prefix
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.training.meaning import is_named, parse_meaning
from omd3d_ros.training.perceived_scene import misnamed, perceived
from omd3d_ros.training.reason import ReasonSettings, train_reason
from omd3d_ros.training.reason_data import scene_text, wanted
from omd3d_ros.training.reason_loss import (
    reason_accuracy,
    reason_loss,
)

TINY = SegNetworkSettings(rank=4, dropout=0.0, width=16, text=26, hidden=0.0)


def test_continuations_of_a_shared_prefix_do_not_see_each_other():
    mask, position = shared_prefix(3, [2, 4])
    assert mask.shape == (9, 9)
    assert position.tolist() == [0, 1, 2, 3, 4, 3, 4, 5, 6]
    assert mask[4].tolist() == [True] * 5 + [False] * 4
    assert mask[6].tolist() == [True] * 3 + [False, False, True, True, False, False]
    assert not mask[0, 1]


def test_a_command_read_on_the_remembered_scene_is_read_as_in_training(
        drawn, source, encode, tiny_model):
    seen, samples, text = drawn
    network = SegNetwork(TINY, tiny_model, encode(' the')[0]).eval()
    with torch.no_grad():
        together = network(text)
    identifiers = [-4 - int(text.tokens[place - 1]) for place in text.places]
    reader = SceneReader(network, encode, source.evidence)
    scene = reader.read_scene(seen.objects, identifiers)
    for _ in range(2):  # the second time on the same memory
        for row, sample in enumerate(samples):
            alone = reader.read_command(scene, sample.text)
            assert alone.words.shape == (1, 0)  # no vocabulary was given
            for part, whole in zip(alone._replace(words=together.words[row:row + 1]), together,
                                   strict=True):
                torch.testing.assert_close(part[0], whole[row], atol=1e-4, rtol=1e-4)


def test_features_are_heard_and_an_unknown_one_is_as_none(drawn, source, encode, tiny_model):
    seen, samples, text = drawn
    torch.manual_seed(0)
    network = SegNetwork(dataclasses.replace(TINY, feature=5), tiny_model, encode(' the')[0])
    network.eval()
    features = np.random.default_rng(0).normal(0, 1, (len(seen.objects), 5)).astype(np.float32)
    features[1] = 0
    told = scene_text(dataclasses.replace(seen, features=features),
                      [sample.text for sample in samples], source.evidence, encode,
                      [-4 - int(text.tokens[place - 1]) for place in text.places],
                      source.vocabulary)
    with torch.no_grad():
        together, silent = network(told), network(text)
        zeros = network(dataclasses.replace(told, features=torch.zeros(features.shape)))
    assert not torch.allclose(together.targets, silent.targets)
    torch.testing.assert_close(zeros.targets, silent.targets)
    reader = SceneReader(network, encode, source.evidence)
    scene = reader.read_scene(
        seen.objects, [-4 - int(text.tokens[place - 1]) for place in text.places],
        [() if number == 1 else row.tolist() for number, row in enumerate(features)])
    torch.testing.assert_close(reader.read_command(scene, samples[0].text).targets[0],
                               together.targets[0], atol=1e-4, rtol=1e-4)


def test_a_scene_that_changed_late_is_read_on_from_there(source, tiny_model, encode, drawn):
    seen, samples, _ = drawn
    network = SegNetwork(TINY, tiny_model, encode(' the')[0]).eval()
    reader, fed = SceneReader(network, encode, source.evidence), []
    hook = network.backbone.register_forward_pre_hook(
        lambda _module, _given, named: fed.append(named['inputs_embeds'].shape[1]),
        with_kwargs=True)
    try:
        changed = (*seen.objects[:-1], dataclasses.replace(seen.objects[-1], names=('vase',),
                                                           scores=(0.9,)), seen.objects[0])
        scenes = [reader.read_scene(told, range(len(told)))
                  for told in (seen.objects, changed, seen.objects[:2])]
        assert fed[0] == scenes[0].length
        assert fed[1] < 0.4 * scenes[1].length
        assert fed[2] == 1
        for told, scene in zip((seen.objects, changed, seen.objects[:2]), scenes, strict=True):
            alone = SceneReader(network, encode, source.evidence)
            expected = alone.read_command(alone.read_scene(told, range(len(told))),
                                          samples[0].text)
            for part, other in zip(reader.read_command(scene, samples[0].text), expected,
                                   strict=True):
                torch.testing.assert_close(part, other, atol=1e-4, rtol=1e-4)
    finally:
        hook.remove()


def test_a_run_can_start_from_the_weights_of_another(source, tiny_model, encode, tmp_path):
    settings = ReasonSettings(network=TINY, steps=1, scenes=1, lessons=2, commands=2, things=4,
                              rate=0.0, head_rate=0.0, decay=0.0)
    first = train_reason(dataclasses.replace(settings, seed=3), tiny_model, encode(' the')[0],
                         source, tmp_path / 'first')
    start = {name: value + 0.5 for name, value in first.state_dict().items()
             if not name.startswith('number')}
    second = train_reason(settings, tiny_model, encode(' the')[0], source, tmp_path / 'second',
                          start)
    for name, value in start.items():
        torch.testing.assert_close(second.state_dict()[name], value)


def test_only_what_is_trained_is_in_the_state(tiny_model, encode):
    network = SegNetwork(TINY, tiny_model, encode(' the')[0])
    held = sum(value.numel() for value in network.state_dict().values())
    assert held == sum(value.numel() for value in network.parameters() if value.requires_grad)
    assert held < 60_000  # the language model alone has 1.6 million


def test_without_lora_the_language_model_is_left_alone(tiny_model, encode):
    before = {name: value.clone() for name, value in tiny_model.named_parameters()}
    network = SegNetwork(dataclasses.replace(TINY, rank=0), tiny_model, encode(' the')[0])
    assert len(network.lora) == 0
    assert all(torch.equal(value, before[name]) for name, value in tiny_model.named_parameters())


def test_merged_lora_reads_alike_and_is_merged_once(drawn, tiny_model, encode):
    network = SegNetwork(TINY, tiny_model, encode(' the')[0]).eval()
    for number, value in enumerate(network.lora.values()):
        torch.manual_seed(number)
        torch.nn.init.normal_(value, std=0.1)
    with torch.inference_mode():
        before = network(drawn[2])
        network.merge_lora()
        after = network(drawn[2])
        for part, other in zip(before, after, strict=True):
            torch.testing.assert_close(other, part, atol=1e-3, rtol=1e-3)
        for value in network.lora.values():
            value.data.zero_()  # it is in the language model now
        torch.testing.assert_close(network(drawn[2]).targets, after.targets)
    with pytest.raises(ValueError, match='load it anew'):
        SegNetwork(TINY, tiny_model, encode(' the')[0])


def test_a_tiny_model_learns_one_scene_by_heart(drawn, tiny_model, encode):
    seen, samples, text = drawn
    network = SegNetwork(TINY, tiny_model, encode(' the')[0]).train()
    want = wanted(seen, samples)
    optimizer = torch.optim.AdamW(network.parameters(), 1e-2)
    for _ in range(300):
        optimizer.zero_grad()
        reason_loss(network(text), want).total.backward()
        optimizer.step()
    with torch.no_grad():
        shares = reason_accuracy(network.eval()(text), want)
    assert all(share >= 0.99 or np.isnan(share) for share in shares.values()), shares


def test_objects_that_are_named_anew_lose_their_features_and_nothing_else(source):
    rng = np.random.default_rng(2)
    renamed = known = 0
    for _ in range(20):
        seen = perceived(made_up_scene(rng, 10), source.confusion, rng)
        seen = dataclasses.replace(seen, features=rng.normal(
            size=(len(seen.objects), 4)).astype(np.float32))
        again = misnamed(seen, source.confusion, rng)
        hidden = ~again.features.any(axis=1)
        for place, truth in enumerate(seen.truth):
            before, after = seen.objects[place], again.objects[place]
            assert (after.colors, after.size) == (before.colors, before.size)
            assert hidden[place] or after == before
            assert truth is not None or not hidden[place]
        renamed, known = renamed + hidden.sum(), known + sum(one is not None for one in seen.truth)
        assert again.truth == seen.truth
        assert seen.features.any(axis=1).all()  # what was given is left alone
    assert 0.3 < renamed / known < 0.5


def test_what_is_wanted_is_what_the_commands_mean(source):
    """Names and operations, taken apart and carried out, come to the samples' targets."""
    from omd3d_ros.segmentation.operations import carry_out
    counted = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        scene = made_up_scene(rng, 12)
        boxes = [known.box for known in scene.objects]
        for sample in write_commands(scene, 'train', 10, rng):
            parsed = parse_meaning(sample.meaning)
            if parsed.operation in ('none', 'on', 'in', 'under', 'on_floor'):
                continue  # 'on' and 'in' are told by what carries a thing, not by boxes alone
            truths = [is_named(known, parsed.named) for known in scene.objects]
            if None in truths:
                continue
            ids = [known.id for known in scene.objects]
            odds = np.where(truths, 2.0, -6.0) + carry_out(
                parsed.operation, boxes, np.where(truths, 2.0, -6.0),
                [ids.index(one) for one in parsed.references], scene.map_from_viewpoint,
                scene.floor)
            found = {ids[i] for i in np.flatnonzero(odds > 0)}
            missed = set(sample.targets) - found
            assert not missed, (sample.text, sample.meaning, found)
            counted += 1
    assert counted > 60


def test_training_resumes_exactly(source, tmp_path, encode, monkeypatch):
    from transformers import LlamaConfig, LlamaForCausalLM

    from omd3d_ros.training import reason
    monkeypatch.setattr(reason, '_SAVE', 2)
    settings = ReasonSettings(network=dataclasses.replace(TINY, dropout=0.1), steps=4, scenes=1,
                              lessons=3, commands=4, things=4)

    def run(folder):
        torch.manual_seed(1)
        model = LlamaForCausalLM(LlamaConfig(
            vocab_size=49152, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
            num_attention_heads=2, num_key_value_heads=1)).eval()
        return train_reason(settings, model, encode(' the')[0], source, tmp_path / folder)

    whole = run('whole')
    real = reason.step_generator

    def cut(seed, step, process=0):
        if step == 3:
            raise InterruptedError
        return real(seed, step, process)

    with monkeypatch.context() as patched:
        patched.setattr(reason, 'step_generator', cut)
        with pytest.raises(InterruptedError):
            run('cut')
    for name, value in run('cut').state_dict().items():
        assert torch.equal(value, whole.state_dict()[name]), name


def test_the_operations_cover_the_grammar():
    assert len(set(OPERATIONS)) == len(OPERATIONS)
    for seed in range(30):
        rng = np.random.default_rng(seed)
        for sample in write_commands(made_up_scene(rng), 'train', 12, rng):
            parse_meaning(sample.meaning)
