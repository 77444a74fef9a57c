"""Turn plain functions into functions that DuckDB can call.

A function stays callable as it is. Its SQL name is its own name, its SQL types are its annotations::

    def embed_comment(session: Session, body: Varchar) -> Vector: ...

Every parameter but the first (the session it works for) must carry one of the annotations below, or any
``Annotated[pa.Array, "SQL TYPE"]``. Functions take and return Arrow arrays, a chunk of rows at a time.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import types
from collections.abc import Callable
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

import duckdb
import pyarrow as pa

from mmsql.db.disk_errors import disk_errors_told
from mmsql.db.sqlfiles import quote_identifier
from mmsql.interrupts import interruptible

Blob = Annotated[pa.Array, "BLOB"]
Varchar = Annotated[pa.Array, "VARCHAR"]
VarcharList = Annotated[pa.Array, "VARCHAR[]"]
Double = Annotated[pa.Array, "DOUBLE"]
Vector = Annotated[pa.Array, "FLOAT[]"]

SQL_TYPES: dict[type, str] = {str: "VARCHAR", int: "BIGINT", float: "DOUBLE", bool: "BOOLEAN"}

Function = TypeVar("Function", bound=Callable[..., Any])


def result_columns(result: type) -> dict[str, str]:
    """Return the columns of a result: the fields of a dataclass with the SQL types of their annotations.

    A field that may be None has the type of its value; ``Annotated[int, "INTEGER"]`` names the SQL type itself.

    Raises
    ------
    TypeError
        When a field has no SQL type; the message names it.
    """
    hints = get_type_hints(result, include_extras=True)
    return {
        field.name: _sql_type(hints[field.name], f"{result.__name__}.{field.name}")
        for field in dataclasses.fields(result)
    }


def rows_type(result: type) -> str:
    """Return the SQL type of a list of results, such as ``STRUCT("model" VARCHAR)[]``.

    It is a list because DuckDB unnests a list once, but evaluates a bare struct once a field: a function that
    trains would train each time.
    """
    columns = ", ".join(f"{quote_identifier(name)} {kind}" for name, kind in result_columns(result).items())
    return f"STRUCT({columns})[]"


def _sql_type(hint: Any, name: str) -> str:
    if get_origin(hint) is Annotated:
        return str(hint.__metadata__[0])
    options = get_args(hint) if isinstance(hint, types.UnionType) else (hint,)
    present = [kind for kind in options if kind is not types.NoneType]
    found = SQL_TYPES.get(present[0]) if len(present) == 1 else None
    if found is None:
        raise TypeError(f"{name} needs a type that SQL knows: str, int, float, bool, or Annotated[int, 'INTEGER'].")
    return found


def volatile(function: Function) -> Function:
    """Mark a function that does something besides answering, so that DuckDB runs it once a call."""
    function.__udf_side_effects__ = True  # type: ignore[attr-defined]
    return function


@functools.cache
def sql_signature(function: Callable[..., Any]) -> tuple[list[str], str]:
    """Read the SQL types of a function's parameters and result from its annotations.

    Returns
    -------
    (list of str, str)
        Types of the parameters after the session, and of the result.

    Raises
    ------
    TypeError
        When a parameter or the result has no SQL annotation; the message names it.
    """
    hints = get_type_hints(function, include_extras=True)
    names = list(inspect.signature(function).parameters)[1:]
    types = []
    for name in (*names, "return"):
        metadata = getattr(hints.get(name), "__metadata__", ())
        if not metadata:
            raise TypeError(f"{function.__name__}: {name!r} needs an SQL type, such as mmsql.udf.Varchar")
        types.append(str(metadata[0]))
    return types[:-1], types[-1]


def register(
    con: duckdb.DuckDBPyConnection, function: Callable[..., Any], session: Any, result: str | None = None
) -> bool:
    """Register a function with a connection's database instance, bound to a session, unless it has it already.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Any connection of the instance. Functions live in the instance, so other connections see them.
    function : callable
        ``function(session, *arrays) -> pa.Array``.
    session : object
        Passed as the first argument of each call. DuckDB does not keep the callable alive in every
        version, so the session must outlive the instance.
    result : str, optional
        SQL type of the result where it is narrower than the annotation: ``FLOAT[256]`` for ``FLOAT[]``.

    Returns
    -------
    bool
        Whether it was registered; False where the instance has a function of this name, from another connection.
    """
    parameters, declared = sql_signature(function)
    bound = _bound(function, session)
    try:
        con.create_function(  # type: ignore[call-overload]  # the stubs know no Arrow results
            function.__name__,
            bound,
            [_parsed_type(kind) for kind in parameters],
            _parsed_type(result or declared),
            type="arrow",
            null_handling="special",
            side_effects=getattr(function, "__udf_side_effects__", False),
        )
    except duckdb.Error as error:
        if "already" in str(error):  # created by this connection, or existing by another
            return False
        raise
    session.keep_alive(bound)
    return True


@functools.cache
def _parsed_type(kind: str) -> Any:
    """Parse an SQL type once a process: DuckDB takes a tenth of a millisecond for each."""
    return duckdb.sqltype(kind)


def _bound(function: Callable[..., Any], session: Any) -> Callable[..., pa.Array]:
    """Fix the session, and hand over plain arrays: DuckDB passes each column as a chunked one."""

    def call(*columns: Any) -> pa.Array:
        arrays = (c.combine_chunks() if isinstance(c, pa.ChunkedArray) else c for c in columns)
        with interruptible(), disk_errors_told():
            return function(session, *arrays)

    signature = inspect.signature(function)
    parameters = list(signature.parameters.values())[1:]
    call.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return call
