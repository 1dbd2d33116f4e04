"""What the real MLflow makes of our trees and of what we publish, and a tree of its own for us to read.

Started by tests/interop.rs with the Python of `LINELOGIC_INTEROP_PYTHON` (MLflow 3.17.2, onnx and onnxruntime, pinned
in src/xtask/interop.rs):

    cargo xtask test --interop

    interop_mlflow.py write FOLDER                      a store of MLflow's own in FOLDER/mlruns
    interop_mlflow.py compare URI RUNS VERSIONS [KEY]   every run of RUNS (`linelogic runs list --json`) and every version
                                                        of VERSIONS (`linelogic registry list --json`, or -) against
                                                        MLflow's client; KEY is the tag with our id of a run, by which
                                                        it is found where its own id is another
    interop_mlflow.py migrate FOLDER DATABASE           `mlflow migrate-filestore`, counts compared

Each prints `ok` and a count, or what differs, and ends with 1.
"""

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from datetime import datetime
from pathlib import Path

os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
warnings.filterwarnings("ignore")

from mlflow import MlflowClient  # noqa: E402
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType  # noqa: E402


def write(folder: str) -> None:
    """A store with what MLflow writes: nested keys, several points, files, a parent, a failed and a deleted run."""
    client = MlflowClient(f"file:{folder}/mlruns")
    first = client.create_experiment("exp: one/<b>", tags={"team": "a"})
    second = client.create_experiment("second")
    gone = client.create_experiment("gone")
    parent = client.create_run(first, run_name="2026-01-01", start_time=1_700_000_000_000)
    run = parent.info.run_id
    client.log_batch(
        run,
        metrics=[Metric("loss/val", 0.1 * step, 1_700_000_000_000 + step, step) for step in range(40)]
        + [Metric("tiny", 1e-300, 1_700_000_000_500, 0), Metric("tiny", -3.5, 1_700_000_000_400, 0)],
        params=[Param("a/b", "yes"), Param("empty", ""), Param("long", "x" * 6000)],
        tags=[RunTag("note <script>".replace("<script>", "s"), "<script>alert(1)</script>\nsecond line\n"), RunTag("ü", "é")],
    )
    with tempfile.TemporaryDirectory() as scratch:
        (Path(scratch) / "plots").mkdir()
        (Path(scratch) / "plots" / "roc.svg").write_text("<svg/>")
        (Path(scratch) / "model.bin").write_bytes(bytes(range(256)))
        client.log_artifacts(run, scratch)
    games = Dataset(name="games", digest="abc", source_type="local", source="{}", schema="{}", profile="{}")
    client.log_inputs(run, [DatasetInput(games, [InputTag("mlflow.data.context", "training")])])
    client.set_terminated(run, end_time=1_700_000_009_000)
    for number in range(3):
        child = client.create_run(first, tags={"mlflow.parentRunId": run}, start_time=1_700_000_001_000 + number)
        client.log_metric(child.info.run_id, "loss", number)
        client.set_terminated(child.info.run_id, status="FAILED" if number == 1 else "FINISHED")
        if number == 2:
            client.delete_run(child.info.run_id)
    client.create_run(second, run_name="still going")
    client.create_run(gone)
    client.delete_experiment(gone)
    client.create_registered_model("other", tags={"k": "v"}, description="of another tool")
    client.create_model_version("other", f"{parent.info.artifact_uri}/model.bin", run, tags={"t": "1"})
    client.transition_model_version_stage("other", "1", "Production")
    client.set_registered_model_alias("other", "champion", "1")
    print("ok 6 runs")


def milliseconds(text: str) -> int:
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round(moment.timestamp() * 1000)


def expect(what: str, ours, theirs) -> None:
    if ours != theirs:
        sys.exit(f"{what}: ours is {ours!r}, MLflow's is {theirs!r}")


def every_run(client: MlflowClient) -> list:
    experiments = client.search_experiments(view_type=ViewType.ALL)
    found, token = [], None
    while True:
        page = client.search_runs(
            [experiment.experiment_id for experiment in experiments], run_view_type=ViewType.ALL, page_token=token
        )
        found += page
        token = page.token
        if not token:
            return found


def files(client: MlflowClient, run_id: str, path: str = "") -> list[str]:
    found = []
    for entry in client.list_artifacts(run_id, path or None):
        found += files(client, run_id, entry.path) if entry.is_dir else [entry.path]
    return found


