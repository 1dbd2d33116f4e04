"""Writes tests/golden/comparison_scipy.json: paired losses by scipy, and the parts of the Brier score by their definition.

    python3 -m venv venv && venv/bin/pip install numpy scipy
    venv/bin/python tests/reference/comparison_scipy.py

The mean difference and its standard error are those of scipy's paired t-test; the interval and the p-value take the normal
distribution, as Diebold and Mariano do. The parts of the Brier score follow Stephenson, Coelho and Jolliffe (2008): sums over
ten bins of equal width, computed here in exact fractions.
"""

import json
import pathlib
import platform
from fractions import Fraction

import numpy as np
import scipy
from scipy import stats

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TOOLS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "command": "python tests/reference/comparison_scipy.py",
}


def paired(first, second):
    first, second = np.asarray(first, float), np.asarray(second, float)
    found = stats.ttest_rel(first, second)
    mean = float(np.mean(first - second))
    error = float(stats.sem(first - second))
    low, high = stats.norm.interval(0.95, loc=mean, scale=error) if error > 0 else (mean, mean)
    spread = error > 0
    return {
        "first": first.tolist(),
        "second": second.tolist(),
        "mean": mean,
        "standard_error": error,
        "low": float(low),
        "high": float(high),
        "statistic": float(found.statistic) if spread else None,
        "p_value": float(2 * stats.norm.sf(abs(found.statistic))) if spread else None,
    }


def parts(y, p, bins=10):
    at = [min(int(value * bins), bins - 1) for value in p]
    y, p = [Fraction(value) for value in y], [Fraction(value) for value in p]
    n, base = len(y), sum(y) / len(y)
    reliability = resolution = within = Fraction(0)
    for b in range(bins):
        rows = [i for i in range(n) if at[i] == b]
        if not rows:
            continue
        mean_p, mean_y = sum(p[i] for i in rows) / len(rows), sum(y[i] for i in rows) / len(rows)
        reliability += len(rows) * (mean_p - mean_y) ** 2
        resolution += len(rows) * (mean_y - base) ** 2
        within += sum(2 * (y[i] - mean_y) * (p[i] - mean_p) - (p[i] - mean_p) ** 2 for i in rows)
    return {
        "y": [float(value) for value in y],
        "p": [float(value) for value in p],
        "brier": float(sum((a - b) ** 2 for a, b in zip(p, y)) / n),
        "reliability": float(reliability / n),
        "resolution": float((resolution + within) / n),
        "uncertainty": float(base * (1 - base)),
    }


rng = np.random.default_rng(7)
pairs = []
for n in (2, 3, 20, 400):
    truth = rng.uniform(size=n)
    pairs.append(paired(truth + rng.normal(0, 0.1, n), truth))
pairs.append(paired([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]))
pairs.append(paired([5.0, 5.0, 5.5, 5.0], [0.0, 0.0, 0.0, 0.25]))
brier = []
for n in (2, 10, 300):
    p = rng.uniform(size=n)
    brier.append(parts((rng.uniform(size=n) < p).astype(float), p))
p = np.round(rng.uniform(size=200), 1)
brier.append(parts((rng.uniform(size=200) < p).astype(float), p))
brier.append(parts([1.0, 1.0, 1.0], [0.2, 0.7, 0.9]))
brier.append(parts([0.0, 1.0, 1.0, 0.0], [1.0, 0.0, 1.0, 0.0]))
body = {"tools": TOOLS, "paired": pairs, "brier": brier}
(GOLDEN / "comparison_scipy.json").write_text(json.dumps(body, separators=(",", ":")) + "\n")
