"""Writes tests/golden/search_mlflow.json: what MLflow answers to searches over runs.

    python3 -m venv venv && venv/bin/pip install mlflow==3.17.2
    venv/bin/python tests/reference/search_mlflow.py

Made-up runs with awkward keys are logged to MLflow's SQLite store and to its file store. Searches written by hand, random valid
filters and random damaged ones are put to `MlflowClient.search_runs` of both. The golden file has the answer of the SQLite store,
and under `file_store` that of the file store where it is another. Where the answer is an error that MLflow does not word itself
(one of SQLAlchemy, or a bare Python exception), `raised` has its type and no text is compared.

Python shows a set in an order that changes from run to run; in the messages here every set is sorted.
"""

import ast
import hashlib
import json
import os
import pathlib
import platform
import random
import re
import sqlite3
import tempfile
import uuid
import warnings

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
warnings.simplefilter("ignore")

import mlflow  # noqa: E402
import sqlparse  # noqa: E402
from mlflow.entities import Dataset, DatasetInput, InputTag, Metric, Param, RunTag, ViewType  # noqa: E402
from mlflow.exceptions import MlflowException  # noqa: E402
from mlflow.tracking import MlflowClient  # noqa: E402

GOLDEN = pathlib.Path(__file__).parent.parent / "golden" / "search_mlflow.json"
EXPERIMENTS = ["nba", "back-tests"]
MODELS = ["elo", "logistic", "Logistic", "forest", "élan", "a%b", "a_b", 'say "hi"', "it's", "", "line\nline", "10", "9"]
METRIC_KEYS = ["log_loss", "accuracy", "hold-out loss", "brier.score", "1st", "date"]
PARAM_KEYS = ["model", "c", "max depth", "learning-rate", "prior.scale", "select", "Model"]
TAG_KEYS = ["ticket_id", "code_version", "mlflow.note.content", "seed", "group by", "a:b/c"]


def instant(milliseconds):
    seconds, rest = divmod(milliseconds, 1000)
    import datetime

    moment = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return moment.strftime("%Y-%m-%dT%H:%M:%S") + (f".{rest:03d}" if rest else "") + "Z"


def made_up_runs(rng):
    runs = []
    for at in range(42):
        start = 1_760_000_000_000 + rng.choice([0, 1, 500, 60_000, 86_400_000, 90_000_000]) * rng.randint(0, 5)
        params = {key: rng.choice(MODELS) for key in PARAM_KEYS if rng.random() < 0.6}
        if rng.random() < 0.7:
            params["c"] = rng.choice(["0.1", "1", "10", "1e-3", "9", " 2", "none"])
        metrics = {}
        for key in METRIC_KEYS:
            if rng.random() < 0.7:
                points = [
                    {"value": rng.choice([0.0, -0.0, 0.5, 0.61, 0.6931, -1.5, 1e-9, 3.0, 1e12]), "step": step}
                    for step in rng.sample(range(5), rng.randint(1, 3))
                ]
                metrics[key] = points
        tags = {"mlflow.user": rng.choice(["ann", "Bob", "eve"])}
        for key in TAG_KEYS:
            if rng.random() < 0.5:
                tags[key] = rng.choice(MODELS + ["LL-17", "ll-17", "7"])
        data = hashlib.sha256(bytes([rng.randint(0, 3)])).hexdigest() if rng.random() < 0.6 else None
        runs.append(
            {
                "id": f"{rng.getrandbits(128):032x}",
                "experiment": rng.choice(EXPERIMENTS),
                "name": rng.choice(["trial", "Trial", "final", "elo back-test"]) + f" {at}",
                "status": rng.choice(["FINISHED", "FINISHED", "FAILED", "KILLED", "RUNNING"]),
                "started_at": start,
                "ended_at": start + rng.choice([1, 1000, 3_600_000]),
                "params": {key: value for key, value in params.items() if value},
                "metrics": metrics,
                "tags": tags,
                "data_version": data,
                "feature_version": rng.choice(["1.0.0", "2.1.0", None]),
                "model_digest": None,
                "deleted_at": start if rng.random() < 0.12 else None,
            }
        )
    return runs


def as_document(run):
    """The run as LineLogic keeps it."""
    document = dict(run)
    for key in ["started_at", "ended_at", "deleted_at"]:
        document[key] = None if run[key] is None else instant(run[key])
    if run["data_version"]:
        document["data_version"] = "sha256:" + run["data_version"]
    return document


