"""Golden values of the data contracts, from pydantic.

    python -m venv V && V/bin/pip install pydantic==2.14.3
    V/bin/python tests/reference/contracts_pydantic.py > tests/golden/contracts_pydantic.json

Each contract is a strict model that forbids extra fields. Each case is a JSON text and every error that the model finds
in it. A number that is not finite stands as the text "Infinity", "-Infinity" or "NaN" where an error repeats its input.
"""

import copy
import json
import math
import platform
import sys
from datetime import date, timezone
from typing import Annotated, Literal

import pydantic
import pydantic_core
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

NO_CONTROLS = r"^[^\x00-\x1f\x7f-\x9f]*$"

Day = Annotated[date, Field(ge=date(1946, 11, 1), le=date(2101, 12, 31))]
Text40 = Annotated[str, Field(min_length=1, max_length=40, pattern=NO_CONTROLS)]
Text80 = Annotated[str, Field(min_length=1, max_length=80, pattern=NO_CONTROLS)]
Share = Annotated[float, Field(ge=0, le=1)]
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


class Team(Strict):
    id: Annotated[int, Field(ge=1, le=1_000_000)]
    abbreviation: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    city: Text40
    name: Text40
    conference: Literal["East", "West"]
    division: Literal["Atlantic", "Central", "Southeast", "Northwest", "Pacific", "Southwest"]
    latitude: Annotated[float, Field(ge=-90, le=90)]
    longitude: Annotated[float, Field(ge=-180, le=180)]


class Prediction(Strict):
    day: Day
    made_at: AwareDatetime
    game_id: Text40
    version: Text80
    stage: Literal["None", "Staging", "Production", "Archived"]
    prob_home: Share
    missing: Share


class Box(Strict):
    fg_pct: Share
    made: Annotated[int, Field(ge=0)]


class Probe(Strict):
    name: Annotated[str, Field(min_length=2, max_length=4)]
    count: Points
    share: Share | None = None
    on: bool
    day: date
    at: AwareDatetime
    team: Literal["BOS", "LAL"]
    box: list[Box]
    note: str | None = None


MODELS = {"games": Game, "teams": Team, "predictions": Prediction, "probe": Probe}

VALID = {
    "games": {
        "id": "0022200551", "date": "2023-01-05", "season": 2022, "phase": "regular", "neutral": False,
        "home": "DEN", "visitor": "LAC", "score": {"home": 122, "visitor": 91},
        "home_box": {"fga": 88, "fta": 21, "oreb": 10, "tov": 12},
        "visitor_box": {"fga": 86, "fta": 19, "oreb": 9, "tov": 14},
    },
    "teams": {
        "id": 2, "abbreviation": "BOS", "city": "Boston", "name": "Celtics",
        "conference": "East", "division": "Atlantic", "latitude": 42.366, "longitude": -71.062,
    },
    "predictions": {
        "day": "2023-01-05", "made_at": "2023-01-05T17:30:00Z", "game_id": "0022200551", "version": "win/3",
        "stage": "Production", "prob_home": 0.625, "missing": 0.0,
    },
    "probe": {
        "name": "bird", "count": 33, "share": 0.5, "on": True, "day": "2023-01-05", "at": "2023-01-05T17:30:00Z",
        "team": "BOS", "box": [{"fg_pct": 0.496, "made": 8}, {"fg_pct": 1, "made": 0}], "note": "n",
    },
}  # fmt: skip

# Values of every kind that JSON has, as texts.
KINDS = ["null", '"1"', "1", "-1", "1.0", "1.5", "true", "{}", "[]", "1e999", "18446744073709551616"]
FEW_KINDS = ["null", '"1"', "1.5", "true"]
BEYOND = ["9223372036854775807", "9223372036854775808", "-9223372036854775809", "-1e999", "NaN", "-0", "-0.0", "1e2", "0.0"]

# Spellings, parted by |.
DATES = """
2023-02-30|2023-1-5|2023-01-5|2023-01-05T00:00:00|2023-01-05T00:00:00Z|2023-01-05 00:00:00|2023-01-05T12:00:00Z
2024-02-29|2023-02-29|1900-02-29|2000-02-29|2023-04-31|2023-13-01|2023-00-10|2023-01-00|2023-01-32|0000-01-01
0001-01-01|9999-12-31|10000-01-01|20230105|2023/01/05|2023.01.05|05-01-2023|2023-01|2023|| 2023-01-05|2023-01-05 |+2023-01-05
-2023-01-05|2023-W01-4|2023-005|2O23-01-05|2023-01-05x|1672531200|1672531200000|-1|now|2023-01-0५|２０２３-01-05|2023‐01‐05
0|86400|+86400|-86400|86400.0|19999958400|20044800000|253402214400000|253402300800000|999999999999999
99999999999999999999|-62135596800000|-62135683200000|0000-13-01|0000-01-01x|2023-13-01x
"""

