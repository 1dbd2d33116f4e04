"""Times of the point-in-time join by others, over the files of `linelogic features export`; `cargo xtask bench` runs it.

    python bench_features.py GAMES.csv FOLDER

Two entity rows a game, at 12:00 UTC of its day, joined with every view of teams within 24 hours:
- polars `join_asof`, by team, backward, in memory, on one thread; the sorting of both sides included;
- Feast's `get_historical_features` on its DuckDB store with `filter_by_created_timestamp`, once a view, from files.
Prints a JSON line each.
"""

import importlib.metadata
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"

import polars  # noqa: E402

RUNS = 5


def said(name, times, package):
    version = f"{package} {importlib.metadata.version(package)}"
    print(json.dumps({"name": name, "milliseconds": statistics.median(times) * 1000, "runs": len(times), "versions": version}))


def by_polars(games, files):
    table = polars.read_csv(games, columns=["game_id", "date", "home", "visitor"], schema_overrides={"game_id": polars.Utf8})
    table = table.with_columns(polars.col("date").str.to_datetime("%Y-%m-%d", time_unit="ms", time_zone="UTC") + polars.duration(hours=12))
    entities = polars.concat([table.select("date", team=polars.col(side)) for side in ("home", "visitor")])
    views = [polars.read_parquet(file) for file in files]
    times = []
    for run in range(RUNS + 1):
        started = time.perf_counter()
        left = entities.sort("date")
        for view in views:
            right = view.sort("event_timestamp")
            left.join_asof(right, left_on="date", right_on="event_timestamp", by="team", strategy="backward", tolerance="24h")
        if run:
            times.append(time.perf_counter() - started)
    said("polars `join_asof`", times, "polars")


def by_feast(games, folder):
    sys.path.insert(0, str(Path(__file__).parent))
    import features_feast

    times = []
    for _ in range(1):
        with tempfile.TemporaryDirectory() as scratch:
            times.append(features_feast.real(games, folder, scratch)[1])
    said("Feast `get_historical_features`", times, "feast")


def main():
    games, folder = sys.argv[1], sys.argv[2]
    by_polars(games, sorted(Path(folder).glob("team_*.parquet")))
    by_feast(games, folder)


if __name__ == "__main__":
    main()
