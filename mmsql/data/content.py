"""Content of items and users: pooled text and image vectors, attributes and relations."""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import numpy as np
import pyarrow as pa
import scipy.sparse as sp

from mmsql import attributes, columns
from mmsql.data.dataset import Dataset
from mmsql.data.sources import source_types
from mmsql.db import sqlfiles
from mmsql.db.queries import to_arrow_reader
from mmsql.encoders import DeferredEncoder
from mmsql.encoders.base import Encoder
from mmsql.encoders.image_cache import EncodedImages, drop_content_images, encode_missing_images, make_content_images
from mmsql.encoders.images import ImageEncoder
from mmsql.encoders.names import NO_IMAGE_ENCODER
from mmsql.encoders.text_cache import encode_missing

# Days after which a comment weighs half. Chosen on the earlier events of two Amazon data sets, where weights by
# rating or by helpful votes brought no gain.
HALF_LIFE_DAYS = 1460.0


@dataclass(frozen=True, kw_only=True)
class Content:
    """Content of the items of a catalog and of users.

    Each modality may be missing for the whole shop (None) or for some items (rows of zeros).

    Attributes
    ----------
    comment : ndarray, float32, (items, size), optional
        Unit-length mean of the embeddings of an item's comments, with the weights of ``content_texts.sql``.
    text : ndarray, float32, (items, size), optional
        Unit-length embedding of title and description.
    image : ndarray, float32, (items, size), optional
        Unit-length mean of the embeddings of an item's images.
    attribute : scipy.sparse.csr_matrix, float32, (items, values), optional
        tf-idf of attribute values, rows of length 1.
    attribute_values : tuple of str
        Names of the columns of ``attribute``.
    words : ndarray, float32, (items, size), optional
        Directions of the words of title, description and comments. The graph adds them where it needs them.
    user_attribute : scipy.sparse.csr_matrix, float32, (users, values), optional
        tf-idf of the attribute values of training users, rows of length 1.
    user_attribute_values : tuple of str
        Names of the columns of ``user_attribute``.
    schema : AttributeSchema
        The schema by which the attributes were read.
    relation : scipy.sparse.csr_matrix, float64, (items, items), optional
        Weights of the given relations, from item to related item.
    encoded : int
        Number of texts and images that were encoded; the others came from the cache.
    rejects : int
        Number of images that cannot be used; see ``mmsql.rejects``.
    note : str
        A remark on the encoders, in one line; empty by default.
    encoder : Encoder, optional
        The encoder of ``comment`` and ``text``.
    """

    comment: np.ndarray | None = None
    text: np.ndarray | None = None
    image: np.ndarray | None = None
    attribute: sp.csr_matrix | None = None
    attribute_values: tuple[str, ...] = ()
    words: np.ndarray | None = None
    user_attribute: sp.csr_matrix | None = None
    user_attribute_values: tuple[str, ...] = ()
    schema: attributes.AttributeSchema = field(default_factory=attributes.AttributeSchema)
    relation: sp.csr_matrix | None = None
    encoded: int = 0
    rejects: int = 0
    note: str = ""
    encoder: Encoder | None = None

    def pooled(self) -> np.ndarray | None:
        """Return one text vector an item: the unit-length sum of ``text`` and ``comment``, or zeros.

        Returns
        -------
        ndarray, float32, (items, size), optional
            None where the shop has no text.
        """
        present = [vectors for vectors in (self.text, self.comment) if vectors is not None]
        return unit_rows(np.sum(present, axis=0)) if present else None


