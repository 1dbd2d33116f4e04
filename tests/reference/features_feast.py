"""The point-in-time join by Feast itself, on its DuckDB offline store.

Writes tests/golden/features_feast.json: the golden vector, random tables with many ties, and the digest of the frame that
Feast joins of the real games (rows of these are not written). Versions are in the file.

    python3 -m venv /tmp/feast && /tmp/feast/bin/pip install "feast[duckdb]==0.67.0"
    linelogic ingest --source csv:../shared/data/nba_games_2015_2023.csv --out /tmp/real
    linelogic features export --data /tmp/real --out /tmp/real-features
    /tmp/feast/bin/python tests/reference/features_feast.py \
        --games ../shared/data/nba_games_2015_2023.csv --features /tmp/real-features

Without --games and --features the part with the real games stays as it is in the file. Each view of the real games is
joined with a time to live of 24 hours at 12:00 UTC of the game's day, the home side before the visitor's; the digest is
SHA-256 over the values of each feature, one after the other, as little-endian doubles, null as the quiet NaN 0x7ff8….
"""

import argparse
import hashlib
import importlib.metadata
import json
import math
import random
import struct
import sys
import tempfile
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig
from feast.infra.offline_stores.duckdb import DuckDBOfflineStoreConfig
from feast.types import Bool, Float64, Int64
from feast.value_type import ValueType

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "features_feast.json"
UTC = timezone.utc


def store_in(folder):
    return FeatureStore(
        config=RepoConfig(
            project="reference",
            provider="local",
            registry=str(Path(folder) / "registry.db"),
            online_store={"type": "sqlite", "path": str(Path(folder) / "online.db")},
            offline_store=DuckDBOfflineStoreConfig(),
            entity_key_serialization_version=3,
        )
    )


def join(frame, entities, key, ttl, fields, cutoff, folder):
    """Joins one view; gives the joined frame in the order of the entity rows."""
    path = Path(folder) / "view.parquet"
    if isinstance(frame, Path):
        path = frame
    else:
        frame.to_parquet(path, coerce_timestamps="us", allow_truncated_timestamps=True)
    entity = Entity(name="entity", join_keys=[key], value_type=ValueType.STRING)
    source = FileSource(path=str(path), timestamp_field="event_timestamp", created_timestamp_column="created_timestamp")
    view = FeatureView(name="view", entities=[entity], ttl=ttl, schema=fields, source=source)
    store = store_in(folder)
    store.apply([entity, view])
    asked = entities.copy()
    asked["row"] = range(len(asked))
    started = time.perf_counter()
    job = store.get_historical_features(
        entity_df=asked, features=[f"view:{field.name}" for field in fields], **({"filter_by_created_timestamp": True} if cutoff else {})
    )
    joined = job.to_df()
    seconds = time.perf_counter() - started
    joined = joined.sort_values("row").reset_index(drop=True)
    assert list(joined["row"]) == list(range(len(asked))), "no entity row is lost or doubled"
    return joined, seconds


def day(number, hours=0, seconds=0):
    return datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=number - 1, hours=hours, seconds=seconds)


def shown(at):
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def null(value):
    return None if value is None or (isinstance(value, float) and math.isnan(value)) else value


def case(name, rows, asked, hours, cutoff, folder):
    frame = pd.DataFrame(rows, columns=["key", "event_timestamp", "created_timestamp", "value"])
    entities = pd.DataFrame(asked, columns=["key", "event_timestamp"])
    ttl = timedelta(hours=hours)
    joined, _ = join(frame, entities, "key", ttl, [Field(name="value", dtype=Float64)], cutoff, folder)
    return {
        "name": name,
        "ttl_hours": hours,
        "created_cutoff": cutoff,
        "rows": [[k, shown(e), shown(c), null(v)] for k, e, c, v in rows],
        "entities": [[k, shown(t)] for k, t in asked],
        "expected": [null(value) for value in joined["value"]],
    }


