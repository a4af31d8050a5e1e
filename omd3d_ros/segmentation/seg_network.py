"""The 3D language model: a language model that reads a scene of objects and points at some.

Objects enter as identifier, feature token and words; the command ends in [SEG] and [REF], whose
last hidden states become queries over the objects (arXiv 2506.04837; here zero, one or many are
chosen, and none is an answer). LoRA (Hu et al., arXiv 2106.09685) adapts the language model.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from omd3d_ros.segmentation.name_evidence import EVIDENCE
from omd3d_ros.segmentation.operations import OPERATIONS
from omd3d_ros.segmentation.scene_prompt import OWN_ROWS, REF, SEG, Encoder, PromptObject, own_row
from omd3d_ros.segmentation.shared_prefix import shared_prefix
from omd3d_ros.segmentation.word_match import WordMatch, Words
from omd3d_ros.settings import check_settings, setting

QUESTIONS = ('command', 'what', 'count', 'exists', 'where', 'describe')
NUMBERS = ('the', 'any', 'all')
_TARGETS = ('q_proj', 'k_proj', 'v_proj', 'o_proj', 'gate_proj', 'up_proj', 'down_proj')


@dataclasses.dataclass(frozen=True)
class SegNetworkSettings:
    """The network's size and which of its parts are used."""

    rank: int = setting(16, 'of LoRA; 0 leaves the language model as it is', low=0, high=256)
    alpha: int = setting(16, 'of LoRA', low=1, high=1024)
    dropout: float = setting(0.0, 'of LoRA', low=0.0, high=0.9)
    width: int = setting(256, 'of queries and keys', low=8, high=4096)
    feature: int = setting(0, "numbers in an object's features; 0 for none", low=0, high=8192)
    text: int = setting(384, "numbers in a text's embedding", low=1, high=8192)
    hidden: float = setting(
        0.4, 'share of what words and commands are compared by that training hides', low=0.0,
        high=0.9)
    names: bool = setting(True, 'objects are named in words')
    evidence: bool = setting(True, 'names are compared with the command outside the model, too')

    def __post_init__(self) -> None:
        check_settings(self)


class Reading(NamedTuple):
    """What the network reads from C commands on a scene of n objects; all are logits.

    targets     (C, n)  the object is what is named, whatever its place
    references  (C, n)  the object is what the place is told by
    operation   (C, len(OPERATIONS))
    number      (C, len(NUMBERS))  "the mug", "a mug", "all mugs"
    question    (C, len(QUESTIONS))
    none        (C,)  nothing here is meant
    words       (C, W) the command names, or calls for, each word of a vocabulary, if one was given
    seg         (C, D) the hidden state of [SEG]; no logits
    """

    targets: Tensor
    references: Tensor
    operation: Tensor
    number: Tensor
    question: Tensor
    none: Tensor
    words: Tensor
    seg: Tensor


@dataclasses.dataclass(frozen=True, eq=False)
class SceneText:
    """A scene of n objects and C commands on it, as one row of T tokens.

    tokens    (T,) int64: the scene, then each command
    prefix    tokens of the scene
    lengths   tokens of each command; its last two are [SEG] and [REF]
    places    (n,) int64 of the objects' feature tokens
    ends      (n,) int64 of the objects' last tokens
    features  (n, settings.feature), or None
    names     (n, K, L) int64 tokens of each object's names, -1 beyond their ends
    shares    (n, K) float, the probability of each name
    evidence  (C, n, EVIDENCE)
    said      (C, settings.text) unit embeddings of the commands
    texts     (n, K, settings.text) of the names
    words     (W, L) int64 tokens of a vocabulary, -1 beyond their ends; W may be 0
    word_texts (W, settings.text) unit embeddings of those
    """

    tokens: Tensor
    prefix: int
    lengths: list[int]
    places: Tensor
    ends: Tensor
    features: Tensor | None
    names: Tensor
    shares: Tensor
    evidence: Tensor
    said: Tensor
    texts: Tensor
    words: Tensor
    word_texts: Tensor


class NameStates(NamedTuple):
    """The names (n, K) of n objects, and the logarithms (n, K) of their shares."""

    words: Words
    shares: Tensor

    def fit(self, likeness: Tensor) -> Tensor:
        """Return how well objects fit (C, n), in nats, whose names fit so well (C, n, K)."""
        return (likeness + self.shares).logsumexp(2)

    def alike(self, seen: Tensor) -> Tensor:
        """Return how much the names' states (C, n, K) are like hidden states (C, D)."""
        return torch.einsum('cd,nkd->cnk', seen, self.words.states) / seen.shape[1] ** 0.5