def all_tags(run):
    tags = dict(run["tags"], **{"mlflow.runName": run["name"]})
    if run["data_version"]:
        tags["data_version"] = "sha256:" + run["data_version"]
    if run["feature_version"]:
        tags["feature_version"] = run["feature_version"]
    return tags


def log(client, runs):
    """Logs the runs; both stores take the ids that are given here."""
    real = uuid.uuid4
    experiments = {name: client.create_experiment(name) for name in EXPERIMENTS}
    for run in runs:
        uuid.uuid4 = lambda run=run: uuid.UUID(run["id"])
        made = client.create_run(experiments[run["experiment"]], run["started_at"], run["tags"], run["name"])
        uuid.uuid4 = real
        assert made.info.run_id == run["id"], made.info.run_id
        metrics = [
            Metric(key, point["value"], 0, point["step"]) for key, points in run["metrics"].items() for point in points
        ]
        params = [Param(key, value) for key, value in run["params"].items()]
        tags = [RunTag(key, value) for key, value in all_tags(run).items()]
        client.log_batch(run["id"], metrics, params, tags)
        if run["data_version"]:
            dataset = Dataset("games", run["data_version"][:12], "local", "games.csv", "{}", "{}")
            client.log_inputs(run["id"], [DatasetInput(dataset, [InputTag("mlflow.data.context", "training")])])
        client.set_terminated(run["id"], run["status"], run["ended_at"])
        if run["deleted_at"]:
            client.delete_run(run["id"])
    return experiments


def read_once(client):
    """Lets the file store read each run from its many files only once."""
    store = client._tracking_client.store
    for name, key in [("_list_run_infos", lambda *of: of), ("_get_run_from_info", lambda info: info.run_id)]:
        kept = {}

        def once(*of, read=getattr(store, name), key=key, kept=kept):
            if key(*of) not in kept:
                kept[key(*of)] = read(*of)
            return kept[key(*of)]

        setattr(store, name, once)


def sorted_sets(message):
    def repaired(found):
        try:
            words = ast.literal_eval(found.group(0))
        except (SyntaxError, ValueError):
            return found.group(0)
        if not isinstance(words, set):
            return found.group(0)
        return "{" + ", ".join(repr(word) for word in sorted(words)) + "}"

    return re.sub(r"\{'[^{}]*'\}", repaired, message)


VIEWS = {"active": ViewType.ACTIVE_ONLY, "deleted": ViewType.DELETED_ONLY, "all": ViewType.ALL}


def answer(client, experiments, probe):
    names = probe.get("experiments") or EXPERIMENTS
    try:
        found = client.search_runs(
            [experiments[name] for name in names],
            probe.get("filter", ""),
            VIEWS[probe.get("view", "active")],
            probe.get("max_results", 1000),
            probe.get("order_by"),
            probe.get("page_token"),
        )
    except MlflowException as error:
        if "sqlite3." in error.message or "sqlalche" in error.message:
            return {"raised": "sqlalchemy"}
        if "object at 0x" in error.message:
            return {"raised": "ValueError"}
        return {"error": sorted_sets(error.message)}
    except Exception as error:  # noqa: BLE001
        return {"raised": type(error).__name__}
    token = found.token
    token = token.decode() if isinstance(token, bytes) else token
    return {"runs": [run.info.run_name for run in found], **({"next": token} if token else {})}


