"""Writes tests/golden/registry_mlflow.json: the model registry of the real MLflow, asked.

    python3 -m venv venv && venv/bin/pip install mlflow==3.17.2
    venv/bin/python tests/reference/registry_mlflow.py

Every answer comes from `MlflowClient` over a fresh SQLite store in a temporary folder: stage transitions between all pairs
of stages, with and without `archive_existing_versions`; the texts of refusals; names of models, aliases and tags; what
deleting does to numbers, stages and aliases; and how `models:/` addresses are read.
"""

import json
import logging
import os
import pathlib
import platform
import tempfile
import warnings

warnings.filterwarnings("ignore")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"

import mlflow  # noqa: E402
from mlflow import MlflowClient  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.store.artifact.utils.models import _parse_model_uri  # noqa: E402

logging.disable(logging.CRITICAL)

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TOOLS = {
    "python": platform.python_version(),
    "mlflow": mlflow.__version__,
    "command": "python tests/reference/registry_mlflow.py",
}
STAGES = ["None", "Staging", "Production", "Archived"]


def asked(question):
    """None, or the text of the refusal."""
    try:
        question()
    except MlflowException as refusal:
        return refusal.message
    return None


def versions(client, name, count):
    client.create_registered_model(name)
    return [client.create_model_version(name, "file:///nowhere", None).version for _ in range(count)]


def stage_of(client, name, version):
    return client.get_model_version(name, version).current_stage


def transitions(client):
    """Version 1 stands at `from` and version 2 at `to`, then 1 moves to `to`."""
    rows = []
    for start in STAGES:
        for to in STAGES:
            for archive in (True, False):
                name = f"{start}-{to}-{archive}"
                versions(client, name, 2)
                client.transition_model_version_stage(name, "1", start)
                client.transition_model_version_stage(name, "2", to)
                refusal = asked(
                    lambda: client.transition_model_version_stage(name, "1", to, archive_existing_versions=archive)
                )
                rows.append({
                    "from": start,
                    "to": to,
                    "archive_existing_versions": archive,
                    "refusal": refusal,
                    "moved": stage_of(client, name, "1"),
                    "other": stage_of(client, name, "2"),
                })
    return rows


def stage_texts(client):
    versions(client, "texts", 1)
    rows = []
    for text in ["production", "STAGING", "none", "aRCHIVED", "prod", "", "Production "]:
        refusal = asked(lambda: client.transition_model_version_stage("texts", "1", text))
        rows.append({"stage": text, "refusal": refusal, "canonical": None if refusal else stage_of(client, "texts", "1")})
    return rows


def aliases(client):
    versions(client, "aliased", 2)
    names = [
        "champion", "a-b_c", "1", "v", "v1a", "Ünder", "x" * 255, "x" * 256, "latest", "Latest", "LATEST", "v1", "V12",
        "", "a b", "a.b", "a/b", "a:b", "a@b",
    ]
    return [
        {"alias": name, "refusal": asked(lambda: client.set_registered_model_alias("aliased", name, "1"))}
        for name in names
    ]


def alias_moves(client):
    versions(client, "moving", 2)
    client.set_registered_model_alias("moving", "best", "1")
    client.set_registered_model_alias("moving", "other", "1")
    client.set_registered_model_alias("moving", "best", "2")
    after_move = dict(client.get_registered_model("moving").aliases)
    gone = asked(lambda: client.delete_registered_model_alias("moving", "never"))
    client.delete_model_version("moving", "2")
    after_delete = dict(client.get_registered_model("moving").aliases)
    return {
        "after_move": after_move,
        "deleting_an_alias_that_is_not_there": gone,
        "after_version_2_was_deleted": after_delete,
        "missing": asked(lambda: client.get_model_version_by_alias("moving", "best")),
    }


def model_names(client):
    names = ["home-win", "Heimsieg 2.0", "a@b", "ö", "", "   ", "a/b", "a:b", "/", ".", "..", "..a", ".a", "a..b", "a\\b"]
    return [{"name": name, "refusal": asked(lambda: client.create_registered_model(name))} for name in names]


