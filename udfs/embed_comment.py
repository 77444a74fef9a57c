"""``embed_comment(text)``: the vector of a text, by the file's encoder."""

from __future__ import annotations

import pyarrow as pa

from mmsql import store
from mmsql.encoders.names import DEFAULT_ENCODER
from mmsql.errors import EncoderError
from mmsql.session import Session
from mmsql.udf import Varchar, Vector


def embed_comment(session: Session, body: Varchar) -> Vector:
    """Embed texts with the file's encoder.

    Parameters
    ----------
    session : Session
        Of the database.
    body : pyarrow.Array of string
        Texts; equal ones are encoded once a chunk.

    Returns
    -------
    pyarrow.Array of fixed-size list of float
        Vectors of length 1; NULL for NULL.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded, or was exchanged for one of another dimension.
    """
    from mmsql.encoders import load_encoder
    from mmsql.encoders.cache import vector_array

    dimension = session.cache["encoder_dimension"]
    if body.null_count == len(body):
        return pa.nulls(len(body), pa.list_(pa.float32(), dimension))
    with session.lock:
        if "encoder" not in session.cache:
            with session.cursor() as con:
                session.cache["encoder"] = store.get_setting(con, "encoder") or DEFAULT_ENCODER
        encoder = load_encoder(session.cache["encoder"])
    if encoder.dimension != dimension:
        raise EncoderError(
            f"The file's encoder {encoder.name!r} makes vectors of {encoder.dimension} numbers, this connection "
            f"was opened for {dimension}. Close it and connect again."
        )
    different = body.dictionary_encode()
    vectors = vector_array(encoder.encode(different.dictionary.to_pylist()))
    return vectors.take(different.indices)