def word_tokens(words: Sequence[str], encode: Encoder) -> Tensor:
    """Return the tokens (W, L) of words, as in SceneText."""
    every = [encode(f' {word}') for word in words]
    found = torch.full((len(every), max(map(len, every), default=1)), -1)
    for row, tokens in enumerate(every):
        found[row, :len(tokens)] = torch.tensor(tokens)
    return found


def name_tokens(objects: Sequence[PromptObject], encode: Encoder) -> tuple[Tensor, Tensor]:
    """Return the names (n, K, L) and shares (n, K) of n objects, as in SceneText."""
    told = [one.shares() for one in objects]
    tokens = word_tokens([name for one in told for name, _ in one], encode)
    most = max(map(len, told), default=1)
    names = torch.full((len(told), most, tokens.shape[1]), -1)
    shares = torch.zeros(len(told), most)
    for row, (one, some) in enumerate(zip(told, tokens.split(list(map(len, told))), strict=True)):
        names[row, :len(one)] = some
        shares[row, :len(one)] = torch.tensor([share for _, share in one])
    return names, shares


def _trust(size: int, first: tuple[float, ...]) -> nn.Linear:
    """Return how far each piece of evidence counts, by the hidden state; the same at first."""
    layer = nn.Linear(size, EVIDENCE)
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor(first))
    return layer


