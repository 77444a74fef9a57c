"""Content as tensors: what the item tower reads, for the whole catalogue or for some of its rows."""

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
        Rows of the id embedding; -1 for items it does not know.
    dense : dict of str to Tensor, float32, (items, size)
        Vectors by modality; zero rows where an item lacks it.
    attribute : scipy.sparse.csr_matrix, float32, (items, values), optional
        Weights of attribute values.
    """

    ids: torch.Tensor
    dense: dict[str, torch.Tensor] = field(default_factory=dict)
    attribute: sp.csr_matrix | None = None

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, rows: torch.Tensor) -> ItemFeatures:
        """Return the features of some rows: int64, (rows,)."""
        attribute = self.attribute
        return ItemFeatures(
            ids=self.ids[rows],
            dense={name: vectors[rows] for name, vectors in self.dense.items()},
            attribute=None if attribute is None else sp.csr_matrix(attribute[rows.cpu().numpy()]),
        )


@dataclass(frozen=True)
class Bags:
    """Weighted values of each row, ready for an embedding bag.

    Attributes
    ----------
    values : Tensor, int64, (entries,)
        Rows of the embedding.
    weights : Tensor, float32, (entries,)
        Their factors.
    offsets : Tensor, int64, (rows + 1,)
        Where each row's entries begin, and where the last one's end.
    """

    values: torch.Tensor
    weights: torch.Tensor
    offsets: torch.Tensor

    def sums(self, table: torch.Tensor) -> torch.Tensor:
        """Return the weighted sum of the embeddings of each row's values: (rows, size)."""
        return F.embedding_bag(
            self.values,
            table,
            self.offsets,
            mode="sum",
            per_sample_weights=self.weights.to(table.dtype),
            include_last_offset=True,
        )


def bags(matrix: sp.csr_matrix, device: torch.device) -> Bags:
    """Put a sparse matrix on a device, row by row."""
    return Bags(
        torch.from_numpy(matrix.indices.astype(np.int64)).to(device),
        torch.from_numpy(matrix.data.astype(np.float32)).to(device),
        torch.from_numpy(matrix.indptr.astype(np.int64)).to(device),
    )


def item_features(content: Content, ids: np.ndarray, device: torch.device) -> ItemFeatures:
    """Put a catalogue's content on a device.

    Parameters
    ----------
    content : Content
        Its modalities; those without a single filled row are left out.
    ids : ndarray, int, (items,)
        Rows of the id embedding, -1 where there is none.
    device : torch.device
        Where the dense parts go.
    """
    dense = {}
    for name in DENSE:
        vectors = getattr(content, name)
        if vectors is not None and np.any(vectors):
            dense[name] = torch.from_numpy(np.require(vectors, np.float32, ["C", "W"])).to(device)
    return ItemFeatures(
        ids=torch.from_numpy(np.require(ids, np.int64, ["C", "W"])).to(device),
        dense=dense,
        attribute=filled(content.attribute),
    )


def filled(attribute: sp.csr_matrix | None) -> sp.csr_matrix | None:
    """Return attributes without stored zeros; None where nothing is left."""
    if attribute is None:
        return None
    kept = sp.csr_matrix(attribute, dtype=np.float32)
    kept.eliminate_zeros()
    return kept if kept.nnz else None


def aligned_attributes(attribute: sp.csr_matrix, values: Sequence[str], trained: Sequence[str]) -> sp.csr_matrix:
    """Bring attribute columns into the order of training; values that training has not seen are left out.

    Parameters
    ----------
    attribute : scipy.sparse.csr_matrix, float32, (rows, values)
        Weights of attribute values, of items or of users.
    values : sequence of str
        What its columns stand for.
    trained : sequence of str
        What they stood for in training.

    Returns
    -------
    scipy.sparse.csr_matrix, float32, (rows, trained)
    """
    column = {value: place for place, value in enumerate(trained)}
    pairs = [(place, column[value]) for place, value in enumerate(values) if value in column]
    rows, cols = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    moved = sp.csr_matrix((np.ones(len(rows), np.float32), (rows, cols)), shape=(len(values), len(trained)))
    return sp.csr_matrix(attribute @ moved)


def similarity_features(content: Content, size: int, seed: int) -> np.ndarray | None:
    """Return features whose inner products stand for the content similarity of items.

    Each modality is projected at random to ``size`` columns and scaled to length 1, so that the similarity is
    the mean cosine over the modalities, up to the error of the projection (Johnson & Lindenstrauss, 1984).

    Returns
    -------
    ndarray, float32, (items, size × modalities), optional
        None without content.
    """
    random = np.random.default_rng(seed)
    found = []
    for name in (*DENSE, columns.ATTRIBUTE):
        vectors = getattr(content, name)
        if vectors is None or not vectors.shape[1]:
            continue
        if vectors.shape[1] > size:
            vectors = vectors @ random.standard_normal((vectors.shape[1], size)).astype(np.float32)
        elif sp.issparse(vectors):
            vectors = vectors.toarray()
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        found.append(np.divide(vectors, length, out=np.zeros(vectors.shape, np.float32), where=length > 0))
    return np.concatenate(found, axis=1) / np.float32(np.sqrt(len(found))) if found else None
