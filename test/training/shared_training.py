"""One process of a tiny training run: shared_training.py LOOP FOLDER, under ``torchrun``.

Each process stores its weights as FOLDER/process_N.pt. The scenes are FOLDER/scene.npz for
``detect``, made up for ``reason``; the objects of ``encode`` are random.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from accelerate import PartialState
from transformers import LlamaConfig, LlamaForCausalLM

from omd3d_ros.segmentation import smollm2
from omd3d_ros.segmentation.household_words import household_vocabulary
from omd3d_ros.segmentation.image_network import FEATURES
from omd3d_ros.segmentation.language_model import load_encoder
from omd3d_ros.segmentation.name_evidence import NameEvidence
from omd3d_ros.segmentation.object_encoder import ObjectEncoderSettings, ObjectInputs
from omd3d_ros.segmentation.object_features import OBJECT_FEATURES
from omd3d_ros.segmentation.point_network import CLOUD_NUMBERS
from omd3d_ros.segmentation.seg_network import SegNetworkSettings
from omd3d_ros.segmentation.vote_network import VoteNetworkSettings
from omd3d_ros.synthetic.language.made_up_scene import made_up_scene
from omd3d_ros.training import reason
from omd3d_ros.training.detect import DetectSettings, train_detect
from omd3d_ros.training.encode import EncodeSettings, new_encoder, train_encode
from omd3d_ros.training.encode_table import EncodeTable
from omd3d_ros.training.perceived_scene import NameConfusion, perceived

STEPS = 3


def detect(folder):
    network = VoteNetworkSettings(channels=(12, 16), blocks=(1, 1), hidden=16, voxel_size=0.02)
    settings = DetectSettings(network, steps=STEPS, scenes=1, voxels=500)
    return train_detect(settings, [folder / 'scene.npz'], [folder / 'scene.npz'], folder / 'run')


def encode(folder):
    """Train on objects whose name their shape tells; only some of them have been seen in images."""
    random = torch.Generator().manual_seed(0)
    names, target = ['mug', 'cup', 'sofa'], torch.arange(60) % 4
    views = torch.randn(60, 2, FEATURES, generator=random)
    seen = (torch.arange(60) % 3 > 0).float()[:, None].expand(60, 2)
    objects = EncodeTable(
        ObjectInputs(views, seen, torch.zeros(60, 2, 3),
                     torch.randn(60, OBJECT_FEATURES, generator=random), torch.full((60,), 0.3),
                     torch.randn(60, 20, CLOUD_NUMBERS, generator=random)), target, ('model',) * 60)
    network = ObjectEncoderSettings(width=16, text_width=8, detail_width=8, cloud_width=8)
    torch.manual_seed(0)
    encoder = new_encoder(network, names, set(names), torch.randn(3, 8))
    return train_encode(EncodeSettings(network, steps=STEPS, batch=8), encoder, names, objects,
                        objects, folder / 'run')


def reason_(folder):
    """Train with and without features, as where some scenes are perceived and others made up."""
    torch.manual_seed(0)
    model = LlamaForCausalLM(LlamaConfig(
        vocab_size=49152, hidden_size=32, intermediate_size=64, num_hidden_layers=2,
        num_attention_heads=4, num_key_value_heads=2, max_position_embeddings=4096,
        initializer_range=0.15)).eval()
    encode = load_encoder(smollm2.cached_model())
    confusion = NameConfusion(letters(household_vocabulary().words))
    rng = np.random.default_rng(0)
    seen = perceived(made_up_scene(rng, 5), confusion, rng)
    featured = reason.dataclasses.replace(
        seen, features=rng.normal(size=(len(seen.objects), 4)).astype(np.float32))
    settings = reason.ReasonSettings(
        SegNetworkSettings(rank=2, width=8, feature=4, text=26), steps=STEPS, scenes=1,
        lessons=4, commands=3, things=4)
    source = reason.ReasonSource(NameEvidence(letters), confusion, encode, (featured,))
    return reason.train_reason(settings, model, encode(' the')[0], source, folder / 'run')


def letters(texts):
    found = np.array([[text.lower().count(chr(97 + i)) + 0.01 for i in range(26)]
                      for text in texts], np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


if __name__ == '__main__':
    torch.set_num_threads(1)
    which, where = sys.argv[1], Path(sys.argv[2])
    trained = {'detect': detect, 'encode': encode, 'reason': reason_}[which](where)
    torch.save(trained.state_dict(), where / f'process_{PartialState().process_index}.pt')
