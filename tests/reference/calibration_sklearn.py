"""Writes tests/golden/calibration_sklearn.json and tests/golden/curves_sklearn.json.

Calibrations of the references, scikit-learn and betacal, permutation importances and ROC curves of scikit-learn, and correlations of
numpy, on made-up examples that are written beside them.

    python3 -m venv venv && venv/bin/pip install numpy scipy scikit-learn betacal
    venv/bin/python tests/reference/calibration_sklearn.py
"""

import functools
import importlib.metadata
import json
import pathlib
import platform
import warnings

import betacal.beta_calibration
import numpy as np
import scipy
import sklearn
from scipy.special import expit, xlogy
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import _SigmoidCalibration
from sklearn.inspection import permutation_importance
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss, log_loss, roc_curve

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TOOLS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "betacal": importlib.metadata.version("betacal"),
    "command": "python tests/reference/calibration_sklearn.py",
}
EPS = np.finfo(float).eps
GRID = np.array([0, 1e-12, 0.001, 0.05, 0.1, 0.25, 1 / 3, 0.5, 0.55, 0.618, 0.75, 0.9, 0.975, 0.9999, 1])


def forecasts():
    """Name, forecasts, labels, weights."""
    rng = np.random.default_rng(11)

    def drawn(n, slope, shift, digits, spread=0.9):
        logit = rng.normal(scale=spread, size=n)
        p = np.round(expit(logit), digits)
        y = (rng.uniform(size=n) < expit(slope * logit + shift)).astype(float)
        y[:2] = [0, 1]
        return p, y

    half = lambda n: 0.5 ** (rng.integers(0, 5, size=n) / 4)
    yield "too sure", *drawn(200, 0.6, 0.1, 6), None
    yield "not sure enough", *drawn(200, 1.8, -0.2, 6), None
    p, y = drawn(200, 0.8, 0.3, 6)
    yield "by age", p, y, half(200)
    p, y = drawn(150, 1.0, 0.0, 1)
    yield "many ties", p, y, None
    yield "many ties by age", p, y, half(150)
    p, y = drawn(120, 1.0, 0.2, 2)
    yield "some without weight", p, y, rng.integers(0, 3, size=120).astype(float)
    p, y = drawn(120, 0.7, 0.0, 4, 3.0)
    p[:6] = [0, 1, 1, 0, 1, 0]
    yield "certain ones", p, y, None
    yield "few", *drawn(12, 1.0, 0.0, 3), None
    p, y = drawn(100, 1.0, 1.2, 4)
    yield "nearly always", p, (rng.uniform(size=100) < 0.93).astype(float), None
    yield "turned round", p, (rng.uniform(size=100) < 1 - p).astype(float), None
    p = np.round(rng.uniform(0.02, 0.5, size=150), 4)
    yield "bent up", p, (rng.uniform(size=150) < np.sqrt(p) * 0.4 + 0.3 * p).astype(float), None
    p = np.round(rng.uniform(0.5, 0.98, size=150), 4)
    yield "bent down", p, (rng.uniform(size=150) < 0.55 + 0.45 * (2 * p - 1) ** 6).astype(float), half(150)


def loss(q, target, weights):
    """Summed log loss of probabilities that are not 0 or 1."""
    w = np.ones(len(q)) if weights is None else weights
    return float(-np.sum(w * (xlogy(target, q) + xlogy(1 - target, 1 - q))))


