"""Writes tests/golden/trees_sklearn_xgboost.json.

Decision trees of scikit-learn, boosted trees of XGBoost and its Shapley values, on made-up examples that are written
beside them. Values are multiples of 1/64, which single precision has exactly; both libraries compute with it.

    python3 -m venv venv && venv/bin/pip install numpy scikit-learn xgboost-cpu
    venv/bin/python tests/reference/trees_sklearn_xgboost.py
"""

import json
import pathlib
import platform

import numpy as np
import sklearn
import xgboost
from sklearn.tree import DecisionTreeClassifier

GOLDEN = pathlib.Path(__file__).parent.parent / "golden"
TOOLS = {
    "python": platform.python_version(),
    "numpy": np.__version__,
    "scikit-learn": sklearn.__version__,
    "xgboost": xgboost.__version__,
    "command": "python tests/reference/trees_sklearn_xgboost.py",
}
ROWS, COLUMNS = 240, 5


def examples():
    rng = np.random.default_rng(7)
    x = np.round(rng.normal(size=(ROWS, COLUMNS)) * [1, 4, 30, 2, 8] * 64) / 64
    logit = 0.9 * x[:, 0] + 0.2 * x[:, 1] - 0.02 * x[:, 2] + 0.3 * x[:, 0] * x[:, 3]
    y = (rng.uniform(size=ROWS) < 1 / (1 + np.exp(-logit))).astype(float)
    weights = np.round(rng.uniform(0.2, 2, size=ROWS), 4)
    new = np.round(rng.normal(size=(60, COLUMNS)) * [1, 4, 30, 2, 8] * 64) / 64
    # A quarter of one feature and a tenth of another are missing.
    holes = x.copy()
    holes[rng.uniform(size=ROWS) < 0.25, 0] = np.nan
    holes[rng.uniform(size=ROWS) < 0.1, 3] = np.nan
    return x, holes, new, y, weights


def gini(x, new, y, weights, depth, leaf):
    """A tree without chance. Where splits are equally good scikit-learn draws one: with weights none are."""
    answers = []
    for state in range(10):
        tree = DecisionTreeClassifier(max_depth=depth, min_samples_leaf=leaf, random_state=state)
        tree.fit(x, y, sample_weight=weights)
        answers.append(tree.predict_proba(np.vstack([x, new]))[:, 1])
    assert all(np.abs(answer - answers[0]).max() < 1e-12 for answer in answers), "equally good splits"
    return {"max_depth": depth, "min_leaf": leaf, "probabilities": answers[0].tolist()}


def nodes(node, tree):
    """XGBoost's nodes in this project's arrays, parents first."""
    at = len(tree["feature"])
    inner = "children" in node
    tree["feature"].append(int(node["split"][1:]) if inner else -1)
    tree["threshold"].append(node["split_condition"] if inner else 0.0)
    tree["missing_left"].append(inner and node["missing"] == node["yes"])
    tree["value"].append(0.0 if inner else node["leaf"])
    tree["cover"].append(node["cover"])
    tree["left"].append(0)
    tree["right"].append(0)
    if inner:
        children = {child["nodeid"]: child for child in node["children"]}
        tree["left"][at] = nodes(children[node["yes"]], tree)
        tree["right"][at] = nodes(children[node["no"]], tree)
    return at


def boosted(name, x, y, weights, settings, explain=False):
    rate = float(np.average(y, weights=weights))
    data = xgboost.DMatrix(x, label=y, weight=weights)
    params = {
        "objective": "binary:logistic",
        "tree_method": "exact",
        "base_score": rate,
        "eta": settings["learning_rate"],
        "max_depth": settings["max_depth"],
        "min_child_weight": settings["min_child_weight"],
        "lambda": settings["l2"],
        "nthread": 1,
    }
    model = xgboost.train(params, data, num_boost_round=settings["trees"])
    case = {
        "name": name,
        "settings": settings,
        "logits": [float(value) for value in model.predict(data, output_margin=True)],
    }
    if explain:
        keys = ("feature", "threshold", "left", "right", "missing_left", "value", "cover")
        case["foreign"] = []
        for dump in model.get_dump(with_stats=True, dump_format="json"):
            tree = {key: [] for key in keys}
            nodes(json.loads(dump), tree)
            case["foreign"].append(tree)
        contributions = model.predict(data, pred_contribs=True)[:40]
        case["contributions"] = [[float(value) for value in row] for row in contributions]
    return case


def listed(x):
    return [[None if np.isnan(value) else value for value in row] for row in x.tolist()]


x, holes, new, y, weights = examples()
usual = {"trees": 20, "learning_rate": 0.3, "max_depth": 3, "min_child_weight": 1.0, "l2": 1.0}
body = {
    "tools": TOOLS,
    "x": listed(x),
    "holes": listed(holes),
    "new": listed(new),
    "y": y.tolist(),
    "weights": weights.tolist(),
    "gini": [gini(x, new, y, weights, depth, leaf) for depth, leaf in ((1, 1), (3, 5), (5, 8), (8, 3))],
    "boosted": [
        boosted("usual", x, y, weights, usual),
        boosted("deep", x, y, weights, {**usual, "trees": 10, "max_depth": 6, "min_child_weight": 0.5, "l2": 0.1}),
        boosted("one tree", x, y, weights, {**usual, "trees": 1, "learning_rate": 1.0, "l2": 0.0}),
        boosted("holes", holes, y, weights, {**usual, "trees": 10}, explain=True),
    ],
}
text = json.dumps(body, separators=(",", ":")) + "\n"
(GOLDEN / "trees_sklearn_xgboost.json").write_text(text)