DATETIMES = """
2023-01-05T17:30:00Z|2023-01-05t17:30:00z|2023-01-05 17:30:00Z|2023-01-05_17:30:00Z|2023-01-05T17:30Z|2023-01-05T17Z
2023-01-05T17:30:00+02:00|2023-01-05T17:30:00+0200|2023-01-05T17:30:00+02|2023-01-05T17:30:00-05:30|2023-01-05T17:30+02:00
2023-01-05T17:30:00 Z|2023-01-05T17:30:00 +02:00|2023-01-05T17:30:00-00:00|2023-01-05T17:30:00+23:59|2023-01-05T17:30:00+24:00
2023-01-05T17:30:00+00:60|2023-01-05T17:30:00+2:00|2023-01-05T17:30:00+02:0|2023-01-05T17:30:00−02:00|2023-01-05T17:30:00+02:00:00
2023-01-05T17:30:00.5Z|2023-01-05T17:30:00.123456Z|2023-01-05T17:30:00.1234567Z|2023-01-05T17:30:00.123456789Z
2023-01-05T17:30:00.1234567891Z|2023-01-05T17:30:00,5Z|2023-01-05T17:30:00.Z|2023-01-05T17:30.5Z
2023-01-05T17:30:00|2023-01-05 17:30:00|2023-01-05T17:30|2023-01-05T17:30:00.5|2023-01-05|2023-01-05T|2023-01-05Z
2023-01-05T24:00:00Z|2023-01-05T23:59:60Z|2023-01-05T25:00:00Z|2023-01-05T17:60:00Z|2023-01-05T17:30:61Z|2023-01-05T7:30:00Z
2023-02-30T17:30:00Z|2023-13-05T17:30:00Z|2023-01-32T17:30:00Z|2023-1-5T17:30:00Z|0000-01-05T17:30:00Z|0001-01-01T00:00:00+02:00
9999-12-31T23:59:59-02:00|10000-01-05T17:30:00Z|20230105T173000Z|2023-01-05T173000Z|2023-01-05T17:3000Z|2023-01-05X17:30:00Z
2023-01-05T17:30:00ZZ|2023-01-05T17:30:00Zx|2023-01-05T17:30:00x| 2023-01-05T17:30:00Z|2023-01-05T17:30:00Z |2023-01-05  17:30:00Z
2023-01-05T17:30:00UTC|2023-01-05T17:30:00+02:00[Europe/Rome]|Thu, 05 Jan 2023 17:30:00 GMT|1672939800|1672939800.5
1672939800000|-1|now||x|2023-01-05T17:30:00+0a:00|2023-01-05T-1:30:00Z|2O23-01-05T17:30:00Z
0|+1|.5|5.|-1.5|1.9999999|1e5|20000000000|20000000001|253402300800000|99999999999999999999|-62135683200000
2023-01-05T17:30:00+|2023-01-05T17:30:00.9999999Z|2023-01-05T17:3a:00Z|2023-01-05T17:30:0Z|2023-01-05T17:30:
"""

TEXTS = ["a", "ab", "abcd", "abcde", "é", "e\u0301", "🏀", "🏀🏀", "🏀🏀🏀🏀", "🏀🏀🏀🏀🏀", "👩‍👩‍👧", "a\nb", "  "]
CONTROLS = ["\u0000", "\t", "\n", "\r\n", "\u001f", " ", "~", "\u007f", "\u0080", "\u009f", "\u00a0", "\u200b", "\ufeff"]

