"""What holds after every round, whatever happened in it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import duckdb

from mmsql.db.schema import EVALUATION_TABLES, STATE_TABLES
from soak.readers import Readers

SOURCES = ("interactions", "items", "comments", "images", "users", "relations", "impressions", "rules")
NAMES_KEPT = ("shop.duckdb", "shop.duckdb.wal", "published.duckdb", "events.csv")

Rows = dict[str, Counter]


class ViolationError(AssertionError):
    """A promise that a round found broken."""


def must(holds: bool, what: str) -> None:
    """Raise where a promise does not hold."""
    if not holds:
        raise ViolationError(what)


def read_sources(path: Path) -> Rows:
    """Return the rows of every source as a multiset, read as anybody's DuckDB reads them."""
    with duckdb.connect(str(path), read_only=True) as con:
        return {name: Counter(con.execute(f"FROM mmsql.{name}").fetchall()) for name in SOURCES}


@dataclass(frozen=True)
class Outcomes:
    """The contents of the sources that an action may leave: as they were, or as they are after it."""

    before: Rows
    after: Rows

    def check(self, found: Rows, *, is_done: bool) -> None:
        """Check that no row was lost or doubled: all of an action is there, or nothing of it."""
        if found == self.after:
            return
        allowed = self.after if is_done else self.before
        for name, rows in found.items():
            lost, doubled = allowed[name] - rows, rows - allowed[name]
            must(
                not lost and not doubled,
                f"{name} has lost {sum(lost.values())} and gained {sum(doubled.values())} rows, such as "
                f"{next(iter(lost or doubled), None)}",
            )


def check_readers(path: Path, readers: Readers) -> None:
    """Check that each release of DuckDB opens the file, and that exactly one model is deployed and serves."""
    for release, found in readers.read(path).items():
        must("error" not in found, f"DuckDB {release} cannot read: {found.get('error')}")
        must(
            [status for _, status in found["deployed"]] == ["ready"], f"deployed are {found['deployed']} ({release})"
        )
        must(found["listed"] > 0, f"recommend gives no row in DuckDB {release}")


def check_state(path: Path, *, at_rest: bool) -> None:
    """Check the parts of models: those of the deployed one are whole; at rest, none belongs to no model."""
    with duckdb.connect(str(path), read_only=True) as con:
        ((deployed, items, users),) = con.execute(
            "SELECT m.model, m.items, m.users FROM mmsql.models() m WHERE m.deployed"
        ).fetchall()
        ((catalog, served, listed),) = con.execute(
            "SELECT (SELECT count(*) FROM mmsql.catalog c WHERE c.model = $model), "
            "(SELECT count(*) FROM mmsql.serving), "
            "(SELECT count(DISTINCT r.user_id) FROM mmsql.recommendations r WHERE r.model = $model)",
            {"model": deployed},
        ).fetchall()
        must(catalog == items, f"{deployed} has {catalog} items in its catalog, {items} in its row")
        must(served == items, f"mmsql.serving has {served} items, {deployed} has {items}")
        must(users - 1 <= listed <= users, f"{deployed} has {listed} lists for {users} users")
        if not at_rest:
            return
        ((training,),) = con.execute("SELECT count(*) FROM mmsql.models WHERE status = 'training'").fetchall()
        must(training == 0, f"{training} models have the status training")
        for table in (*STATE_TABLES, *EVALUATION_TABLES):
            if "model" not in [name for name, *_ in con.execute(f"DESCRIBE mmsql.{table}").fetchall()]:
                continue
            rows = con.execute(
                f"SELECT DISTINCT s.model FROM mmsql.{table} s WHERE s.model NOT IN "
                "(SELECT m.model FROM mmsql.models m WHERE m.status IN ('ready', 'retired'))"
            ).fetchall()
            must(not rows, f"mmsql.{table} has rows of {rows}, which no model owns")


def check_folder(folder: Path) -> None:
    """Check that nothing was left beside the files."""
    left = sorted(path.name for path in folder.iterdir() if path.name not in NAMES_KEPT)
    must(not left, f"left behind are {left}")
