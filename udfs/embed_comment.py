"""``embed_comment(text)``: the vector of a text, by the file's encoder, adapted as for the model that serves."""

from __future__ import annotations

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, Vector
from mmsql.encoders.base import Encoder
from mmsql.errors import EncoderError


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
    dimension = session.cache["encoder_dimension"]
    if body.null_count == len(body):
        return pa.nulls(len(body), pa.list_(pa.float32(), dimension))
    encoder = _file_encoder(session)
    if encoder.dimension != dimension:
        raise EncoderError(
            f"The file's encoder {encoder.name!r} makes vectors of {encoder.dimension} numbers, this connection "
            f"was opened for {dimension}. Close it and connect again."
        )
    return _embedded(encoder, body)


def mmsql_embed_query(session: Session, query: Varchar) -> Vector:
    """Embed queries of ``search_items``.

    Unlike :func:`embed_comment` it also works after a training of this session has exchanged the encoder for one of
    another dimension.

    Parameters
    ----------
    session : Session
        Of the database.
    query : pyarrow.Array of string
        Search queries.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded.
    """
    if query.null_count == len(query):
        return pa.nulls(len(query), pa.list_(pa.float32()))
    return _embedded(_file_encoder(session), query).cast(pa.list_(pa.float32()))


def _file_encoder(session: Session) -> Encoder:
    """Return the encoder of the model that serves."""
    from mmsql.encoders.encoder_choice import load_own_encoder

    with session.lock:
        if "encoder" not in session.cache:
            with session.cursor() as con:
                session.cache["encoder"] = load_own_encoder(con)
        encoder: Encoder = session.cache["encoder"]
        return encoder


def _embedded(encoder: Encoder, texts: pa.Array) -> pa.Array:
    """Embed each different text once; NULL stays NULL."""
    from mmsql.encoders.text_cache import vector_array

    different = texts.dictionary_encode()
    return vector_array(encoder.encode(different.dictionary.to_pylist())).take(different.indices)
