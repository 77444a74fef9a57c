"""Content of items as tensors: the input of the item tower."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy.sparse as sp
import torch
from torch.nn import functional as F  # noqa: N812

from mmsql import columns
from mmsql.data.content import Content

DENSE = (columns.COMMENT, columns.TEXT, columns.IMAGE)


@dataclass(frozen=True, kw_only=True)
class ItemFeatures:
    """Features of some items.

    Attributes
    ----------
    ids : Tensor, int64, (items,)
        Rows of the id embedding; -1 for items without one.
    dense : dict of str to Tensor, float32, (items, size)
        Vectors by modality; zero rows for items without the modality.
    attribute : scipy.sparse.csr_matrix, float32, (items, values), optional
        Weights of the attribute values.
    """

    ids: torch.Tensor
    dense: dict[str, torch.Tensor] = field(default_factory=dict)
    attribute: sp.csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, rows: torch.Tensor) -> ItemFeatures:
        """Return the features of the given rows: int64, (rows,)."""
        attribute = self.attribute
        return ItemFeatures(
            ids=self.ids[rows],
            dense={name: vectors[rows] for name, vectors in self.dense.items()},
            attribute=None if attribute is None else sp.csr_matrix(attribute[rows.cpu().numpy()]),
        )


@dataclass(frozen=True)
class Bags:
    """The weighted values of each row, in the form that ``embedding_bag`` takes.

    Attributes
    ----------
    values : Tensor, int64, (entries,)
        Rows of the embedding.
    weights : Tensor, float32, (entries,)
        Weights of these rows.
    offsets : Tensor, int64, (rows + 1,)
        Start of each row's entries, and the end of the last row's.
    """

    values: torch.Tensor
    weights: torch.Tensor
    offsets: torch.Tensor

    def sums(self, table: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of the embeddings of each row's values: float, (rows, size)."""
        return F.embedding_bag(
            self.values,
            table,
            self.offsets,
            mode="sum",
            per_sample_weights=self.weights.to(table.dtype),
            include_last_offset=True,
        )


def bags(matrix: sp.csr_matrix, device: torch.device) -> Bags:
    """Convert the rows of a sparse matrix to bags on a device."""
    return Bags(
        torch.from_numpy(matrix.indices.astype(np.int64)).to(device),
        torch.from_numpy(matrix.data.astype(np.float32)).to(device),
        torch.from_numpy(matrix.indptr.astype(np.int64)).to(device),
    )


def item_features(content: Content, ids: np.ndarray, device: torch.device) -> ItemFeatures:
    """Move the content of a catalog to a device.

    Parameters
    ----------
    content : Content
        Content of the catalog. Modalities in which every row is zero are left out.
    ids : ndarray, int, (items,)
        Rows of the id embedding; -1 for items without one.
    device : torch.device
        Device of the dense modalities.
    """
    dense = {}
    for name in DENSE:
        vectors = getattr(content, name)
        if vectors is not None and np.any(vectors):
            dense[name] = torch.from_numpy(np.require(vectors, np.float32, ["C", "W"])).to(device)
    return ItemFeatures(
        ids=torch.from_numpy(np.require(ids, np.int64, ["C", "W"])).to(device),
        dense=dense,
        attribute=without_zeros(content.attribute),
    )


def without_zeros(attribute: sp.csr_matrix | None) -> sp.csr_matrix | None:
    """Remove stored zeros from an attribute matrix; return None if nothing is left."""
    if attribute is None:
        return None
    kept = sp.csr_matrix(attribute, dtype=np.float32)
    kept.eliminate_zeros()
    return kept if kept.nnz else None


def aligned_attributes(attribute: sp.csr_matrix, values: Sequence[str], trained: Sequence[str]) -> sp.csr_matrix:
    """Reorder attribute columns as in training. Values that were unknown in training are left out.

    Parameters
    ----------
    attribute : scipy.sparse.csr_matrix, float32, (rows, values)
        Weights of the attribute values of items or users.
    values : sequence of str
        Names of its columns.
    trained : sequence of str
        Names of the columns in training.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (rows, trained)
    """
    column = {value: index for index, value in enumerate(trained)}
    pairs = [(index, column[value]) for index, value in enumerate(values) if value in column]
    rows, cols = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    selection = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(values), len(trained)))
    return sp.csr_matrix(attribute @ selection)


def similarity_features(content: Content, size: int, seed: int) -> np.ndarray | None:
    """Return features whose inner products approximate the content similarity of items.

    Each modality is projected at random to ``size`` columns and scaled to length 1. The similarity is the mean
    cosine over the modalities, up to the error of the projection (Johnson & Lindenstrauss, 1984).

    Returns
    -------
    ndarray, float32, (items, size × modalities), optional
        None without content.
    """
    random = np.random.default_rng(seed)
    features = []
    for name in (*DENSE, columns.ATTRIBUTE):
        vectors = getattr(content, name)
        if vectors is None or not vectors.shape[1]:
            continue
        if vectors.shape[1] > size:
            vectors = vectors @ random.standard_normal((vectors.shape[1], size)).astype(np.float32)
        elif sp.issparse(vectors):
            vectors = vectors.toarray()
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        features.append(np.divide(vectors, length, out=np.zeros(vectors.shape, np.float32), where=length > 0))
    return np.concatenate(features, axis=1) / np.float32(np.sqrt(len(features))) if features else None
