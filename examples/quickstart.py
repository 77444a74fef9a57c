"""A shop in ten lines: load, train, recommend, explain."""

import tempfile
from pathlib import Path

import mmsql

with tempfile.TemporaryDirectory() as folder:
    con = mmsql.connect(Path(folder) / "shop.duckdb")
    con.execute(
        """
        INSERT INTO interactions
        SELECT 'user ' || u, ['tent', 'sleeping bag', 'stove', 'lamp', 'map'][1 + (u + step) % 5], 'buy', NULL,
               TIMESTAMP '2026-01-01' + to_days(u + step * 10)
        FROM range(60) t(u), range(3) s(step)
        """
    )
    con.execute("INSERT INTO comments VALUES ('tent', 'user 1', 'Stands in any storm', 5, NULL)")

    print(con.sql("CALL train(algorithm := 'graph')"))
    print(con.sql("FROM recommend('user 7', k := 3)"))
    print(con.sql("FROM explain('user 7', (SELECT item_id FROM recommend('user 7', k := 1)))"))
    con.close()
