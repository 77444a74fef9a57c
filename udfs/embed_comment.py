"""``embed_comment(text)``: the vector of a text, by the file's encoder, adapted as for the model that serves."""

from __future__ import annotations

import pyarrow as pa

from mmsql.errors import EncoderError
from mmsql.session import Session
from mmsql.udf import Varchar, Vector


def embed_comment(session: Session, body: Varchar) -> Vector:
    """Embed texts with the file's encoder: that of the model that serves, with its adapter where it has one.

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
    from mmsql.encoders.cache import vector_array
    from mmsql.encoders.chosen import load_own_encoder

    dimension = session.cache["encoder_dimension"]
    if body.null_count == len(body):
        return pa.nulls(len(body), pa.list_(pa.float32(), dimension))
    with session.lock:
        if "encoder" not in session.cache:
            with session.cursor() as con:
                session.cache["encoder"] = load_own_encoder(con)
        encoder = session.cache["encoder"]
    if encoder.dimension != dimension:
        raise EncoderError(
            f"The file's encoder {encoder.name!r} makes vectors of {encoder.dimension} numbers, this connection "
            f"was opened for {dimension}. Close it and connect again."
        )
    different = body.dictionary_encode()
    vectors = vector_array(encoder.encode(different.dictionary.to_pylist()))
    return vectors.take(different.indices)