VALID = """
metrics.log_loss < 0.65
metrics.log_loss > 0.5 AND metrics.accuracy <= 0.61
metric.log_loss >= 6.931e-1
metrics.log_loss = 0.5
metrics.log_loss != 0.5
metrics.log_loss > -1e-3
metrics.log_loss > -1.5
metrics.log_loss >= .5
metrics.log_loss >= 0.
metrics.log_loss = 0
metrics.log_loss>0.5
metrics.missing != 1
metrics.missing < 1
metrics.`hold-out loss` < 1
metrics."hold-out loss" < 1
metrics.brier.score > 0
metrics.`brier.score` > 0
metrics.`1st` > 0
metrics.date > 0
metrics."date" > 0
params.model = 'elo'
params.model != 'elo'
params.missing != 'x'
param.model = "elo"
parameter.model = "elo"
parameters.model LIKE 'log%'
params.model LIKE '%o%'
params.model LIKE 'LOG%'
params.model ILIKE 'LOG%'
params.model ilike 'ÉLAN'
params.model LIKE '_lan'
params.model LIKE 'a_b'
params.model LIKE 'a%b'
params.model LIKE '%"%'
params.model LIKE "it's"
params.model LIKE 'line%line'
params.model LIKE ''
params.model LIKE '.*'
params.model LIKE '%'
params.model IS NULL
params.model IS NOT NULL
params.model is not null
params.missing IS NULL
params.missing IS NOT NULL
params.`max depth` = '10'
params."learning-rate" != '10'
params.prior.scale = '9'
params.select = 'elo'
params.Model = 'elo'
params.c = '1'
params.c LIKE '1%'
params.c = ' 2'
tags.ticket_id = 'LL-17'
tag.ticket_id ILIKE 'LL-17'
tags.ticket_id IS NULL
tags.mlflow.user = 'ann'
tags.mlflow.runName LIKE 'trial%'
tags.`mlflow.note.content` IS NOT NULL
tags.data_version LIKE 'sha256:%'
tags.feature_version = '1.0.0'
tags.`group by` IS NOT NULL
tags."group by" != 'elo'
tags.seed != '7'
attributes.status = 'FINISHED'
attribute.status != 'FINISHED'
attr.status LIKE 'F%'
run.status ILIKE 'f%'
status = 'KILLED'
status = 'killed'
run_name LIKE 'final%'
run_name ILIKE 'FINAL%'
attributes.run_name = 'final 3'
attributes.`run name` LIKE 'final%'
`Run name` LIKE 'final%'
"Run Name" LIKE 'final%'
user_id = 'ann'
attributes.user_id != 'ann'
artifact_uri LIKE 'runs:/%'
attributes.artifact_uri = 'x'
start_time > 1760000000000
attributes.start_time <= 1760000000500
start_time = 1760000000000
start_time != 1760000000000
start_time > 1.76e12
start_time > 1760000000000.5
end_time < 1760003600001
created > 1760000000000
attributes.Created >= 1760000000000
datasets.name = 'games'
dataset.name != 'games'
datasets.digest LIKE '%a%'
dataset.context = 'training'
datasets.context ILIKE 'TRAIN%'
datasets.name IN ('games', 'x')
datasets.name NOT IN ('x')
datasets.context in ("training")
metrics.log_loss > 0.5 and params.model = 'elo'
metrics.log_loss > 0.5 AnD status = 'FINISHED' AND tags.seed IS NULL
metrics.log_loss > 0.5 params.model IS NULL
params.model = 'elo' params.c = '1'
AND
AND AND status = 'FINISHED'
status = 'FINISHED' AND
metrics.log_loss > 1 /* a comment */
/* a comment */ metrics.log_loss > 1
params.`model` = 'elo'
`params`.model = 'elo'
params.'model' = 'elo'
params."model" = "elo"
params.model = 'it''s'
params.model = 'a\\'b'
metrics.log_loss > 007
metrics.log_loss < 1e999
params.model = 'elo'  AND   tags.seed IS   NULL
params.model\t=\n'elo'
params.group = 'x'
tags.order = 'x'
params.model = ''
""".strip("\n").split("\n")

