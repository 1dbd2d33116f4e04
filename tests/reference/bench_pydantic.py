"""The reference's contender of the bench of the contracts: pydantic checks the games of a file.

    python -m venv V && V/bin/pip install pydantic==2.14.3
    V/bin/python tests/reference/bench_pydantic.py games.json

The file is a list of games, or `{"kind":"games", …, "games":[…]}`. The model is strict and forbids extra fields, one core
does the work, and every error is collected and counted. Three ways are timed: the list's JSON text at once, Python's own reading of that text
with each record checked after, and the text of each record by itself. The texts are there before the clock starts.

Each way runs with Python's cycle collector off, as `timeit` does, and then with it on. On is Python's default; a list of
many records then costs several times more, because the collector looks through what is already built again and again.
Prints one document of JSON.

With `--once` the program does nothing else but read a list and check its text at once, the collector off, and ends with
1 where a game breaks the model: what `cargo xtask bench` times as a whole beside `linelogic validate`.
"""

import argparse
import gc
import json
import os
import platform
import statistics
import time
from datetime import date
from typing import Annotated, Literal

import pydantic
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

Day = Annotated[date, Field(ge=date(1946, 11, 1), le=date(2101, 12, 31))]
Text40 = Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00-\x1f\x7f-\x9f]*$")]
Points = Annotated[int, Field(ge=0, le=300)]
Abbreviation = Literal[
    "ATL", "BKN", "BOS", "CHA", "CHI", "CLE", "DAL", "DEN", "DET", "GSW", "HOU", "IND", "LAC", "LAL", "MEM",
    "MIA", "MIL", "MIN", "NOP", "NYK", "OKC", "ORL", "PHI", "PHX", "POR", "SAC", "SAS", "TOR", "UTA", "WAS",
]  # fmt: skip


class Strict(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)


class Score(Strict):
    home: Points
    visitor: Points


class BoxTotals(Strict):
    fga: Annotated[int, Field(ge=0, le=250)]
    fta: Annotated[int, Field(ge=0, le=150)]
    oreb: Annotated[int, Field(ge=0, le=100)]
    tov: Annotated[int, Field(ge=0, le=100)]


class Game(Strict):
    id: Text40
    date: Day
    season: Annotated[int, Field(ge=1946, le=2100)]
    phase: Literal["regular", "playin", "playoff", "cup_final"]
    neutral: bool
    home: Abbreviation
    visitor: Abbreviation
    score: Score | None = None
    home_box: BoxTotals | None = None
    visitor_box: BoxTotals | None = None


class LaxDayGame(Game):
    # Python has no text that is a date: the strict check of a dict would refuse every day.
    date: Annotated[Day, Field(strict=False)]


def faults(adapter, check, value):
    try:
        check(adapter, value)
    except ValidationError as failure:
        return len(failure.errors(include_url=False))
    return 0


def whole(text, _):
    return faults(GAMES, TypeAdapter.validate_json, text)


def loaded(text, _):
    return sum(faults(DICT, TypeAdapter.validate_python, record) for record in json.loads(text))


def one_by_one(_, texts):
    return sum(faults(GAME, TypeAdapter.validate_json, text) for text in texts)


GAMES = TypeAdapter(list[Game])
GAME = TypeAdapter(Game)
DICT = TypeAdapter(LaxDayGame)
CONTENDERS = {
    "pydantic validate_json": whole,
    "json.loads, pydantic validate_python": loaded,
    "pydantic validate_json, a record at a time": one_by_one,
}


def measure(name, collects, text, texts, runs):
    times = []
    for _ in range(runs + 1):
        gc.collect()
        (gc.enable if collects else gc.disable)()
        start = time.perf_counter()
        errors = CONTENDERS[name](text, texts)
        times.append(1000 * (time.perf_counter() - start))
        gc.enable()
    # The first one warmed up.
    milliseconds = statistics.median(times[1:])
    return {
        "name": f"{name}, collector on" if collects else name,
        "rows": len(texts),
        "milliseconds": milliseconds,
        "rows_per_second": 1000 * len(texts) / milliseconds,
        "errors": errors,
        "runs": runs,
    }


def once(path):
    gc.disable()
    with open(path, "rb") as file:
        text = file.read()
    if errors := whole(text, None):
        raise SystemExit(f"{path}: {errors} errors")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--once", action="store_true")
    options = parser.parse_args()
    if options.once:
        once(options.path)
        return
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with open(options.path, "rb") as file:
        games = json.load(file)
    games = games["games"] if isinstance(games, dict) else games
    texts = [json.dumps(game, ensure_ascii=False, separators=(",", ":")).encode() for game in games]
    text = b"[" + b",".join(texts) + b"]"
    del games
    modes = [(name, collects) for collects in (False, True) for name in CONTENDERS]
    document = {
        "contenders": [measure(name, collects, text, texts, options.runs) for name, collects in modes],
        "versions": f"Python {platform.python_version()}, pydantic {pydantic.VERSION}",
    }
    print(json.dumps(document))


if __name__ == "__main__":
    main()
