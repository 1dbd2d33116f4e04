"""Runs exported models with MLflow, onnx and onnxruntime, and compares the probabilities with ours.

    python interop_onnx.py FOLDER

`tests/interop_onnx.rs` calls it. Every folder within FOLDER has `model/`, an MLflow model, and `rows.json` with the
features' names, rows (null is missing) and our probabilities of them. Written for Python 3.11, mlflow 3.17.2,
onnx 1.23.2 and onnxruntime 1.32.0.
"""

import json
import sys
from pathlib import Path

import mlflow.onnx
import mlflow.pyfunc
import numpy as np
import onnx
import onnxruntime
import pandas as pd

TOLERANCE = 1e-6


def probabilities(folder, rows):
    """The same rows through each way in which the model can be run."""
    x = np.array([[np.nan if value is None else value for value in row] for row in rows["x"]], dtype=np.float64)
    model = mlflow.onnx.load_model(str(folder / "model"))
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    yield "onnxruntime", session.run(["prob_home"], {"features": x})[0]
    one_by_one = [session.run(None, {"features": x[at : at + 1]})[0][0] for at in range(50)]
    yield "onnxruntime, one row at a time", np.concatenate([one_by_one, session.run(None, {"features": x[50:]})[0]])
    frame = pd.DataFrame(x, columns=rows["features"])
    pyfunc = mlflow.pyfunc.load_model(str(folder / "model"))
    assert pyfunc.metadata.get_input_schema().input_names() == rows["features"]
    yield "pyfunc", pyfunc.predict(frame)["prob_home"].to_numpy()
    turned = frame[rows["features"][::-1]].assign(more=1.0)
    yield "pyfunc, columns in another order", pyfunc.predict(turned)["prob_home"].to_numpy()
    try:
        pyfunc.predict(frame.drop(columns=rows["features"][0]))
    except mlflow.exceptions.MlflowException:
        return
    raise AssertionError("a frame without a feature was taken")


def main(root):
    for folder in sorted(Path(root).iterdir()):
        rows = json.loads((folder / "rows.json").read_text())
        ours = np.array(rows["p"])
        worst = 0.0
        for way, theirs in probabilities(folder, rows):
            assert theirs.dtype == np.float64 and theirs.shape == ours.shape, (way, theirs.dtype, theirs.shape)
            difference = np.abs(theirs - ours)
            worst = max(worst, difference.max())
            # NaN is no agreement either.
            assert (difference <= TOLERANCE).all(), (folder.name, rows["summary"], way, difference.max())
        print(f"same {folder.name} {rows['summary']}: {len(ours)} rows, largest difference {worst:.1e}")


if __name__ == "__main__":
    main(sys.argv[1])
