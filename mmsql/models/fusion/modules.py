"""The two towers: items as gated sums of their modalities, users as encoded histories."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from mmsql import columns
from mmsql.models.fusion.batches import GAPS
from mmsql.models.fusion.features import Bags, ItemFeatures, bags

INITIAL_SCALE = 0.02
INITIAL_TEMPERATURE = 0.2
MODALITY_DROPOUT = 0.05  # share of a content modality's items hidden in a training step
ATTRIBUTE_DROPOUT = 0.2  # share of histories shown without their user's attributes, so that users without any work
CONTEXT_DROPOUT = 0.2  # share of histories shown without event types and times, so that bare item lists work


@dataclass(frozen=True, kw_only=True)
class Shape:
    """What the towers are built from; stored with the weights.

    Attributes
    ----------
    items : int
        Rows of the id embedding.
    size : int
        Width of item and user vectors.
    content : dict of str to int
        Width of each content modality there is, in order.
    behavior : str
        The behaviour encoder.
    layers, heads : int
        Of the behaviour encoder.
    length : int
        Events it reads at most.
    event_types : tuple of str
        Names of the event types, numbered from 1.
    user_values : int
        How many attribute values of users there are.
    """

    items: int
    size: int
    content: Mapping[str, int] = field(default_factory=dict)
    behavior: str
    layers: int
    heads: int
    length: int
    event_types: tuple[str, ...]
    user_values: int = 0


class ItemTower(nn.Module):
    """Item vectors W_i: a softmax-gated sum of id embedding and content, through the item head, of length 1.

    A gate is a function of the modality and of what it says; a missing modality gets none, and the others
    share its part. Gated fusion after Arevalo et al., "Gated Multimodal Units" (2017).
    """

    known: Tensor

    def __init__(self, shape: Shape, id_dropout: float = 0.0) -> None:
        super().__init__()
        self.id_dropout, self.widths = id_dropout, shape.content
        self.id = nn.Embedding(shape.items, shape.size)
        self.dense = nn.ModuleDict(
            {
                name: nn.Linear(width, shape.size, bias=False)
                for name, width in shape.content.items()
                if name != columns.ATTRIBUTE
            }
        )
        values = shape.content.get(columns.ATTRIBUTE, 0)
        self.attribute = nn.Embedding(values, shape.size) if values else None
        self.gate = nn.Linear(shape.size, 1, bias=False)
        self.gate_bias = nn.Parameter(torch.zeros(1 + len(shape.content)))
        self.head = nn.Linear(shape.size, shape.size, bias=False)
        self.register_buffer("known", torch.ones(shape.items, dtype=torch.bool))
        nn.init.normal_(self.id.weight, std=INITIAL_SCALE)
        for weight in self.dense.parameters():
            nn.init.normal_(weight, std=INITIAL_SCALE)
        if self.attribute is not None:
            nn.init.normal_(self.attribute.weight, std=2 * INITIAL_SCALE)
        nn.init.zeros_(self.gate.weight)
        nn.init.eye_(self.head.weight)

    def forward(self, features: ItemFeatures) -> Tensor:
        """Return the vectors of some items: float, (items, size); zeros where nothing is known of an item."""
        parts, present = self.parts(features)
        gates = self.gate(parts).squeeze(-1) + self.gate_bias
        gates = torch.softmax(gates.masked_fill(~present, -1e9), dim=1) * present
        return F.normalize(self.head((gates.unsqueeze(1) @ parts).squeeze(1)).float(), dim=-1)

    def parts(self, features: ItemFeatures) -> tuple[Tensor, Tensor]:
        """Return each modality's embedding, (items, modalities, size), and where there is one."""
        safe = features.ids.clamp(min=0)
        parts = [F.embedding(safe, self.id.weight)]
        present = [(features.ids >= 0) & self.known[safe]]
        for name, layer in self.dense.items():
            vectors = features.dense.get(name)
            if vectors is None:
                vectors = self.id.weight.new_zeros(len(features), self.widths[name])
            parts.append(layer(vectors))
            present.append(vectors.abs().sum(dim=1) > 0)
        if self.attribute is not None:
            part, there = self._attribute_part(features)
            parts.append(part)
            present.append(there)
        if self.training and len(present) > 1:
            drop = [self.id_dropout] + [MODALITY_DROPOUT] * (len(present) - 1)
            hidden = torch.rand(len(features), len(present), device=safe.device)
            present = [there & (hidden[:, m] >= drop[m]) for m, there in enumerate(present)]
        return torch.stack(parts, dim=1), torch.stack(present, dim=1)

    def _attribute_part(self, features: ItemFeatures) -> tuple[Tensor, Tensor]:
        assert self.attribute is not None
        table = self.attribute.weight
        if features.attribute is None:
            nowhere = torch.zeros_like(features.ids, dtype=torch.bool)
            return table.new_zeros(len(features), table.shape[1]), nowhere
        found = bags(features.attribute, features.ids.device)
        return found.sums(table), found.offsets.diff() > 0