def _adapted(backbone: Any) -> list[Any]:
    """Return the layers that LoRA has been put into."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    return [layer for layer in backbone.modules() if isinstance(layer, BaseTunerLayer)]


class SegNetwork(nn.Module):
    """Heads, embeddings and LoRA around a frozen language model.

    Only what is trained is in the state dict; the language model is kept beside it.
    """

    def __init__(self, settings: SegNetworkSettings, language_model: Any,
                 the_token: int) -> None:
        """Take a causal language model of transformers and its token for " the".

        Raises ValueError for a language model that another network's LoRA was merged into.
        """
        super().__init__()
        self.settings = settings
        backbone, words = language_model.model, language_model.get_input_embeddings().weight
        if any(layer.merged for layer in _adapted(backbone)):
            raise ValueError('language_model: was merged with LoRA; load it anew')
        backbone.requires_grad_(requires_grad=False)
        if settings.rank:
            from peft import LoraConfig, inject_adapter_in_model

            backbone = inject_adapter_in_model(LoraConfig(
                r=settings.rank, lora_alpha=settings.alpha, lora_dropout=settings.dropout,
                target_modules=list(_TARGETS)), backbone)
        self._kept = (backbone, words.detach())  # in a tuple: no part of the state dict
        self._spread = words.detach().float().std()
        self.lora = nn.ParameterDict({
            name.replace('.', '/'): value for name, value in backbone.named_parameters()
            if value.requires_grad})
        size = words.shape[1]
        known = words.detach().float()
        table = known.mean(0) + 0.5 * known.std(0) * torch.randn(OWN_ROWS, size)
        table[[own_row(SEG), own_row(REF)]] = known[the_token].clone()
        self.own_words = nn.Parameter(table)
        if settings.feature:
            self.feature = nn.Sequential(
                nn.Linear(settings.feature, size), nn.GELU(), nn.Linear(size, size))
        self.query = nn.Linear(size, settings.width)
        self.key = nn.Linear(size, settings.width)
        self.reference_query = nn.Linear(size, settings.width)
        self.reference_key = nn.Linear(size, settings.width)
        self.word_match = WordMatch(size, settings.text, settings.width, settings.hidden)
        self.reference_prior = nn.Parameter(torch.tensor(0.3))
        self.trust = _trust(size, (0.0, 5.0, 0.0, 1.0))
        self.reference_trust = _trust(size, (0.0, 0.0, 5.0, 0.0))
        self.none = nn.Linear(size, 1)
        self.operation = nn.Linear(2 * size, len(OPERATIONS))
        self.number = nn.Linear(size, len(NUMBERS))
        self.question = nn.Linear(size, len(QUESTIONS))
        self.offset = nn.Parameter(torch.tensor(0.0))

    @property
    def backbone(self) -> Any:
        """The language model without its head."""
        return self._kept[0]

    def train(self, mode: bool = True) -> SegNetwork:
        """Switch dropout on or off, that of LoRA too."""
        super().train(mode)
        self.backbone.train(mode)
        return self

    def merge_lora(self) -> None:
        """Add LoRA to the language model's own weights, for good: a third less time."""
        for layer in _adapted(self.backbone):
            layer.merge()

    def embed(self, tokens: Tensor, features: Tensor | None, places: Tensor) -> Tensor:
        """Return the embeddings (T, D) float32 of tokens (T,), ours below 0.

        features (n, settings.feature) stand at the places (n,) of the feature tokens.
        """
        own = tokens < 0
        looked_up = self._kept[1][tokens.clamp(min=0)].float()
        rows = self.own_words[(-1 - tokens).clamp(min=0)]
        embedded = torch.where(own[:, None], rows, looked_up)
        if features is not None and self.settings.feature:
            made = self._spread * nn.functional.layer_norm(
                self.feature(features), embedded.shape[1:])
            made = made * features.any(dim=1, keepdim=True)  # all 0: nothing is known
            embedded = embedded.index_add(0, places, made.to(embedded.dtype))
        return embedded

    def states(self, embedded: Tensor, **how: Any) -> tuple[Tensor, Any]:
        """Return the hidden states (T, D) float32 of embedded tokens (T, D), and the cache.

        The language model computes in its own number format; how is passed on to it.
        """
        out = self.backbone(inputs_embeds=embedded[None].to(self._kept[1].dtype), **how)
        return out.last_hidden_state[0].float(), out.past_key_values

    def forward(self, text: SceneText) -> Reading:
        """Read all commands on a scene in one pass."""
        embedded = self.embed(text.tokens, text.features, text.places)
        mask, position = shared_prefix(text.prefix, text.lengths)
        hidden, _ = self.states(
            embedded, attention_mask=mask[None, None].to(embedded.device),
            position_ids=position[None].to(embedded.device), use_cache=False)
        last = text.prefix + torch.tensor(text.lengths).cumsum(0).to(embedded.device)
        return self.read(hidden[text.ends], hidden[last - 2], hidden[last - 1],
                         self.name_states(text.names, text.texts, text.shares), text.evidence,
                         text.said, self.words(text.words, text.word_texts))

    def name_states(self, names: Tensor, texts: Tensor, shares: Tensor) -> NameStates:
        """Return what is compared with commands for names (n, K, L); see SceneText."""
        return NameStates(self.words(names, texts), shares.log())

    def words(self, tokens: Tensor, texts: Tensor) -> Words:
        """Return words of tokens (..., L), -1 beyond their ends, and embeddings (..., text)."""
        there = tokens >= 0
        summed = (self._kept[1][tokens.clamp(min=0)].float() * there[..., None]).sum(-2)
        texts = texts if self.settings.evidence else torch.zeros_like(texts)
        return self.word_match.words(summed / there.sum(-1, keepdim=True).clamp(min=1), texts)

    def read(
        self, objects: Tensor, seg: Tensor, ref: Tensor, named: NameStates, evidence: Tensor,
        said: Tensor, words: Words | None,
    ) -> Reading:
        """Turn hidden states into a reading.

        objects   (n, D) at each object's last token
        seg, ref  (C, D) at [SEG] and [REF]
        named     of the objects; evidence (C, n, EVIDENCE), said (C, settings.text)
        words     a vocabulary of W words, or None
        """
        scale = self.settings.width ** -0.5
        if not self.settings.evidence:
            said, evidence = torch.zeros_like(said), torch.zeros_like(evidence)
        targets = scale * self.query(seg) @ self.key(objects).T + self.offset
        targets = targets + named.fit(self.word_match(seg, said, named.words))
        targets = targets + (self.trust(seg)[:, None] * evidence).sum(2)
        references = scale * self.reference_query(ref) @ self.reference_key(objects).T
        references = references + named.fit(self.reference_prior * named.alike(ref))
        references = references + (self.reference_trust(ref)[:, None] * evidence).sum(2)
        both = torch.cat([seg, ref], dim=1)
        called = seg[:, :0] if words is None else self.word_match(seg, said, words)
        return Reading(targets, references, self.operation(both), self.number(seg),
                       self.question(seg), self.none(seg)[:, 0], called, seg)