def vector():
    rows = [
        ("BOS", day(1), day(1), 1.0),
        ("BOS", day(2), day(2, hours=1), 2.0),
        ("BOS", day(2), day(5), 2.5),
        ("LAL", day(1), day(1), 10.0),
        ("NYK", day(3), day(3), float("nan")),
    ]
    asked = [
        ("BOS", day(1)),
        ("BOS", day(2)),
        ("BOS", day(3)),
        ("BOS", day(3, seconds=1)),
        ("LAL", day(0)),
        ("ZZZ", day(3)),
        ("NYK", day(3)),
    ]
    return rows, asked


def chance(seed):
    """Rows with many ties in event_timestamp, none in both times, as Feast leaves those undefined."""
    dice = random.Random(seed)
    rows, seen = [], set()
    for number in range(400):
        key, event = dice.choice("ABCDE"), day(1, hours=dice.randrange(0, 240, 3))
        created = event + timedelta(hours=dice.choice([0, 0, 1, 5, 30, 100]))
        if (key, event, created) not in seen:
            seen.add((key, event, created))
            rows.append((key, event, created, float(number)))
    asked = [(dice.choice("ABCDEF"), day(1, hours=dice.randrange(-10, 300))) for _ in range(300)]
    return rows, asked


def little_endian(values):
    return b"".join(struct.pack("<d", float(v)) if null(float(v)) is not None else bytes.fromhex("000000000000f87f") for v in values)


def real(games, features, folder):
    import pyarrow.parquet as parquet

    table = pd.read_csv(games, dtype={"game_id": str})
    table = table.sort_values(["date", "game_id"], kind="stable")
    tip = pd.to_datetime(table["date"], utc=True) + pd.Timedelta(hours=12)
    of_teams = pd.DataFrame({"home": table["home"].values, "visitor": table["visitor"].values}).stack().values
    teams = pd.DataFrame({"team": of_teams, "event_timestamp": tip.repeat(2).values})
    teams["event_timestamp"] = pd.to_datetime(teams["event_timestamp"], utc=True)
    views, seconds = {}, 0.0
    for path in sorted(Path(features).glob("team_*.parquet")):
        schema = parquet.read_schema(path)
        types = {"double": Float64, "int64": Int64, "bool": Bool}
        fields = [Field(name=f.name, dtype=types[str(f.type)]) for f in list(schema)[3:]]
        joined, taken = join(path, teams, "team", timedelta(hours=24), fields, True, folder)
        seconds += taken
        digest = hashlib.sha256()
        for field in fields:
            digest.update(little_endian(pd.to_numeric(joined[field.name].astype("float64"))))
        views[path.stem] = digest.hexdigest()
        print(path.stem, len(joined), "rows", f"{taken:.2f} s", file=sys.stderr)
    return {"entity_rows": len(teams), "ttl_hours": 24, "created_cutoff": True, "sha256": views}, seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--games")
    parser.add_argument("--features")
    options = parser.parse_args()
    before = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    cases = []
    for cutoff in (True, False):
        suffix = "with the created filter" if cutoff else "without the created filter"
        tables = [("the golden vector", vector(), 24), ("chance 1", chance(1), 24), ("chance 2, no time to live", chance(2), 0)]
        for name, (rows, asked), hours in tables:
            with tempfile.TemporaryDirectory() as folder:
                cases.append(case(f"{name}, {suffix}", rows, asked, hours, cutoff, folder))
    golden = {
        "feast": importlib.metadata.version("feast"),
        "duckdb": importlib.metadata.version("duckdb"),
        "cases": cases,
        "real_games": before.get("real_games"),
    }
    if options.games and options.features:
        with tempfile.TemporaryDirectory() as folder:
            golden["real_games"], seconds = real(options.games, options.features, folder)
        print(f"{seconds:.2f} s of retrieval", file=sys.stderr)
    GOLDEN.write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