# Texts that are no JSON, and some that only look so.
SYNTAX = ["", "   ", "\n\n", "{", "[", "[1,", '{"', '{"name', '{"name"', '{"name":', '{"name":"ab', '{"name":"ab"']
SYNTAX += ['{"name":"ab",', '{"name":"ab",}', '{"box":[1,]}', '{"name" "ab"}', '{"name":"ab" "count":1}', '{name:"ab"}']
SYNTAX += ["{'name':'ab'}", '{"name":}', "{,}", "{1:2}", '{"name":"ab"}x', '{"name":"ab"} {}', '{"name":"ab"}}', "]", "}"]
SYNTAX += ["nul", "nulL", "None", "tru", "True", "fals", "undefined", "Nan", "NaN", "Infinity", "-Infinity", "Inf", "-"]
SYNTAX += ["+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1_000", "1a", "- 1", "// a\n{}", "/* a */ {}", "\ufeff{}"]
SYNTAX += ["\u00a0{}", '{"name":"a\nb"}', '{"name":"a\tb"}', '{"name":"a\u0000b"}', '{"name":"\u007f"}', '{"name":"\\x"}']
SYNTAX += ['{"name":"\\u12"}', '{"name":"\\u12G4"}', '{"name":"\\ud800"}', '{"name":"\\udc00"}', '{"name":"\\ud800\\u0041"}']
SYNTAX += ['{"name":"\\ud83c\\udfc0"}', '{"name":"\\', '{\n  "name": "ab",\n  "count": 01\n}', '{"é🏀":01}', '{"name":"ab"\r\n,x}']
SYNTAX += [" \t\r\n{} \n", "\f{}", '{"count":' + "9" * 4300 + "}", '{"count":' + "9" * 4301 + "}"]