INVALID = """
metrics.log_loss > '0.5'
metrics.log_loss > "0.5"
metrics.log_loss > 0x1F
metrics.log_loss LIKE 0.5
metrics.log_loss IS NULL
metrics.log_loss IS NOT NULL
metrics.log_loss IN (1, 2)
metrics.log_loss == 0.5
metrics.log_loss <> 0.5
metrics.log_loss > 1e+5
metrics.log_loss > 1 + 2
metrics.log_loss > - 1
metrics.log-loss > 0.5
metrics.hold-out loss > 1
metrics.1st > 0
metrics.`log_loss > 1
params.model = elo
params.model = elo.x
params.model > 'elo'
params.model >= 'elo'
params.c > 0.1
params.c = 1
params.c = -1
params.model IN ('elo', 'forest')
params.model NOT IN ('elo')
params.model NOT LIKE 'elo'
params.model RLIKE 'elo'
params.model = ('elo')
params.model
params.model =
= 'elo'
'elo' = params.model
params.model = 'elo
params.model = 'elo' OR params.model = 'forest'
NOT params.model = 'elo'
(params.model = 'elo')
params.model = 'elo' AND (status = 'FINISHED')
params.model = 'elo'; status = 'FINISHED'
params.model = 'elo';
params.model = 'elo',
params.model BETWEEN 'a' AND 'b'
foo.bar = 'x'
param_s.model = 'x'
Params.model = 'elo'
METRICS.log_loss > 1
foo = 'x'
attributes.foo = 'x'
attributes.status = FINISHED
attributes.status > 'A'
attributes.status = 3
attributes.status IN ('FINISHED')
attributes.status IS NULL
run_id IN ()
run_id IN ('a', 1)
run_id IN (1)
run_id IN (a)
run_id IN ('a'
run_id IN 'a'
run_id = ('a')
run_id = 5
start_time > '1760000000000'
start_time LIKE 1760000000000
start_time > '2026-11-01'
start_time IS NULL
start_time IN (1)
end_time = now
datasets.foo = 'x'
datasets.name > 'x'
datasets.name = games
datasets.name = 5
datasets.name IS NULL
datasets.name IN ()
tags.seed > '7'
tags.seed = 7
tags.seed = NULL
tags.seed = TRUE
tags.seed IS 'x'
tags.seed IS
tags.seed LIKE
tags = 'x'
tags. = 'x'
.seed = 'x'
tags.seed seed = 'x'
tags.`a`b = 'x'
tags.a b = 'x'
lifecycle_stage = 'active'
experiment_id = '1'
run_uuid = 'x'
SELECT
SELECT * FROM runs
WHERE status = 'FINISHED'
status = 'FINISHED' GROUP BY x
status = 'FINISHED' ORDER BY start_time
status = 'FINISHED' LIMIT 5
status = 'FINISHED' -- comment
case when 1 then 2 end
a AS b
count(x) = 5
metrics.log_loss > max(1)
metrics.log_loss > 1 < 2
metrics.log_loss :: int > 1
params.model = date '2020-01-01'
params.model = timestamp '2020-01-01'
timestamp > 5
params.a[1] = 'x'
[params.model] = 'x'
$1 = 'x'
:name = 'x'
? = 'x'
%s = 'x'
@x = 'x'
#x = 'x'
params.model = $$elo$$
é = 'x'
params.é = 'x'
1 = 1
12abc > 3
metrics.log_loss > 12abc
metrics.log_loss > 1.5x
!
;
()
''
\\
status = 'FINISHED' AND OR
status AND
BEGIN; status = 'FINISHED'; END
GO 2
""".strip("\n").split("\n")

ORDERS = [
    ["metrics.log_loss"],
    ["metrics.log_loss ASC"],
    ["metrics.log_loss DESC"],
    ["metrics.log_loss desc", "metrics.accuracy"],
    ["metrics.`hold-out loss` DESC"],
    ['metrics."hold-out loss"'],
    ["metrics.brier.score"],
    ["metrics.missing"],
    ["params.model"],
    ["params.model DESC"],
    ["params.c", "params.model DESC"],
    ["params.`max depth`"],
    ["tags.seed"],
    ["tags.mlflow.user", "start_time"],
    ["tags.mlflow.runName DESC"],
    ["start_time"],
    ["start_time DESC"],
    ["start_time ASC", "run_id DESC"],
    ["attributes.start_time ASC"],
    ["created"],
    ["attributes.Created DESC"],
    ["end_time DESC"],
    ["run_id"],
    ["run_name"],
    ["attributes.run_name DESC"],
    ["status"],
    ["status DESC", "metrics.log_loss"],
    ["user_id", "status"],
    ["artifact_uri"],
    ["metrics.log_loss", "metrics.log_loss"],
    ["metrics.log_loss", "metric.`log_loss` DESC"],
    ["start_time", "created"],
    ["datasets.name"],
    ["foo"],
    ["foo.bar"],
    ["attributes.foo"],
    ["`run name`"],
    ["metrics.log_loss ASCENDING"],
    ["metrics.log_loss up"],
    ["metrics.log_loss DESC NULLS LAST"],
    ["metrics.log_loss, metrics.accuracy"],
    ["metrics.log_loss DESC extra"],
    [""],
    [" "],
    ["metrics.log-loss"],
    ["metrics.hold-out loss"],
    ["1"],
    ["DESC"],
    ["metrics.log_loss; status"],
    ["timestamp"],
    ["timestamp DESC"],
    ["timestamp  asc"],
    ["metrics.a'b"],
    ["select"],
    ["params.select"],
    ["tags.order"],
]

WORDS = (
    "AND OR NOT IN IS NULL LIKE ILIKE = != > < >= ( ) , ; . 'x' \"y\" `z` 0.5 -1 5 metrics params.model tags.seed status "
    "start_time run_id foo SELECT FROM WHERE AS CASE END DESC BETWEEN date select * - + /* */ -- ' \" ` [ ] :: := é"
).split(" ")


