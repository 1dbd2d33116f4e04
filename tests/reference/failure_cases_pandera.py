"""Golden failure cases of a table, from Pandera's lazy validation.

    python -m venv V && V/bin/pip install pandera==0.35.0 pandas==3.1.1
    V/bin/python tests/reference/failure_cases_pandera.py > tests/golden/failure_cases_pandera.json

Each case is a frame as CSV text, the types it is read with where they are not those of the schema, and the rows of
`failure_cases` in Pandera's own order. An empty field is null, and so is what Pandera calls NaN, NA or None.

Cases under `coerced` are frames of texts, whose columns the schema coerces to its types: that is how a CSV file is read.
Their texts are checked for their length and form, too.
"""

import io
import json
import platform
import sys

import pandas
import pandera
from pandera.errors import SchemaErrors
from pandera.pandas import Check, Column, DataFrameSchema

FIELDS = ["schema_context", "column", "check", "check_number", "failure_case", "index"]

SCHEMA = DataFrameSchema(
    {
        "game_id": Column(str, unique=True),
        "date": Column(str),
        "season": Column(int, Check.in_range(1946, 2100)),
        "phase": Column(str, Check.isin(["regular", "playin", "playoff", "cup_final"])),
        "home": Column(str, Check.isin(["BOS", "DEN", "LAL"])),
        "home_score": Column("Int64", Check.in_range(0, 300), nullable=True),
    },
    strict=True,
)

COERCED = DataFrameSchema(
    {
        "game_id": Column(str, [Check.str_length(1, 4), Check.str_matches("^[A-Z]{3}$")]),
        "season": Column(int, Check.in_range(1946, 2100), coerce=True),
        "home_score": Column("Int64", Check.in_range(0, 300), nullable=True, coerce=True),
        "share": Column(float, Check.ge(0.0), coerce=True),
    },
    strict=True,
)

TYPES = {"game_id": "str", "date": "str", "season": "int64", "phase": "str", "home": "str", "home_score": "Int64"}

HEADER = "game_id,date,season,phase,home,home_score"

CLEAN = ["g1,2023-01-05,2022,regular,DEN,122", "g2,2023-01-06,2022,playin,BOS,0", "g3,2023-01-07,2022,playoff,LAL,"]

# Name, header, rows, and types that are not those of the schema.
CASES = [
    ("clean", HEADER, CLEAN, {}),
    ("no rows", HEADER, [], {}),
    ("bounds are inside", HEADER, ["g1,2023-01-05,1946,regular,DEN,0", "g2,2023-01-05,2100,cup_final,DEN,300"], {}),
    (
        "out of range in two rows",
        HEADER,
        ["g1,2023-01-05,2022,regular,DEN,301", *CLEAN[1:], "g4,2023-01-05,2022,regular,DEN,-1"],
        {},
    ),
    ("out of range in another column", HEADER, [*CLEAN, "g4,2023-01-05,1945,regular,DEN,1"], {}),
    ("not one of the values", HEADER, [*CLEAN, "g4,2023-01-05,2022,Regular,DEN,1", "g5,2023-01-05,2022,final,XXX,1"], {}),
    ("null where none may be", HEADER, [*CLEAN, "g4,,2022,regular,DEN,1", ",2023-01-05,2022,regular,DEN,1"], {}),
    ("null among checked values", HEADER, [*CLEAN, "g4,2023-01-05,2022,,DEN,1", "g5,2023-01-05,2022,regular,,1"], {}),
    ("null in a column of integers", HEADER, [*CLEAN, "g4,2023-01-05,,regular,DEN,1"], {"season": "float64"}),
    (
        "three members of one group of duplicates",
        HEADER,
        ["g1,2023-01-05,2022,regular,DEN,1", *CLEAN, "g1,2023-01-09,2022,regular,DEN,2"],
        {},
    ),
    ("two groups of duplicates", HEADER, [*CLEAN[:2], *reversed(CLEAN[:2]), CLEAN[2]], {}),
    ("duplicate of a row that fails", HEADER, [*CLEAN, "g1,2023-01-05,1900,regular,DEN,1"], {}),
    ("two nulls in a unique column", HEADER, [*CLEAN, *[",2023-01-05,2022,regular,DEN,1"] * 2], {}),
    ("unknown column", f"{HEADER},arena", [f"{row},x" for row in CLEAN], {"arena": "str"}),
    (
        "two unknown columns",
        f"zone,{HEADER},arena",
        [f"z,{row},x" for row in CLEAN],
        {"zone": "str", "arena": "str"},
    ),
    ("missing column", HEADER.removesuffix(",home_score"), [row.rpartition(",")[0] for row in CLEAN], {}),
    ("order of the columns is free", "season,game_id,home_score,home,phase,date", ["2022,g1,1,DEN,regular,2023-01-05"], {}),
    ("wrong dtype: text for integers", HEADER, CLEAN, {"season": "str"}),
    ("wrong dtype: fractions for integers", HEADER, CLEAN, {"season": "float64"}),
    ("wrong dtype: fractions for nullable integers", HEADER, CLEAN, {"home_score": "float64"}),
    ("wrong dtype: integers for text", HEADER, ["1,2023-01-05,2022,regular,DEN,1"], {"game_id": "int64"}),
    ("wrong dtype and out of range", HEADER, [*CLEAN, "g4,2023-01-05,1900,regular,DEN,1"], {"season": "float64"}),
    (
        "several at once",
        "game_id,date,season,phase,home_score,arena",
        ["g1,,1900,regular,301,x", "g1,2023-01-05,2022,final,,x", "g1,2023-01-05,2101,,-1,x", "g2,2023-01-05,2022,playin,1.5,x"],
        {"home_score": "float64", "arena": "str"},
    ),
    (
        "several at once, types right",
        HEADER,
        ["g2,,1900,regular,XXX,301", "g1,2023-01-05,2022,final,DEN,", "g1,2023-01-05,2101,,,-1", "g2,2023-01-05,2022,x,DEN,1"],
        {},
    ),
]

