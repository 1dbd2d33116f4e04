"""The reference's contender of `cargo xtask bench`: MLflow's search over the runs of `linelogic bench --tracking`.

    python3 -m venv venv && venv/bin/pip install mlflow==3.17.2
    venv/bin/python tests/reference/bench_search_mlflow.py

The same 10,000 runs with 30 metrics each, put into MLflow's SQLite store by SQL, as logging them would take an hour. What is made and asked follows
`src/flows/bench_tracking.rs`. Timed are `MlflowClient.search_runs`, a page of 1,000 runs, and `mlflow.search_runs`, which gives a data frame of the
same page. Prints one line of JSON each.
"""

import json
import os
import pathlib
import platform
import sqlite3
import statistics
import tempfile
import time
import warnings

os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
from mlflow.entities import Metric, Param, RunTag  # noqa: E402

RUNS, METRICS, REPEATS = 10_000, 30, 5
FILTER = "metrics.metric_03 > 0.5 AND params.model != 'model_1'"
ORDER = ["metrics.metric_07 DESC"]
VERSIONS = f"Python {platform.python_version()}, mlflow {mlflow.__version__}, SQLite {sqlite3.sqlite_version}"


def params(row):
    return {"model": f"model_{row % 5}", **{f"param_{at}": str(row % (7 * at)) for at in range(1, 5)}}


def tags(row):
    return {**{f"tag_{at}": str(row % (at + 2)) for at in range(3)}, "mlflow.runName": f"run {row}"}


def fill(connection, template):
    """Copies the rows of one logged run, with other values: every column is as MLflow itself writes it."""
    connection.row_factory = sqlite3.Row
    tables = {
        "runs": lambda row: [{}],
        "params": lambda row: [{"key": key, "value": value} for key, value in params(row).items()],
        "tags": lambda row: [{"key": key, "value": value} for key, value in tags(row).items()],
        "latest_metrics": metrics,
        "metrics": metrics,
    }
    for table, values in tables.items():
        one = dict(connection.execute(f"SELECT * FROM {table} WHERE run_uuid = ?", [template]).fetchone())
        connection.execute(f"DELETE FROM {table} WHERE run_uuid = ?", [template])
        columns = ", ".join(one)
        marks = ", ".join(f":{column}" for column in one)
        rows = []
        for row in range(RUNS):
            run = {"run_uuid": f"{row * 2654435761 % 4294967296:032x}"}
            if table == "runs":
                start = 1_760_000_000_000 + 1000 * row
                run.update(name=f"run {row}", start_time=start, end_time=start + 500)
            rows += [{**one, **run, **value} for value in values(row)]
        connection.executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", rows)
    connection.commit()


def metrics(row):
    return [{"key": f"metric_{at:02}", "value": (row * 7919 + at * 104729) % 10007 / 10007} for at in range(METRICS)]


def timed(name, search, names, found):
    times = []
    for _ in range(REPEATS + 1):
        start = time.perf_counter()
        page = search()
        times.append(1000 * (time.perf_counter() - start))
    result = {
        "name": name,
        "runs": RUNS,
        "metrics": METRICS,
        "milliseconds": statistics.median(times[1:]),
        "searches": REPEATS,
        "found": found,
        "first": names(page)[:3],
        "versions": VERSIONS,
    }
    print(json.dumps(result), flush=True)


def main():
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder, "mlflow.db")
        mlflow.set_tracking_uri(f"sqlite:///{database}")
        client = mlflow.MlflowClient()
        experiment = client.create_experiment("bench")
        template = client.create_run(experiment, 1_760_000_000_000, {"mlflow.user": "ann"}, "template").info.run_id
        client.log_batch(template, [Metric("metric_00", 0.5, 0, 0)], [Param("model", "x")], [RunTag("tag_0", "x")])
        client.set_terminated(template, "FINISHED", 1_760_000_000_500)
        with sqlite3.connect(database) as connection:
            fill(connection, template)
        # 2,000 rows a page are enough to count what passes.
        found, token = 0, None
        while True:
            page = client.search_runs([experiment], FILTER, max_results=2000, page_token=token)
            found, token = found + len(page), page.token
            if not token:
                break
        timed(
            "MlflowClient.search_runs",
            lambda: client.search_runs([experiment], FILTER, order_by=ORDER, max_results=1000),
            lambda page: [run.info.run_name for run in page[:3]],
            found,
        )
        timed(
            "mlflow.search_runs",
            lambda: mlflow.search_runs([experiment], FILTER, order_by=ORDER, max_results=1000),
            lambda page: page["tags.mlflow.runName"].tolist()[:3],
            found,
        )


main()
