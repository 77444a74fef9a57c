"""Accuracy of all peers and of our families on the same splits, measured by one evaluator.

    python benchmarks/accuracy.py [--sets A,B] [--models graph,implicit_als] [--seeds 42,1,2] [--trials 8]

Leave-last-out, full ranking. Each peer runs a number of configurations on each user's last training event. The best
by NDCG@10 is trained again on all events but the test items, and is tested once. Our families search for options on
the same validation split, inside the call that an analyst types.

Rows are stored in .bench/results. The row of a peer is reused while its split and its budget are the same; ours are
measured again in every run. The section of RESULTS.md shows all stored rows.
"""

from __future__ import annotations

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from accuracy_table import section
from evaluator import measure
from exporting import Split, export, read
from own_families import EQUAL_TRIALS, Family, evaluated, families
from peers.catalog import PEERS, Options, Peer, configurations
from peers.environments import PeerError
from peers.running import run
from workspace import BENCH, RESULTS, SEEDS, SETS, database, write_json, write_section

TOLERANCE = 1e-9  # of the difference between the evaluator and mmsql.metrics()
OURS_LIMIT = 7200.0
AGAIN = "Rows that later changes of the code may have moved. The section above has the peers."


def main() -> None:
    given = arguments()
    for name in given.sets:
        for seed in given.seeds:
            splits = export(name, seed)
            for model in given.models:
                one(name, seed, splits, model, given)
    body = section(list(SETS), given)
    if given.again:
        write_section("accuracy_again", "Accuracy: measured again", f"{AGAIN}\n\n{body}", given.threads)
    else:
        write_section("accuracy", "Accuracy: our families beside other libraries", body, given.threads)
    print(body)


def arguments() -> argparse.Namespace:
    listed = lambda text: text.split(",")  # noqa: E731
    every = [family.name for family in families()] + [peer.name for peer in PEERS]
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sets", type=listed, default=list(SETS))
    parser.add_argument("--models", type=listed, default=every, help=f"of {', '.join(every)}")
    parser.add_argument("--seeds", type=lambda text: [int(seed) for seed in text.split(",")], default=list(SEEDS))
    parser.add_argument("--trials", type=int, default=EQUAL_TRIALS, help="configurations of each peer")
    parser.add_argument("--deep-trials", type=int, default=3, help="the same for peers that train by epochs")
    parser.add_argument("--threads", type=int, default=1, help="of each process")
    parser.add_argument("--seconds", type=float, default=60, help="of CPU for one fit of a deep peer")
    parser.add_argument("--again", action="store_true", help="write a section of its own with these rows only")
    parser.add_argument("--fresh", action="store_true", help="measure peers again too")
    given = parser.parse_args()
    unknown = [name for name in given.models if name not in every]
    if unknown:
        parser.error(f"unknown model {', '.join(unknown)}; allowed: {', '.join(every)}")
    return given


def one(name: str, seed: int, splits: tuple[Split, Split], model: str, given: argparse.Namespace) -> None:
    """Measure one model on one split, or reuse its stored row."""
    path = RESULTS / name / model / f"{seed}.json"
    peers = {peer.name: peer for peer in PEERS}
    ours = {family.name: family for family in families()}
    if model in ours:
        row = our_row(name, seed, splits[1], ours[model], given.threads)
    elif name in peers[model].left_out:
        row = {"error": peers[model].left_out[name]}
    elif seed != given.seeds[0] and (peers[model].deep or not (peers[model].random or ties(name, seed, given))):
        return
    else:
        most = given.deep_trials if peers[model].deep else given.trials
        tried = configurations(peers[model], min(most, peers[model].fewer.get(name, most)))
        key = {"splits": [split.fingerprint for split in splits], "configurations": tried}
        if peers[model].deep:
            key["seconds"] = given.seconds
        known = read_row(path)
        if known.get("key") == json.loads(json.dumps(key)) and "error" not in known and not given.fresh:
            return
        first = {} if ties(name, seed, given) else read_row(path.with_name(f"{given.seeds[0]}.json"))
        row = {**peer_row(peers[model], seed, splits, given, tried, first.get("trials")), "key": key}
    row |= {"date": f"{datetime.now(UTC):%Y-%m-%d}", "threads": given.threads}
    write_json(path, row)
    shown = row.get("error") or f"R@10 {row['recall']:.4f}  N@10 {row['ndcg']:.4f}  fit {row['fit_seconds']:.2f} s"
    print(f"{name}  {model}  seed {seed}  {shown}", flush=True)


def ties(name: str, seed: int, given: argparse.Namespace) -> bool:
    """Return whether the test split of a seed differs from that of the first seed, so that options differ."""
    fingerprints = {read(BENCH / "splits" / name / str(each) / "test").fingerprint for each in (seed, given.seeds[0])}
    return len(fingerprints) > 1 or seed == given.seeds[0]


def read_row(path: Path) -> dict[str, Any]:
    """Return a stored row, or an empty one."""
    return json.loads(path.read_text()) if path.exists() else {}


def our_row(name: str, seed: int, test: Split, family: Family, threads: int) -> dict[str, Any]:
    """Evaluate one of our families, and compare mmsql.metrics() with the evaluator."""
    settings = {"seed": seed, "threads": threads, "options": family.options, "limit": OURS_LIMIT}
    found = evaluated(database(name), family.algorithm, **settings)
    if "error" in found:
        return found
    measured = measure(found.pop("lists"), test)
    apart = {metric: abs(found[metric] - value) for metric, value in measured.items()}
    if max(apart.values()) > TOLERANCE:
        return {"error": f"mmsql.metrics() and the evaluator differ: {apart}"}
    return found


def peer_row(
    peer: Peer,
    seed: int,
    splits: tuple[Split, Split],
    given: argparse.Namespace,
    options: list[Options],
    trials: list[dict[str, Any]] | None,
) -> dict[str, Any]:
    """Choose a configuration on the validation split, train it on all events but the test items, and test it once.

    ``trials`` are those of the first seed, where it has the same test split.
    """
    validation, test = splits
    limits = {"seed": seed, "threads": given.threads, "seconds": given.seconds}
    try:
        if trials is None:
            tried = run(peer, validation, options, **limits, held_only=True)
            trials = [{**outcome.report, **scored(outcome.lists, validation)} for outcome in tried]
        usable = [trial for trial in trials if "ndcg" in trial]
        if not usable:
            return {"error": trials[0]["error"], "trials": trials}
        best = max(usable, key=lambda trial: trial["ndcg"])
        (final,) = run(peer, test, [best["options"]], **limits)
        if final.lists is None:
            return {"error": final.report["error"], "trials": trials}
        return {**final.report, **measure(final.lists, test), "search_cpu": sum(map(cost, usable)), "trials": trials}
    except (PeerError, ValueError) as error:
        return {"error": str(error)}


def cost(trial: dict[str, Any]) -> float:
    """Return the CPU seconds of a trial."""
    return trial["fit_cpu"] + trial["recommend_cpu"]


def scored(lists: Any, split: Split) -> dict[str, float]:
    """Return the NDCG of lists; empty without lists."""
    return {} if lists is None else {"ndcg": measure(lists, split)["ndcg"]}


if __name__ == "__main__":
    main()
