"""The reference's contender of `cargo xtask bench`: scikit-learn fits the frame that `linelogic bench --frame-out` wrote.

    linelogic bench --source SPEC --frame-out frame.csv
    python tests/reference/bench_sklearn.py frame.csv

The objective, the weights and the tolerance are those of LineLogic's own fit, and one thread does the work. Only `fit` is
timed, on features that were standardised before. Prints one line of JSON a solver.
"""

import os

os.environ.update(dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"))

import csv
import json
import platform
import statistics
import sys
import time
import warnings

import numpy as np
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.preprocessing import StandardScaler

RUNS = 31
VERSIONS = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"


def frame(path):
    with open(path, newline="") as file:
        rows = csv.reader(file)
        names = next(rows)
        values = np.array([[float(field or "nan") for field in row] for row in rows])
    if names[-3:] != ["weight", "label", "strength"]:
        sys.exit(f"{path}: expected the last columns weight, label and strength, found {names[-3:]}")
    weight, y, strength = values[:, -3:].T
    # StandardScaler passes over what is missing; the mean, 0, stands for it after.
    x = np.nan_to_num(StandardScaler().fit_transform(values[:, :-3]))
    return x, y, weight, strength[0]


def measure(solver, x, y, weight, c):
    model = LogisticRegression(solver=solver, C=c, tol=1e-10, max_iter=1000)
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        model.fit(x, y, sample_weight=weight)
        times.append(1000 * (time.perf_counter() - start))
    return {
        "name": f"scikit-learn, {solver}",
        "rows": x.shape[0],
        "columns": x.shape[1],
        # The first one warmed up.
        "milliseconds": statistics.median(times[1:]),
        "runs": RUNS,
        "log_loss": log_loss(y, model.predict_proba(x)[:, 1]),
        "versions": VERSIONS,
    }


def main():
    # lbfgs says that it cannot get below the tolerance: it has then got as near as it can.
    warnings.filterwarnings("ignore", category=UserWarning, module="sklearn")
    examples = frame(sys.argv[1])
    for solver in ("newton-cholesky", "lbfgs"):
        print(json.dumps(measure(solver, *examples)))


if __name__ == "__main__":
    main()