def platt(p, y, weights):
    """scikit-learn as it is, and the minimum of its objective."""
    inside = np.clip(p, EPS, 1 - EPS)
    grid = np.clip(GRID, EPS, 1 - EPS)
    logit = lambda p: np.log(p) - np.log1p(-p)
    fitted = _SigmoidCalibration().fit(logit(inside), y, weights)
    w = np.ones(len(y)) if weights is None else weights
    one, zero = w[y == 1].sum(), w[y == 0].sum()
    target = np.where(y == 1, (one + 1) / (one + 2), 1 / (zero + 2))
    # Its L-BFGS stops where the sum of the gradient is 1e-6: a few of Newton's steps from there reach the minimum.
    x = np.column_stack([logit(inside), np.ones(len(y))])
    exact = -np.array([fitted.a_, fitted.b_])
    for _ in range(20):
        q = expit(x @ exact)
        exact -= np.linalg.solve((x.T * (w * q * (1 - q))) @ x, x.T @ (w * (q - target)))
    return {
        "shipped": {
            "slope": -float(fitted.a_),
            "intercept": -float(fitted.b_),
            "objective": loss(fitted.predict(logit(inside)), target, weights),
            "grid": fitted.predict(logit(grid)).tolist(),
        },
        "converged": {
            "slope": float(exact[0]),
            "intercept": float(exact[1]),
            "objective": loss(expit(x @ exact), target, weights),
            "grid": expit(exact[0] * logit(grid) + exact[1]).tolist(),
        },
    }


def isotonic(p, y, weights):
    fitted = IsotonicRegression(out_of_bounds="clip").fit(p, y, weights)
    return {
        "x": fitted.X_thresholds_.tolist(),
        "y": fitted.y_thresholds_.tolist(),
        "grid": fitted.predict(GRID).tolist(),
    }


def beta(p, y, weights):
    """betacal as it is, whose optimiser stops early, and with an optimiser that goes to the minimum of the same objective."""
    module = betacal.beta_calibration
    found = {}
    to_the_end = functools.partial(LogisticRegression, solver="newton-cholesky", tol=1e-14, max_iter=1000)
    for name, estimator in [("shipped", LogisticRegression), ("converged", to_the_end)]:
        module.LogisticRegression = estimator
        fitted = module._BetaCal().fit(p, y, weights)
        a, b, _ = fitted.map_
        found[name] = {
            "a": float(a),
            "b": float(b),
            "c": float(fitted.lr_.intercept_[0]),
            "objective": loss(fitted.predict(p), y, weights),
            "grid": fitted.predict(GRID).tolist(),
        }
    return found


def calibrations():
    cases = []
    for name, p, y, weights in forecasts():
        fits = {"platt": platt(p, y, weights), "isotonic": isotonic(p, y, weights), "beta": beta(p, y, weights)}
        body = {"name": name, "p": p.tolist(), "y": y.astype(int).tolist()}
        cases.append({**body, "weights": None if weights is None else weights.tolist(), **fits})
    # Isotonic alone: probabilities a hair apart, and levels that come out equal.
    for name, p, y, weights in [
        ("a hair apart", [0.2, 0.2 + 5e-16, 0.2 + 2e-15, 0.5, 0.5, 0.7], [0, 1, 0, 1, 0, 1], None),
        ("equal levels", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8], [1, 0, 1, 0, 0, 1, 1, 0], None),
        ("thirds", [0.1, 0.1, 0.1, 0.2, 0.2, 0.2, 0.3, 0.3, 0.3], [0, 1, 0, 0, 0, 1, 1, 0, 0], [0.1, 0.2, 0.3] * 3),
        ("only falling", [0.1, 0.4, 0.6, 0.9], [1, 1, 0, 0], [1, 2, 3, 4]),
        ("one point", [0.4, 0.4, 0.4], [1, 0, 1], None),
    ]:
        p, y = np.array(p, float), np.array(y, float)
        w = None if weights is None else np.array(weights, float)
        cases.append({"name": name, "p": p.tolist(), "y": y.astype(int).tolist(), "weights": weights, "isotonic": isotonic(p, y, w)})
    return cases


class Given(ClassifierMixin, BaseEstimator):
    """A logistic regression whose coefficients are given."""

    def __init__(self, coefficients, intercept):
        self.coefficients, self.intercept = coefficients, intercept
        self.classes_ = np.array([0, 1])

    def fit(self, x, y):
        return self

    def predict_proba(self, x):
        p = expit(x @ np.array(self.coefficients) + self.intercept)
        return np.column_stack([1 - p, p])


