"""``mmsql demo``."""

from __future__ import annotations

import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from mmsql.cli.opening import reading, writing
from mmsql.cli.options import one_of
from mmsql.config import ALGORITHMS
from mmsql.errors import DatabaseError

if TYPE_CHECKING:
    from mmsql.cli.showcase import Showcase

DEFAULT_FILE = Path("mmsql-demo.duckdb")
SMALLEST = 30  # below, there may be nothing to recommend
MARK = "demo"  # setting that tells a demo shop from a file someone cares for


def demo(
    database: Annotated[
        Path, typer.Argument(metavar="DB", help="The file to make; an earlier demo there is replaced.")
    ] = DEFAULT_FILE,
    items: Annotated[int, typer.Option(min=SMALLEST, help="How many products.")] = 600,
    users: Annotated[int, typer.Option(min=SMALLEST, help="How many customers.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, help="Same seed and sizes, same shop.")] = 7,
    algorithm: Annotated[
        str, typer.Option(metavar="|".join(ALGORITHMS), callback=one_of(ALGORITHMS), help="What to train.")
    ] = "graph",
) -> None:
    """Make a small made-up shop, train on it, and show what comes out.

    It has products with prices, brands, stock and pictures, and customers with tastes who look, buy and
    comment over eighteen months. Shown are the recommendations for one of them with their reasons, how often
    recommendations hit, with popularity beside it, and three SQL queries to try next. The file stays, to
    play with. All of it takes less than a minute and no data of yours.

    Example: `mmsql demo`
    """
    _check_replaceable(database)
    from mmsql.cli.showcase import Showcase

    show = Showcase(database)
    with _built_beside(database) as beside:
        label = _build(beside, show, {"items": items, "users": users, "seed": seed}, algorithm)
    with reading(database) as con:
        show.answers(con, label)


def _check_replaceable(database: Path) -> None:
    """Raise unless the file can be made: a newcomer runs a demo twice, but nothing else may be lost."""
    if not database.exists():
        return
    from mmsql.db.opening import open_database
    from mmsql.db.schema import schema_version
    from mmsql.db.settings import get_setting

    with open_database(database, read_only=True) as con:
        if schema_version(con) is None or get_setting(con, MARK) is None:
            raise DatabaseError(
                f"{database} is there and is no demo shop. Name another file, such as `mmsql demo new.duckdb`."
            )


@contextmanager
def _built_beside(database: Path) -> Iterator[Path]:
    """Give a path beside a file, and move what was made there into place when all went well."""
    if not database.absolute().parent.is_dir():
        raise DatabaseError(f"There is no directory {database.parent}. Make it, or name another file.")
    beside = database.with_name(f".{database.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield beside
        Path(f"{database}.wal").unlink(missing_ok=True)  # belongs to the file that is replaced
        os.replace(beside, database)
    finally:
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)


def _build(path: Path, show: Showcase, sizes: dict[str, int], algorithm: str) -> str:
    """Make the shop, train and evaluate, and return the label of the evaluation."""
    with writing(path, create=True) as con:
        from mmsql.db.settings import set_setting
        from mmsql.demo import make_shop
        from mmsql.jobs import evaluation, training

        started = perf_counter()
        set_setting(con, MARK, json.dumps(sizes))
        make_shop(con, **sizes)
        show.shop(con, perf_counter() - started)
        show.begin(f"Training {algorithm} …")
        show.trained(training.train(con, algorithm))
        show.begin("Keeping each customer's last item back, training again without it, and asking for it …")
        started = perf_counter()
        label = evaluation.evaluate(con)
        show.evaluated(con, label, perf_counter() - started)
    return label
