"""The object encoder as a network: what it must learn, and what must change nothing."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation.image_network import FEATURES
from omd3d_ros.segmentation.object_encoder import (
    ObjectEncoder,
    ObjectEncoderSettings,
    ObjectInputs,
    with_names,
)
from omd3d_ros.segmentation.object_features import OBJECT_FEATURES
from omd3d_ros.segmentation.point_network import CLOUD_NUMBERS

TINY = ObjectEncoderSettings(width=32, text_width=16, detail_width=16, cloud_width=16)
NAMES = 6


def encoder(settings=TINY, seed=0):
    torch.manual_seed(seed)
    sizes = torch.tensor([[0.05, 0.2]] * 3 + [[1.0, 2.0]] * 3)
    made = ObjectEncoder(settings, torch.randn(NAMES, settings.text_width), sizes,
                         torch.tensor([True, True, False] * 2), torch.ones(NAMES).bool())
    return made.eval()


def inputs(count=8, views=3, seed=0):
    rng = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.rand(*shape, generator=rng)

    return ObjectInputs(draw(count, views, FEATURES), 0.2 + 0.8 * draw(count, views),
                        draw(count, views, NAMES) / NAMES, draw(count, OBJECT_FEATURES),
                        0.1 + draw(count), draw(count, 40, CLOUD_NUMBERS) - 0.5)


def test_a_handful_of_objects_is_learned_by_heart():
    network, given = encoder(), inputs(12)
    target = torch.arange(12) % (NAMES + 1)
    optimizer = torch.optim.Adam(network.parameters(), 3e-3)
    for _ in range(120):
        loss = torch.nn.functional.cross_entropy(network(given), target)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert (network(given).argmax(1) == target).all()
    assert float(loss.detach()) < 0.1


def test_the_order_of_views_changes_nothing():
    network, given = encoder(), inputs()
    torch.nn.init.normal_(network.attend.weight, std=0.05)
    order = torch.tensor([2, 0, 1])
    turned = dataclasses.replace(given, views=given.views[:, order],
                                 quality=given.quality[:, order],
                                 opinions=given.opinions[:, order])
    torch.testing.assert_close(network(turned), network(given), rtol=1e-5, atol=1e-5)


def test_a_view_of_quality_zero_is_no_view():
    network, given = encoder(), inputs()
    torch.nn.init.normal_(network.attend.weight, std=0.05)
    quality = given.quality.clone()
    quality[:, 2] = 0
    blind = dataclasses.replace(given, quality=quality)
    two = dataclasses.replace(given, views=given.views[:, :2], quality=given.quality[:, :2],
                              opinions=given.opinions[:, :2])
    torch.testing.assert_close(network(blind), network(two))
    assert not torch.allclose(network(two), network(given), atol=1e-3)


def test_objects_do_not_see_one_another_in_a_batch():
    network, given = encoder(), inputs()
    alone = torch.cat([network(given.rows(torch.tensor([row]))) for row in range(8)])
    torch.testing.assert_close(network(given), alone, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(('switch', 'part'), [
    ('appearance', 'views'), ('words', 'opinions'), ('shape', 'features'), ('size', 'largest'),
    ('cloud', 'clouds')])
def test_a_switch_turns_its_input_off(switch, part):
    given, other = inputs(), inputs(seed=1)
    if part == 'features':
        changed = given.features.clone()
        changed[:, 9:] = other.features[:, 9:]
        swapped = dataclasses.replace(given, features=changed)
    else:
        swapped = dataclasses.replace(given, **{part: 3 * getattr(other, part)})
    on = encoder()
    off = encoder(dataclasses.replace(TINY, **{switch: False}))
    assert not torch.allclose(on(given), on(swapped), atol=1e-4)
    torch.testing.assert_close(off(given), off(swapped))


def test_a_size_that_does_not_fit_speaks_against_a_name():
    given = inputs(2)
    same = dataclasses.replace(
        given, **{field.name: getattr(given, field.name)[:1].expand_as(
            getattr(given, field.name)) for field in dataclasses.fields(given)})
    sized = dataclasses.replace(same, largest=torch.tensor([0.1, 1.5]))
    small, large = encoder()(sized)
    assert (small[:3] >= large[:3]).all()
    assert (small[3:6] < large[3:6]).all()


def test_new_names_leave_the_scores_of_the_known_as_they_were():
    network, given = encoder(), inputs()
    torch.nn.init.normal_(network.own)
    grown = with_names(network, torch.randn(2, 16), torch.tensor([[0.1, 0.3], [1.0, 3.0]]))
    more = dataclasses.replace(
        given, opinions=torch.cat([given.opinions, torch.zeros(8, 3, 2)], dim=2))
    found = grown(more)
    assert found.shape == (8, NAMES + 3)
    torch.testing.assert_close(torch.cat([found[:, :NAMES], found[:, -1:]], 1), network(given))


def test_a_new_name_with_a_known_text_scores_as_an_untrained_known_one():
    network, given = encoder(), inputs()
    hidden = torch.zeros(NAMES, dtype=torch.bool)
    hidden[2] = True
    torch.nn.init.normal_(network.own)
    grown = with_names(network, network.texts[2:3], network.sizes[2:3])
    more = dataclasses.replace(
        given, opinions=torch.cat([given.opinions, torch.zeros(8, 3, 1)], dim=2))
    torch.testing.assert_close(grown(more)[:, NAMES], network(given, hidden)[:, 2])


@pytest.mark.parametrize(('texts', 'sizes', 'message'), [
    (np.zeros((2, 15)), np.zeros((2, 2)), 'texts.shape'),
    (np.zeros((2, 16)), np.zeros((1, 2)), 'sizes.shape')])
def test_names_without_a_proper_text_or_size_are_refused(texts, sizes, message):
    with pytest.raises(ValueError, match=message):
        with_names(encoder(), torch.tensor(texts).float(), torch.tensor(sizes).float())
