"""The real models, loaded once for all tests."""

import pytest
import torch


@pytest.fixture(scope='session', autouse=True)
def one_thread():
    """Keep torch from spinning on processors that other tests need."""
    torch.set_num_threads(1)


@pytest.fixture(scope='session')
def language_model():
    from omd3d_ros.segmentation.language_model import LanguageModel
    from omd3d_ros.segmentation.model_settings import LanguageModelSettings
    return LanguageModel(LanguageModelSettings())


@pytest.fixture(scope='session')
def image_network():
    from omd3d_ros.segmentation.image_network import load_image_network
    return load_image_network()
