"""The output of ``mmsql demo``, for people, on stdout."""

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
EXPLAINED = 3  # recommendations that are shown with reasons
REASONS = 2
HISTORY = 4
EVENT_PHRASES = {
    "view": "viewed",
    "cart": "put in the cart",
    "favourite": "marked as a favourite",
    "buy": "bought",
}
EVALUATION_K = 10
METRIC_NOTES = {
    "hit_rate": "share of customers whose next item is among the ten",
    "ndcg": "the same, weighted by the rank of the item",
    "mrr": "mean of one divided by its rank",
    "catalog_coverage": "share of the catalog in at least one list",
    "intra_list_diversity": "mean distance between the ten items",
}
FIGURE_LINE = "  {:<21}{:>11}{:>12}{:>9}   {}"


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A query to try: its title, and SQL for any DuckDB client."""

    title: str
    sql: str


class Showcase:
    """Printer of the demo, step by step.

    Parameters
    ----------
    database : Path
        The file, as the user named it.
    """

    def __init__(self, database: Path) -> None:
        self.database = database
        self.console = Console(file=sys.stdout, highlight=False, soft_wrap=True)

    def begin(self, what: str) -> None:
        """Announce a step that takes a while."""
        self.console.print(Text(what, "dim"))

    def shop(self, con: duckdb.DuckDBPyConnection, seconds: float) -> None:
        """Show the size of the shop."""
        self._heading(f"A synthetic shop, in {self.database}")
        rows = run(con, sqlfiles.query("demo", "row_counts"), {})
        n = dict(zip(rows.columns, rows.values[0], strict=True))
        self._line(
            f"{n['items']:,} products in {n['categories']} categories · {n['users']:,} customers "
            f"· {n['events']:,} events · {n['comments']:,} comments · {n['images']:,} images "
            f"· {seconds:.1f} s"
        )

    def trained(self, result: TrainResult) -> None:
        """Show the trained model."""
        self._line(f"{result.model} · {result.encoded:,} texts and images encoded · {result.seconds:.1f} s")

    def evaluated(self, con: duckdb.DuckDBPyConnection, label: str, seconds: float) -> None:
        """Show the number of evaluated users. The metrics come later."""
        rows = run(con, "FROM mmsql.metrics(model := $label, k := $k) LIMIT 1", {"label": label, "k": EVALUATION_K})
        users = rows.values[0][rows.columns.index("users")]
        self._line(f"{users:,} customers · {seconds:.1f} s")

    def answers(self, con: duckdb.DuckDBPyConnection, label: str) -> None:
        """Show recommendations with their reasons, the metrics, and queries to try."""
        user = str(run(con, sqlfiles.query("demo", "example_user"), {}).values[0][0])
        suggested = run(con, sqlfiles.query("demo", "recommendations"), {"user": user, "k": LIST_LENGTH}).values
        self._history(con, user)
        self._recommendations(con, user, suggested)
        self._metrics(con, label)
        self._next(con, user, suggested)

    def _history(self, con: duckdb.DuckDBPyConnection, user: str) -> None:
        self._heading(f"Recommendations for {user}, who lately …")
        rows = run(con, sqlfiles.query("demo", "last_items"), {"user": user, "k": HISTORY}).values
        for event, title, timestamp in rows:
            self._line(f"{timestamp:%Y-%m-%d}  {EVENT_PHRASES.get(event, event)} {cell_text(title)}")

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

    def _metrics(self, con: duckdb.DuckDBPyConnection, label: str) -> None:
        self._heading("Evaluation: each customer's last item was held out and recommended")
        rows = run(con, "FROM mmsql.metrics(model := $label, k := $k)", {"label": label, "k": EVALUATION_K})
        self.console.print(Text(FIGURE_LINE.format("ten items each", label, "popularity", "", "").rstrip(), "dim"))
        for row in rows.values:
            figure = dict(zip(rows.columns, row, strict=True))
            name, value, base = figure["metric"], figure["value"], figure["popularity"]
            if name in METRIC_NOTES:
                factor = f"× {value / base:.1f}" if value and base else ""
                self.console.print(
                    Text(
                        FIGURE_LINE.format(name, cell_text(value, 3), cell_text(base, 3), factor, METRIC_NOTES[name])
                    )
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
    """Return the strongest reasons for a recommendation as text, with their shares of the score.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the trained shop.
    user, item : str
        Ids.
    score : float
        The item's score for the user: the sum of the contributions.
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
    """Return queries for this shop, each with an answer that has rows.

    Parameters
    ----------
    con : duckdb.DuckDBPyConnection
        A connection to the trained shop.
    user : str
        The user of the queries.
    suggested : sequence of tuple
        Rows of ``sql/demo/recommendations.sql``.
    """
    category, price = str(suggested[0][3]).partition(" > ")[0], float(suggested[0][4])
    latest: datetime = run(con, "SELECT max(v.ts) FROM mmsql.interactions v", {}).values[0][0]
    who, what = quote_literal(user), quote_literal(str(suggested[-1][1]))
    timestamp = quote_literal((latest + timedelta(minutes=1)).isoformat(sep=" ", timespec="seconds"))
    return (
        Suggestion(
            title="Filters apply before the top k, so that k items come back whenever k qualify.",
            sql=f"FROM mmsql.recommend({who}, k := 5, category := {quote_literal(category)}, "
            f"max_price := {math.ceil(price / 10) * 10});",
        ),
        Suggestion(
            title="New events count at once: a purchase changes the next answer, without training.",
            sql="INSERT INTO mmsql.interactions (user_id, item_id, event, ts)\n"
            f"VALUES ({who}, {what}, 'buy', TIMESTAMP {timestamp});\n"
            f"FROM mmsql.recommend({who}, k := 5);",
        ),
        Suggestion(
            title="Expected demand: the category of each customer's first recommendation.",
            sql="SELECT category, count(*) AS customers, round(avg(price), 2) AS price\n"
            "FROM mmsql.top_recommendations WHERE rank = 1\n"
            "GROUP BY category ORDER BY customers DESC, category;",
        ),
    )
