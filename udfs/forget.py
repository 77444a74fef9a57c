"""The function behind ``CALL forget(user)``."""

from __future__ import annotations

import dataclasses
import json
from typing import Annotated

import pyarrow as pa

from mmsql.db.session import Session
from mmsql.db.udf import Varchar, rows_type, volatile
from mmsql.jobs.results import Forgotten

ForgottenRows = Annotated[pa.Array, rows_type(Forgotten)]


@volatile
def mmsql_forget(session: Session, options: Varchar) -> ForgottenRows:
    """Forget users and return what was removed.

    Parameters
    ----------
    session : Session
        Of the database.
    options : pyarrow.Array of string
        JSON objects with ``user`` and ``dry_run``.
    """
    from mmsql.errors import OptionError
    from mmsql.jobs import forgetting

    answers = []
    for text in options.to_pylist():
        given = json.loads(text)
        if not isinstance(given["dry_run"], bool):
            raise OptionError(f"dry_run must be true or false; {given['dry_run']!r} was given.")
        with session.cursor(writing=not given["dry_run"]) as con:
            found = forgetting.forget(con, given["user"], dry_run=given["dry_run"])
        answers.append([dataclasses.asdict(row) for row in found])
    return pa.array(answers)
