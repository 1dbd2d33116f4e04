"""The reference's contender of `cargo xtask bench`: scikit-learn's GridSearchCV over the frame of `linelogic bench --search`.

    linelogic bench --source SPEC --search 2 --frame-out folds.csv
    python tests/reference/bench_search_sklearn.py folds.csv

The same strengths on the same five folds, by two processes. Features are standardised within each fold, as a search must.
Only `fit` is timed. Prints one line of JSON a solver.
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
from sklearn.model_selection import GridSearchCV, PredefinedSplit
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

RUNS = 5
VERSIONS = f"Python {platform.python_version()}, scikit-learn {sklearn.__version__}, numpy {np.__version__}"


def frame(path):
    with open(path, newline="") as file:
        strengths = [float(c) for c in file.readline().lstrip("# ").split()]
        rows = csv.reader(file)
        names = next(rows)
        values = np.array([[float(field or "nan") for field in row] for row in rows])
    if names[-2:] != ["fold", "label"]:
        sys.exit(f"{path}: expected the last columns fold and label, found {names[-2:]}")
    return values[:, :-2], values[:, -2].astype(int), values[:, -1], strengths


def measure(name, x, fold, y, strengths, **settings):
    # StandardScaler passes over what is missing; the mean, 0, stands for it after.
    steps = make_pipeline(StandardScaler(), FunctionTransformer(np.nan_to_num), LogisticRegression(**settings))
    grid = {"logisticregression__C": strengths}
    search = GridSearchCV(steps, grid, cv=PredefinedSplit(fold), scoring="neg_log_loss", n_jobs=2, refit=False)
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        search.fit(x, y)
        times.append(1000 * (time.perf_counter() - start))
    folds = sorted(set(fold))
    sizes = np.array([(fold == at).sum() for at in folds])
    scores = np.array([search.cv_results_[f"split{at}_test_score"] for at in range(len(folds))])
    return {
        "name": f"GridSearchCV, 2 processes, {name}",
        "rows": x.shape[0],
        "columns": x.shape[1],
        # The first one warmed up.
        "milliseconds": statistics.median(times[1:]),
        "runs": RUNS,
        # Pooled over the folds, as LineLogic scores.
        "log_loss": float(min(-(sizes @ scores) / sizes.sum())),
        "settings": len(strengths),
        "folds": len(folds),
        "versions": VERSIONS,
    }


def main():
    warnings.simplefilter("ignore")
    x, fold, y, strengths = frame(sys.argv[1])
    exact = {"tol": 1e-10, "max_iter": 1000}
    for name, settings in [
        ("lbfgs", {"solver": "lbfgs", **exact}),
        ("newton-cholesky", {"solver": "newton-cholesky", **exact}),
        ("lbfgs as it comes, tol 1e-4", {"solver": "lbfgs"}),
    ]:
        print(json.dumps(measure(name, x, fold, y, strengths, **settings)), flush=True)


if __name__ == "__main__":
    main()
