"""Answer the thirty questions of analyst_tour.sql: load two shops, train them, and ask through plain DuckDB.

    python examples/analyst_tour.py DATA [FOLDER]

DATA holds amazon_gift_cards/ (reviews and metadata, 5-core) and movielens_100k/ (the atomic files of RecBole).
The script makes gift_cards.duckdb and movies.duckdb in FOLDER, by default the current one, and uses files that exist.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb

import mmsql
from mmsql.loading.amazon import load_amazon_reviews
from mmsql.loading.movielens import load_movielens

SCRIPT = Path(__file__).with_suffix(".sql")
SHOPS = ("gift_cards", "movies")


def prepare(data: Path, folder: Path, options: str = "algorithm := 'graph'") -> None:
    """Load, train and evaluate each file that does not exist.

    Parameters
    ----------
    data, folder : Path
        Where the data is, and where the files are to be.
    options : str
        Arguments of ``train``.
    """
    for shop in SHOPS:
        path = folder / f"{shop}.duckdb"
        if path.exists():
            continue
        con = mmsql.connect(path)
        if shop == "movies":
            load_movielens(con, data / "movielens_100k")
        else:
            cards = data / "amazon_gift_cards"
            load_amazon_reviews(
                con, cards / "Gift_Cards_5.json.gz", cards / "meta_Gift_Cards.json.gz", relations=False
            )
        con.execute(f"CALL train({options})")
        con.execute("CALL evaluate()")
        con.close()


def answers(folder: Path) -> Iterator[tuple[str, duckdb.DuckDBPyRelation]]:
    """Give each question with its answer, in plain DuckDB on the two files."""
    with duckdb.connect() as con:
        for shop in SHOPS:
            con.execute(f"ATTACH '{folder / shop}.duckdb' AS {shop}")
        script = SCRIPT.read_text(encoding="utf-8")
        for part in re.split(r"(?m)^(?=-- \d+\. )", script):
            question = re.match(r"-- (\d+\. .*)", part)
            for statement in con.extract_statements(part):
                if question and statement.type == duckdb.StatementType.SELECT:
                    yield question[1], con.sql(statement.query)
                else:
                    con.execute(statement)


def main(data: str, folder: str = ".") -> None:
    prepare(Path(data), Path(folder))
    for question, answer in answers(Path(folder)):
        print(question)
        answer.show(max_width=140)


if __name__ == "__main__":
    main(*sys.argv[1:])
