"""The functions behind ``CALL deploy(model)`` and ``CALL rollback()``."""

from __future__ import annotations

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, volatile


@volatile
def mmsql_deploy(session: Session, model: Varchar) -> Varchar:
    """Let a model serve, and return its name."""
    from mmsql.store import versions

    with session.cursor(writing=True) as con:
        names = [versions.deploy(con, name) for name in model.to_pylist()]
    session.cache.pop("encoder", None)
    return pa.array(names)


@volatile
def mmsql_rollback(session: Session, reason: Varchar) -> Varchar:
    """Let the model serve that served before, and return its name; the argument says who asks."""
    from mmsql.store import versions

    with session.cursor(writing=True) as con:
        names = [versions.rollback(con) for _ in range(len(reason))]
    session.cache.pop("encoder", None)
    return pa.array(names)