def read_content(
    dataset: Dataset,
    encoder: Encoder,
    images: ImageEncoder | None = None,
    schema: attributes.AttributeSchema | None = None,
) -> Content:
    """Read the content of a dataset's items and users, and encode new texts and images.

    Comments on held-out events are left out, by the temp tables of the dataset.

    Parameters
    ----------
    dataset : Dataset
        Its catalog and users.
    encoder : Encoder
        The text encoder.
    images : ImageEncoder, optional
        The image encoder; without it, images are left out.
    schema : AttributeSchema, optional
        The schema of the attributes; by default it is inferred from today's tables.
    """
    con = dataset.con
    image, read = _read_images(dataset, images)
    make_content_texts(con)
    try:
        encoded = encode_missing(con, encoder)
        comment = _pooled_texts(dataset, columns.COMMENT, encoder)
        text = _pooled_texts(dataset, columns.TEXT, encoder)
    finally:
        drop_content_texts(con)
    schema = schema or attributes.infer_schema(con)
    of_items = attributes.read_attributes(con, attributes.ITEMS, dataset.items, schema.items)
    of_users = attributes.read_attributes(con, attributes.USERS, dataset.users, schema.users)
    return Content(
        comment=comment,
        text=text,
        image=image,
        attribute=None if of_items is None else of_items.matrix,
        attribute_values=() if of_items is None else of_items.values,
        user_attribute=None if of_users is None else of_users.matrix,
        user_attribute_values=() if of_users is None else of_users.values,
        schema=schema,
        relation=_relations(con, dataset.items),
        encoded=encoded + read.encoded,
        rejects=read.rejects,
        note=" ".join(filter(None, [encoder.note if isinstance(encoder, DeferredEncoder) else "", read.note])),
        encoder=encoder,
    )


def make_content_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Create the temp table ``content_texts`` with the texts of a dataset's items."""
    _make_weighted_comments(con)
    con.execute(sqlfiles.query("training/texts", "content_texts"), {"half_life": HALF_LIFE_DAYS})


def drop_content_texts(con: duckdb.DuckDBPyConnection) -> None:
    """Drop the tables of :func:`make_content_texts`."""
    con.execute("DROP TABLE IF EXISTS temp.content_texts")
    con.execute("DROP VIEW IF EXISTS temp.weighted_comments")


def _make_weighted_comments(con: duckdb.DuckDBPyConnection) -> None:
    """Create the view of comments with a weight: the optional column ``weight``, or 1."""
    given = columns.WEIGHT in source_types(con, "comments")
    weight = "coalesce(TRY_CAST(k.weight AS DOUBLE), 1)" if given else "1"
    con.execute(
        f"CREATE OR REPLACE TEMP VIEW weighted_comments AS "
        f"SELECT k.item_id, k.user_id, k.body, k.ts, {weight} AS weight FROM mmsql.comments k"
    )


def _relations(con: duckdb.DuckDBPyConnection, items: int) -> sp.csr_matrix | None:
    found = con.execute(sqlfiles.query("training/prepare", "item_relations")).fetchnumpy()
    if not len(found["weight"]):
        return None
    return sp.csr_matrix((found["weight"], (found["item_index"], found["related_index"])), shape=(items, items))


def unit_rows(vectors: np.ndarray) -> np.ndarray:
    """Scale rows to length 1; zero rows stay zero."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(length > 0, length, 1)).astype(np.float32)


def _read_images(dataset: Dataset, encoder: ImageEncoder | None) -> tuple[np.ndarray | None, EncodedImages]:
    if encoder is None or encoder.name == NO_IMAGE_ENCODER:
        return None, EncodedImages()
    con = dataset.con
    try:
        if not make_content_images(con):
            return None, EncodedImages()
        read = encode_missing_images(con, encoder)
        query = sqlfiles.query("training/images", "image_vectors")
        reader = to_arrow_reader(con, query, {"encoder": encoder.name})
        return _pooled_vectors(reader, dataset.items, encoder.dimension), read
    finally:
        drop_content_images(con)


def _pooled_texts(dataset: Dataset, modality: str, encoder: Encoder) -> np.ndarray | None:
    query = sqlfiles.query("training/texts", "content_vectors")
    reader = to_arrow_reader(dataset.con, query, {"modality": modality, "encoder": encoder.name})
    return _pooled_vectors(reader, dataset.items, encoder.dimension)


def _pooled_vectors(reader: pa.RecordBatchReader, items: int, size: int) -> np.ndarray | None:
    """Return the weighted sum of the vectors of each item, scaled to length 1. Rows come ordered by item."""
    total = np.zeros((items, size), dtype=np.float32)
    found = False
    for batch in reader:
        index = batch["item_index"].to_numpy()
        vectors = batch["vector"].flatten().to_numpy().reshape(len(index), size) * batch["weight"].to_numpy()[:, None]
        first = np.flatnonzero(np.diff(index, prepend=-1))
        if len(first):
            total[index[first]] += np.add.reduceat(vectors, first, axis=0)
            found = True
    return unit_rows(total) if found else None
