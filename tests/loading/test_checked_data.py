"""The findings of ``check`` on the real data sets."""

from __future__ import annotations

from pathlib import Path

import pytest

from mmsql.jobs.checks import check
from mmsql.loading.amazon import load_amazon_reviews
from mmsql.loading.movielens import load_movielens


@pytest.mark.data
def test_musical_instruments(con, data_dir: Path) -> None:
    load_amazon_reviews(con, data_dir / "amazon_musical_instruments" / "Musical_Instruments_5.json.gz")
    told = [finding.finding for finding in check(con)]
    assert told[0] == "10,261 events of 1,429 users on 900 items, from 2004-09-18 to 2014-07-22."
    assert (
        "Timestamps are days, without a time. 60 % of the events have the same user and timestamp as another." in told
    )


@pytest.mark.data
def test_movielens(con, data_dir: Path) -> None:
    load_movielens(con, data_dir / "movielens_100k")
    told = [finding.finding for finding in check(con)]
    assert "1,394 images of 1,394 items (83 % of all items)." in told
    assert "943 of 943 users can be evaluated leave-last-out." in told
    kinds = {text.split(";")[0].removeprefix("Attribute ") for text in told if text.startswith("Attribute ")}
    assert {"category: category", "director: list", "genres: list"} <= kinds
    assert {"release_year: number in 7 bins, near ones similar", "gender: category", "occupation: category"} <= kinds
