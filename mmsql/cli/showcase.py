"""What ``mmsql demo`` shows, on stdout and for people."""

from __future__ import annotations

import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from mmsql.cli.output import cell_text
from mmsql.cli.output import query as run
from mmsql.db import sqlfiles
from mmsql.db.sqlfiles import quote_literal

if TYPE_CHECKING:
    import duckdb

    from mmsql.jobs.results import TrainResult

LIST_LENGTH = 5
EXPLAINED = 3  # recommendations that get their reasons
REASONS = 2
HISTORY = 4
DONE = {
    "view": "looked at",
    "cart": "put in the cart",
    "favourite": "marked as a favourite",
    "buy": "bought",
}
EVALUATION_K = 10
GLOSSES = {
    "hit_rate": "the item they took next is among the ten",
    "ndcg": "the same, worth more the higher it stands",
    "mrr": "one divided by its place",
    "catalog_coverage": "share of the catalog that is ever recommended",
    "intra_list_diversity": "how unlike each other the ten are",
}
FIGURE_LINE = "  {:<21}{:>11}{:>12}{:>9}   {}"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A query to try: what it shows, and SQL that any DuckDB client runs on the file."""

    title: str
    sql: str


class Showcase:
    """Prints the demo, step by step.

    Parameters
    ----------
    database : Path
        The file, as the person who runs the demo calls it.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self.console = Console(file=sys.stdout, highlight=False, soft_wrap=True)

    def begin(self, what: str) -> None:
        """Say what takes a while now."""
        self.console.print(Text(what, "dim"))

    def shop(self, con: duckdb.DuckDBPyConnection, seconds: float) -> None:
        """Show what the shop has."""
        self._heading(f"A made-up shop, in {self.database}")
        rows = run(con, sqlfiles.query("demo", "counts"), {})
        n = dict(zip(rows.columns, rows.values[0], strict=True))
        self._line(
            f"{n['items']:,} products in {n['categories']} categories · {n['users']:,} customers "
            f"· {n['events']:,} events · {n['comments']:,} comments · {n['images']:,} pictures "
            f"· {seconds:.1f} s"
        )

    def trained(self, result: TrainResult) -> None:
        """Show what training gave."""
        self._line(f"{result.model} · {result.encoded:,} texts and pictures encoded · {result.seconds:.1f} s")

    def evaluated(self, con: duckdb.DuckDBPyConnection, label: str, seconds: float) -> None:
        """Show how many users were asked about; the figures come later."""
        rows = run(con, "FROM mmsql.metrics(model := $label, k := $k) LIMIT 1", {"label": label, "k": EVALUATION_K})
        users = rows.values[0][rows.columns.index("users")]
        self._line(f"{users:,} customers · {seconds:.1f} s")

    def answers(self, con: duckdb.DuckDBPyConnection, label: str) -> None:
        """Show recommendations with their reasons, the figures, and what to try next."""
        user = str(run(con, sqlfiles.query("demo", "visitor"), {}).values[0][0])
        suggested = run(con, sqlfiles.query("demo", "suggested"), {"user": user, "k": LIST_LENGTH}).values
        self._history(con, user)
        self._recommendations(con, user, suggested)
        self._figures(con, label)
        self._next(con, user, suggested)

    def _history(self, con: duckdb.DuckDBPyConnection, user: str) -> None:
        self._heading(f"What next for {user}, who lately …")
        for event, title, moment in run(con, sqlfiles.query("demo", "latest"), {"user": user, "k": HISTORY}).values:
            self._line(f"{moment:%Y-%m-%d}  {DONE.get(event, event)} {cell_text(title)}")

    def _recommendations(
        self, con: duckdb.DuckDBPyConnection, user: str, suggested: Sequence[tuple[Any, ...]]
    ) -> None:
        for rank, item, title, category, price, score in suggested:
            heading = Text(f"\n  {rank}  ")
            heading.append(cell_text(title), "bold")
            heading.append(f"  {item} · {cell_text(category)} · {cell_text(price, 2)}", "dim")
            self.console.print(heading)
            if rank <= EXPLAINED:
                for reason in reasons(con, user, item, score):
                    self.console.print(Text(f"     {reason}", "green"))

    def _figures(self, con: duckdb.DuckDBPyConnection, label: str) -> None:
        self._heading("Does it hit? Each customer's last item was kept back and asked for")
        rows = run(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": EVALUATION_K})
        self.console.print(Text(FIGURE_LINE.format("ten items each", label, "popularity", "", "").rstrip(), "dim"))
        for row in rows.values:
            figure = dict(zip(rows.columns, row, strict=True))
            name, value, base = figure["metric"], figure["value"], figure["popularity"]
            if name in GLOSSES:
                factor = f"× {value / base:.1f}" if value and base else ""
                self.console.print(
                    Text(FIGURE_LINE.format(name, cell_text(value, 3), cell_text(base, 3), factor, GLOSSES[name]))
                )

    def _next(self, con: duckdb.DuckDBPyConnection, user: str, suggested: Sequence[tuple[Any, ...]]) -> None:
        self._heading("Three queries to try next")
        self._line(f"In any DuckDB client from 1.4 on, without Python:  duckdb {self.database}")
        self._line(f'In Python:  duckdb.connect("{self.database}").sql("…").show()')
        for number, suggestion in enumerate(suggestions(con, user, suggested), 1):
            self.console.print(Text(f"\n  -- {number}. {suggestion.title}", "dim"))
            for line in suggestion.sql.splitlines():
                self.console.print(Text(f"  {line}", "cyan"))
        self.console.print(Text("\n  On the command line:", "dim"))
        self.console.print(Text(f"  mmsql similar {self.database} {suggested[0][1]}", "cyan"))
        self.console.print(Text("  mmsql --help", "cyan"))

    def _heading(self, text: str) -> None:
        self.console.print(Text(f"\n{text}", "bold"))

    def _line(self, text: str) -> None:
        self.console.print(Text(f"  {text}"))


def reasons(con: duckdb.DuckDBPyConnection, user: str, item: str, score: float) -> list[str]:
    """Put the strongest reasons for a recommendation into words, with their shares of the score.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Of the trained shop.
    user, item : str
        Ids.
    score : float
        The item's score for the user, which the contributions add up to.
    """
    rows = run(con, "FROM mmsql.explain($user, $item)", {"user": user, "item": item})
    evidence, contribution = rows.columns.index("evidence"), rows.columns.index("contribution")
    return [
        f"{row[contribution] / score:4.0%}  {cell_text(row[evidence])}"
        for row in rows.values[:REASONS]
        if row[contribution] > 0
    ]


def suggestions(
    con: duckdb.DuckDBPyConnection, user: str, suggested: Sequence[tuple[Any, ...]]
) -> tuple[Suggestion, ...]:
    """Make queries for this very shop; each gives rows.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        Of the trained shop.
    user : str
        Whom they are about.
    suggested : sequence of tuple
        Rows of ``sql/demo/suggested.sql``.
    """
    category, price = str(suggested[0][3]).partition(" > ")[0], float(suggested[0][4])
    latest: datetime = run(con, "SELECT max(v.ts) FROM mmsql.interactions v", {}).values[0][0]
    who, what = quote_literal(user), quote_literal(str(suggested[-1][1]))
    moment = quote_literal((latest + timedelta(minutes=1)).isoformat(sep=" ", timespec="seconds"))
    return (
        Suggestion(
            title="Filters come before the top k, so that k items come back whenever k qualify.",
            sql=f"FROM mmsql.recommend({who}, k := 5, category := {quote_literal(category)}, "
            f"max_price := {math.ceil(price / 10) * 10});",
        ),
        Suggestion(
            title="What happens now counts at once: a purchase changes the next answer, without training.",
            sql="INSERT INTO mmsql.interactions (user_id, item_id, event, ts)\n"
            f"VALUES ({who}, {what}, 'buy', TIMESTAMP {moment});\n"
            f"FROM mmsql.recommend({who}, k := 5);",
        ),
        Suggestion(
            title="What the shop should have in stock: what its customers want next, by category.",
            sql="SELECT category, count(*) AS customers, round(avg(price), 2) AS price\n"
            "FROM mmsql.top_recommendations WHERE rank = 1\n"
            "GROUP BY category ORDER BY customers DESC, category;",
        ),
    )
