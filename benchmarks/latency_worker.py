"""Run the queries of latency.py in plain DuckDB, of the release in the given folder, without other imports.

python -S benchmarks/latency_worker.py FOLDER JOB
"""

import json
import sys
from statistics import median
from time import perf_counter, process_time

job = json.loads(sys.argv[2])
sys.path.insert(0, sys.argv[1])
import duckdb  # noqa: E402

CLOCKS = {"seconds": perf_counter, "cpu": process_time}


def opened(path: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(path, read_only=True, config={"threads": str(job["threads"])})


def timed(con: duckdb.DuckDBPyConnection, statement: str) -> dict[str, float]:
    """Return wall and CPU milliseconds of a statement."""
    marks = {name: clock() for name, clock in CLOCKS.items()}
    con.execute(statement).fetchall()
    return {name: 1000 * (clock() - marks[name]) for name, clock in CLOCKS.items()}


def turns() -> dict:
    """Run every query on every file in turns, for another user or item each time, without the first two rounds."""
    cons = {name: opened(path) for name, path in job["files"].items()}
    found = {}
    for question, call in job["calls"].items():
        rounds = {name: {"whole": [], "planning": []} for name in cons}
        for turn in range(job["rounds"] + 2):
            asked = call.format(user=turn * 37 % job["users"], item=turn * 91 % job["items"])
            for name, con in cons.items():
                rounds[name]["whole"].append(timed(con, asked))
                rounds[name]["planning"].append(timed(con, f"PREPARE asked AS {asked}"))
                con.execute("DEALLOCATE asked")
        found[question] = {name: summary(rows) for name, rows in rounds.items()}
    return found


def summary(rows: dict[str, list[dict[str, float]]]) -> dict[str, float]:
    whole, planning = rows["whole"][2:], rows["planning"][2:]
    ordered = sorted(row["seconds"] for row in whole)
    return {
        "median": median(ordered),
        "p95": ordered[round(0.95 * (len(ordered) - 1))],
        "cpu": median(row["cpu"] for row in whole),
        "planning": median(row["seconds"] for row in planning),
    }


def all_users() -> dict[str, float]:
    """Run the query for many users: return rows, seconds, and the growth of peak memory in MiB."""
    con = opened(job["file"])
    con.execute("SELECT count(*) FROM mmsql.recommend_each(users := ['nobody'])").fetchall()
    base = peak_mib()
    started = perf_counter()
    (found,) = con.execute(job["call"]).fetchall()
    return {"rows": found[0], "seconds": perf_counter() - started, "mib": peak_mib() - base}


def peak_mib() -> float:
    with open("/proc/self/status") as status:
        (line,) = [line for line in status if line.startswith("VmHWM")]
    return int(line.split()[1]) / 1024


print(json.dumps(turns() if "files" in job else all_users()))