def shown(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def put(contract, path, text):
    """The valid record's text, with `text` where `path` leads."""
    mark = "@@"
    record = copy.deepcopy(VALID[contract])
    inner = record
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = mark
    return shown(record).replace(shown(mark), text, 1)


def drop(contract, path):
    record = copy.deepcopy(VALID[contract])
    inner = record
    for step in path[:-1]:
        inner = inner[step]
    del inner[path[-1]]
    return shown(record)


def paths(value, start=()):
    """Where each field of the record lies, and each item of its lists."""
    for step in value if isinstance(value, dict) else range(len(value)):
        yield (*start, step)
        if isinstance(value[step], (dict, list)):
            yield from paths(value[step], (*start, step))


def field_cases():
    for contract, record in VALID.items():
        yield contract, shown(record)
        yield contract, json.dumps(record, indent=2)
        yield contract, shown(dict(reversed(record.items())))
        for path in paths(record):
            if 1 in path or path[:1] == ("visitor_box",) and path[1:]:
                continue
            yield contract, drop(contract, path)
            for text in KINDS if contract == "probe" else FEW_KINDS:
                yield contract, put(contract, path, text)


def bound_cases():
    whole = [("games", ("season",), 1946, 2100), ("games", ("score", "home"), 0, 300), ("games", ("score", "visitor"), 0, 300)]
    for name, most in (("fga", 250), ("fta", 150), ("oreb", 100), ("tov", 100)):
        whole += [("games", ("home_box", name), 0, most)]
    whole += [("teams", ("id",), 1, 1_000_000), ("probe", ("count",), 0, 300), ("probe", ("box", 0, "made"), 0, 2**63 - 1)]
    for contract, path, least, most in whole:
        for value in (least - 1, least, most, most + 1):
            yield contract, put(contract, path, str(value))
    real = [("teams", ("latitude",), 90), ("teams", ("longitude",), 180)]
    for contract, path, most in real:
        for value in (math.nextafter(-most, -math.inf), -most, most, math.nextafter(most, math.inf)):
            yield contract, put(contract, path, repr(value))
    for path in (("count",), ("share",), ("box", 0, "made")):
        for text in BEYOND:
            yield "probe", put("probe", path, text)
    for contract, path in (("predictions", ("prob_home",)), ("probe", ("share",))):
        for text in ("0", "-0", "-0.0", "-5e-324", "1", "1.0", "1e0", "1.0000000000000002", "1.00000000000000001", "2", "1e-400"):
            yield contract, put(contract, path, text)
    for contract, name in (("games", "date"), ("predictions", "day")):
        for text in ("1946-10-31", "1946-11-01", "2101-12-31", "2102-01-01", "0001-01-01", "9999-12-31", "2023-02-30"):
            yield contract, put(contract, (name,), shown(text))


def literal_cases():
    fields = [("games", "phase"), ("games", "home"), ("games", "visitor"), ("teams", "conference"), ("teams", "division")]
    for contract, name in [*fields, ("predictions", "stage"), ("probe", "team")]:
        for choice in MODELS[contract].model_fields[name].annotation.__args__[:3]:
            yield contract, put(contract, (name,), shown(choice))
        right = VALID[contract][name]
        for text in ("", right.lower(), f"{right} ", "other"):
            if text != right:
                yield contract, put(contract, (name,), shown(text))


def text_cases():
    for text in TEXTS:
        yield "probe", put("probe", ("name",), shown(text))
    for text in CONTROLS:
        yield "games", put("games", ("id",), shown(f"a{text}b"))
    for contract, name, most in (("games", "id", 40), ("predictions", "version", 80)):
        for text in ("", "\n", "a" * most, "a" * (most + 1), "🏀" * most, "🏀" * most + "a", "\t" * most, "\t" * (most + 1), "a\n"):
            yield contract, put(contract, (name,), shown(text))
    for text in ("BO", "BOSS", "bos", "BOS\n", "\nBOS", " BOS", "ÀBC", "ＢＯＳ", "B0S", ""):
        yield "teams", put("teams", ("abbreviation",), shown(text))


def spellings(block):
    return [text for line in block.strip("\n").split("\n") for text in line.split("|")]


def time_cases():
    for text in spellings(DATES):
        yield "probe", put("probe", ("day",), shown(text))
    for text in ("1672531200", "1672531200.0", "true", "-1", "1e3"):
        yield "probe", put("probe", ("day",), text)
        yield "probe", put("probe", ("at",), text)
    for text in spellings(DATETIMES):
        yield "probe", put("probe", ("at",), shown(text))
    for text in ("2023-01-05T17:30:00", "2023-01-05", "2023-01-05 17:30:00+02:00", "1672939800", "2023-02-30T17:30:00Z"):
        yield "predictions", put("predictions", ("made_at",), shown(text))


def extra_cases():
    for contract, record in VALID.items():
        yield contract, shown(record | {"extra": 1})
        yield contract, shown({"extra": None} | record)
        yield contract, shown({"z": 1, "a": [1, {"b": 2}]} | record | {"m": {"deep": True}, "b": ""})
    record = shown(VALID["games"])
    yield "games", record.replace('"home":122', '"home":122,"extra":1')
    yield "games", record.replace('"home":122', '"zz":[],"home":-1,"aa":{}')
    yield "games", record.replace('"fga":88', '"fga":88,"blk":4').replace('"fga":86', '"stl":1,"fga":86')
    record = shown(VALID["probe"])
    yield "probe", record.replace('"made":8', '"made":8,"x":1').replace('"made":0', '"y":2,"made":0,"x":3')
    for name in ("", "a.b", "é", "🏀", "0", "Name", "name ", "__class__", 'q"q', "\u0000", "model_config"):
        yield "probe", shown(VALID["probe"] | {name: 1})
    for depth in (10, 100, 197, 198, 199, 200, 201):
        yield "probe", put("probe", ("deep",), "[" * depth + "]" * depth)
        yield "probe", put("probe", ("deep",), '{"a":' * depth + "1" + "}" * depth)
    for contract, name in (("probe", "name"), ("probe", "box"), ("games", "score")):
        yield contract, put(contract, (name,), "[" * 150 + "]" * 150)


def twice_cases():
    record = shown(VALID["probe"])
    for first, second in (("-1", "1"), ("1", "-1"), ("-1", "-2"), ("1", "2"), ('"x"', "null")):
        yield "probe", put("probe", ("count",), f'{first},"count":{second}')
        yield "probe", record.replace('"count":33', f'"count":{first}')[:-1] + f',"count":{second}}}'
    yield "probe", record[:-1] + ',"z":1,"y":2,"z":3}'
    yield "probe", record[:-1] + ',"z":1,"z":1,"y":2,"z":1}'
    yield "probe", '{"z":1,' + record[1:-1] + ',"y":2,"z":3,"note":5}'
    yield "probe", record[:-1] + ',"note":1,"note":"n"}'
    yield "probe", record[:-1] + ',"note":"n","note":1}'
    yield "probe", record.replace('"name"', '"n\\u0061me"')
    yield "probe", record[:-1] + ',"n\\u0061me":"x"}'
    yield "probe", record.replace('"made":8', '"made":8,"made":-8')
    yield "probe", record.replace('"made":8', '"made":-8,"made":8')
    yield "games", put("games", ("score",), '{"home":1,"visitor":2},"score":null')
    yield "games", put("games", ("score",), '{"home":1,"visitor":-2},"score":{"home":-1}')


def several_cases():
    yield "games", '{"visitor":"XXX","home":"BOS","season":1900,"id":"","date":"1900-01-01","extra":1}'
    yield "games", put("games", ("score",), '{"home":-1,"visitor":301,"draw":true}').replace('"fga":88', '"fga":"88"')
    yield "games", shown(VALID["games"] | {"id": 5, "score": {"home": "a"}, "home_box": [], "visitor_box": {}, "x": 1})
    yield "games", shown({name: None for name in VALID["games"]})
    yield "games", shown({name: {} for name in VALID["games"]})
    yield "games", shown({"x": 1, "score": {"y": 2, "visitor": 999}, "home_box": {"tov": 101, "oreb": 101, "z": 3}})
    yield "games", shown({name: VALID["games"][name] for name in list(VALID["games"])[:7]})
    yield "games", shown(VALID["games"] | {"score": None, "home_box": None, "visitor_box": None})
    yield "teams", shown({name: [] for name in VALID["teams"]})
    yield "teams", shown({"id": 0, "abbreviation": "bos", "city": "", "name": "a\nb", "conference": "e", "latitude": 91})
    yield "predictions", shown({"day": "1900-01-01", "made_at": "x", "game_id": "", "version": "", "prob_home": 2, "a": 1})
    yield "predictions", shown({name: False for name in VALID["predictions"]})
    yield "probe", put("probe", ("box",), "[]")
    yield "probe", put("probe", ("box",), '[{},{"fg_pct":2,"made":-1},null,3,"x",[],{"fg_pct":0.5,"made":1,"made_up":1}]')
    yield "probe", put("probe", ("box",), "[[]]")
    yield "probe", shown({"made": 1, "box": [{"made": 1, "a": 1}, {"fg_pct": "x", "a": {}}], "a": [], "share": 2, "note": 3})
    yield "probe", shown({"note": 1, "box": {}, "team": "", "at": "", "day": "", "on": 0, "share": "", "count": "", "name": ""})
    for count in (9, 11):
        yield "probe", put("probe", ("box",), "[" + ",".join(['{"fg_pct":0,"made":1.5}'] * count) + "]")


def root_cases():
    for contract in VALID:
        for text in ("{}", "[]", "null", "3", '"x"'):
            yield contract, text
    for text in ("true", "1.5", "[{}]", '""', "1e999", '"{}"', shown([VALID["probe"]]), "[" * 201 + "]" * 201):
        yield "probe", text
    for text in SYNTAX:
        yield "probe", text


def plain(value):
    """The value as JSON can say it."""
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "Infinity", -math.inf: "-Infinity"}.get(value, "NaN")
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if value is None or isinstance(value, (str, int, float)):
        return value
    return value.isoformat() if isinstance(value, date) else str(value)


