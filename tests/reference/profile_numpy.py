"""Golden values of the column profile, from numpy.

    python -m venv V && V/bin/pip install numpy==2.4.6
    V/bin/python tests/reference/profile_numpy.py > tests/golden/profile_numpy.json

Each case is a list of numbers with what numpy says of it: mean, sample standard deviation (ddof=1), quantiles (the
default method, linear) at 0, 5, 25, 50, 75, 95 and 100 per cent, and the histogram of 20 bins.
"""

import json
import random

import numpy

SHARES = [0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0]
BINS = 20


def case(numbers):
    values = numpy.array(numbers, dtype=float)
    counts, edges = numpy.histogram(values, bins=BINS)
    return {
        "numbers": [float(number) for number in numbers],
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)) if len(numbers) > 1 else None,
        "quantiles": [float(quantile) for quantile in numpy.quantile(values, SHARES)],
        "edges": [float(edge) for edge in edges],
        "counts": [int(count) for count in counts],
        "distinct": len(set(numbers)),
    }


def main():
    rng = random.Random(20260101)
    lists = [
        [7],
        [0.0],
        [1, 2],
        [5, 5, 5],
        [-3, 0, 3],
        list(range(21)),
        list(range(1, 102)),
        [0.1 * step for step in range(64)],
        [step / 20 for step in range(41)],
        [1e-300, 2e-300, 3e-300],
        [-1e12, 0.5, 1e12],
        [1_000_000_000 + step for step in range(10)],
    ]
    # Whole numbers like scores, fractions, skewed ones, and such as lie exactly on edges.
    for size in (3, 10, 37, 100, 250):
        lists.append([rng.randint(80, 140) for _ in range(size)])
        lists.append([rng.random() for _ in range(size)])
        lists.append([round(rng.expovariate(0.1), 3) for _ in range(size)])
        lists.append([rng.gauss(-50.0, 13.0) for _ in range(size)])
        lists.append([rng.randrange(0, 21) / 10 for _ in range(size)])
    golden = {
        "tool": f"numpy {numpy.__version__}",
        "command": "python tests/reference/profile_numpy.py",
        "cases": [case(numbers) for numbers in lists],
    }
    print(json.dumps(golden, separators=(",", ":")))


if __name__ == "__main__":
    main()
