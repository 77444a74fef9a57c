"""``fused_score(user_vector, item_vector)``: the inner product of a user vector and an item vector."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mmsql.db.session import Session
from mmsql.db.udf import Double, Vector
from mmsql.errors import ModelError, OptionError
from mmsql.store import records


def fused_score(session: Session, user_vector: Vector, item_vector: Vector) -> Double:
    """Return the inner product r = W_uᵀ W_i of each pair of vectors.

    Of ``embed_behavior(history)`` and a ``fused`` item vector it is the vector term of the score, where the deployed
    model has a user tower.

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
        When the lengths differ. The message names the item vectors that fit the deployed model's user vectors.
    """
    valid = pc.and_(pc.is_valid(user_vector), pc.is_valid(item_vector))
    users, items = user_vector.filter(valid), item_vector.filter(valid)
    lengths = np.concatenate([_lengths(users), _lengths(items)])
    if len(np.unique(lengths)) > 1:
        given = " and ".join(map(str, np.unique(lengths)))
        raise OptionError(f"fused_score needs vectors of one length; {given} were given{_advice(session)}.")
    size = int(lengths[0]) if len(lengths) else 0
    scores = np.full(len(valid), np.nan)
    rows = valid.to_numpy(zero_copy_only=False)
    scores[rows] = np.einsum("ij,ij->i", _matrix(users, size), _matrix(items, size))
    return pa.array(scores, mask=~rows)


def _lengths(vectors: pa.Array) -> np.ndarray:
    return pc.list_value_length(vectors).to_numpy(zero_copy_only=False)


def _matrix(vectors: pa.Array, size: int) -> np.ndarray:
    return vectors.flatten().to_numpy(zero_copy_only=False).reshape(len(vectors), size).astype(np.float64)


def _advice(session: Session) -> str:
    """Return the end of the message about vectors of different lengths: what to compare embed_behavior with."""
    from mmsql.models.registry import find_model

    try:
        with session.cursor() as con:
            record = records.find(con, None)
    except ModelError:
        return ""
    if find_model(record.algorithm).has_user_tower:
        return f": compare embed_behavior with item vectors of modality 'fused' of the deployed model {record.model}"
    return (
        f": the deployed model {record.model} has no user tower, so embed_behavior returns a mean of text vectors, "
        f"to be compared with item vectors of modality 'text'"
    )
