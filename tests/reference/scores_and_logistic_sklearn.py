"""Writes tests/golden/scores_sklearn.json and tests/golden/logistic_sklearn.json.

Scores and fits of the reference, scikit-learn, on made-up examples that are written beside them.

    python3 -m venv venv && venv/bin/pip install numpy scipy scikit-learn
    venv/bin/python tests/reference/scores_and_logistic_sklearn.py
"""

import json
import pathlib
import platform

import numpy as np
import scipy
import sklearn
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, brier_score_loss, log_loss, roc_auc_score
from sklearn.preprocessing import StandardScaler

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TOOLS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scipy": scipy.__version__,
    "scikit-learn": sklearn.__version__,
    "command": "python tests/reference/scores_and_logistic_sklearn.py",
}


def ece(y, p, bins=10):
    """Expected calibration error by its definition; scikit-learn has none."""
    at = np.minimum((p * bins).astype(int), bins - 1)
    return sum(abs(p[at == b].mean() - y[at == b].mean()) * (at == b).sum() for b in range(bins) if (at == b).any()) / len(y)


def scored(name, y, p):
    y, p = np.asarray(y, float), np.asarray(p, float)
    return {
        "name": name,
        "y": y.tolist(),
        "p": p.tolist(),
        "log_loss": log_loss(y, p, labels=[0, 1]),
        "brier": brier_score_loss(y, p),
        "accuracy": accuracy_score(y, p > 0.5),
        "auc": roc_auc_score(y, p) if len(set(y)) == 2 else None,
        "ece": ece(y, p),
    }


def scores():
    rng = np.random.default_rng(1)
    cases = []
    for n in (2, 3, 10, 200):
        p = rng.uniform(size=n)
        y = (rng.uniform(size=n) < p).astype(float)
        y[:2] = [0, 1]
        cases.append(scored(f"random {n}", y, p))
    p = np.round(rng.uniform(size=150), 1)
    cases.append(scored("many ties", (rng.uniform(size=150) < p).astype(float), p))
    cases.append(scored("unsorted ties", [0, 1, 0, 1], [0.5, 0.5, 0.2, 0.8]))
    cases.append(scored("certain and wrong", [0, 1, 1, 0], [1.0, 0.0, 1.0, 0.0]))
    cases.append(scored("all one half", [0, 1, 1], [0.5, 0.5, 0.5]))
    cases.append(scored("one class", [1, 1, 1], [0.2, 0.7, 0.9]))
    cases.append(scored("one example, won", [1], [0.3]))
    cases.append(scored("one example, lost", [0], [0.3]))
    cases.append(scored("one example, certain and right", [1], [1.0]))
    cases.append(scored("one example, certain and wrong", [0], [1.0]))
    cases.append(scored("all lost", [0, 0, 0, 0], [0.2, 0.7, 0.7, 0.0]))
    cases.append(scored("certain and right", [0, 1, 1, 0], [0.0, 1.0, 1.0, 0.0]))
    cases.append(scored("certain, right and wrong", [0, 1, 1, 0, 0, 1, 1], [0.0, 1.0, 0.0, 1.0, 1.0, 1.0, 1.0]))
    y = (rng.uniform(size=60) < 0.6).astype(float)
    cases.append(scored("all 0", y, np.zeros(60)))
    cases.append(scored("all 1", y, np.ones(60)))
    cases.append(scored("all equal", y, np.full(60, 0.37)))
    cases.append(scored("two values", y, np.where(rng.uniform(size=60) < 0.5, 0.4, 0.7)))
    cases.append(scored("edges of the bins", np.tile([0, 1], 11), np.repeat(np.arange(11) / 10, 2)))
    cases.append(scored("tiny probabilities", [0, 1, 0, 1], [1e-18, 1e-12, 1e-300, 1 - 1e-15]))
    return cases


def frame():
    """Features of very different scale, two of them strongly correlated, and labels that follow them."""
    rng = np.random.default_rng(2)
    n = 240
    x = rng.normal(size=(n, 5)) * [1, 8, 150, 0.05, 3] + [0, 3, 1500, 0.5, -2]
    x[:, 4] = 0.9 * x[:, 1] + 0.4 * x[:, 4]
    logit = 0.4 * x[:, 0] + 0.08 * x[:, 1] + 0.004 * (x[:, 2] - 1500) + 0.3
    y = (rng.uniform(size=n) < 1 / (1 + np.exp(-logit))).astype(float)
    weights = 0.5 ** rng.integers(0, 4, size=n)
    return x, y, weights


