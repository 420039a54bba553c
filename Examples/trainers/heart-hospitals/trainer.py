"""Logistic regression on the heart disease tables of four hospitals.

Each hospital measured other things, and Switzerland no cholesterol at all. A value that is missing
counts as usual, and a second feature says that it was missing. Centres and spreads are of medicine's
textbooks, not of the data, so that all sites scale alike without telling one another anything.

Settings of the job, with what holds where they are missing: `epochs` 20, `learningRate` 0.3, `l2` 1e-2.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import jointlab

SCALES = {
    "age": (54, 9), "sex": (0.7, 0.5), "trestbps": (130, 18), "chol": (240, 50), "fbs": (0.2, 0.4),
    "thalach": (140, 25), "exang": (0.4, 0.5), "oldpeak": (0.9, 1.1), "slope": (1.7, 0.6),
    "ca": (0.7, 0.9), "thal": (5, 2),
}  # fmt: skip
KINDS = {"cp": (1, 2, 3, 4), "restecg": (0, 1, 2)}
WIDTH = 2 * len(SCALES) + sum(map(len, KINDS.values()))


class HeartTrainer(jointlab.Trainer):
    def initial(self, job: jointlab.Job) -> jointlab.Weights:
        return {"weight": np.zeros(WIDTH, np.float32), "bias": np.zeros(1, np.float32)}

    def fit(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> jointlab.Fitted:
        x, y = design(data), data.labels(np.float32)
        w, b = weights["weight"].copy(), weights["bias"].copy()
        rate, decay = job.config.get("learningRate", 0.3), job.config.get("l2", 1e-2)
        for _ in range(job.config.get("epochs", 20)):
            error = (probabilities(x, w, b) - y) / len(y)
            w -= rate * (x.T @ error + decay * w)
            b -= rate * error.sum()
        return jointlab.Fitted({"weight": w, "bias": b}, len(y), {"loss": loss(probabilities(x, w, b), y)})

    def evaluate(
        self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job
    ) -> jointlab.Evaluated:
        p, y = self.predict(weights, data, job), data.labels(np.float32)
        metrics = {"loss": loss(p, y), "accuracy": float(np.mean((p > 0.5) == (y > 0.5)))}
        positive, negative = p[y > 0.5], p[y < 0.5]
        if len(positive) and len(negative):
            above = np.sign(positive[:, None] - negative[None, :])
            metrics["auc"] = float((above.mean() + 1) / 2)
        return jointlab.Evaluated(len(y), metrics)

    def predict(self, weights: jointlab.Weights, data: jointlab.Data, job: jointlab.Job) -> NDArray[Any]:
        return probabilities(design(data), weights["weight"], weights["bias"])


def design(data: jointlab.Data) -> NDArray[Any]:
    """The features of each patient, of the shape (patients, WIDTH)."""
    assert isinstance(data, jointlab.Table)
    columns = []
    for name, (centre, spread) in SCALES.items():
        values = column(data, name)
        is_missing = np.isnan(values)
        columns += [np.where(is_missing, 0, (values - centre) / spread), is_missing]
    for name, kinds in KINDS.items():
        columns += [column(data, name) == kind for kind in kinds]
    return np.stack(columns, axis=1).astype(np.float32)


def column(data: jointlab.Table, name: str) -> NDArray[Any]:
    """A column; one that the hospitals do not all have is missing everywhere."""
    return data[name] if name in data.columns else np.full(len(data), np.nan)


def probabilities(x: NDArray[Any], w: NDArray[Any], b: NDArray[Any]) -> NDArray[Any]:
    answer: NDArray[Any] = 1 / (1 + np.exp(-np.clip(x @ w + b, -30, 30)))
    return answer


def loss(p: NDArray[Any], y: NDArray[Any]) -> float:
    p = np.clip(p, 1e-7, 1 - 1e-7)
    return float(-np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)))
