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

from mmsql.cli.connections import reading, writing
from mmsql.cli.options import one_of
from mmsql.config import ALGORITHMS
from mmsql.errors import DatabaseError

if TYPE_CHECKING:
    from mmsql.cli.demo_output import Showcase

DEFAULT_FILE = Path("mmsql-demo.duckdb")
MIN_SIZE = 30  # a smaller shop may have nothing to recommend
DEMO_SETTING = "demo"  # marks a demo shop, which may be replaced


def demo(
    database: Annotated[
        Path, typer.Argument(metavar="DB", help="The file to create; it replaces an earlier demo.")
    ] = DEFAULT_FILE,
    items: Annotated[int, typer.Option(min=MIN_SIZE, help="Number of products.")] = 600,
    users: Annotated[int, typer.Option(min=MIN_SIZE, help="Number of customers.")] = 1500,
    seed: Annotated[int, typer.Option(min=0, help="Random seed: same seed and sizes, same shop.")] = 7,
    algorithm: Annotated[
        str, typer.Option(metavar="|".join(ALGORITHMS), callback=one_of(ALGORITHMS), help="The algorithm to train.")
    ] = "graph",
) -> None:
    """Create a small synthetic shop, train a model on it, and show its recommendations.

    The shop has products with prices, brands, stock and images, and customers with preferences who view, buy and
    comment over eighteen months. The command shows recommendations for one customer with their reasons, metrics
    beside popularity, and three SQL queries to try next. The file stays for your own queries. It takes less than a
    minute and needs no data of yours.

    Example: `mmsql demo`
    """
    _check_replaceable(database)
    from mmsql.cli.demo_output import Showcase

    show = Showcase(database)
    with _built_beside(database) as beside:
        label = _build(beside, show, {"items": items, "users": users, "seed": seed}, algorithm)
    with reading(database) as con:
        show.answers(con, label)


def _check_replaceable(database: Path) -> None:
    """Raise unless the file does not exist or is an earlier demo, so that no other data are lost."""
    if not database.exists():
        return
    from mmsql.db.opening import open_database
    from mmsql.db.schema import schema_version
    from mmsql.db.settings import get_setting

    with open_database(database, read_only=True) as con:
        if schema_version(con) is None or get_setting(con, DEMO_SETTING) is None:
            raise DatabaseError(
                f"{database} exists and is not a demo shop. Name another file, such as `mmsql demo new.duckdb`."
            )


@contextmanager
def _built_beside(database: Path) -> Iterator[Path]:
    """Yield a path beside a file, and move the new file into place when the block succeeds."""
    if not database.absolute().parent.is_dir():
        raise DatabaseError(f"There is no directory {database.parent}. Create it, or name another file.")
    beside = database.with_name(f".{database.name}.{uuid.uuid4().hex[:8]}")
    try:
        yield beside
        Path(f"{database}.wal").unlink(missing_ok=True)  # belongs to the replaced file
        os.replace(beside, database)
    finally:
        for leftover in (beside, Path(f"{beside}.wal")):
            leftover.unlink(missing_ok=True)


def _build(path: Path, show: Showcase, sizes: dict[str, int], algorithm: str) -> str:
    """Create the shop, train and evaluate; return the label of the evaluation."""
    with writing(path, create=True) as con:
        from mmsql.db.settings import set_setting
        from mmsql.demo import make_shop
        from mmsql.jobs import evaluation, training

        started = perf_counter()
        set_setting(con, DEMO_SETTING, json.dumps(sizes))
        make_shop(con, **sizes)
        show.shop(con, perf_counter() - started)
        show.begin(f"Training {algorithm} …")
        show.trained(training.train(con, algorithm))
        show.begin("Evaluating: training again without each customer's last item …")
        started = perf_counter()
        label = evaluation.evaluate(con)
        show.evaluated(con, label, perf_counter() - started)
    return label
