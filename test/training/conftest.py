"""What the tests of training share: a small prepared scene, a tiny language model, one thread."""

import dataclasses

import numpy as np
import pytest
import torch

from omd3d_ros.segmentation import smollm2
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.language_model import load_encoder
from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.voxel_features import VoxelSurface
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.synthetic.language.writer import write_commands
from omd3d_ros.training.detect_data import DetectScene
from omd3d_ros.training.perceived_scene import NameConfusion, perceived
from omd3d_ros.training.reason import ReasonSource
from omd3d_ros.training.reason_data import drawn_identifiers, scene_text

SIZE = 0.02


@pytest.fixture(scope='session', autouse=True)
def one_thread():
    """Keep torch from spinning on processors that other tests need."""
    torch.set_num_threads(1)


def table(rng):
    """Two blocks side by side on a plate."""
    parts, owner = [], []
    for number, (low, shape) in enumerate(
            (((-8, -8, 0), (24, 24, 1)), ((0, 0, 1), (5, 5, 5)), ((5, 0, 1), (5, 5, 8)))):
        cells = np.stack(np.meshgrid(*(np.arange(n) for n in shape), indexing='ij'), -1)
        parts.append((np.array(low) + cells.reshape(-1, 3) + 0.5) * SIZE)
        owner.append(np.full(len(parts[-1]), number))
    points = np.concatenate(parts).astype(np.float32)
    count = len(points)
    normals = rng.normal(0, 1, (count, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    owner = np.concatenate(owner)
    colors = np.array([[90, 90, 90], [200, 40, 40], [40, 40, 200]], np.uint8)[owner]
    surface = VoxelSurface(points, normals, np.zeros(count, np.float32), colors,
                           points[:, 2], points[:, 2], (owner == 0).astype(np.uint8))
    centers = np.array([[0, 0, 0], [2.5, 2.5, 3.5], [7.5, 2.5, 5]], np.float32) * SIZE
    return DetectScene(surface, owner.astype(np.int64), centers,
                       np.array([0, 0.1, 0.16], np.float32))


@pytest.fixture
def prepared(tmp_path):
    scene = table(np.random.default_rng(0))
    file = tmp_path / 'scene.npz'
    np.savez(file, owner=scene.owner.astype(np.int16), centers=scene.centers,
             sizes=scene.sizes, **{
        field.name: getattr(scene.surface, field.name)
        for field in dataclasses.fields(scene.surface)})
    return file


def letters(texts):
    """Embed texts by their letters: a stand-in with the one property that counts, unit vectors."""
    found = np.array([[text.lower().count(chr(97 + i)) + 0.01 for i in range(26)]
                      for text in texts], np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


@pytest.fixture(scope='session')
def encode():
    return load_encoder(smollm2.cached_model())


@pytest.fixture
def tiny_model():
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(0)
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=49152, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096,
        initializer_range=0.15)).eval()  # wide enough that tokens differ


@pytest.fixture(scope='session')
def source(encode):
    vocabulary = household_vocabulary().words
    return ReasonSource(NameEvidence(letters), NameConfusion(letters(vocabulary)), encode, ())


@pytest.fixture
def drawn(source):
    rng = np.random.default_rng(6)
    seen = perceived(made_up_scene(rng, 6), source.confusion, rng)
    samples = write_commands(seen.scene, 'train', 8, rng)
    text = scene_text(seen, [sample.text for sample in samples], source.evidence, source.encode,
                      drawn_identifiers(len(seen.objects), rng), source.vocabulary)
    return seen, samples, text