def errors(contract, text):
    try:
        MODELS[contract].model_validate_json(text)
    except ValidationError as failure:
        return plain(failure.errors(include_url=False))
    return []


def cases():
    parts = (field_cases, bound_cases, literal_cases, text_cases, time_cases, extra_cases, twice_cases, several_cases)
    seen = dict.fromkeys(case for part in (*parts, root_cases) for case in part())
    for contract, text in seen:
        yield {"contract": contract, "json": text, "errors": errors(contract, text)}


def instants():
    """What the accepted spellings of a time mean."""
    adapter = TypeAdapter(AwareDatetime, config=ConfigDict(strict=True))
    for text in spellings(DATETIMES):
        try:
            at = adapter.validate_json(shown(text))
            yield [text, at.astimezone(timezone.utc).isoformat()]
        except (ValidationError, OverflowError):
            pass


def main():
    sys.set_int_max_str_digits(0)
    versions = f"pydantic {pydantic.VERSION}, pydantic-core {pydantic_core.__version__}, Python {platform.python_version()}"
    document = {
        "tool": versions,
        "command": "python tests/reference/contracts_pydantic.py > tests/golden/contracts_pydantic.json",
        "instants_fields": "accepted spelling, the instant in UTC to the microsecond",
        "instants": list(instants()),
        "cases_fields": "contract, JSON text, errors: type, loc, msg, input, ctx",
        "cases": list(cases()),
    }
    lines = []
    for key, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join(json.dumps(row, separators=(",", ":")) for row in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