def quoted(rng, text):
    if "'" in text:
        return f'"{text}"'
    return f'"{text}"' if rng.random() < 0.3 and '"' not in text else f"'{text}'"


def key_of(rng, key):
    if re.fullmatch(r"[A-Za-z]\w*", key) and rng.random() < 0.7:
        return key
    return f'"{key}"' if "`" in key or rng.random() < 0.3 else f"`{key}`"


def pattern(rng, text):
    letters = [rng.choice(["%", "_", letter, letter, letter]) for letter in text]
    return rng.choice(["", "%"]) + "".join(letters) + rng.choice(["", "%"])


def random_clause(rng, runs):
    kind = rng.randrange(6)
    if kind == 0:
        number = rng.choice(["0", "0.5", "0.61", "6.931e-1", "-1.5", "3", "1e12", ".5", "-0.0"])
        return f"{rng.choice(['metric', 'metrics'])}.{key_of(rng, rng.choice(METRIC_KEYS))} {rng.choice(['>', '>=', '!=', '=', '<', '<='])} {number}"
    if kind in (1, 2):
        entity, keys = (["param", "params", "parameter"], PARAM_KEYS) if kind == 1 else (["tag", "tags"], TAG_KEYS)
        name = f"{rng.choice(entity)}.{key_of(rng, rng.choice(keys + ['missing']))}"
        comparator = rng.choice(["=", "!=", "LIKE", "ILIKE", "IS NULL", "IS NOT NULL"])
        if comparator.startswith("IS"):
            return f"{name} {comparator}"
        value = rng.choice(MODELS[:9] + MODELS[11:] + ["0.1", "LL-17"])
        return f"{name} {comparator} {quoted(rng, pattern(rng, value) if 'LIKE' in comparator else value)}"
    if kind == 3:
        run = rng.choice(runs)
        name, value = rng.choice(
            [("status", run["status"]), ("run_name", run["name"]), ("user_id", run["tags"]["mlflow.user"]), ("run_id", run["id"])]
        )
        comparator = rng.choice(["=", "!=", "LIKE", "ILIKE"])
        return f"{rng.choice(['', 'attributes.', 'run.'])}{name} {comparator} {quoted(rng, pattern(rng, value) if 'LIKE' in comparator else value)}"
    if kind == 4:
        if rng.random() < 0.4:
            ids = ", ".join(quoted(rng, run["id"]) for run in rng.sample(runs, rng.randint(1, 12)))
            return f"run_id {rng.choice(['IN', 'NOT IN'])} ({ids})"
        run = rng.choice(runs)
        name = rng.choice(["start_time", "end_time", "created"])
        return f"{name} {rng.choice(['>', '>=', '!=', '=', '<', '<='])} {run['started_at' if name != 'end_time' else 'ended_at']}"
    run = rng.choice([run for run in runs if run["data_version"]])
    name, value = rng.choice([("name", "games"), ("digest", run["data_version"][:12]), ("context", "training")])
    if rng.random() < 0.4:
        return f"dataset.{name} {rng.choice(['IN', 'NOT IN'])} ({quoted(rng, value)}, 'other')"
    return f"datasets.{name} {rng.choice(['=', '!=', 'LIKE', 'ILIKE'])} {quoted(rng, value)}"


def random_filter(rng, runs):
    return f" {rng.choice(['AND', 'and'])} ".join(random_clause(rng, runs) for _ in range(rng.choice([1, 1, 2, 2, 3])))


def damaged(rng, text):
    """The filter with words lost, doubled, moved or put in, or with characters changed."""
    for _ in range(rng.choice([1, 1, 2, 3])):
        if rng.random() < 0.3 and text:
            at = rng.randrange(len(text))
            text = text[:at] + rng.choice(["", "'", '"', "`", ".", " ", "-", "(", ")", ",", "=", "0", "x"]) + text[at + 1 :]
            continue
        words = text.split(" ")
        at = rng.randrange(len(words))
        change = rng.randrange(4)
        if change == 0:
            del words[at]
        elif change == 1:
            words.insert(at, rng.choice(WORDS))
        elif change == 2:
            words[at] = rng.choice(WORDS)
        else:
            other = rng.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        text = " ".join(words)
    return text