def tags(client):
    versions(client, "tagged", 1)
    keys = [
        "ticket", "a.b/c d-e_f", "a:b", "ö", "a,b", "a#b", "", "..", "../a", "a/../b", "/a", "a//b", "x" * 250, "x" * 251,
        "tab\there", "emoji😀",
    ]
    rows = [
        {"key": key, "length": 1, "refusal": asked(lambda: client.set_model_version_tag("tagged", "1", key, "v"))}
        for key in keys
    ]
    for length in (100_000, 100_001):
        refusal = asked(lambda: client.set_model_version_tag("tagged", "1", "long", "v" * length))
        rows.append({"key": "long", "length": length, "refusal": refusal})
    return rows


def numbers(client):
    """Numbers given while versions are deleted in between."""
    client.create_registered_model("numbers")
    given = []
    for step in ["create", "create", "delete 1", "create", "create", "delete 3", "create"]:
        if step == "create":
            given.append(int(client.create_model_version("numbers", "file:///nowhere", None).version))
        else:
            client.delete_model_version("numbers", step.split()[1])
    missing = asked(lambda: client.get_model_version("numbers", "1"))
    moved = asked(lambda: client.transition_model_version_stage("numbers", "1", "Production"))
    return {"given": given, "deleted": missing, "moving_a_deleted_one": moved}


def resolved(client):
    """Which version addresses lead to; version 1 Archived, 2 in Production with an alias, 3 in Staging, 4 at None."""
    from mlflow.store.artifact.utils.models import get_model_name_and_version

    versions(client, "led", 4)
    for version, stage in [("1", "Archived"), ("2", "Production"), ("3", "Staging")]:
        client.transition_model_version_stage("led", version, stage)
    client.set_registered_model_alias("led", "best", "2")
    rows = []
    for uri in ["models:/led/1", "models:/led/Production", "models:/led/staging", "models:/led/latest", "models:/led@best",
                "models:/led@worst", "models:/led/Nowhere", "models:/led/None", "models:/led/Archived"]:
        found = {}
        refusal = asked(lambda: found.update(version=get_model_name_and_version(client, uri)[1]))
        rows.append({"uri": uri, "version": found.get("version"), "refusal": refusal})
    client.transition_model_version_stage("led", "2", "Archived")
    empty = asked(lambda: get_model_name_and_version(client, "models:/led/Production"))
    rows.append({"uri": "models:/led/Production", "version": None, "refusal": empty})
    return rows


def addresses():
    uris = [
        "models:/home-win/3", "models:/home-win/Production", "models:/home-win/production", "models:/home-win/latest",
        "models:/home-win/LATEST", "models:/home-win@champion", "models:/a@b@c", "models:/home-win@", "models:/@champion",
        "models:/home-win/", "models:/home-win/ ", "models:/", "models:", "models:home-win/1", "models:///home-win/1",
        "models:/a/b/c", "models:/a/1@x", "MODELS:/home-win/1", "runs:/home-win/1", "home-win/1", "", "models:/ /1",
        "models:/home-win/1?x=y",
        "models:/m-0123456789abcdef", "models://host/home-win/1",
    ]
    rows = []
    for uri in uris:
        found = {}
        refusal = asked(lambda: found.update(_parse_model_uri(uri)._asdict()))
        rows.append({"uri": uri, "refusal": refusal, **found})
    return rows


def main():
    with tempfile.TemporaryDirectory() as folder:
        client = MlflowClient(f"sqlite:///{folder}/mlflow.db")
        golden = {
            "tools": TOOLS,
            "transitions": transitions(client),
            "stages": stage_texts(client),
            "aliases": aliases(client),
            "alias_moves": alias_moves(client),
            "names": model_names(client),
            "tags": tags(client),
            "numbers": numbers(client),
            "resolved": resolved(client),
            "addresses": addresses(),
        }
    target = GOLDEN / "registry_mlflow.json"
    target.write_text(json.dumps(golden, indent=1, ensure_ascii=False) + "\n")
    print(f"{target}: {sum(len(rows) for rows in golden.values())} answers")


if __name__ == "__main__":
    main()
