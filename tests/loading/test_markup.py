"""HTML in texts becomes what a reader would see."""

from __future__ import annotations

import json

import pytest

from mmsql.loading.amazon import load_amazon_reviews
from mmsql.loading.markup import plain_text
from mmsql.loading.single_file import load_file

TEXTS = [
    ("Great sound!<br /><br />Loud.", "Great sound!\nLoud."),
    ("Tom &amp; Ann said &quot;buy it&quot;", 'Tom & Ann said "buy it"'),
    ("x &amp;quot;y&amp;quot; z", 'x "y" z'),
    ("&lt;br /&gt;one&lt;BR&gt;two", "one\ntwo"),
    ("<p>One.</p><p>Two &#39;q&#39; &#x4f60;&#22909;</p>", "One.\nTwo 'q' 你好"),
    ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
    ('see <a href="https://example.com">this <b>one</b></a>&hellip;', "see this one…"),
    ("<script>alert('x')</script>fine", "fine"),
    ("<!-- note -->fine", "fine"),
    ("end&nbsp;&nbsp; of", "end of"),
    ("I <3 it, 5 < 6 & 7 > 2, AT&T", "I <3 it, 5 < 6 & 7 > 2, AT&T"),
    ("a<b but c>d", "a<b but c>d"),
    ("write <your name> here", "write <your name> here"),
    ("unclosed <b", "unclosed <b"),
]


@pytest.mark.parametrize(("given", "expected"), TEXTS)
def test_plain_text(given: str, expected: str) -> None:
    assert plain_text(given) == expected


def test_comments_and_items(con, rows, write) -> None:
    bodies = [{"item_id": n, "body": given} for n, (given, _) in enumerate(TEXTS)]
    path = write("c.jsonl", "\n".join(json.dumps(body) for body in bodies))
    for _ in range(2):
        load_file(con, "comments", path)
    assert con.execute("SELECT body FROM mmsql.comments ORDER BY CAST(item_id AS INT)").fetchall() == [
        (expected,) for _, expected in TEXTS
    ]
    values = "1,R&amp;D<br>kit,<p>A</p><p>B</p>,Home &amp; Garden > Pots,H&amp;M"
    content = f"item_id,title,description,category,brand\n{values}\n"
    load_file(con, "items", write("i.csv", content))
    assert rows("SELECT title, description, category, brand FROM mmsql.items") == [
        ("R&D kit", "A\nB", "Home & Garden > Pots", "H&M")
    ]


def test_amazon_reviews(con, rows, write) -> None:
    review = {"reviewerID": "u", "asin": "i", "overall": 5, "unixReviewTime": 1393545600}
    review |= {"summary": "Tom &amp; Ann", "reviewText": "It&#8217;s<br />good"}
    load_amazon_reviews(con, write("r.json", json.dumps(review)))
    assert rows("SELECT body FROM mmsql.comments") == [("Tom & Ann. It’s\ngood",)]