def probes(runs):
    rng = random.Random(2026)
    written = [{"filter": text} for text in VALID + INVALID + ["", " ", "\n", "'", "(" * 120 + ")" * 120]]
    ids = [run["id"] for run in runs]
    written += [
        {"filter": f"run_id = '{ids[0]}'"},
        {"filter": f"attributes.run_id != '{ids[0]}'"},
        {"filter": f"run_id IN ('{ids[0]}', \"{ids[1]}\")"},
        {"filter": f"attributes.run_id NOT IN ('{ids[0]}')"},
        {"filter": f"run_id in ('{ids[0]}' '{ids[1]}')"},
        {"filter": f"run_id LIKE '{ids[0][:3]}%'"},
    ]
    orders = [{"filter": "", "order_by": order} for order in ORDERS]
    orders += [{"filter": "status = 'FINISHED'", "order_by": order} for order in ORDERS[:29]]
    orders += [
        {"filter": "params.c > 'x'", "order_by": ["foo"]},
        {"filter": "params.c > 5", "order_by": ["foo"]},
        {"filter": "params.c > 'x'", "page_token": "x"},
        {"filter": "params.c > 5", "max_results": 0},
    ]
    pages = [{"max_results": size} for size in [1, 5, 36, 37, 42, 1000, 50_000, 50_001, 0, -3]]
    tokens = ["eyJvZmZzZXQiOiA1fQ==", "eyJvZmZzZXQiOiAiNyJ9", "eyJvZmZzZXQiOiAwfQ==", "eyJvZmZzZXQiOiAieCJ9", "e30=", "x", "xxxx", "!!!!", "",
              "eyJvZmZzZXQiOiA1fQ", "eyJhIjogWzEsIG51bGwsIHRydWVdfQ==", "eyJvZmZzZXQiOiAxMDAwfQ==", "bm8=", "eyJvZmZzZXQiOiAtNX0="]
    pages += [{"max_results": 5, "page_token": token} for token in tokens]
    views = [{"view": view, "experiments": names} for view in VIEWS for names in [None, ["nba"], ["back-tests"]]]
    valid = [{"filter": random_filter(rng, runs)} for _ in range(300)]
    for probe in valid:
        if rng.random() < 0.3:
            probe["order_by"] = rng.choice(ORDERS[:29])
        if rng.random() < 0.2:
            probe["view"] = "all"
    broken = [{"filter": damaged(rng, random_filter(rng, runs))} for _ in range(900)]
    return {"written": written, "order": orders, "page": pages, "view": views, "random": valid, "damaged": broken}


def main():
    runs = made_up_runs(random.Random(6))
    with tempfile.TemporaryDirectory() as folder:
        database = pathlib.Path(folder, "mlflow.db")
        sql = MlflowClient(f"sqlite:///{database}")
        sql_experiments = log(sql, runs)
        with sqlite3.connect(database) as connection:
            connection.execute("UPDATE runs SET artifact_uri = 'runs:/' || run_uuid")
        tree = pathlib.Path(folder, "mlruns")
        files = MlflowClient(f"file://{tree}")
        file_experiments = log(files, runs)
        for meta in tree.glob("*/*/meta.yaml"):
            text = re.sub(r"^artifact_uri: .*$", f"artifact_uri: runs:/{meta.parent.name}", meta.read_text(), flags=re.M)
            meta.write_text(text)
        read_once(files)
        groups = probes(runs)
        for group in groups.values():
            for probe in group:
                probe.update(answer(sql, sql_experiments, probe))
                other = answer(files, file_experiments, probe)
                ours = {key: probe[key] for key in ["runs", "next", "error", "raised"] if key in probe}
                if other != ours:
                    probe["file_store"] = other
    golden = {
        "tool": {
            "python": platform.python_version(),
            "mlflow": mlflow.__version__,
            "sqlparse": sqlparse.__version__,
            "sqlite": sqlite3.sqlite_version,
            "command": "python tests/reference/search_mlflow.py",
        },
        "runs": [as_document(run) for run in runs],
        "probes": groups,
    }
    lines = json.dumps(golden, ensure_ascii=False, indent=1)
    # One probe, one run a line: a change shows as a change of lines.
    lines = re.sub(r"\n {3,}", " ", lines)
    GOLDEN.write_text(lines + "\n")
    for name, group in groups.items():
        answered = sum("runs" in probe for probe in group)
        refused = sum("error" in probe for probe in group)
        differ = sum("file_store" in probe for probe in group)
        print(f"{name}: {len(group)} probes, {answered} answered, {refused} refused, {differ} other in the file store")


main()