class Block(nn.Module):
    """A layer of a causal Transformer, normalised before attention and feed-forward (Xiong et al., 2020)."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before_attention, self.before_forward = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project_in, self.project_out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.widen, self.narrow = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape; a position sees itself and earlier ones."""
        x = x + self._drop(self._attend(self.before_attention(x)))
        return x + self._drop(self.narrow(F.gelu(self.widen(self.before_forward(x)))))

    def _attend(self, x: Tensor) -> Tensor:
        rows, length, size = x.shape
        split = self.project_in(x).view(rows, length, 3, self.heads, size // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        mixed = F.scaled_dot_product_attention(
            query, key, value, is_causal=True, dropout_p=self.dropout if self.training else 0.0
        )
        return self.project_out(mixed.transpose(1, 2).reshape(rows, length, size))

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


class Transformer(nn.Module):
    """The behaviour encoder of SASRec (Kang & McAuley, 2018)."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(Block(shape.size, shape.heads, dropout) for _ in range(shape.layers))

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        for block in self.blocks:
            x = block(x)
        return x


class Recurrent(nn.Module):
    """The behaviour encoder of GRU4Rec (Hidasi et al., 2016), with a shortcut around it."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        between = dropout if shape.layers > 1 else 0.0
        self.gru = nn.GRU(shape.size, shape.size, shape.layers, batch_first=True, dropout=between)

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        return x + self.gru(x)[0]


class RecencyMean(nn.Module):
    """The mean of what came so far, each event weighing less than the one after it by a learned factor."""

    def __init__(self, shape: Shape, dropout: float) -> None:  # noqa: ARG002
        super().__init__()
        self.recency = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        place = torch.arange(x.shape[1], device=x.device)
        age = place[:, None] - place
        weights = torch.sigmoid(self.recency) ** age.clamp(min=0) * (age >= 0)
        return (weights / weights.sum(dim=1, keepdim=True)).to(x.dtype) @ x


ENCODERS = {"transformer": Transformer, "gru": Recurrent, "mean": RecencyMean}


class UserTower(nn.Module):
    """User vectors W_u: a history's item vectors with event types, time gaps and the user's attributes, encoded.

    All have one length, the inverse of a learned temperature, so that r_ui = W_uᵀ W_i is a scaled cosine.
    """

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout, self.size = dropout, shape.size
        self.place = nn.Embedding(shape.length, shape.size)
        self.kind = nn.Embedding(1 + len(shape.event_types), shape.size)
        self.gap = nn.Embedding(GAPS, shape.size)
        self.attribute = nn.Embedding(shape.user_values, shape.size) if shape.user_values else None
        self.before = nn.LayerNorm(shape.size)
        self.encoder = ENCODERS[shape.behavior](shape, dropout)
        self.after = nn.LayerNorm(shape.size)
        self.head = nn.Linear(shape.size, shape.size)
        self.log_scale = nn.Parameter(torch.tensor(-math.log(INITIAL_TEMPERATURE)))
        nn.init.normal_(self.place.weight, std=INITIAL_SCALE)
        nn.init.zeros_(self.kind.weight)
        nn.init.zeros_(self.gap.weight)
        if self.attribute is not None:
            nn.init.zeros_(self.attribute.weight)
        nn.init.eye_(self.head.weight)
        nn.init.zeros_(self.head.bias)

    def forward(
        self, vectors: Tensor, items: Tensor, kinds: Tensor, gaps: Tensor, attributes: Bags | None = None
    ) -> Tensor:
        """Encode histories.

        Parameters
        ----------
        vectors : Tensor, float, (items, size)
            Item vectors.
        items, kinds, gaps : Tensor, int64, (histories, length)
            Rows of ``vectors``, numbers of event types, buckets of time gaps. Padding comes last, and changes
            nothing before it.
        attributes : Bags, optional
            Of the users whose histories these are.

        Returns
        -------
        Tensor, float, (histories, length, size)
            After each event, the vector of a user who has done nothing else yet.
        """
        if self.training:
            shown = torch.rand(len(items), 1, device=items.device) >= CONTEXT_DROPOUT
            kinds, gaps = kinds * shown, gaps * shown
        x = F.embedding(items, vectors) * self.size**0.5
        x = x + self.place.weight[: items.shape[1]] + self.kind(kinds) + self.gap(gaps)
        if self.attribute is not None and attributes is not None:
            told = attributes.sums(self.attribute.weight)
            if self.training:
                told = told * (torch.rand(len(items), 1, device=items.device) >= ATTRIBUTE_DROPOUT)
            x = x + told.unsqueeze(1)
        x = F.dropout(self.before(x), self.dropout, self.training)
        x = F.normalize(self.head(self.after(self.encoder(x))).float(), dim=-1)
        return x * self.log_scale.exp()


class Towers(nn.Module):
    """Both towers: r_ui = W_uᵀ W_i."""

    def __init__(self, shape: Shape, dropout: float = 0.0, id_dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.item = ItemTower(shape, id_dropout)
        self.user = UserTower(shape, dropout)