def importance():
    rng = np.random.default_rng(12)
    coefficients, intercept = [0.9, -0.6, 0.35, 0.15, 0.0], 0.2
    x = np.round(rng.normal(size=(300, 5)), 4)
    y = (rng.uniform(size=300) < expit(x @ np.array(coefficients) + intercept)).astype(int)
    found = permutation_importance(
        Given(coefficients, intercept), x, y, scoring="neg_log_loss", n_repeats=50, random_state=0
    )
    body = {"coefficients": coefficients, "intercept": intercept, "x": x.tolist(), "y": y.tolist(), "repeats": 50}
    return {**body, "mean": found.importances_mean.tolist(), "sd": found.importances_std.tolist()}


def roc(name, y, p):
    y, p = np.asarray(y, float), np.asarray(p, float)
    fpr, tpr, thresholds = roc_curve(y, p, drop_intermediate=True)
    base = np.full(len(y), y.mean())
    at = np.minimum((p * 20).astype(int), 19)
    return {
        "name": name,
        "y": y.astype(int).tolist(),
        "p": p.tolist(),
        "fpr": fpr.tolist(),
        "tpr": tpr.tolist(),
        "thresholds": thresholds[1:].tolist(),
        "brier_skill": 1 - brier_score_loss(y, p) / brier_score_loss(y, base),
        "log_loss_skill": 1 - log_loss(y, p) / log_loss(y, base),
        "histograms": [np.bincount(at[y == label], minlength=20).tolist() for label in (0, 1)],
    }


def curves():
    rng = np.random.default_rng(13)
    cases = []
    for n in (2, 9, 150):
        p = np.round(rng.uniform(size=n), 5)
        y = (rng.uniform(size=n) < p).astype(float)
        y[:2] = [0, 1]
        cases.append(roc(f"random {n}", y, p))
    p = np.round(rng.uniform(size=150), 1)
    cases.append(roc("many ties", (rng.uniform(size=150) < p).astype(float), p))
    cases.append(roc("all one half", [0, 1, 1], [0.5, 0.5, 0.5]))
    cases.append(roc("certain", [0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0]))
    cases.append(roc("straight run", [1, 0, 1, 0, 1, 0, 1, 0], [0.9, 0.9, 0.7, 0.7, 0.5, 0.5, 0.3, 0.3]))
    return cases


def correlation(name, a, b):
    a, b = np.asarray(a, float), np.asarray(b, float)
    there = ~(np.isnan(a) | np.isnan(b))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        r = np.corrcoef(a[there], b[there])[0, 1]
    null = lambda values: [None if np.isnan(one) else one for one in values.tolist()]
    return {"name": name, "a": null(a), "b": null(b), "r": None if np.isnan(r) else float(r)}


def correlations():
    rng = np.random.default_rng(14)
    a, noise = np.round(rng.normal(size=(2, 60)), 5)
    missing = np.where(rng.uniform(size=60) < 0.2, np.nan, a + noise)
    return [
        correlation("related", a, a + noise),
        correlation("unrelated", a, noise),
        correlation("opposite and far from zero", a, 1e6 - 3 * a + 0.1 * noise),
        correlation("missing", a, missing),
        correlation("missing in both", np.where(rng.uniform(size=60) < 0.2, np.nan, a), missing),
        correlation("a line", a, 2 * a + 1),
        correlation("constant", a, np.full(60, 0.5)),
        correlation("two", [1, 2], [5, 3]),
    ]


def write(name, body):
    (GOLDEN / name).write_text(json.dumps({"tools": TOOLS, **body}, indent=None, separators=(",", ":")) + "\n")


write("calibration_sklearn.json", {"grid": GRID.tolist(), "cases": calibrations(), "importance": importance()})
write("curves_sklearn.json", {"roc": curves(), "pearson": correlations()})