def fitted(x, y, c, weights):
    """The minimum of C · Σ w · log loss + ½ ‖β‖², the intercept not penalised, on standardised features."""
    z = StandardScaler().fit_transform(x)
    model = LogisticRegression(C=c, solver="newton-cholesky", tol=1e-14, max_iter=10_000)
    model.fit(z, y, sample_weight=weights)
    p = model.predict_proba(z)[:, 1]
    w = np.ones(len(y)) if weights is None else weights
    loss = -np.sum(w * np.where(y == 1, np.log(p), np.log1p(-p)))
    return {
        "c": c,
        "weighted": weights is not None,
        "coefficients": model.coef_[0].tolist(),
        "intercept": float(model.intercept_[0]),
        "objective": float(c * loss + 0.5 * np.sum(model.coef_**2)),
        "log_loss": log_loss(y, p),
    }


def sparse(z, y, c, l1_ratio, weights):
    """The minimum of C · Σ w · log loss + (1 − ρ)/2 · ‖β‖² + ρ · ‖β‖₁, by SAGA.

    SAGA stops when the coefficients no longer change, wherever the intercept is. With all coefficients at 0 it is far
    from done; then the intercept is the logit of the base rate, whatever SAGA says.
    """
    model = LogisticRegression(C=c, l1_ratio=l1_ratio, solver="saga", tol=1e-12, max_iter=200_000, random_state=0)
    model.fit(z, y, sample_weight=weights)
    beta, intercept = model.coef_[0], float(model.intercept_[0])
    w = np.ones(len(y)) if weights is None else weights
    if not beta.any():
        base = np.average(y, weights=w)
        intercept = float(np.log(base / (1 - base)))
    logit = z @ beta + intercept
    loss = np.sum(w * (np.logaddexp(0, logit) - y * logit))
    return {
        "c": c,
        "l1_ratio": l1_ratio,
        "weighted": weights is not None,
        "coefficients": beta.tolist(),
        "intercept": intercept,
        "objective": float(c * loss + 0.5 * (1 - l1_ratio) * beta @ beta + l1_ratio * np.abs(beta).sum()),
        "log_loss": log_loss(y, 1 / (1 + np.exp(-logit))),
    }


def wide():
    """Twelve features of which three matter, on few examples; one does not vary and two are nearly the same."""
    rng = np.random.default_rng(3)
    n = 90
    x = np.round(rng.normal(size=(n, 12)), 6)
    x[:, 7] = 1.0
    x[:, 9] = np.round(x[:, 2] + 0.05 * rng.normal(size=n), 6)
    logit = 0.9 * x[:, 0] - 1.2 * x[:, 2] + 0.6 * x[:, 5] - 0.2
    y = (rng.uniform(size=n) < 1 / (1 + np.exp(-logit))).astype(float)
    return x, y, 0.5 ** rng.integers(0, 4, size=n)


def sparse_fits(x, y, weights):
    z = StandardScaler().fit_transform(x)
    return [
        sparse(z, y, c, l1_ratio, w)
        for l1_ratio in (0.3, 0.7, 1.0)
        for c in (0.01, 0.03, 0.1, 0.5, 3.0)
        for w in (None, weights)
    ]


def logistic():
    x, y, weights = frame()
    fits = [fitted(x, y, c, w) for c in (0.001, 0.01, 0.1, 1.0, 10.0, 1000.0) for w in (None, weights)]
    problem = {"x": x.tolist(), "y": y.tolist(), "weights": weights.tolist(), "fits": fits}
    problem["sparse_fits"] = sparse_fits(x, y, weights)
    x, y, weights = wide()
    problem["wide"] = {"x": x.tolist(), "y": y.tolist(), "weights": weights.tolist()}
    problem["wide"]["sparse_fits"] = sparse_fits(x, y, weights)
    return problem


def write(name, body):
    GOLDEN.mkdir(exist_ok=True)
    (GOLDEN / name).write_text(json.dumps({"tools": TOOLS, **body}, indent=None, separators=(",", ":")) + "\n")


write("scores_sklearn.json", {"cases": scores()})
write("logistic_sklearn.json", logistic())
