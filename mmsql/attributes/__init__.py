"""Attributes of items and users: one declared schema, inferred from the tables, and the matrix it gives.

:mod:`~mmsql.attributes.schema` says what a column can be, :mod:`~mmsql.attributes.inference` finds out what each is,
:mod:`~mmsql.attributes.matrix` reads rows by it.
"""

from mmsql.attributes.inference import infer_columns, infer_schema, kinds_there
from mmsql.attributes.matrix import Attributes, read_attributes
from mmsql.attributes.schema import ITEMS, USERS, AttributeColumn, AttributeSchema, Described

__all__ = [
    "ITEMS",
    "USERS",
    "AttributeColumn",
    "AttributeSchema",
    "Attributes",
    "Described",
    "infer_columns",
    "infer_schema",
    "kinds_there",
    "read_attributes",
]
