"""The item tower and the user tower.

Their parameter names are stored with trained models and must not change.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

from mmsql import columns
from mmsql.models.fusion.batches import GAP_BUCKETS
from mmsql.models.fusion.features import Bags, ItemFeatures, bags

INITIAL_SCALE = 0.02
INITIAL_TEMPERATURE = 0.2
MODALITY_DROPOUT = 0.05  # probability that a training step hides a content modality of an item
ATTRIBUTE_DROPOUT = 0.2  # probability of hiding the user's attributes, so that users without attributes work
CONTEXT_DROPOUT = 0.2  # probability of hiding event types and time gaps, so that plain lists of items work


@dataclass(frozen=True, kw_only=True)
class Shape:
    """Shape of the towers, stored with the weights.

    Attributes
    ----------
    items : int
        Number of rows of the id embedding.
    size : int
        Width of the item and user vectors.
    content : dict of str to int
        Width of each content modality, in order.
    behavior : str
        Name of the behaviour encoder.
    layers, heads : int
        Layers and attention heads of the behaviour encoder.
    length : int
        Maximum number of events that the behaviour encoder reads.
    event_types : tuple of str
        Names of the event types, numbered from 1.
    user_values : int
        Number of attribute values of users.
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
    """Item vectors W_i: a softmax-gated sum of the id embedding and the content, projected and scaled to length 1.

    A gate depends on the modality and its embedding. A missing modality gets no gate; the softmax is over the
    modalities that the item has. Gated fusion follows Arevalo et al., "Gated Multimodal Units" (2017).
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
        """Return item vectors: float, (items, size); zeros for items without an id embedding and without content."""
        embeddings, present = self.modality_embeddings(features)
        gates = self.gate(embeddings).squeeze(-1) + self.gate_bias
        gates = torch.softmax(gates.masked_fill(~present, -1e9), dim=1) * present
        return F.normalize(self.head((gates.unsqueeze(1) @ embeddings).squeeze(1)).float(), dim=-1)

    def modality_embeddings(self, features: ItemFeatures) -> tuple[Tensor, Tensor]:
        """Return the embedding of each modality, (items, modalities, size), and whether the item has the modality."""
        safe = features.ids.clamp(min=0)
        embeddings = [F.embedding(safe, self.id.weight)]
        present = [(features.ids >= 0) & self.known[safe]]
        for name, layer in self.dense.items():
            vectors = features.dense.get(name)
            if vectors is None:
                vectors = self.id.weight.new_zeros(len(features), self.widths[name])
            embeddings.append(layer(vectors))
            present.append(vectors.abs().sum(dim=1) > 0)
        if self.attribute is not None:
            embedding, filled = self._attribute_embedding(features)
            embeddings.append(embedding)
            present.append(filled)
        if self.training and len(present) > 1:
            drop = [self.id_dropout] + [MODALITY_DROPOUT] * (len(present) - 1)
            hidden = torch.rand(len(features), len(present), device=safe.device)
            present = [filled & (hidden[:, m] >= drop[m]) for m, filled in enumerate(present)]
        return torch.stack(embeddings, dim=1), torch.stack(present, dim=1)

    def _attribute_embedding(self, features: ItemFeatures) -> tuple[Tensor, Tensor]:
        assert self.attribute is not None
        table = self.attribute.weight
        if features.attribute is None:
            absent = torch.zeros_like(features.ids, dtype=torch.bool)
            return table.new_zeros(len(features), table.shape[1]), absent
        values_by_item = bags(features.attribute, features.ids.device)
        return values_by_item.sums(table), values_by_item.offsets.diff() > 0


class TransformerBlock(nn.Module):
    """A layer of a causal Transformer, normalised before attention and feed-forward (Xiong et al., 2020)."""

    def __init__(self, size: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads, self.dropout = heads, dropout
        self.before_attention, self.before_forward = nn.LayerNorm(size), nn.LayerNorm(size)
        self.project_in, self.project_out = nn.Linear(size, 3 * size), nn.Linear(size, size)
        self.widen, self.narrow = nn.Linear(size, 4 * size), nn.Linear(4 * size, size)

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape. A position attends to itself and earlier positions."""
        x = x + self._drop(self._attend(self.before_attention(x)))
        return x + self._drop(self.narrow(F.gelu(self.widen(self.before_forward(x)))))

    def _attend(self, x: Tensor) -> Tensor:
        rows, length, size = x.shape
        split = self.project_in(x).view(rows, length, 3, self.heads, size // self.heads)
        query, key, value = split.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(
            query, key, value, is_causal=True, dropout_p=self.dropout if self.training else 0.0
        )
        return self.project_out(attended.transpose(1, 2).reshape(rows, length, size))

    def _drop(self, x: Tensor) -> Tensor:
        return F.dropout(x, self.dropout, self.training)


class Transformer(nn.Module):
    """The behaviour encoder of SASRec (Kang & McAuley, 2018)."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        self.blocks = nn.ModuleList(TransformerBlock(shape.size, shape.heads, dropout) for _ in range(shape.layers))

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        for block in self.blocks:
            x = block(x)
        return x


class Recurrent(nn.Module):
    """The behaviour encoder of GRU4Rec (Hidasi et al., 2016), with a residual connection."""

    def __init__(self, shape: Shape, dropout: float) -> None:
        super().__init__()
        between = dropout if shape.layers > 1 else 0.0
        self.gru = nn.GRU(shape.size, shape.size, shape.layers, batch_first=True, dropout=between)

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        return x + self.gru(x)[0]


class RecencyMean(nn.Module):
    """The weighted mean of the events so far. The weight decays with age by a learned factor."""

    def __init__(self, shape: Shape, dropout: float) -> None:  # noqa: ARG002
        super().__init__()
        self.recency = nn.Parameter(torch.tensor(2.0))

    def forward(self, x: Tensor) -> Tensor:
        """Map (histories, length, size) to the same shape, causally."""
        position = torch.arange(x.shape[1], device=x.device)
        age = position[:, None] - position
        weights = torch.sigmoid(self.recency) ** age.clamp(min=0) * (age >= 0)
        return (weights / weights.sum(dim=1, keepdim=True)).to(x.dtype) @ x


ENCODERS = {"transformer": Transformer, "gru": Recurrent, "mean": RecencyMean}


class UserTower(nn.Module):
    """User vectors W_u: the encoded sequence of item vectors, event types and time gaps, with the user's attributes.

    All user vectors have the same length, the inverse of a learned temperature. So r_ui = W_uᵀ W_i is a scaled
    cosine.
    """

    def __init__(self, shape: Shape, dropout: float = 0.0) -> None:
        super().__init__()
        self.dropout, self.size = dropout, shape.size
        self.place = nn.Embedding(shape.length, shape.size)
        self.kind = nn.Embedding(1 + len(shape.event_types), shape.size)
        self.gap = nn.Embedding(GAP_BUCKETS, shape.size)
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
        self, vectors: Tensor, items: Tensor, event_types: Tensor, gaps: Tensor, attributes: Bags | None = None
    ) -> Tensor:
        """Encode histories.

        Parameters
        ----------
        vectors : Tensor, float, (items, size)
            Item vectors.
        items, event_types, gaps : Tensor, int64, (histories, length)
            Rows of ``vectors``, numbers of event types, buckets of time gaps. Padding is at the end and does not
            affect earlier positions.
        attributes : Bags, optional
            Attributes of the users of the histories.

        Returns
        -------
        Tensor, float, (histories, length, size)
            The user vector after each event.
        """
        if self.training:
            kept = torch.rand(len(items), 1, device=items.device) >= CONTEXT_DROPOUT
            event_types, gaps = event_types * kept, gaps * kept
        x = F.embedding(items, vectors) * self.size**0.5
        x = x + self.place.weight[: items.shape[1]] + self.kind(event_types) + self.gap(gaps)
        if self.attribute is not None and attributes is not None:
            attribute_vectors = attributes.sums(self.attribute.weight)
            if self.training:
                attribute_vectors = attribute_vectors * (
                    torch.rand(len(items), 1, device=items.device) >= ATTRIBUTE_DROPOUT
                )
            x = x + attribute_vectors.unsqueeze(1)
        x = F.dropout(self.before(x), self.dropout, self.training)
        x = F.normalize(self.head(self.after(self.encoder(x))).float(), dim=-1)
        return x * self.log_scale.exp()


class Towers(nn.Module):
    """The item tower and the user tower: r_ui = W_uᵀ W_i."""

    def __init__(self, shape: Shape, dropout: float = 0.0, id_dropout: float = 0.0) -> None:
        super().__init__()
        self.shape = shape
        self.item = ItemTower(shape, id_dropout)
        self.user = UserTower(shape, dropout)