def compare_run(client: MlflowClient, ours: dict, theirs, parent_of, ends: bool = True) -> int:
    name = ours["id"]
    info, data = theirs.info, theirs.data
    expect(f"{name} experiment", ours["experiment"], client.get_experiment(info.experiment_id).name)
    expect(f"{name} name", ours["name"], info.run_name)
    expect(f"{name} status", ours["status"], info.status)
    expect(f"{name} start", milliseconds(ours["started_at"]), info.start_time)
    going = ours["status"] == "RUNNING" and ours["started_at"] == ours["ended_at"]
    expect(f"{name} end", None if going else milliseconds(ours["ended_at"]), info.end_time or None)
    expect(f"{name} lifecycle", "deleted" if ours.get("deleted_at") else "active", info.lifecycle_stage)
    expect(f"{name} params", ours["params"], dict(data.params))
    tags = dict(ours["tags"], **{"mlflow.runName": ours["name"]})
    for key in ("data_version", "feature_version"):
        if ours.get(key):
            tags[key] = ours[key]
    if ours.get("parent"):
        tags["mlflow.parentRunId"] = parent_of(ours["parent"])
    there = {key: value for key, value in data.tags.items() if not key.startswith("linelogic.")}
    if "mlflow.user" not in tags:
        there.pop("mlflow.user", None)
    expect(f"{name} tags", tags, there)
    if ours.get("model_digest"):
        expect(f"{name} model", ours["model_digest"], data.tags.get("linelogic.model_digest"))
    end = ours["ended_at"]
    points = 0
    expect(f"{name} metrics", sorted(key for key, line in ours["metrics"].items() if line), sorted(data.metrics))
    for key, line in ours["metrics"].items():
        wanted = Counter((p["step"], milliseconds(p.get("at") or end), p["value"]) for p in line)
        history = client.get_metric_history(info.run_id, key) if line else []
        expect(f"{name} {key}", wanted, Counter((p.step, p.timestamp, p.value) for p in history))
        if line:
            latest = max(line, key=lambda p: (p["step"], milliseconds(p.get("at") or end), p["value"]))
            expect(f"{name} latest {key}", latest["value"], data.metrics[key])
        points += len(line)
    # MLflow lists and hands out files of active runs only through some stores.
    artifacts = {artifact["path"]: artifact["digest"] for artifact in ours.get("artifacts", [])}
    expect(f"{name} files", sorted(artifacts), sorted(files(client, info.run_id)))
    with tempfile.TemporaryDirectory() as scratch:
        for path, digest in artifacts.items():
            bytes_ = Path(client.download_artifacts(info.run_id, path, scratch)).read_bytes()
            expect(f"{name} {path}", digest, "sha256:" + hashlib.sha256(bytes_).hexdigest())
    if ours.get("data_version"):
        inputs = [(i.dataset.name, i.dataset.digest, i.tags[0].value) for i in theirs.inputs.dataset_inputs]
        expect(f"{name} inputs", [("games", ours["data_version"].removeprefix("sha256:")[:32], "training")], inputs)
    return points


def compare(uri: str, runs: str, versions: str, key: str = "") -> None:
    client = MlflowClient(uri)
    ours = {run["id"]: run for run in json.loads(Path(runs).read_text())}
    theirs = {run.data.tags.get(key) if key else run.info.run_id: run for run in every_run(client)}
    expect("runs", sorted(ours), sorted(str(id_) for id_ in theirs))
    parent_of = lambda id_: theirs[id_].info.run_id if id_ in theirs else id_  # noqa: E731
    points = sum(compare_run(client, run, theirs[id_], parent_of) for id_, run in ours.items())
    counted = 0
    if versions != "-":
        counted = compare_versions(client, json.loads(Path(versions).read_text()), theirs)
    print(f"ok {len(ours)} runs, {points} points, {counted} versions")


def compare_versions(client: MlflowClient, rows: list, runs: dict) -> int:
    name = "home-win"
    found = {version.tags["linelogic.version"]: version for version in client.search_model_versions(f"name='{name}'")}
    expect("versions", sorted(row["version"] for row in rows), sorted(found))
    expect("numbers", list(range(1, len(rows) + 1)), sorted(int(version.version) for version in found.values()))
    aliases = {}
    for row in rows:
        version = found[row["version"]]
        expect(f"{row['version']} stage", row["stage"], version.current_stage)
        expect(f"{row['version']} tag", row["version"], version.tags["version"])
        expect(f"{row['version']} run", runs[row["run_id"]].info.run_id, version.run_id)
        expect(f"{row['version']} features", row["feature_version"], version.tags["feature_version"])
        expect(f"{row['version']} last day", row["trained_through"], version.tags["trained_through"])
        if not version.description.startswith(f"{name} {row['version']}, trained through"):
            sys.exit(f"{row['version']}: description {version.description!r}")
        alias = {"Production": "champion", "Staging": "challenger"}.get(row["stage"])
        if alias:
            aliases[alias] = str(version.version)
            at = client.get_model_version_by_alias(name, alias)
            expect(f"alias {alias}", str(version.version), str(at.version))
    expect("aliases", aliases, {k: str(v) for k, v in client.get_registered_model(name).aliases.items()})
    return len(rows)


def migrate(folder: str, database: str) -> None:
    command = [sys.executable, "-m", "mlflow", "migrate-filestore", "--source", f"{folder}/mlruns"]
    done = subprocess.run([*command, "--target", f"sqlite:///{database}"], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(done.stdout + done.stderr)
    rows = re.findall(r"^\s+(\w+)\s+(\d+)\s+(\d+)$", done.stdout, re.MULTILINE)
    if not rows:
        sys.exit(f"no counts in {done.stdout}")
    for what, moved, there in rows:
        expect(f"count of {what}", moved, there)
    print("ok", ", ".join(f"{there} {what}" for what, _, there in rows))


if __name__ == "__main__":
    {"write": write, "compare": compare, "migrate": migrate}[sys.argv[1]](*sys.argv[2:])
