"""``embed_image(blob)``: the vector of a picture, by the file's image encoder."""

from __future__ import annotations

import hashlib

import numpy as np
import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.settings import get_setting
from mmsql.db.udf import Blob, Varchar, Vector
from mmsql.encoders.names import DEFAULT_IMAGE_ENCODER, NO_IMAGE_ENCODER
from mmsql.errors import EncoderError


def embed_image(session: Session, image: Blob) -> Vector:
    """Embed pictures with the file's image encoder; what the cache holds is not encoded again.

    Parameters
    ----------
    session : Session
        Of the database.
    image : pyarrow.Array of binary
        Pictures, or paths of files; equal ones are encoded once a chunk.

    Returns
    -------
    pyarrow.Array of fixed-size list of float
        Vectors of length 1; NULL for NULL, and for what is no readable picture.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded, or was exchanged for one of another dimension.
    """
    dimension = session.cache["image_encoder_dimension"]
    if image.null_count == len(image):
        return pa.nulls(len(image), pa.list_(pa.float32(), dimension))
    different = image.dictionary_encode()
    vectors = _vectors(session, different.dictionary.to_pylist(), dimension)
    found = pa.array([None if v is None else v for v in vectors], pa.list_(pa.float32(), dimension))
    return found.take(different.indices)


def _vectors(session: Session, values: list[bytes], dimension: int) -> list[np.ndarray | None]:
    from mmsql.encoders.image_cache import cached_vectors, database_folder, may_read_files
    from mmsql.encoders.image_reading import UnreadablePictureError, find_picture, read_picture
    from mmsql.encoders.images import load_image_encoder

    with session.cursor() as con:
        name = image_encoder_name(con)
        folder, files = database_folder(con), may_read_files(con)
        data = [find_picture(value, folder, files).data for value in values]
        hashes = [None if d is None else hashlib.md5(d, usedforsecurity=False).hexdigest() for d in data]
        known = cached_vectors(con, [h for h in hashes if h is not None], name)
    fresh = {h: d for h, d in zip(hashes, data, strict=True) if h is not None and d is not None and h not in known}
    pictures = {}
    for content_hash, found in fresh.items():
        try:
            pictures[content_hash] = read_picture(found)
        except UnreadablePictureError:
            continue
    if pictures:
        with session.lock:
            encoder = load_image_encoder(name)
            known |= dict(zip(pictures, encoder.encode(list(pictures.values())), strict=True))
    for vector in known.values():
        if len(vector) != dimension:
            raise EncoderError(
                f"The file's image encoder {name!r} makes vectors of {len(vector)} numbers, this connection was "
                f"opened for {dimension}. Close it and connect again."
            )
    return [None if h is None else known.get(h) for h in hashes]


def image_encoder_name(con: object) -> str:
    """Return the image encoder of a file; where it looks at no images, the packaged one."""
    name = get_setting(con, "image_encoder")  # type: ignore[arg-type]
    return DEFAULT_IMAGE_ENCODER if name in (None, NO_IMAGE_ENCODER) else str(name)


def mmsql_embed_words(session: Session, query: Varchar) -> Vector:
    """Embed words in the space of the pictures, for ``search_items``.

    Parameters
    ----------
    session : Session
        Of the database.
    query : pyarrow.Array of string
        Search queries.

    Returns
    -------
    pyarrow.Array of list of float
        NULL for NULL, and everywhere where the file's image encoder knows no words.

    Raises
    ------
    EncoderError
        When the encoder cannot be loaded.
    """
    from mmsql.encoders.images import encode_words, reads_words

    with session.cursor() as con:
        name = get_setting(con, "image_encoder")
    valid = [text for text in query.to_pylist() if text is not None]
    if name is None or not reads_words(name) or not valid:
        return pa.nulls(len(query), pa.list_(pa.float32()))
    with session.lock:
        vectors = iter(encode_words(name, valid))
    return pa.array([None if text is None else next(vectors) for text in query.to_pylist()], pa.list_(pa.float32()))