COERCED_HEADER = "game_id,season,home_score,share"

COERCED_CASES = [
    ("clean", ["ABC,2022,1,0.5", "ABC,2022,,0", "XYZ,2100,300,1e3"]),
    ("no whole number", ["ABC,2022,1,0.5", "ABC,abc,,0", "XYZ,20 22,300,1"]),
    ("fractions for whole numbers", ["ABC,2022,1,0.5", "ABC,2022.5,,0"]),
    ("no number", ["ABC,2022,1,q", "ABC,2022,,0", "XYZ,2022,300,1;5"]),
    ("several columns", ["ABC,x,1,0.5", "ABC,2022,y,0", "XYZ,2022,300,z"]),
    ("beyond a bound", ["ABC,1900,1,-0.5", "ABC,2022,301,0"]),
    ("too long, and not the form", ["abcde,2022,1,0.5", "ABC,2022,,0", "abc,2022,300,1"]),
]


def read(text, types):
    names = text.split("\n", 1)[0].split(",")
    types = {name: kind for name, kind in (TYPES | types).items() if name in names}
    return pandas.read_csv(io.StringIO(text), dtype=types, keep_default_na=False, na_values=[""])


def plain(value):
    if value is None or pandas.isna(value):
        return None
    return value.item() if hasattr(value, "item") else value


def failures(frame, schema=SCHEMA):
    try:
        schema.validate(frame, lazy=True)
    except SchemaErrors as errors:
        rows = errors.failure_cases[FIELDS].itertuples(index=False)
        return [[plain(value) for value in row] for row in rows], dict(errors.error_counts)
    return [], {}


def cases():
    for name, header, rows, types in CASES:
        text = "\n".join([header, *rows]) + "\n"
        found, counts = failures(read(text, types))
        yield {"name": name, "csv": text, "types": types, "failure_cases": found, "error_counts": counts}


def coerced():
    for name, rows in COERCED_CASES:
        text = "\n".join([COERCED_HEADER, *rows]) + "\n"
        frame = pandas.read_csv(io.StringIO(text), dtype="str", keep_default_na=False, na_values=[""])
        found, counts = failures(frame, COERCED)
        yield {"name": name, "csv": text, "failure_cases": found, "error_counts": counts}


def main():
    versions = f"pandera {pandera.__version__}, pandas {pandas.__version__}, Python {platform.python_version()}"
    document = {
        "tool": versions,
        "command": "python tests/reference/failure_cases_pandera.py > tests/golden/failure_cases_pandera.json",
        "types": TYPES,
        "failure_case_fields": FIELDS,
        "cases": list(cases()),
        "coerced": list(coerced()),
    }
    lines = []
    for key, value in document.items():
        if key in ("cases", "coerced"):
            rows = ",\n".join(json.dumps(row) for row in value)
            lines.append(f"{json.dumps(key)}: [\n{rows}\n]")
        else:
            lines.append(f"{json.dumps(key)}: {json.dumps(value)}")
    sys.stdout.write("{\n" + ",\n".join(lines) + "\n}\n")


main()
