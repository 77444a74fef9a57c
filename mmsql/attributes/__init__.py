"""Attributes of items and users: their schema, inferred from the tables, and the matrix of their values.

:mod:`~mmsql.attributes.schema` defines how a column is read, :mod:`~mmsql.attributes.inference` infers it from the
tables, and :mod:`~mmsql.attributes.matrix` reads the rows.
"""

from mmsql.attributes.inference import infer_columns, infer_schema, known_kinds
from mmsql.attributes.matrix import AttributeMatrix, read_attributes
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, AttributeSource

__all__ = [
    "ITEMS",
    "USERS",
    "AttributeColumn",
    "AttributeMatrix",
    "AttributeSchema",
    "AttributeSource",
    "infer_columns",
    "infer_schema",
    "known_kinds",
    "read_attributes",
]
