"""The encoder of a file: remembered in its settings; for a file without one, chosen by the language of its texts."""

from __future__ import annotations

import duckdb

from mmsql import store
from mmsql.encoders import DeferredEncoder, load_encoder
from mmsql.encoders.base import Encoder
from mmsql.encoders.languages import mostly_foreign
from mmsql.encoders.multilingual import is_installed
from mmsql.encoders.names import (
    AUTO_ENCODER,
    DEFAULT_DIMENSION,
    DEFAULT_ENCODER,
    MULTILINGUAL_DIMENSION,
    MULTILINGUAL_ENCODER,
)

FOREIGN = "The texts are mostly not English"


def choose_encoder(con: duckdb.DuckDBPyConnection, name: str | None) -> Encoder:
    """Return the encoder asked for, or the file's own: that of the model that serves.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Of the file.
    name : str, optional
        As of :func:`~mmsql.encoders.load_encoder`; or ``auto`` to choose by the language of the texts, as is done
        where nothing is given and no model has served yet.

    Raises
    ------
    EncoderError
        When an encoder that is new to the file cannot be loaded.
    """
    known = store.get_setting(con, "encoder")
    if name == AUTO_ENCODER or (name is None and known is None):
        return encoder_for_texts(con)
    if name is None or name == (known or DEFAULT_ENCODER):
        dimension = int(store.get_setting(con, "encoder_dimension") or DEFAULT_DIMENSION)
        return DeferredEncoder(known or DEFAULT_ENCODER, dimension)
    return load_encoder(name)


def encoder_for_texts(con: duckdb.DuckDBPyConnection) -> DeferredEncoder:
    """Return the multilingual encoder where the texts are mostly not English and it is installed, else the default.

    Its note says so in one line, or what to install.
    """
    if not mostly_foreign(con):
        return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION)
    if is_installed():
        note = f"{FOREIGN}: the multilingual encoder reads them."
        return DeferredEncoder(MULTILINGUAL_ENCODER, MULTILINGUAL_DIMENSION, note=note)
    note = (
        f"{FOREIGN}, and the packages that read them are not installed: run `pip install 'mmsql[multilingual]'` and "
        "train with encoder := 'auto'."
    )
    return DeferredEncoder(DEFAULT_ENCODER, DEFAULT_DIMENSION, note=note)
