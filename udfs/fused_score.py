"""``fused_score(user_vector, item_vector)``: how well two vectors fit."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmsql.db.session import Session
from mmsql.db.udf import Double, Vector
from mmsql.errors import OptionError


def fused_score(session: Session, user_vector: Vector, item_vector: Vector) -> Double:  # noqa: ARG001
    """Return the inner product r = W_uᵀ W_i of each pair of vectors.

    Parameters
    ----------
    session : Session
        Of the database.
    user_vector, item_vector : pyarrow.Array of list of float
        Of one length.

    Returns
    -------
    pyarrow.Array of double
        NULL where either vector is NULL.

    Raises
    ------
    OptionError
        When the lengths differ.
    """
    valid = pc.and_(pc.is_valid(user_vector), pc.is_valid(item_vector))
    users, items = user_vector.filter(valid), item_vector.filter(valid)
    lengths = np.concatenate([_lengths(users), _lengths(items)])
    if len(np.unique(lengths)) > 1:
        raise OptionError(
            f"fused_score needs vectors of one length; {' and '.join(map(str, np.unique(lengths)))} were given."
        )
    size = int(lengths[0]) if len(lengths) else 0
    scores = np.full(len(valid), np.nan)
    rows = valid.to_numpy(zero_copy_only=False)
    scores[rows] = np.einsum("ij,ij->i", _matrix(users, size), _matrix(items, size))
    return pa.array(scores, mask=~rows)


def _lengths(vectors: pa.Array) -> np.ndarray:
    return pc.list_value_length(vectors).to_numpy(zero_copy_only=False)


def _matrix(vectors: pa.Array, size: int) -> np.ndarray:
    return vectors.flatten().to_numpy(zero_copy_only=False).reshape(len(vectors), size).astype(np.float64)
